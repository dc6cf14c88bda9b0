"""A project made from the page "Testing your site" alone, and its tests run as the page says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .documents import blocks

ROOT = Path(__file__).parent.parent.parent
PAGE = "docs/testing.rst"


def files():
    """The page's files by their paths, which stand in the first line of their blocks."""
    return {block.file: block.text.partition("\n")[2] for block in blocks(PAGE) if block.file}


class Project:
    """A new project in a folder, with the files of the page; no key and no secret."""

    def __init__(self, folder):
        self.folder = folder

    def make(self):
        self._run("django", "startproject", "intranet", str(self.folder))
        for path, text in files().items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("a", encoding="utf-8") as file:
                file.write(f"\n{text}\n")

    def change(self, path, old, new):
        target = self.folder / path
        text = target.read_text(encoding="utf-8")
        assert old in text, text
        target.write_text(text.replace(old, new), encoding="utf-8")

    def run_unittest(self):
        return self._run("manage.py", "test")

    def run_pytest(self, *arguments):
        return self._run("pytest", "-p", "pytest_django.plugin", "-p", "no:cacheprovider", *arguments)

    def _run(self, program, *arguments):
        command = [program] if program.endswith(".py") else ["-m", program]
        environment = {name: value for name, value in os.environ.items() if not _is_of_the_suite(name)}
        environment["PYTHONPATH"] = str(ROOT)
        # As on a machine that has only what the page names.
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        return subprocess.run(
            [sys.executable, "-B", *command, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )


def _is_of_the_suite(name):
    return name.startswith(("PYTEST_", "DJANGO_", "TINY", "COV_"))
