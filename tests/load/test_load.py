"""Many clients at once for a long time: everybody gets their own token, and nothing is left behind."""

from __future__ import annotations

from itertools import pairwise

from .visitors import LONG

CLIENTS = 64
WARM_UP = 5_000 if LONG else 500
STAGES = 4
REQUESTS = 50_000 if LONG else 2_000
# A process takes some time until it has all its memory. In the end, no object is so small that a request could
# leave it behind; until then, some claims or a traceback.
BYTES_PER_REQUEST = 50 if LONG else 500


def test_everybody_gets_their_own_token_and_memory_stays(visitors):
    stage = REQUESTS // STAGES
    assert visitors.outcomes(WARM_UP, CLIENTS) == {"token": WARM_UP}
    memory = [visitors.server.private_bytes()]
    for _ in range(STAGES):
        assert visitors.outcomes(stage, CLIENTS) == {"token": stage}
        memory.append(visitors.server.private_bytes())
    # Memory is taken and given back in steps, now and then; a leak grows at every stage.
    assert min(after - before for before, after in pairwise(memory)) < BYTES_PER_REQUEST * stage, memory
    assert visitors.log.read_text() == ""
