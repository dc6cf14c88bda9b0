"""SECURITY.rst names tests that exist, and every test of the advisories belongs to a row."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from docutils import nodes
from docutils.core import publish_doctree

TESTS = Path(__file__).parent
PAGE = publish_doctree(
    (TESTS.parent / "SECURITY.rst").read_text(encoding="utf-8"), settings_overrides={"halt_level": 2}
)
ROWS = [
    [entry.astext() for entry in row.findall(nodes.entry)]
    for body in PAGE.findall(nodes.tbody)
    for row in body.findall(nodes.row)
]


def names_in(path):
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_page_has_rows():
    assert len(ROWS) > 20
    assert all(len(row) == 3 for row in ROWS)


@pytest.mark.parametrize(("threat", "defence", "tests"), ROWS, ids=[row[0][:50] for row in ROWS])
def test_row_names_tests_that_exist(threat, defence, tests):
    named = re.findall(r"([\w/]+\.py)::(\w+)", tests)
    assert named
    assert re.sub(r"[\w/]+\.py::\w+|[,\s]", "", tests) == ""
    assert [f"{path}::{name}" for path, name in named if name not in names_in(path)] == []


def test_every_file_of_advisories_is_named():
    named = {path for row in ROWS for path in re.findall(r"[\w/]+\.py", row[2])}
    assert {path.name for path in TESTS.glob("test_advisories*.py")} <= named
