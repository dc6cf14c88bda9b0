"""The documentation shows what the other tests of this folder run, and the pictures that they take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.helpers.servers import ROOT, SITES

DOCS = ROOT / "docs"
DOCUMENT = (ROOT / "docs" / "providers.rst").read_text(encoding="utf-8")
SCRIPT = ROOT / "django_tinymce_jwt" / "providers.js"
SNIPPETS = re.findall(r"^\.\. code-block:: \w+\n\n((?: {4}.*\n|\n)+)", DOCUMENT, re.MULTILINE)
FOLDERS = {
    SITES / "website",
    SITES / "website" / "static",
    SITES / "website" / "templates",
    SITES / "other_origin",
    SITES / "react",
}


def lines(text):
    return "\n".join(line.strip() for line in text.strip().splitlines())


def site_files():
    files = [path for folder in FOLDERS for path in folder.iterdir() if path.suffix in {".html", ".js", ".jsx", ".py"}]
    # The other origin has another port in every run.
    return [lines(path.read_text().replace("[OTHER_ORIGIN]", '["https://www.example.com"]')) for path in files]


def test_document_has_snippets():
    assert len(SNIPPETS) == DOCUMENT.count("code-block") > 5


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_snippet_is_what_the_site_of_these_tests_has(snippet):
    assert any(lines(snippet) in text for text in site_files())


def test_messages_are_those_of_the_script():
    messages = re.findall(r'^  const [A-Z]+(?:_[A-Z]+)* = "(.+)";$', SCRIPT.read_text(), re.MULTILINE)
    assert [f"``{message}``" in DOCUMENT for message in messages] == [True] * 4


def test_pictures_are_those_that_these_tests_take():
    taken = re.findall(r'screenshot\(\w+\.page, "(.+)"\)', (Path(__file__).parent / "test_demo.py").read_text())
    assert sorted(path.stem for path in (DOCS / "images").iterdir()) == sorted(taken)
    shown = {
        (page.parent / name).resolve()
        for page in [ROOT / "README.rst", *DOCS.rglob("*.rst")]
        for name in re.findall(
            r"^\.\. image:: (.*images/.+)\n   :alt: \w", page.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert shown == set((DOCS / "images").iterdir())
