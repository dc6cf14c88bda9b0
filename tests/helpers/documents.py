"""The pages of the documentation, and the code blocks in them."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

from docutils.core import publish_doctree

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
_BLOCK = re.compile(
    r"^(?P<indent> *)\.\. code-block:: (?P<language>\S+)\n\n(?P<text>(?:(?P=indent) {2,}\S.*\n|\n)+)", re.MULTILINE
)
# The first line of a block is a comment with the name of the file.
_FILE = re.compile(r"(?:#|//|;|\{#|<!--) (?P<name>\S+\.\w+)(?: #\}| -->)?\n")


class Block(NamedTuple):
    """One code block. ``file`` is the name in its first line, or None."""

    page: str
    line: int
    language: str
    text: str

    @property
    def file(self):
        match = _FILE.match(self.text)
        return match and match["name"]

    @property
    def commands(self):
        """The commands of a console block, each with the lines that it prints."""
        found = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            else:
                found[-1][1].append(line)
        return found

    def __str__(self):
        return f"{self.page}:{self.line}"


def read(page):
    return (ROOT / page).read_text(encoding="utf-8")


def pages():
    """All pages that somebody writes by hand, by their path below the repository."""
    names = ["README.rst", "CONTRIBUTING.rst", *(str(path.relative_to(ROOT)) for path in sorted(DOCS.rglob("*.rst")))]
    return [name for name in names if name != "docs/changelog.rst"]


def blocks(page):
    text = read(page)
    return [
        Block(
            page,
            text.count("\n", 0, match.start()) + 1,
            match["language"],
            textwrap.dedent(match["text"]).strip("\n") + "\n",
        )
        for match in _BLOCK.finditer(text)
    ]


def read_page(path):
    """The document tree of a page. Sphinx's own roles, which docutils does not know, become plain text."""
    text = re.sub(r":(?:doc|ref):`([^`<]*?) ?(?:<[^`]*>)?`", r"\1", path.read_text(encoding="utf-8"))
    return publish_doctree(text, settings_overrides={"halt_level": 2})
