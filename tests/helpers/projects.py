"""A new Django project in the hands of a reader, who follows the documentation block by block."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from . import node_modules
from .documents import ROOT

# A server runs until somebody stops it, and curl wants one; the tests of the pages that name them start both.
SERVERS = {"curl", "granian", "runserver", "uvicorn"}
PASSWORD = "only for tests"
JOIN_A_TEAM = "from django.contrib.auth.models import User; User.objects.get().groups.create(name='A')"
MODULES = {"django-admin": "django", "pytest": "pytest"}

# Run inside of the project, with the names of its modules and templates.
TRIAL = """
import builtins, dis, importlib, json, sys
import django

django.setup()
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory

modules, templates = json.loads(sys.argv[1])


def global_names(code):
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            yield instruction.argval
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            yield from global_names(constant)


for name in modules:
    module = importlib.import_module(name)
    with open(module.__file__, encoding="utf-8") as file:
        code = compile(file.read(), module.__file__, "exec")
    missing = set(global_names(code)) - set(vars(module)) - set(vars(builtins))
    if missing:
        sys.exit(f"{name} uses what it does not define: {', '.join(missing)}")

request = RequestFactory().get("/", headers={"host": "localhost"})
request.user = AnonymousUser()
print(json.dumps({name: render_to_string(name, {"pk": 1}, request) for name in templates}))
"""


class Project:
    """A project in a folder; ``variables`` are added to the environment of all that runs in it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.variables = {}
        self.written = []

    def follow(self, block):
        """Do what a reader does with this block."""
        if block.language == "console":
            for command, printed in block.commands:
                self.expect(self.shell(command), printed, block)
        elif block.file:
            self.write(block.file, block.text)
            if block.file == "intranet/settings.py":
                self.manage("check")

    def write(self, name, text):
        """Add a block to its file."""
        assert not Path(name).is_absolute()
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n{text}" if file.tell() else text)
        if name not in self.written:
            self.written.append(name)

    @property
    def environment(self):
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT)]),
            "PYTHONIOENCODING": "utf-8",
            "DJANGO_SETTINGS_MODULE": "intranet.settings",
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            **self.variables,
        }

    def run(self, *command, status=0, given="", errors=True):
        """Return what a command printed, on stderr too if ``errors``; it must end with that status."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            input=given,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        printed = done.stdout + done.stderr
        assert done.returncode == status, f"{shlex.join(map(str, command))} ended with {done.returncode}:\n{printed}"
        return printed if errors else done.stdout

    def manage(self, *arguments, **more):
        return self.run(sys.executable, "manage.py", *arguments, **more)

    @contextmanager
    def serve(self):
        """Yield the base URL of Django's own server for this project."""
        port = free_port()
        with running(self, port, sys.executable, "manage.py", "runserver", "--noreload", str(port)):
            yield f"http://localhost:{port}"

    def shell(self, line):
        """Run a line of a console block and return what it printed, or None for a server."""
        words = shlex.split(line, comments=True)
        if words[:2] == ["pip", "install"]:
            for word in words[2:]:
                if not word.startswith("-"):
                    require_in_metadata(word)
            return ""
        if words[:2] == ["npm", "install"]:
            return self._npm_install(words[2:])
        if words[0] == "npx":
            return self.run(*words, "--log-level=warning")
        if words[0] == "make":
            return self.run("make", "--dry-run", "--directory", ROOT, *words[1:])
        if SERVERS & set(words):
            return None
        return self.run("bash", "-euo", "pipefail", "-c", self._for_nobody(line))

    def _npm_install(self, names):
        assert set(names) <= node_modules.NAMES
        folder = self.folder / "node_modules"
        if not folder.exists():
            folder.symlink_to(node_modules.installed())
        return ""

    @staticmethod
    def _for_nobody(line):
        """The same command with this Python, and with an answer to every question."""
        python = shlex.quote(sys.executable)
        line = re.sub(r"(^|[|&] )python ", rf"\1{python} ", line)
        line = re.sub(r"^(django-admin|pytest)\b", lambda match: f"{python} -m {MODULES[match[1]]}", line)
        return re.sub(r"(createsuperuser .*)", r"\1 --noinput --email ada@example.com", line)

    def expect(self, printed, lines, block):
        """Assert that these lines of the page were printed, in this order; ``...`` stands for anything."""
        position = 0
        for line in lines:
            if line.strip() == "...":
                continue
            match = re.compile(self._pattern(line.strip())).search(printed, position)
            assert match, f"{block}: {line!r} is not in\n{printed}"
            position = match.end()

    def _pattern(self, line):
        pattern = re.escape(line).replace(re.escape("/srv/intranet"), re.escape(str(self.folder)))
        pattern = pattern.replace(re.escape("..."), ".*")
        return re.sub(r"\d+", r"\\d+", re.sub(r"(\\ )+", r" +", pattern))

    def trial(self):
        """Import all modules that were written, look for undefined names, and return the rendered templates."""
        modules = [name.removesuffix(".py").replace("/", ".") for name in self.written if name.endswith(".py")]
        modules = [name for name in modules if not name.startswith(("conftest", "tests"))]
        templates = [name.removeprefix("templates/") for name in self.written if name.startswith("templates/")]
        return json.loads(self.run(sys.executable, "-c", TRIAL, json.dumps([modules, templates]), errors=False))


def require_in_metadata(requirement):
    """Fail where a page installs a package that neither this one nor its tests name."""
    name = re.match(r"[\w-]+", requirement)[0]
    assert re.search(rf'"{name}\b', (ROOT / "pyproject.toml").read_text(encoding="utf-8")), name


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running(project, port, *command):
    """A server of the project; what it prints is shown where it does not start."""
    with subprocess.Popen(
        command, cwd=project.folder, env=project.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as server:
        try:
            while not listens(port):
                assert server.poll() is None, server.stdout.read().decode()
                time.sleep(0.05)
            yield server
        finally:
            server.terminate()
            # Read to the end, so that no server waits for a full pipe.
            server.communicate(timeout=30)


def listens(port):
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
