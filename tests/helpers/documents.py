"""Pages of the documentation, parsed."""

from __future__ import annotations

import re

from docutils.core import publish_doctree


def read_page(path):
    """The document tree of a page. Sphinx's own roles, which docutils does not know, become plain text."""
    text = re.sub(r":(?:doc|ref):`([^`<]*?) ?(?:<[^`]*>)?`", r"\1", path.read_text(encoding="utf-8"))
    return publish_doctree(text, settings_overrides={"halt_level": 2})
