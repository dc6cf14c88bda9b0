"""A new Django project, as a reader of the documentation has it, and what the reader does to it."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from .documents import ROOT

# Both end only when they are told to: the tests of the pages in a browser start them.
SERVERS = ("runserver", "gunicorn", "uvicorn")

# Run inside of the project, with the names of its modules and templates.
TRIAL = """
import builtins, dis, importlib, json, sys
import django

django.setup()
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory

modules, templates = json.loads(sys.argv[1])


def code_objects(code):
    yield code
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            yield from code_objects(constant)


for name in modules:
    module = importlib.import_module(name)
    with open(module.__file__, encoding="utf-8") as file:
        code = compile(file.read(), module.__file__, "exec")
    for part in code_objects(code):
        for instruction in dis.get_instructions(part):
            if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                known = instruction.argval in {*vars(module), *vars(builtins), *part.co_names[:0], "__qualname__"}
                if not known and instruction.opname == "LOAD_GLOBAL":
                    sys.exit(f"{name}: {instruction.argval} is not defined")
request = RequestFactory().get("/")
request.user = AnonymousUser()
for name in templates:
    print(f"==== {name}")
    print(render_to_string(name, {}, request))
"""


class Failed(AssertionError):
    """A step that does not do what the page says; the message has what was printed."""


class Project:
    """A project in a folder. ``variables`` are its environment, beside this process's own."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.variables = {}
        self.modules = []
        self.templates = []

    def write(self, name, text):
        """Put a block into its file: what is there already stays, as in the hands of a reader."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n{text}" if path.stat().st_size else text)
        if name.endswith(".py") and name not in self.modules:
            self.modules.append(name)
        if name.startswith("templates/") and name not in self.templates:
            self.templates.append(name)

    def environment(self):
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
            "DJANGO_SUPERUSER_PASSWORD": "only for tests",
            **self.variables,
        }
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        return environment

    def run(self, *command, given=None, status=0):
        """Return what the command printed; it must end with that status."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(),
            input=given,
            stdin=None if given is not None else subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        printed = done.stdout + done.stderr
        if done.returncode != status:
            raise Failed(f"{shlex.join(map(str, command))} ended with {done.returncode}:\n{printed}")
        return printed

    def manage(self, *arguments, **more):
        return self.run(sys.executable, "manage.py", *arguments, **more)

    def shell(self, line):
        """Run one line of a console block, and return what it printed; None for what is not run here."""
        words = shlex.split(line, comments=True)
        if words[:2] == ["pip", "install"]:
            return self._installed(words[2:])
        if words[0] == "make":
            return self.run("make", "--dry-run", "--directory", str(ROOT), *words[1:])
        if any(word in SERVERS for word in words):
            return None
        return self.run("bash", "-euc", f"set -o pipefail\n{self._scripted(line)}")

    def _installed(self, requirements):
        for requirement in requirements:
            name = re.match(r"[\w-]+", requirement)[0]
            metadata.version(name)  # raises where the package is not there
        return ""

    def _scripted(self, line):
        """The same command for nobody who answers questions, with this Python."""
        line = re.sub(r"(createsuperuser\b.*)", r"\1 --noinput --email ada@example.com", line)
        python = shlex.quote(sys.executable)
        line = re.sub(r"(^|\| |&& )python\b", rf"\1{python}", line)
        line = re.sub(r"^(pytest|django-admin)\b", lambda match: f"{python} -m {MODULES[match[1]]}", line)
        return line

    def trial(self):
        """Import every module that was written, look for undefined names, and render every template."""
        import json

        modules = [name.removesuffix(".py").replace("/", ".") for name in self.modules if name != "conftest.py"]
        templates = [name.removeprefix("templates/") for name in self.templates]
        self.variables["DJANGO_SETTINGS_MODULE"] = "intranet.settings"
        environment = {**self.environment(), "DJANGO_SETTINGS_MODULE": "intranet.settings"}
        done = subprocess.run(
            [sys.executable, "-c", TRIAL, json.dumps([modules, templates])],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise Failed(done.stdout + done.stderr)
        parts = done.stdout.split("==== ")[1:]
        return dict(part.split("\n", 1) for part in parts)
