"""Many clients for a long time: each user gets their own token, and memory does not grow."""

from __future__ import annotations

from itertools import pairwise

from tests.helpers.load import LONG

CLIENTS = 64
WARM_UP = 5_000 if LONG else 500
STAGES = 4
REQUESTS = 50_000 if LONG else 2_000
# A leak is at least one.
BLOCKS_PER_REQUEST = 0.5
# For what Python does not count: large objects, and those of libraries in C. A process takes some thousand
# requests until it has all its memory.
BYTES_PER_REQUEST = 50 if LONG else 1_000


def growth(amounts):
    """The smallest growth of all stages: memory is taken in steps, but a leak grows at every stage."""
    return min(after - before for before, after in pairwise(amounts))


def test_each_user_gets_own_token_and_memory_stays(visitors):
    stage = REQUESTS // STAGES
    assert visitors.outcomes(WARM_UP, CLIENTS) == {"token": WARM_UP}
    blocks, memory = [visitors.blocks()], [visitors.server.private_bytes()]
    for _ in range(STAGES):
        assert visitors.outcomes(stage, CLIENTS) == {"token": stage}
        blocks.append(visitors.blocks())
        memory.append(visitors.server.private_bytes())
    assert growth(blocks) < BLOCKS_PER_REQUEST * stage, blocks
    assert growth(memory) < BYTES_PER_REQUEST * stage, memory
    assert visitors.log.read_text() == ""
