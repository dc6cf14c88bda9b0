"""The figures of the Performance page are those of its JSON, which ``make bench RESULTS=docs/performance`` writes."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from benchmarks import report

DOCS = Path(__file__).parent.parent / "docs"
FIGURES = json.loads((DOCS / "performance" / "figures.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", report.tables(FIGURES))
def test_table_has_the_figures_of_the_json(name):
    with (DOCS / "performance" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == report.tables(FIGURES)[name]


def test_page_shows_each_table():
    page = (DOCS / "performance.rst").read_text(encoding="utf-8")
    assert set(re.findall(r"performance/(\w+)\.csv", page)) == report.tables(FIGURES).keys()


def test_plot_shows_each_server():
    most = max(row["users"] for row in FIGURES["serving"])
    plot = (DOCS / "performance" / "requests.svg").read_text(encoding="utf-8")
    wanted = [f"{row['signatures']:.2f}" for row in FIGURES["serving"] if row["users"] == most]
    assert [number for number in wanted if f">{number}<" not in plot] == []
