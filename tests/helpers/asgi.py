"""Requests to the site through Django's ASGI handler, as a server makes them, and many at once."""

from __future__ import annotations

import asyncio
import json

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.backends import BaseBackend
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.handlers.asgi import ASGIHandler


class NumberBackend(BaseBackend):
    """Has a user for every number, so that no test needs a database. ``asked`` has the numbers asked for."""

    asked: list[int] = []

    def get_user(self, user_id):
        self.asked.append(int(user_id))
        return get_user_model()(pk=int(user_id), username=f"user{user_id}")


def without_database(settings):
    """Change the settings so that sessions and users need no database."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.NumberBackend"]
    NumberBackend.asked.clear()
    return settings


def cookie_of(user_pk):
    session = SessionStore()
    session[SESSION_KEY] = str(user_pk)
    session[BACKEND_SESSION_KEY] = f"{__name__}.NumberBackend"
    session[HASH_SESSION_KEY] = get_user_model()(pk=user_pk).get_session_auth_hash()
    session.save()
    return f"sessionid={session.session_key}"


class Application:
    """The site, with the settings at the time of its making."""

    def __init__(self):
        self._handler = ASGIHandler()

    async def ask(self, path, user_pk, *, method="POST", headers=(), body=b"{}", gone=None):
        """Return status and content of the answer, or None if there is none.

        ``headers`` are pairs of bytes; the client hangs up when the event ``gone`` is set.
        """
        cookie = cookie_of(user_pk).encode()
        sent = [(b"host", b"testserver"), (b"content-length", b"%d" % len(body)), (b"cookie", cookie), *headers]
        incoming = [{"type": "http.request", "body": body, "more_body": False}]
        outgoing = []

        async def receive():
            if incoming:
                return incoming.pop()
            await (gone or asyncio.Event()).wait()
            return {"type": "http.disconnect"}

        async def send(message):
            outgoing.append(message)

        # An application that hangs must fail its test and not stop the run.
        scope = {"type": "http", "method": method, "path": path, "headers": sent}
        await asyncio.wait_for(self._handler(scope, receive, send), 60)
        if not outgoing:
            return None
        start, *bodies = outgoing
        return start["status"], json.loads(b"".join(message["body"] for message in bodies))
