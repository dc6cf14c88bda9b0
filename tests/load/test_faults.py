"""Faults around the endpoint: clear answers while they last, and tokens again afterwards."""

from __future__ import annotations

import socket
import sqlite3
import time
from contextlib import ExitStack, contextmanager

import pytest

from tests.helpers.load import LONG, serving

STEP = 1 if LONG else 7
ROUNDS = 1_000 if LONG else 50
UNAVAILABLE = "500 token_unavailable"


@contextmanager
def moved_away(database):
    elsewhere = database.with_name("elsewhere.sqlite3")
    database.rename(elsewhere)
    database.mkdir()
    try:
        yield
    finally:
        database.rmdir()
        elsewhere.rename(database)


@contextmanager
def locked(database):
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


each_fault = pytest.mark.parametrize("fault", [moved_away, locked])


@pytest.fixture
def without_login(kind, example, log):
    """The users of a site that does without ``LoginRequiredMiddleware``, and keeps no connection to its database."""
    with serving(kind, example, log, BENCH_CONNECTIONS="new", LOAD_LOGIN="optional") as visitors:
        yield visitors


@each_fault
def test_database_failure_is_answered_and_then_over(without_login, fault):
    with fault(without_login.site.folder / "db.sqlite3"):
        assert without_login.outcomes(20) == {UNAVAILABLE: 20}
    without_login.until_tokens_come()
    # No error is lost.
    assert without_login.times_logged("ERROR django_tinymce_jwt: No token for 'tinydrive': token_unavailable.") == 20


@each_fault
def test_database_failure_in_middleware_is_then_over(kind, example, log, fault):
    with serving(kind, example, log, BENCH_CONNECTIONS="new") as visitors:
        with fault(example.folder / "db.sqlite3"):
            # LoginRequiredMiddleware reads the user before any view is called.
            assert visitors.outcomes(20) == {"500 that is not the endpoint's": 20}
        visitors.until_tokens_come()


def test_clients_that_hang_up_disturb_nobody(visitors):
    request = visitors.request_of(visitors.site.users[0], b'{"document": 7}')
    for length in range(0, len(request), STEP):
        with socket.create_connection(visitors.server.address) as client:
            client.sendall(request[:length])
    for number in range(ROUNDS):
        with socket.create_connection(visitors.server.address) as client:
            client.sendall(request)
            # At a different moment of its handling each time.
            time.sleep(number % 25 / 1_000)
    assert visitors.outcomes(100) == {"token": 100}
    assert visitors.errors() == []


@pytest.mark.parametrize("sent", ["a-byte", "half-the-head", "half-the-body"])
def test_slow_clients_do_not_delay_others(visitors, sent):
    body = b'{"document": 7}'
    request = visitors.request_of(visitors.site.users[0], body)
    cut = {"a-byte": 1, "half-the-head": len(request) // 2, "half-the-body": len(request) - len(body) // 2}[sent]
    with ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(visitors.server.address, timeout=60))
            for _ in range(visitors.kind.slow_clients)
        ]
        for client in slow:
            client.sendall(request[:cut])
        assert visitors.outcomes(100) == {"token": 100}
        for client in slow:
            client.sendall(request[cut:])
        assert [client.recv(65536)[:12] for client in slow] == [b"HTTP/1.1 200"] * len(slow)
    assert visitors.errors() == []
