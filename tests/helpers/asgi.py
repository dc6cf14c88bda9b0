"""An ASGI site that is asked as a server asks it: through Django's handler, and many times at once."""

from __future__ import annotations

import asyncio
import json

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.backends import BaseBackend
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.handlers.asgi import ASGIHandler


class PeopleBackend(BaseBackend):
    """Knows everybody by their number, so that no test needs a database. ``asked`` has the numbers asked for."""

    asked: list[int] = []

    def get_user(self, user_id):
        self.asked.append(int(user_id))
        return get_user_model()(pk=int(user_id), username=f"person{user_id}")


def without_database(settings):
    """Change the settings to those of a site whose sessions and users need no database."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.PeopleBackend"]
    PeopleBackend.asked.clear()
    return settings


def cookie_of(person):
    session = SessionStore()
    session[SESSION_KEY] = str(person)
    session[BACKEND_SESSION_KEY] = f"{__name__}.PeopleBackend"
    session[HASH_SESSION_KEY] = get_user_model()(pk=person).get_session_auth_hash()
    session.save()
    return f"sessionid={session.session_key}"


class Application:
    """The site of the settings as they are now."""

    def __init__(self):
        self._handler = ASGIHandler()

    async def ask(self, path, person=None, *, method="POST", headers=(), body=b"{}", gone=None):
        """Return status and content of the answer, or None if there is none.

        ``headers`` are pairs of bytes; the client hangs up when the event ``gone`` is set.
        """
        sent = [(b"host", b"testserver"), (b"content-length", b"%d" % len(body)), *headers]
        if person is not None:
            sent.append((b"cookie", cookie_of(person).encode()))
        incoming = [{"type": "http.request", "body": body, "more_body": False}]
        outgoing = []

        async def receive():
            if incoming:
                return incoming.pop()
            await (gone or asyncio.Event()).wait()
            return {"type": "http.disconnect"}

        async def send(message):
            outgoing.append(message)

        # An application that hangs shall fail its test, not stop the run.
        scope = {"type": "http", "method": method, "path": path, "headers": sent}
        await asyncio.wait_for(self._handler(scope, receive, send), 60)
        if not outgoing:
            return None
        start, *bodies = outgoing
        return start["status"], json.loads(b"".join(message["body"] for message in bodies))
