"""Measures several things in turns: each in every round, so that a change of the machine's speed affects all alike.

The measure is processor time. Waiting for a processor does not change it, but programs that use the same caches do.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

# Makes that many calls, and returns the seconds of processor time that they took.
Subject = Callable[[int], float]
Samples = Mapping[str, list[float]]

SECONDS_PER_TURN = 0.02
SIGNATURE = "RSA-2048 signature alone"


def timed(call: Callable[[], object]) -> Subject:
    """Return a subject that makes this call, in this process, with all its threads."""

    def subject(count: int) -> float:
        started = time.process_time()
        for _ in range(count):
            call()
        return time.process_time() - started

    return subject


def in_turns(subjects: Mapping[str, Subject], rounds: int) -> Samples:
    """Return the seconds that one call of each subject took, in each of the rounds."""
    counts = {}
    for name, subject in subjects.items():
        subject(1)
        counts[name] = max(1, round(SECONDS_PER_TURN / subject(1)))
    samples: dict[str, list[float]] = {name: [] for name in subjects}
    order = list(subjects)
    for _ in range(rounds):
        # The subject before changes the processor's caches and speed, so it must not be the same one each time.
        random.shuffle(order)
        for name in order:
            subject = subjects[name]
            # Fills the processor's caches with this subject's code.
            subject(max(1, counts[name] // 4))
            samples[name].append(subject(counts[name]) / counts[name])
    return samples


def figures(samples: Samples, unit: str) -> list[dict[str, Any]]:
    """Return a row for each subject: its microseconds and its ratio to ``unit``, both medians of the rounds."""
    return [
        {
            "name": name,
            "microseconds": round(statistics.median(seconds) * 1e6, 1),
            "signatures": round(statistics.median(ratios(samples, name, unit)), 3),
        }
        for name, seconds in samples.items()
    ]


def ratios(samples: Samples, name: str, unit: str) -> list[float]:
    """Return the ratio of the two within each round."""
    return [one / other for one, other in zip(samples[name], samples[unit], strict=True)]


def pin(*cores: int) -> None:
    """Keep this process to these cores, where the system can do so."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def cores() -> list[int]:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
