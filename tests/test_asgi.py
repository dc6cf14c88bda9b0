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

from .helpers.asgi import Application, PeopleBackend, without_database
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

    def __init__(self, people):
        self._people = people
        self._open = threading.Event()
        self._reached = threading.Event()
        self.opened_in_time = []

    async def reached(self):
        while not self._reached.is_set():
            await asyncio.sleep(0.001)

    def open(self):
        self._open.set()

    def filter(self, record):
        if record.user_pk in self._people:
            self._reached.set()
            # If it is the event loop that waits here, nobody is left who could open the gate.
            self.opened_in_time.append(self._open.wait(10))
            self.open()
        return True


@pytest.fixture
def gate_for():
    """A function that returns a gate for these users."""
    audit = logging.getLogger("django_tinymce_jwt.audit")
    level, gates = audit.level, []

    def gate_for(*people):
        gates.append(Gate(people))
        audit.addFilter(gates[-1])
        audit.setLevel(logging.INFO)
        return gates[-1]

    yield gate_for
    audit.setLevel(level)
    for gate in gates:
        audit.removeFilter(gate)


@pytest.fixture
def people(site):
    """The settings of a site whose sessions and users need no database."""
    return without_database(site)


def sub_of(answer):
    status, content = answer
    assert status == 200, content
    return verify_token(content["token"])["sub"]


def test_concurrent_users_each_get_their_own_token(people):
    everybody = range(1, 31)

    async def ask_all(application):
        return await asyncio.gather(*(application.ask(PATH, person) for person in everybody))

    answers = asyncio.run(ask_all(Application()))
    assert [sub_of(answer) for answer in answers] == [str(person) for person in everybody]
    assert sorted(PeopleBackend.asked) == [*everybody]


def test_token_is_issued_while_another_is_signed(people, gate_for):
    gate = gate_for(1)

    async def ask_two(application):
        slow = asyncio.create_task(application.ask(PATH, 1))
        await gate.reached()
        quick = await application.ask(PATH, 2)
        gate.open()
        return sub_of(quick), sub_of(await slow)

    assert asyncio.run(ask_two(Application())) == ("2", "1")
    assert gate.opened_in_time == [True]


def test_slow_signatures_do_not_delay_other_pages(people, gate_for):
    many = range(1, 41)
    gate = gate_for(*many)

    async def ask_all(application):
        slow = [asyncio.create_task(application.ask(PATH, person)) for person in many]
        await gate.reached()
        page = await application.ask("/page/", 50, method="GET")
        gate.open()
        return page, [sub_of(answer) for answer in await asyncio.gather(*slow)]

    assert asyncio.run(ask_all(Application())) == ((200, {"user": 50}), [str(person) for person in many])
    assert gate.opened_in_time == [True] * len(many)


BLOCKING = {"open", "open_code", "connect", "getaddrinfo", "fork_exec", "sleep"}


@pytest.fixture
def blocking_calls():
    """The calls of Python's own functions that block an event loop, as they come."""
    calls = []

    def profile(frame, event, function):
        if event == "c_call" and function.__name__ in BLOCKING and asyncio._get_running_loop() is not None:
            calls.append(f"{frame.f_code.co_filename}:{frame.f_lineno}: {function.__name__}")

    before = sys.getprofile()
    # It sees this thread alone, where the event loop is.
    sys.setprofile(profile)
    yield calls
    sys.setprofile(before)


def test_event_loop_never_reads_a_file_or_sleeps(people, key_path, blocking_calls):
    async def ask_one(application):
        time.sleep(0)
        seen = len(blocking_calls)
        return seen, await application.ask(PATH, 1)

    # What is imported at the first request is read by then.
    people.TINYMCE_JWT = {"PRIVATE_KEY": private_pem()}
    asyncio.run(ask_one(Application()))
    blocking_calls.clear()
    people.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path}
    seen, answer = asyncio.run(ask_one(Application()))
    assert sub_of(answer) == "1"
    # The key was read, by another thread. The test's own sleep shows that a call would be seen.
    assert (seen, blocking_calls[seen:]) == (1, [])


def test_client_that_hangs_up_is_not_an_error(people, gate_for, caplog):
    gate = gate_for(1)

    async def hang_up(application):
        gone = asyncio.Event()
        request = asyncio.create_task(application.ask(PATH, 1, gone=gone))
        await gate.reached()
        gone.set()
        # So that the handler hears of it. It waits for the thread that signs, and answers nobody.
        await asyncio.sleep(0.01)
        gate.open()
        answer = await request
        return answer, sub_of(await application.ask(PATH, 2))

    assert asyncio.run(hang_up(Application())) == (None, "2")
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []
