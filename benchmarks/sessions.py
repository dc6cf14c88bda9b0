"""Makes sessions of logged-in users, without a login."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def session_key(user: Any, engine: str) -> str:
    """Return the cookie's value for a new session in that session engine."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(f"django.contrib.sessions.backends.{engine}").SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)
