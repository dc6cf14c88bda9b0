"""A copy of the example project, with its own keys, database and users."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
SETTINGS = Path(__file__).parent / "production"


class User(NamedTuple):
    """A user with a session in each engine; ``cookies`` has their cookies by engine."""

    pk: int
    cookies: dict[str, str]


class Site(NamedTuple):
    """The copy. ``environment`` has the environment variables of a process that serves it."""

    folder: Path
    environment: dict[str, str]
    users: list[User]


def build(folder: Path, users: int) -> Site:
    """Make the copy in a folder that does not exist yet."""
    state = shutil.ignore_patterns("db.sqlite3*", "secrets", "__pycache__")
    shutil.copytree(ROOT / "example_project", folder, ignore=state)
    path = os.pathsep.join(map(str, (folder, SETTINGS, ROOT)))
    environment = {**os.environ, "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "intranet.settings"}
    run(folder, environment, "manage.py", "demo_setup")
    environment["DJANGO_SETTINGS_MODULE"] = "production_settings"
    lines = run(folder, environment, str(SETTINGS / "make_users.py"), str(users)).splitlines()
    return Site(folder, environment, [User(**json.loads(line)) for line in lines])


def run(folder: Path, environment: dict[str, str], *arguments: str) -> str:
    command: list[Any] = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
