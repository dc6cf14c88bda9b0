"""Sessions of users who are logged in, without a login."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def session_key(user: Any, engine: str) -> str:
    """Return the value of the cookie of a new session, kept by that engine of Django's."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(f"django.contrib.sessions.backends.{engine}").SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)
