"""An ASGI site that is asked as a server asks it: through Django's handler, and many times at once."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Answer:
    """An answer, with the names that Django's own responses have."""

    status_code: int
    headers: dict[str, str]
    content: bytes

    def __getitem__(self, header):
        return self.headers[header]

    def json(self):
        return json.loads(self.content)


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

    async def ask(self, path, person=None, body="{}", *, method="POST", headers=None, disconnect=None):
        """Return the answer, or None if there is none; the client hangs up when the event ``disconnect`` is set."""
        data = body.encode() if isinstance(body, str) else body
        sent = {"host": "testserver", "content-type": "application/json", "content-length": str(len(data))}
        if person is not None:
            sent["cookie"] = cookie_of(person)
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }
        incoming = [{"type": "http.request", "body": data, "more_body": False}]
        outgoing = []

        async def receive():
            if incoming:
                return incoming.pop()
            await (disconnect or asyncio.Event()).wait()
            return {"type": "http.disconnect"}

        async def send(message):
            outgoing.append(message)

        # An application that hangs shall fail its test, not stop the run.
        await asyncio.wait_for(self._handler(scope, receive, send), 60)
        return _answer(outgoing) if outgoing else None

    def answer(self, *args, **kwargs):
        """The same, for one request at a time."""
        return asyncio.run(self.ask(*args, **kwargs))


def _answer(messages):
    start, *bodies = messages
    headers = {name.decode().title(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], headers, b"".join(message["body"] for message in bodies))
