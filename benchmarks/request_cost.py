"""What a whole request costs within Django, without a server. ``python -m benchmarks.request_cost`` prints JSON."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import jwt
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test.utils import override_settings
from django.urls import path

from . import plain_site
from .sessions import session_key
from .timing import BARE, Subject, by_turns, cores, figures, pin, timed

REQUEST = "WSGI, db session"
WITHOUT_ENDPOINT = "WSGI, session, user and a bare signature"
ENGINES = ["db", "cached_db", "signed_cookies"]
BODY = b"{}"

urlpatterns: list[Any] = []


def call_wsgi(handler: WSGIHandler, route: str, cookie: str) -> Callable[[], object]:
    """Return a function that sends one signed-in POST through the handler."""

    def call() -> None:
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": route,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(BODY),
            "CONTENT_LENGTH": "2",
            "CONTENT_TYPE": "application/json",
            "HTTP_HOST": "testserver",
            "HTTP_ORIGIN": "http://testserver",
            "HTTP_COOKIE": cookie,
        }
        statuses: list[str] = []
        response = handler(environ, lambda status, headers: statuses.append(status))
        body = b"".join(response)
        response.close()
        require_ok(statuses[0][:3], body)

    return call


def call_asgi(handler: ASGIHandler, route: str, cookie: str) -> Callable[[], object]:
    """Return a function that sends one signed-in POST through the handler, on an event loop that stays."""
    headers = {
        "host": "testserver",
        "origin": "http://testserver",
        "cookie": cookie,
        "content-type": "application/json",
        "content-length": "2",
    }
    scope = {
        "type": "http",
        "method": "POST",
        "path": route,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }

    async def call() -> None:
        # The second message never comes: the client stays connected.
        messages = [{"type": "http.request", "body": BODY, "more_body": False}]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return messages.pop() if messages else await asyncio.Future()

        async def send(message: Any) -> None:
            sent.append(message)

        await handler({**scope}, receive, send)
        require_ok(str(sent[0]["status"]), sent[1]["body"])

    return lambda: loop.run_until_complete(call())


loop = asyncio.new_event_loop()


def require_ok(status: str, body: bytes) -> None:
    if status != "200":
        sys.exit(f"The endpoint answered {status}: {body.decode()}")


def cookie_of(user: Any, engine: str) -> str:
    return f"sessionid={session_key(user, engine)}"


def pasted(key: Any) -> Callable[[HttpRequest], HttpResponse]:
    """What people paste into their views."""

    def view(request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        claims = {"sub": str(user.pk), "name": user.get_full_name(), "exp": int(time.time()) + 600}
        return JsonResponse({"token": jwt.encode(claims, key, algorithm="RS256")})

    return view


def signed_in(request: HttpRequest) -> HttpResponse:
    """What the request costs without the endpoint: session, user, and an answer of a token's length."""
    return JsonResponse({"token": "x" * 480 + str(request.user.pk)})


def signing(request: HttpRequest) -> HttpResponse:
    """The same with a bare signature: what is left of the endpoint's cost is its own."""
    plain_site.sign()
    return signed_in(request)


async def async_signed_in(request: HttpRequest) -> HttpResponse:
    user = await request.auser()
    return JsonResponse({"token": "x" * 480 + str(user.pk)})


def add_urls() -> None:
    from django.views.decorators.csrf import csrf_exempt

    from django_tinymce_jwt.views import AsyncTokenView, TokenView

    urlpatterns.extend(
        [
            path("token/", TokenView.as_view()),
            path("token/async/", AsyncTokenView.as_view()),
            path("signed-in/", csrf_exempt(signed_in)),
            path("signing/", csrf_exempt(signing)),
            path("signed-in/async/", csrf_exempt(async_signed_in)),
            path("pasted/loaded/", csrf_exempt(pasted(plain_site.key))),
            path("pasted/pem/", csrf_exempt(pasted(plain_site.pem))),
        ]
    )


def own_microseconds(subjects: Mapping[str, Subject], rounds: int) -> float:
    """The endpoint's own share: the request without session, user and signature.

    The difference is less than a tenth of either, so the two get rounds of their own, in which the machine's speed
    has less time to change.
    """
    samples = by_turns({name: subjects[name] for name in (REQUEST, WITHOUT_ENDPOINT)}, rounds)
    pairs = zip(samples[REQUEST], samples[WITHOUT_ENDPOINT], strict=True)
    return round(statistics.median(whole - other for whole, other in pairs) * 1e6)


def subjects_of(user: Any) -> dict[str, Subject]:
    subjects = {BARE: timed(plain_site.sign)}
    for engine in ENGINES:
        cookie = cookie_of(user, engine)
        with override_settings(SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}"):
            wsgi, asgi = WSGIHandler(), ASGIHandler()
        subjects[f"WSGI, {engine} session"] = timed(call_wsgi(wsgi, "/token/", cookie))
        subjects[f"ASGI, {engine} session"] = timed(call_asgi(asgi, "/token/async/", cookie))
        if engine == "db":
            subjects[WITHOUT_ENDPOINT] = timed(call_wsgi(wsgi, "/signing/", cookie))
            subjects["WSGI, session and user alone"] = timed(call_wsgi(wsgi, "/signed-in/", cookie))
            subjects["ASGI, session and user alone"] = timed(call_asgi(asgi, "/signed-in/async/", cookie))
            subjects["WSGI, pasted view, key loaded"] = timed(call_wsgi(wsgi, "/pasted/loaded/", cookie))
            subjects["WSGI, pasted view, PEM text"] = timed(call_wsgi(wsgi, "/pasted/pem/", cookie))
    return subjects


def main(rounds: str) -> None:
    pin(cores()[0])
    user = plain_site.set_up(ROOT_URLCONF=__name__)
    add_urls()
    subjects = subjects_of(user)
    own = own_microseconds(subjects, 4 * int(rounds))
    json.dump({"rows": figures(by_turns(subjects, int(rounds)), BARE), "own_microseconds": own}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
