"""The figures of the Performance page are those of its JSON, which ``make bench RESULTS=docs/performance`` writes."""

from __future__ import annotations

import csv
import json
import re
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

import pytest

from benchmarks import report
from benchmarks.server_cost import RECOMMENDED, SETUPS

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "performance.rst").read_text(encoding="utf-8")
FIGURES = json.loads((DOCS / "performance" / "figures.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", report.tables(FIGURES))
def test_table_has_the_figures_of_the_json(name):
    with (DOCS / "performance" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == report.tables(FIGURES)[name]


def test_page_shows_each_table():
    assert set(re.findall(r"performance/(\w+)\.csv", PAGE)) == report.tables(FIGURES).keys()


def test_plot_shows_each_server():
    most = max(row["users"] for row in FIGURES["server_cost"])
    plot = (DOCS / "performance" / "requests.svg").read_text(encoding="utf-8")
    wanted = [f"{row['signatures']:.2f}" for row in FIGURES["server_cost"] if row["users"] == most]
    assert [number for number in wanted if f">{number}<" not in plot] == []


def test_first_row_is_what_is_recommended():
    first = FIGURES["server_cost"][0]
    assert SETUPS[0]._replace(rows=RECOMMENDED.rows) == RECOMMENDED
    assert [first[name] for name in ("name", "sessions", "connections", "cache")] == [
        RECOMMENDED.name,
        RECOMMENDED.sessions,
        RECOMMENDED.connections,
        RECOMMENDED.cache,
    ]


def test_settings_that_the_page_recommends_are_measured():
    settings = {"DATABASES": {"default": {}}}
    exec(dedent(re.search(r"\.\. code-block:: python\n\n(.*?)\n\n\S", PAGE, re.DOTALL)[1]), settings)
    cache = settings["CACHES"]["default"]["BACKEND"].rpartition(".")[2]
    sessions = settings["SESSION_ENGINE"].rpartition(".")[2]
    assert (sessions, cache) == (RECOMMENDED.sessions, RECOMMENDED.cache)
    assert (settings["DATABASES"]["default"]["CONN_MAX_AGE"], RECOMMENDED.connections) == (None, "kept")


def options_of(command):
    return {option: value for option, value in pairwise(command) if option.startswith("--")}


def test_server_that_the_page_recommends_is_measured():
    recommended = options_of(re.search(r"\$ granian (.+)", PAGE)[1].split())
    # How much it logs, and where it listens, are no recommendations; a row with two workers is in the table too.
    measured = {**options_of(RECOMMENDED.command), "--workers": "2"}
    assert {**recommended, "--log-level": "warning", "--port": "{port}"} == measured
