"""How much more two cores do than one. ``python -m benchmarks.parallelism`` prints the figures as JSON.

Compares two processes, and two threads of one process, with one. It measures wall-clock time, so it needs a machine
that does nothing else.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler

from . import plain_site
from .timing import SIGNATURE, cores, pin

SECONDS = 0.5

Call = Callable[[], object]


def count_calls(call: Call, until: float) -> int:
    count = 0
    while time.monotonic() < until:
        call()
        count += 1
    return count


class Threads:
    """Makes the calls in threads of this process."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def rate(self, number: int) -> float:
        counts: list[int] = []
        until = time.monotonic() + SECONDS
        threads = [
            threading.Thread(target=lambda: counts.append(count_calls(self._call, until))) for _ in range(number)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / SECONDS


class Processes:
    """Makes the calls in forks of this process, which last for all rounds."""

    def __init__(self, call: Call) -> None:
        context = multiprocessing.get_context("fork")
        self._pipes = []
        for core in cores()[:2]:
            ours, theirs = context.Pipe()
            context.Process(target=self._serve, args=(call, theirs, core), daemon=True).start()
            self._pipes.append(ours)

    @staticmethod
    def _serve(call: Call, pipe: Any, core: int) -> None:
        pin(core)
        while True:
            pipe.send(count_calls(call, pipe.recv()))

    def rate(self, number: int) -> float:
        until = time.monotonic() + SECONDS
        for pipe in self._pipes[:number]:
            pipe.send(until)
        return sum(pipe.recv() for pipe in self._pipes[:number]) / SECONDS


def main(rounds: str) -> None:
    from . import request_cost

    user = plain_site.set_up(ROOT_URLCONF=request_cost.__name__)
    request_cost.add_urls()
    from django.db import connection

    from django_tinymce_jwt import issue_token

    cookie = request_cost.cookie_of(user, "db")
    # Each fork and each thread opens its own.
    connection.close()
    calls: dict[str, Call] = {
        SIGNATURE: plain_site.sign,
        "issue_token": lambda: issue_token(user),
        "request for a token, db session": request_cost.request_call(WSGIHandler(), "/token/", cookie),
    }
    subjects = {
        (name, kind.__name__.lower()): kind(call) for kind in (Processes, Threads) for name, call in calls.items()
    }
    growth: dict[tuple[str, str], list[float]] = {key: [] for key in subjects}
    for _ in range(int(rounds)):
        for key, subject in subjects.items():
            growth[key].append(subject.rate(2) / subject.rate(1))
    rows = [
        {"name": name, "how": how, "growth": round(statistics.median(ratios), 2)}
        for (name, how), ratios in growth.items()
    ]
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
