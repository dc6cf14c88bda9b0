"""Programs that some tests need."""

from __future__ import annotations

import os

import pytest


def cannot_run(reason):  # pragma: no cover
    """Skip the test where a developer lacks a program, and fail in CI, where nobody would notice."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
