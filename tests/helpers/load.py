"""Load on the example site: its users request tokens, and the answers are counted."""

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
    """Users who send requests in turn. ``log`` is the path of the server's output."""

    def __init__(self, site, kind, server, log):
        self.site = site
        self.kind = kind
        self.server = server
        self.log = log
        self.host = "{}:{}".format(*server.address)
        self._number = 0

    def outcomes(self, number, clients=8):
        """Send so many requests. Return how often each outcome came: ``token``, or the status and error."""
        start, self._number = self._number, self._number + number
        users = [self.site.users[index % len(self.site.users)] for index in range(start, start + number)]
        keys = self.public_keys()
        answers = ask(self.server.address, (self.request_of(user) for user in users), clients)
        return Counter(outcome(answer, users[answer.number], keys) for answer in answers)

    def until(self, condition):
        """Send requests until the condition holds. Return the outcomes."""
        outcomes = self.outcomes(20)
        for _ in range(500):
            if condition():
                return outcomes
            outcomes += self.outcomes(20)
        raise AssertionError(f"10,000 requests did not help: {outcomes}\n{self.log.read_text()[-2000:]}")

    def until_tokens_come(self):
        """Send requests until all of them get tokens."""
        self.until(lambda: self.outcomes(20) == {"token": 20})

    def request_of(self, user, body=b"{}"):
        return post(PATH, self.host, {"Cookie": f"sessionid={user.cookies['db']}"}, body)

    def public_keys(self):
        """All public keys that the site has had so far."""
        return [path.read_bytes() for path in (self.site.folder / "secrets").glob("*.pub.pem")]

    def claims(self, key):
        """Return the claims of the next token, or None if another key signed it."""
        [answer] = ask(self.server.address, iter([self.request_of(self.site.users[0])]), 1)
        return verified(json.loads(answer.body)["token"], [key])

    def blocks(self):
        """The number of memory blocks of the server's process after a garbage collection."""
        request = f"GET /load/blocks/ HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode()
        [answer] = ask(self.server.address, iter([request]), 1)
        return json.loads(answer.body)["blocks"]

    def times_logged(self, text):
        return self.log.read_text().count(text)

    def errors(self):
        """The errors that the server logged."""
        return re.findall(
            r"^(?:ERROR|CRITICAL|\[.*\[(?:ERROR|CRITICAL)\]|Traceback).*", self.log.read_text(), re.MULTILINE
        )


@contextmanager
def serving(kind, site, log, **environment):
    environment = {
        **site.environment,
        "PYTHONPATH": os.pathsep.join([str(SETTINGS), site.environment["PYTHONPATH"]]),
        "DJANGO_SETTINGS_MODULE": "load_settings",
        # Coverage would slow the servers down, and grow with each request.
        "COVERAGE_PROCESS_CONFIG": "",
        "BENCH_CONNECTIONS": kind.connections,
        **environment,
    }
    with log.open("wb") as file, running(kind.command, site.folder, environment, log=file) as server:
        visitors = Visitors(site, kind, server, log)
        assert visitors.outcomes(8) == {"token": 8}
        processes = server.processes()
        yield visitors
        # No process was replaced.
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
    """Return the claims if one of the keys signed the token, else None. Times are not checked."""
    for key in keys:
        with suppress(jwt.InvalidSignatureError):
            return jwt.decode(token, key, ["RS256"], options={"verify_exp": False, "verify_iat": False})
    return None
