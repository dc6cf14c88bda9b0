from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.checks.registry import registry
from hypothesis import settings as hypothesis_settings

from .helpers.keys import private_pem
from .helpers.services import all_services

# No deadline: a single example may meet the making of a key.
hypothesis_settings.register_profile("quick", max_examples=100, deadline=None)
hypothesis_settings.register_profile("thorough", max_examples=10_000, deadline=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


# Files and folders whose tests start servers or browsers, and whose result does not depend on the versions of Python
# and Django.
SERVER_TESTS = (
    "browser",
    "load",
    "signers",
    "tenants",
    "test_asgi_recipe.py",
    "test_audit_recipes.py",
    "test_behind_a_proxy.py",
    "test_compare.py",
    "test_compatibility.py",
    "test_docs_blocks.py",
    "test_example_project.py",
    "test_logins.py",
    "test_rotation.py",
    "test_stand_in.py",
)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.relative_to(Path(__file__).parent).parts[0] in SERVER_TESTS:
            item.add_marker(pytest.mark.servers)


@pytest.fixture(autouse=True)
def restore_checks():
    """Forget the checks of apps that a test adds to INSTALLED_APPS, because Django never does."""
    before = set(registry.registered_checks)
    yield
    registry.registered_checks = before


@pytest.fixture
def key_path(tmp_path):
    """The site's private key in a file that its owner alone can read."""
    path = tmp_path / "tiny.pem"
    path.touch(mode=0o600)
    path.write_text(private_pem())
    return path


@pytest.fixture
def passing_time(monkeypatch):
    """Each look at the monotonic clock is five seconds after the one before."""
    ticks = itertools.count(time.monotonic(), 5)
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks))


@pytest.fixture
def stopped_time(monkeypatch):
    """The monotonic clock stands still."""
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)


@pytest.fixture
def site(settings, key_path):
    """A site whose settings are the smallest that work: a private key and Tiny Drive."""
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path}
    return settings


@pytest.fixture
def every_service(settings):
    """A site with all of Tiny's services."""
    settings.TINYMCE_JWT = all_services()
    return settings


@pytest.fixture
def user(db):
    return get_user_model().objects.create_user("ada", first_name="Ada", last_name="Lovelace")
