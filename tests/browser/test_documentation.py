"""The documentation has the messages of the script, and the pictures that the tests of this folder take."""

from __future__ import annotations

import re
from pathlib import Path

from tests.helpers.documents import DOCS, ROOT, pages, read

SCRIPT = ROOT / "django_tinymce_jwt" / "providers.js"


def test_messages_are_those_of_the_script():
    messages = re.findall(r'^  const [A-Z]+(?:_[A-Z]+)* = "(.+)";$', SCRIPT.read_text(), re.MULTILINE)
    assert [f"``{message}``" in read("docs/providers.rst") for message in messages] == [True] * 4


def test_console_line_of_a_script_that_comes_too_early_is_that_of_the_script():
    assert '"django-tinymce-jwt sets no provider: TinyMCE is not loaded yet. "' in SCRIPT.read_text()
    assert "    django-tinymce-jwt sets no provider: TinyMCE is not loaded yet.\n" in read("docs/editor/cdn.rst")


def test_pictures_are_those_that_these_tests_take():
    taken = re.findall(r'screenshot\(\w+\.page, "(.+)"\)', (Path(__file__).parent / "test_demo.py").read_text())
    assert sorted(path.stem for path in (DOCS / "images").iterdir()) == sorted(taken)
    shown = {
        ((ROOT / page).parent / name).resolve()
        for page in pages()
        for name in re.findall(r"^\.\. image:: (.*images/.+)\n   :alt: \w", read(page), re.MULTILINE)
    }
    assert shown == set((DOCS / "images").iterdir())
