"""The Performance and ASGI pages have the figures of the JSON that ``make bench RESULTS=docs/performance`` writes."""

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
ASGI_PAGE = (DOCS / "asgi.rst").read_text(encoding="utf-8")
FIGURES = json.loads((DOCS / "performance" / "figures.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", report.tables(FIGURES))
def test_table_has_the_figures_of_the_json(name):
    with (DOCS / "performance" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == report.tables(FIGURES)[name]


def test_each_table_is_shown():
    shown = re.findall(r"performance/(\w+)\.csv", PAGE + ASGI_PAGE)
    assert sorted(shown) == sorted(report.tables(FIGURES))


def test_folder_has_no_other_table():
    assert {path.stem for path in (DOCS / "performance").glob("*.csv")} == report.tables(FIGURES).keys()


def test_figures_have_a_row_for_each_setup():
    expected = [
        (setup.name, setup.sessions, setup.connections, setup.cache if setup.sessions == "cached_db" else None, users)
        for setup in SETUPS
        for users in setup.users
    ]
    keys = ("name", "sessions", "connections", "cache", "users")
    rows = [tuple(row[key] for key in keys) for row in FIGURES["server_cost"] if row["sessions"] != "memory"]
    assert rows == expected


def test_asgi_table_compares_wsgi_asgi_and_the_recipe():
    servers = [row[:2] for row in report.tables(FIGURES)["asgi"][1:]]
    assert servers == [
        ["WSGI: gunicorn, 4 threads", "kept"],
        ["ASGI: uvicorn", "one for each request"],
        ["ASGI: uvicorn, with the recipe", "kept"],
    ]


def test_recipe_saves_what_the_asgi_page_says():
    wsgi, asgi, recipe = (float(row[-2]) for row in report.tables(FIGURES)["asgi"][1:])
    assert "It saves about half the processor time of a token." in ASGI_PAGE
    assert 0.35 < (asgi - recipe) / asgi < 0.6
    assert wsgi < recipe


def test_signers_are_compared_with_the_bare_call_of_each_vault():
    rows = report.tables(FIGURES)["signers"][1:]
    assert [row[0] for row in rows] == [
        "SoftHSM2: python-pkcs11 alone",
        "SoftHSM2: PKCS11Signer",
        "SoftHSM2: issue_token",
        "moto's KMS: boto3 alone",
        "moto's KMS: AWSKMSSigner",
    ]
    assert [row[2:] for row in rows if row[0].endswith("alone")] == [["0.000", "1.00"]] * 2


def test_plot_shows_each_server():
    most = max(row["users"] for row in FIGURES["server_cost"])
    plot = (DOCS / "performance" / "requests.svg").read_text(encoding="utf-8")
    wanted = [f"{row['signatures']:.2f}" for row in FIGURES["server_cost"] if row["users"] == most]
    assert [number for number in wanted if f">{number}<" not in plot] == []


def test_first_row_is_the_recommended_setup():
    first = FIGURES["server_cost"][0]
    assert SETUPS[0]._replace(users=RECOMMENDED.users) == RECOMMENDED
    assert [first[name] for name in ("name", "sessions", "connections", "cache")] == [
        RECOMMENDED.name,
        RECOMMENDED.sessions,
        RECOMMENDED.connections,
        RECOMMENDED.cache,
    ]


def test_recommended_settings_are_measured():
    settings = {"DATABASES": {"default": {}}}
    exec(dedent(re.search(r"\.\. code-block:: python\n\n(.*?)\n\n\S", PAGE, re.DOTALL)[1]), settings)
    cache = settings["CACHES"]["default"]["BACKEND"].rpartition(".")[2]
    sessions = settings["SESSION_ENGINE"].rpartition(".")[2]
    assert (sessions, cache) == (RECOMMENDED.sessions, RECOMMENDED.cache)
    assert (settings["DATABASES"]["default"]["CONN_MAX_AGE"], RECOMMENDED.connections) == (None, "kept")


def options_of(command):
    return {option: value for option, value in pairwise(command) if option.startswith("--")}


def test_recommended_server_is_measured():
    recommended = options_of(re.search(r"\$ granian (.+)", PAGE)[1].split())
    # The page does not recommend a port or a log level. The table has a row with two workers, too.
    measured = {**options_of(RECOMMENDED.command), "--workers": "2"}
    assert {**recommended, "--log-level": "warning", "--port": "{port}"} == measured
