"""Programs that some tests need."""

from __future__ import annotations

import os
import shutil

import pytest


def program(name, package):
    """Return the path of a program, which Debian has in the package."""
    path = shutil.which(name)
    if path is None:
        cannot_run(f"No {name}. On Debian: apt-get install {package}")
    return path


def cannot_run(reason):
    """Skip the test where a developer lacks a program, and fail in CI, where nobody would notice."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
