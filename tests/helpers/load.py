"""The users of the example site, and what they get when they ask for tokens."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import jwt

from benchmarks.client import ask, post
from benchmarks.servers import GUNICORN_THREADS, UVICORN, running

PATH = "/tinymce/jwt/"
# `make load` sets it.
LONG = os.environ.get("LOAD") == "long"

SETTINGS = Path(__file__).parent.parent / "sites" / "load"


class Kind(NamedTuple):
    """A server, its database connections, and the most clients that may keep it waiting."""

    command: tuple[str, ...]
    connections: str
    slow_clients: int


KINDS = {
    # A thread reads the whole of a request before it does anything else. That one of the four is left for
    # everybody else is what a proxy in front is for, which is why gunicorn's own documentation wants one.
    "gunicorn": Kind(GUNICORN_THREADS, "kept", 3),
    # Under ASGI each request has a thread of its own, and so a connection of its own to the database.
    "uvicorn": Kind(UVICORN, "new", 64),
}


class Visitors:
    """Users who ask a server by turns; ``log`` is the file of what the server writes."""

    def __init__(self, site, kind, server, log):
        self.site = site
        self.kind = kind
        self.server = server
        self.log = log
        self.host = "{}:{}".format(*server.address)
        self._number = 0

    def outcomes(self, number, clients=8):
        """Return how often each thing came of that many requests: ``token``, or the status and error."""
        start, self._number = self._number, self._number + number
        users = [self.site.users[index % len(self.site.users)] for index in range(start, start + number)]
        keys = self.public_keys()
        answers = ask(self.server.address, (self.request_of(user) for user in users), clients)
        return Counter(outcome(answer, users[answer.number], keys) for answer in answers)

    def until(self, condition):
        """Ask until the condition holds; return what came of it all."""
        outcomes = self.outcomes(20)
        for _ in range(500):
            if condition():
                return outcomes
            outcomes += self.outcomes(20)
        raise AssertionError(f"10,000 requests were in vain: {outcomes}\n{self.log.read_text()[-2000:]}")

    def until_tokens_come(self):
        """Ask until tokens are all that comes."""
        self.until(lambda: self.outcomes(20) == {"token": 20})

    def request_of(self, user, body=b"{}"):
        return post(PATH, self.host, {"Cookie": f"sessionid={user.cookies['db']}"}, body)

    def public_keys(self):
        """The keys that the site had so far."""
        return [path.read_bytes() for path in (self.site.folder / "secrets").glob("*.pub.pem")]

    def claims(self, key):
        """Return what the next token claims, or None if another key signed it."""
        [answer] = ask(self.server.address, iter([self.request_of(self.site.users[0])]), 1)
        return verified(json.loads(answer.body)["token"], [key])

    def blocks(self):
        """The number of objects that the server's process has, after it has collected its garbage."""
        request = f"GET /load/blocks/ HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode()
        [answer] = ask(self.server.address, iter([request]), 1)
        return json.loads(answer.body)["blocks"]

    def times_logged(self, text):
        return self.log.read_text().count(text)

    def errors(self):
        """What the server wrote of errors."""
        return re.findall(
            r"^(?:ERROR|CRITICAL|\[.*\[(?:ERROR|CRITICAL)\]|Traceback).*", self.log.read_text(), re.MULTILINE
        )


@contextmanager
def serving(kind, site, log, **environment):
    environment = {
        **site.environment,
        "PYTHONPATH": os.pathsep.join([str(SETTINGS), site.environment["PYTHONPATH"]]),
        "DJANGO_SETTINGS_MODULE": "load_settings",
        "BENCH_CONNECTIONS": kind.connections,
        **environment,
    }
    with log.open("wb") as file, running(kind.command, site.folder, environment, log=file) as server:
        visitors = Visitors(site, kind, server, log)
        assert visitors.outcomes(8) == {"token": 8}
        processes = server.processes()
        yield visitors
        # Whatever happened, no process had to be replaced.
        assert server.processes() == processes


def outcome(answer, user, keys):
    try:
        content = json.loads(answer.body)
        if answer.status != 200:
            assert content["message"]
            return f"{answer.status} {content['error']}"
        claims = verified(content["token"], keys)
    except (ValueError, KeyError, TypeError):
        return f"{answer.status} that is not the endpoint's"
    if claims is None:
        return "the token of an unknown key"
    return "token" if claims["sub"] == str(user.pk) else "the token of another user"


def verified(token, keys):
    """Return the claims of a token that one of the keys signed, else None; times are not looked at."""
    for key in keys:
        with suppress(jwt.InvalidSignatureError):
            return jwt.decode(token, key, ["RS256"], options={"verify_exp": False, "verify_iat": False})
    return None
