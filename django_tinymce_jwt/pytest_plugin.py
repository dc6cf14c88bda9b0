"""``pytest_plugins = ["django_tinymce_jwt.pytest_plugin"]``: the fixture ``tinymce_jwt``. Needs pytest-django."""

from __future__ import annotations

from typing import Any

import pytest

from .testing import assert_token
from .testing.tokens import with_throwaway_keys

__all__ = ["TinymceJwt", "tinymce_jwt"]


class TinymceJwt:
    """What the fixture gives a test."""

    assert_token = staticmethod(assert_token)

    def __init__(self, settings: Any) -> None:
        self._settings = settings

    def override(self, **overrides: Any) -> None:
        """Override the top level of ``TINYMCE_JWT`` until the end of the test, with throwaway keys."""
        source = getattr(self._settings, "TINYMCE_JWT", None)
        self._settings.TINYMCE_JWT = with_throwaway_keys(source, overrides)


# By the fixture of pytest-django, so that a test may change other settings, in any order.
@pytest.fixture
def tinymce_jwt(settings: Any) -> TinymceJwt:
    """Give the site a throwaway key pair, and the test the two tools of ``django_tinymce_jwt.testing``."""
    fixture = TinymceJwt(settings)
    fixture.override()
    return fixture
