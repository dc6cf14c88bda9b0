"""The token endpoint under ASGI: many requests at once, and an event loop that nothing blocks."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time

import pytest
from django.http import JsonResponse
from django.urls import path

from django_tinymce_jwt import verify_token

from .helpers.asgi import Application, NumberBackend, without_database
from .helpers.endpoint import PATH
from .helpers.keys import private_pem
from .sites import endpoint_urls

pytestmark = pytest.mark.urls(__name__)


async def page(request):
    user = await request.auser()
    return JsonResponse({"user": user.pk})


urlpatterns = [
    path("page/", page),
    *endpoint_urls.urlpatterns,
]


class Gate:
    """Keeps the requests of some users in the thread that has just signed their tokens, until it is opened.

    It is a filter of the audit trail, because a handler would wait with its lock held, and stop everybody.
    """

    def __init__(self, user_pks):
        self._user_pks = user_pks
        self._open = threading.Event()
        self._reached = threading.Event()
        self.opened_in_time = []

    async def reached(self):
        assert await asyncio.to_thread(self._reached.wait, 30)

    def open(self):
        self._open.set()

    def filter(self, record):
        if record.user_pk in self._user_pks:
            self._reached.set()
            # If the event loop itself waited here, nothing could open the gate.
            self.opened_in_time.append(self._open.wait(10))
            self.open()
        return True


@pytest.fixture
def gate_for():
    """A function that returns a gate for these users."""
    audit = logging.getLogger("django_tinymce_jwt.audit")
    level, gates = audit.level, []

    def gate_for(*user_pks):
        gates.append(Gate(user_pks))
        audit.addFilter(gates[-1])
        audit.setLevel(logging.INFO)
        return gates[-1]

    yield gate_for
    audit.setLevel(level)
    for gate in gates:
        audit.removeFilter(gate)


@pytest.fixture
def users(site):
    """A site whose sessions and users need no database."""
    return without_database(site)


def sub_of(answer):
    status, content = answer
    assert status == 200, content
    return verify_token(content["token"])["sub"]


def test_concurrent_users_each_get_their_own_token(users):
    everybody = range(1, 31)

    async def ask_all(application):
        return await asyncio.gather(*(application.ask(PATH, user_pk) for user_pk in everybody))

    answers = asyncio.run(ask_all(Application()))
    assert [sub_of(answer) for answer in answers] == [str(user_pk) for user_pk in everybody]
    assert sorted(NumberBackend.asked) == [*everybody]


def test_token_is_issued_while_another_is_signed(users, gate_for):
    gate = gate_for(1)

    async def ask_two(application):
        slow = asyncio.create_task(application.ask(PATH, 1))
        await gate.reached()
        quick = await application.ask(PATH, 2)
        gate.open()
        return sub_of(quick), sub_of(await slow)

    assert asyncio.run(ask_two(Application())) == ("2", "1")
    assert gate.opened_in_time == [True]


def test_slow_signatures_do_not_delay_other_pages(users, gate_for):
    many = range(1, 41)
    gate = gate_for(*many)

    async def ask_all(application):
        slow = [asyncio.create_task(application.ask(PATH, user_pk)) for user_pk in many]
        await gate.reached()
        page = await application.ask("/page/", 50, method="GET")
        gate.open()
        return page, [sub_of(answer) for answer in await asyncio.gather(*slow)]

    assert asyncio.run(ask_all(Application())) == ((200, {"user": 50}), [str(user_pk) for user_pk in many])
    assert gate.opened_in_time == [True] * len(many)


BLOCKING = {"open", "open_code", "connect", "getaddrinfo", "fork_exec", "sleep"}


@pytest.fixture
def blocking_calls():
    """The calls that block an event loop, as they are made."""
    calls = []

    # In one line, because coverage does not measure a profile function.
    profile = lambda frame, event, function: blocks(event, function) and calls.append((frame.f_code, function))  # noqa: E731
    blocks = lambda event, function: event == "c_call" and function.__name__ in BLOCKING and in_a_loop()  # noqa: E731
    in_a_loop = asyncio._get_running_loop
    before = sys.getprofile()
    # It sees only this thread, which runs the event loop.
    sys.setprofile(profile)
    yield calls
    sys.setprofile(before)


def test_event_loop_never_reads_a_file_or_sleeps(users, key_path, blocking_calls):
    async def ask_one(application):
        time.sleep(0)
        seen = len(blocking_calls)
        return seen, await application.ask(PATH, 1)

    # The first request imports modules from files.
    users.TINYMCE_JWT = {"PRIVATE_KEY": private_pem()}
    asyncio.run(ask_one(Application()))
    blocking_calls.clear()
    users.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path}
    seen, answer = asyncio.run(ask_one(Application()))
    assert sub_of(answer) == "1"
    # Another thread read the key. The test's own sleep proves that a call would be seen.
    assert (seen, blocking_calls[seen:]) == (1, [])


def test_client_that_hangs_up_is_not_an_error(users, gate_for, caplog):
    gate = gate_for(1)

    async def hang_up(application):
        gone = asyncio.Event()
        request = asyncio.create_task(application.ask(PATH, 1, gone=gone))
        await gate.reached()
        gone.set()
        # Let the handler notice. It waits for the thread that signs, and sends no answer.
        await asyncio.sleep(0.01)
        gate.open()
        answer = await request
        return answer, sub_of(await application.ask(PATH, 2))

    assert asyncio.run(hang_up(Application())) == (None, "2")
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []
