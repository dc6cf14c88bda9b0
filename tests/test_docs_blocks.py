"""Every code block of README and documentation works: each page is followed in a new project, step by step."""

from __future__ import annotations

import json
import re
import subprocess
from html.parser import HTMLParser

import pytest

from .helpers.documents import blocks, pages, read
from .helpers.projects import Project

BLOCKS = [block for page in pages() for block in blocks(page)]
# A reader of any other page has done what the first one says.
FIRST_PAGES = ("README.rst", "docs/start.rst")


def follow(project, page):
    for block in blocks(page):
        project.follow(block)


@pytest.mark.parametrize("page", sorted({block.page for block in BLOCKS}))
def test_page_can_be_followed_in_a_new_project(page, tmp_path):
    project = Project(tmp_path)
    if page not in FIRST_PAGES:
        follow(project, "docs/start.rst")
    follow(project, page)
    project.manage("check", "--fail-level", "WARNING")
    for name, text in project.trial().items():
        scripts = ScriptTexts()
        scripts.feed(text)
        for script in scripts.found:
            assert_javascript(script, name)
