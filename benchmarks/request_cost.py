"""What a whole request costs within Django, without a server. ``python -m benchmarks.request_cost`` prints JSON."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import jwt
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test.utils import override_settings
from django.urls import path

from . import plain_site
from .sessions import session_key
from .timing import SIGNATURE, Subject, cores, figures, in_turns, pin, timed

REQUEST = "request for a token, db session"
WITHOUT_ENDPOINT = "session, user and one signature"
ENGINES = ["db", "cached_db", "signed_cookies"]
BODY = b"{}"

urlpatterns: list[Any] = []


def request_call(handler: WSGIHandler, route: str, cookie: str) -> Callable[[], object]:
    """Return a function that sends one POST of a logged-in user through the handler."""

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
        if statuses[0][:3] != "200":
            sys.exit(f"The endpoint answered {statuses[0]}: {body.decode()}")

    return call


def cookie_of(user: Any, engine: str) -> str:
    return f"sessionid={session_key(user, engine)}"


def view_without_package(key: Any) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view that people write without this package."""

    def view(request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        claims = {"sub": str(user.pk), "name": user.get_full_name(), "exp": int(time.time()) + 600}
        return JsonResponse({"token": jwt.encode(claims, key, algorithm="RS256")})

    return view


def read_user(request: HttpRequest) -> HttpResponse:
    """What a request costs without the endpoint: the session, the user, and an answer as long as a token."""
    return JsonResponse({"token": "x" * 480 + str(request.user.pk)})


def read_user_and_sign(request: HttpRequest) -> HttpResponse:
    """The same with a signature. The rest of a request for a token is the endpoint's own."""
    plain_site.sign()
    return read_user(request)


def add_urls() -> None:
    from django.views.decorators.csrf import csrf_exempt

    from django_tinymce_jwt.views import TokenView

    urlpatterns.extend(
        [
            path("token/", TokenView.as_view()),
            path("user/", csrf_exempt(read_user)),
            path("user/signature/", csrf_exempt(read_user_and_sign)),
            path("without-package/loaded/", csrf_exempt(view_without_package(plain_site.key))),
            path("without-package/pem/", csrf_exempt(view_without_package(plain_site.pem))),
        ]
    )


def own_microseconds(subjects: Mapping[str, Subject], rounds: int) -> float:
    """The endpoint's own share: the request less one with the same session, user and signature.

    The difference is less than a tenth of either. So the two are measured in rounds without the others, which are
    shorter and give the machine's speed less time to change.
    """
    samples = in_turns({name: subjects[name] for name in (REQUEST, WITHOUT_ENDPOINT)}, rounds)
    pairs = zip(samples[REQUEST], samples[WITHOUT_ENDPOINT], strict=True)
    return round(statistics.median(whole - other for whole, other in pairs) * 1e6)


def subjects_of(user: Any) -> dict[str, Subject]:
    subjects = {SIGNATURE: timed(plain_site.sign)}
    for engine in ENGINES:
        cookie = cookie_of(user, engine)
        with override_settings(SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}"):
            handler = WSGIHandler()
        subjects[f"request for a token, {engine} session"] = timed(request_call(handler, "/token/", cookie))
        if engine == "db":
            for name, route in [
                (WITHOUT_ENDPOINT, "/user/signature/"),
                ("session and user", "/user/"),
                ("view without this package, key loaded", "/without-package/loaded/"),
                ("view without this package, PEM text", "/without-package/pem/"),
            ]:
                subjects[name] = timed(request_call(handler, route, cookie))
    return subjects


def main(rounds: str) -> None:
    pin(cores()[0])
    user = plain_site.set_up(ROOT_URLCONF=__name__)
    add_urls()
    subjects = subjects_of(user)
    own = own_microseconds(subjects, 4 * int(rounds))
    json.dump({"rows": figures(in_turns(subjects, int(rounds)), SIGNATURE), "own_microseconds": own}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
