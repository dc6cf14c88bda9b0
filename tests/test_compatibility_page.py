"""docs/compatibility.rst names tests that exist and versions no newer than those that are installed."""

from __future__ import annotations

import ast
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from docutils import nodes

from .helpers.documents import DOCS, blocks, read_page

TESTS = Path(__file__).parent
SITES = TESTS / "sites"
ROWS = [
    [entry.astext() for entry in row.findall(nodes.entry)]
    for body in read_page(DOCS / "compatibility.rst").findall(nodes.tbody)
    for row in body.findall(nodes.row)
]
NAMED = {row[0]: re.findall(r"([\w/]+\.py)::(\w+)", row[3]) for row in ROWS}
SHOWN = {
    "intranet/teams.py": SITES / "guardian_site" / "teams.py",
    "intranet/editors.py": SITES / "cms_site" / "editors.py",
    "static/tinymce-frontend.js": SITES / "cms_site" / "static" / "tinymce-frontend.js",
}


def names_in(path):
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("package", NAMED)
def test_row_names_tests_that_exist(package):
    assert NAMED[package]
    assert [f"{path}::{name}" for path, name in NAMED[package] if name not in names_in(path)] == []


def test_cells_hold_nothing_but_tests():
    assert [re.sub(r"[\w/]+\.py::\w+|[,\s]", "", row[3]) for row in ROWS] == [""] * len(ROWS)


@pytest.mark.parametrize("path", ["test_compatibility.py", "browser/test_compatibility.py"])
def test_every_test_belongs_to_a_row(path):
    named = {name for tests in NAMED.values() for file, name in tests if file == path}
    assert named == names_in(path)


@pytest.mark.parametrize(("package", "tried"), [row[:2] for row in ROWS], ids=[row[0] for row in ROWS])
def test_version_is_no_newer_than_what_the_tests_have(package, tried):
    installed = version(package.split(",")[0]).split(".")
    # An older Python may get an older release of the same version.
    assert int(tried.split(".")[0]) <= int(installed[0])


@pytest.mark.parametrize("name", SHOWN)
def test_page_shows_the_files_of_the_tests(name):
    (shown,) = [block.text for block in blocks("docs/compatibility.rst") if block.file == name]
    text = SHOWN[name].read_text(encoding="utf-8")
    assert shown == (text if text.startswith("//") else f"# {name}\n{text}")
