"""``AsyncTokenView`` on an ASGI site: the answers of ``TokenView``, and an event loop that goes on."""

from __future__ import annotations

import asyncio
import logging

import jwt
import pytest
from django.core.exceptions import PermissionDenied
from django.urls import path

from django_tinymce_jwt.views import AsyncTokenView

from . import views_urls
from .asgi import Application, PeopleBackend
from .endpoint import claims_of, error_of
from .keyring import private_pem, rsa_key
from .test_view_bodies import REFUSED, TAKEN
from .test_views import FAULTS

pytestmark = pytest.mark.urls(__name__)

# No code of OpenSSL's is made for a key of more than 4096 bits: its signatures take 30 times as long.
SLOW_BITS = 5120

each_view = pytest.mark.parametrize("view", ["/sync/", "/async/"], ids=["view", "async-view"])


class AwaitingView(AsyncTokenView):
    """Awaits something of its own before it maps the claims, and then does what the URL says."""

    async def get_claims(self):
        await asyncio.sleep(0)
        if "raises" in self.kwargs:
            raise self.kwargs["raises"]("no claims today")
        return {**await super().get_claims(), "name": self.request.headers["X-Name"]}


class MarkingView(AsyncTokenView):
    """Marks in ``events`` that the claims are made, after which the token is signed."""

    events: list[str] = []

    async def get_claims(self):
        claims = await super().get_claims()
        self.events.append("claims")
        return claims


class TurningView(MarkingView):
    """Marks also each turn of the event loop from then on, until the token is signed."""

    async def get_claims(self):
        claims = await super().get_claims()
        self._turn()
        return claims

    def _turn(self):
        if "signed" not in self.events:
            self.events.append("turn")
            asyncio.get_running_loop().call_soon(self._turn)


class SignedMarker(logging.Handler):
    """Marks in a list that a token is signed: that is when the audit trail hears of it."""

    def __init__(self, events):
        super().__init__()
        self._events = events

    def emit(self, record):
        self._events.append("signed")


urlpatterns = [
    *views_urls.urlpatterns,
    path("awaiting/", AwaitingView.as_view()),
    path("awaiting/refused/", AwaitingView.as_view(), {"raises": PermissionDenied}),
    path("awaiting/failed/", AwaitingView.as_view(), {"raises": LookupError}),
    path("marking/", MarkingView.as_view()),
    path("turning/", TurningView.as_view()),
]


@pytest.fixture
def people(site):
    """The settings of a site whose sessions and users need no database."""
    site.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    site.AUTHENTICATION_BACKENDS = [f"{PeopleBackend.__module__}.PeopleBackend"]
    PeopleBackend.asked.clear()
    return site


@pytest.fixture
def slow_people(people):
    """The same with a key that is really slow, and with no more middleware than the endpoint needs."""
    people.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(rsa_key("slow", SLOW_BITS))}
    people.MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
    return people


@pytest.fixture
def audit_events():
    """A list of events, in which each signature is marked."""
    events: list[str] = []
    audit = logging.getLogger("django_tinymce_jwt.audit")
    handler, level = SignedMarker(events), audit.level
    audit.addHandler(handler)
    audit.setLevel(logging.INFO)
    yield events
    audit.setLevel(level)
    audit.removeHandler(handler)


def sub_of(answer):
    return jwt.decode(answer.json()["token"], options={"verify_signature": False})["sub"]


@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_both_views_refuse_in_the_same_words(people, fault, debug):
    people.DEBUG = debug
    people.TINYMCE_JWT = {**people.TINYMCE_JWT, **fault.config}
    request = dict(fault.request)
    person, service = request.pop("user", 7), request.pop("service", "")
    application = Application()
    answer = application.answer(f"/sync/{service}", person, **request)
    assert error_of(answer) == (fault.status, fault.error)
    assert application.answer(f"/async/{service}", person, **request) == answer


def test_both_views_give_the_same_token(people):
    application = Application()
    first, second = (application.answer(view, 7) for view in ("/sync/", "/async/"))
    tokens = [claims_of(answer) for answer in (first, second)]
    assert first.headers == second.headers
    assert [claims["sub"] for claims in tokens] == ["7", "7"]
    assert tokens[0].keys() == tokens[1].keys()


@each_view
@pytest.mark.parametrize("body", TAKEN.values(), ids=TAKEN)
def test_bodies_that_are_taken(people, view, body):
    assert Application().answer(view, 7, body).status_code == 200


@each_view
@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_bodies_that_are_refused(people, view, body):
    assert error_of(Application().answer(view, 7, body)) == (400, "invalid_request")


def test_options_are_the_same(people):
    application = Application()
    answer = application.answer("/sync/", method="OPTIONS")
    assert (answer.status_code, answer.headers["Allow"], answer.content) == (200, "POST, OPTIONS", b"")
    assert application.answer("/async/", method="OPTIONS") == answer


@each_view
def test_no_csrf_token_is_wanted(people, view):
    assert "django.middleware.csrf.CsrfViewMiddleware" in people.MIDDLEWARE
    assert sub_of(Application().answer(view, 7, headers={"Origin": "http://testserver"})) == "7"


@each_view
def test_nobody_is_sent_to_the_login(people, view):
    assert "django.contrib.auth.middleware.LoginRequiredMiddleware" in people.MIDDLEWARE
    answer = Application().answer(view)
    assert error_of(answer) == (401, "not_authenticated")


@each_view
def test_user_is_asked_for_once(people, view):
    Application().answer(view, 7)
    assert PeopleBackend.asked == [7]


def test_get_claims_may_await(people):
    answer = Application().answer("/awaiting/", 7, headers={"X-Name": "Countess"})
    assert (claims_of(answer)["sub"], claims_of(answer)["name"]) == ("7", "Countess")


@pytest.mark.parametrize(
    ("what", "expected"),
    [("refused", (403, "permission_denied")), ("failed", (500, "token_unavailable"))],
)
def test_what_get_claims_raises_has_its_answer(people, what, expected):
    assert error_of(Application().answer(f"/awaiting/{what}/", 7)) == expected


@each_view
def test_each_of_many_at_once_gets_their_own_token(people, view):
    async def ask_all(application):
        return await asyncio.gather(*(application.ask(view, person) for person in range(1, 31)))

    answers = asyncio.run(ask_all(Application()))
    assert [sub_of(answer) for answer in answers] == [str(person) for person in range(1, 31)]


def test_event_loop_goes_on_while_a_token_is_signed(slow_people, audit_events, monkeypatch):
    monkeypatch.setattr(MarkingView, "events", audit_events)
    assert Application().answer("/turning/", 7).status_code == 200
    between = audit_events[audit_events.index("claims") : audit_events.index("signed")]
    assert between.count("turn") > 10


def test_slow_signatures_do_not_delay_other_requests(slow_people, audit_events, monkeypatch):
    monkeypatch.setattr(MarkingView, "events", audit_events)

    async def ask_all(application):
        slow = [asyncio.create_task(application.ask("/marking/", person)) for person in range(1, 41)]
        while "claims" not in audit_events:
            await asyncio.sleep(0.001)
        quick = await application.ask("/async/", method="GET")
        signed = audit_events.count("signed")
        return quick, signed, await asyncio.gather(*slow)

    quick, signed, slow = asyncio.run(ask_all(Application()))
    assert quick.status_code == 405
    assert signed < len(slow) / 2
    assert [answer.status_code for answer in slow] == [200] * len(slow)


def test_client_that_hangs_up_is_no_error(slow_people, audit_events, caplog, monkeypatch):
    monkeypatch.setattr(MarkingView, "events", audit_events)

    async def ask_and_hang_up(application):
        gone = asyncio.Event()
        request = asyncio.create_task(application.ask("/marking/", 7, disconnect=gone))
        while "claims" not in audit_events:
            await asyncio.sleep(0.001)
        gone.set()
        return await request

    assert asyncio.run(ask_and_hang_up(Application())) is None
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []
