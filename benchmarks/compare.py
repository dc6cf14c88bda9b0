"""Compares this checkout with another one: ``python -m benchmarks.compare PATH_OF_OTHER_CHECKOUT``.

Prints what a token, a request and the import of the package cost in each, and the ratio of the two. Each cell has the
median and, in brackets, the range of the middle half of all rounds. Both checkouts are measured in turns, in processes
of their own, with the benchmarks and the installed packages of this one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from . import report
from .startup_cost import ROOT, Import
from .timing import cores, pin

# The memory addresses of a process make it a little faster or slower for all its life. So there are several pairs.
PAIRS = 5
ROUNDS = 20
IMPORTS = 30
SIGNATURES, MILLISECONDS = "signatures", "ms"

# What a checkout costs in each round, by what is measured and its unit.
Costs = dict[tuple[str, str], list[float]]


class Checkout:
    """A process that measures the package of a checkout."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def measure(self) -> dict[str, float]:
        assert self._process.stdin
        assert self._process.stdout
        print(file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"{self._process.args!r} ended with {self._process.wait()}.")
        measured: dict[str, float] = json.loads(line)
        return measured


@contextmanager
def started(path: Path, compiled: str) -> Iterator[Checkout]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.checkout", str(path)]
    # The other checkout may be one that nothing may be written to.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled, "PYTHONHASHSEED": "0"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Checkout(process)
        process.communicate()


def compare(paths: Sequence[Path], compiled: str, pairs: int, rounds: int, imports: int) -> list[Costs]:
    """Return the costs of each checkout, with the rounds in the same order."""
    costs: list[Costs] = [defaultdict(list) for _ in paths]
    order = list(range(len(paths)))
    for _ in range(pairs):
        with ExitStack() as stack:
            checkouts = [stack.enter_context(started(path, compiled)) for path in paths]
            for _ in range(rounds):
                random.shuffle(order)
                for index in order:
                    for name, ratio in checkouts[index].measure().items():
                        costs[index][name, SIGNATURES].append(ratio)
    packages = [Import(compiled, path) for path in paths]
    for _ in range(imports):
        random.shuffle(order)
        for index in order:
            costs[index]["import of the package", MILLISECONDS].append(packages[index].seconds() * 1e3)
    return costs


def table(here: Mapping[tuple[str, str], list[float]], other: Mapping[tuple[str, str], list[float]]) -> report.Table:
    rows = [["What", "unit", "this checkout", "other checkout", "this / other"]]
    for (name, unit), costs in here.items():
        pairs = zip(costs, other[name, unit], strict=True)
        ratios = [one / another for one, another in pairs]
        rows.append([name, unit, *map(cell, (costs, other[name, unit], ratios))])
    return rows


def cell(values: list[float]) -> str:
    first, median, third = statistics.quantiles(values, n=4, method="inclusive")
    return f"{median:.3f} ({first:.3f} to {third:.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="the folder of the other checkout")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="how often both processes start anew")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of each pair of processes")
    parser.add_argument("--imports", type=int, default=IMPORTS, help="imports of each package")
    options = parser.parse_args()
    pin(cores()[0])
    with tempfile.TemporaryDirectory() as compiled:
        paths = [ROOT, options.other.resolve()]
        costs = compare(paths, compiled, options.pairs, options.rounds, options.imports)
    print(report.as_text(table(*costs)))


if __name__ == "__main__":
    main()
