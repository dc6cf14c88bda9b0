"""The site around the token endpoint, as far as it can be checked from inside: URLs, middleware, cookies, CORS."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.request import validate_host
from django.middleware.common import CommonMiddleware
from django.test.client import Client
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.module_loading import import_string

from ..display import printable
from ..providers import endpoint_url
from ..services import DEFAULT_SERVICE
from .findings import Finding, error, info, ok, warning

_CORS_MIDDLEWARE = "corsheaders.middleware.CorsMiddleware"
_NOT_TRIED = "django_tinymce_jwt.urls is not included, or under a path with arguments, so no URL was tried."
_START = "Fix what keeps the site from starting."


def request_to(host: str) -> HttpRequest:
    """Return a request to a host as the site's middleware leaves it, which may have found the tenant."""
    request: HttpRequest = _ask("GET", "/", host=host).wsgi_request
    return request


def endpoints(services: Iterable[str], host: str | None = None) -> Iterator[Finding]:
    """Send requests without a login to the included URLs, through the site's own middleware, inside this process."""
    try:
        script = reverse("django_tinymce_jwt:providers")
        urls = {service: endpoint_url(service) for service in services}
    except NoReverseMatch:
        text = f"{_NOT_TRIED} Views of your own are not checked."
        yield info("URLs", text)
        return
    for service, url in urls.items():
        yield _try("POST", url, f"{service}: ", HTTPStatus.UNAUTHORIZED, "application/json", host)
    yield _try("GET", script, "the script of the providers: ", HTTPStatus.OK, "text/javascript", host)


def middleware() -> Iterator[Finding]:
    """Check that the middleware that sets the user is there, in the right order."""
    session, user = _position(SessionMiddleware), _position(AuthenticationMiddleware)
    if session is None or user is None:
        missing = "SessionMiddleware" if session is None else "AuthenticationMiddleware"
        text = f"MIDDLEWARE has no {missing}, so the endpoint does not know users who log in with a session."
        yield warning("middleware", text, "Add it, unless the site sets request.user by other means.")
    elif session > user:
        text = "AuthenticationMiddleware is listed before SessionMiddleware, whose session it needs."
        yield error("middleware", text, "Move SessionMiddleware above it.")
    else:
        yield ok("middleware", "SessionMiddleware and AuthenticationMiddleware are there, in this order.")


def cookies() -> Iterator[Finding]:
    """Check that the session cookie reaches the endpoint, and nobody else."""
    same_site, secure = settings.SESSION_COOKIE_SAMESITE, settings.SESSION_COOKIE_SECURE
    if same_site == "None" and not secure:
        text = "SESSION_COOKIE_SAMESITE is 'None' without SESSION_COOKIE_SECURE: browsers drop such a cookie."
        yield error("cookies", text, "Set SESSION_COOKIE_SECURE = True, or SESSION_COOKIE_SAMESITE = 'Lax'.")
    elif not secure and not settings.DEBUG:
        text = "SESSION_COOKIE_SECURE is False, so the session cookie is also sent over http, where it can be read."
        yield warning("cookies", text, "Set SESSION_COOKIE_SECURE = True, and serve the site over https.")
    elif secure and settings.DEBUG:
        text = "SESSION_COOKIE_SECURE is True. Over http, as with runserver, some browsers then keep no session."
        yield warning("cookies", text, "Set it to False where DEBUG is True.")
    if not settings.SESSION_COOKIE_HTTPONLY:
        text = "SESSION_COOKIE_HTTPONLY is False, so any script on a page can read the session cookie."
        yield warning("cookies", text, "Set it to True.")
    flags = f"SameSite={same_site}, Secure={secure}, HttpOnly={settings.SESSION_COOKIE_HTTPONLY}"
    yield info("cookies", f"The session cookie has {flags}. SameSite=Lax suits editors on the site's own pages.")


def cors() -> Iterator[Finding]:
    """Check that the pages on other origins that may read the answer may also send the request, and the reverse."""
    trusted = set(settings.CSRF_TRUSTED_ORIGINS)
    if not apps.is_installed("corsheaders"):
        yield info("CORS", "django-cors-headers is not installed, so only editors on the site's own origin get tokens.")
        return
    position, common = _position_of(_CORS_MIDDLEWARE), _position(CommonMiddleware)
    if position is None or (common is not None and position > common):
        text = f"{_CORS_MIDDLEWARE} is not listed in MIDDLEWARE before CommonMiddleware: other origins get no answer."
        yield error("CORS", text, "Put it first.")
    allowed = set(getattr(settings, "CORS_ALLOWED_ORIGINS", ()))
    for origin in sorted(allowed - trusted):
        text = f"{origin} is in CORS_ALLOWED_ORIGINS but not in CSRF_TRUSTED_ORIGINS: the endpoint refuses its editors."
        yield warning("CORS", text, "Add it to CSRF_TRUSTED_ORIGINS if editors are on its pages.")
    if allowed and not getattr(settings, "CORS_ALLOW_CREDENTIALS", False):
        text = "CORS_ALLOW_CREDENTIALS is False, so requests from other origins come without a session."
        yield warning("CORS", text, "Set CORS_ALLOW_CREDENTIALS = True if editors are on other origins.")
    if getattr(settings, "CORS_ALLOW_ALL_ORIGINS", False):
        text = "CORS_ALLOW_ALL_ORIGINS is True, so every page anywhere may read this site's answers."
        yield warning("CORS", text, "List the origins in CORS_ALLOWED_ORIGINS.")
    both = ", ".join(sorted(allowed & trusted)) or "none"
    text = f"Other origins whose editors may request tokens and read the answer: {both}."
    yield info("CORS", f"{text} The session cookie is sent from another domain only with SameSite=None.")


def origin(address: str, services: Iterable[str], host: str | None = None) -> Iterator[Finding]:
    """Say what the endpoint would answer to a page of this origin, as a browser sends the request over https."""
    try:
        url = endpoint_url(next(iter(services), DEFAULT_SERVICE))
    except NoReverseMatch:
        yield info("origin", _NOT_TRIED)
        return
    try:
        parts = urlsplit(address)
    except ValueError:
        yield error("origin", f"{printable(address)} is not an origin.", "Write scheme://host or scheme://host:port.")
        return
    # What Django allows with DEBUG and an empty ALLOWED_HOSTS.
    hosts = settings.ALLOWED_HOSTS or ([".localhost", "127.0.0.1", "[::1]"] if settings.DEBUG else [])
    own = parts.netloc if validate_host(parts.hostname or "", hosts) and host in (None, parts.netloc) else None
    try:
        answer = _ask("POST", url, host=own or host, secure=own is None or parts.scheme == "https", origin=address)
    except Exception as failure:
        yield error("origin", f"The site cannot be asked: {printable(failure, 1000)}", _START)
        return
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        whose = "this site's own" if own else "a trusted"
        yield ok("origin", f"{address} is {whose} origin: users who are logged in get tokens there.")
        if own and parts.scheme == "https" and settings.SECURE_PROXY_SSL_HEADER is None:
            text = "If a proxy ends TLS, Django must be told that the site is on https, or it refuses this origin."
            yield info("origin", f"{text} SECURE_PROXY_SSL_HEADER is not set.")
        return
    text = f"The endpoint answers {answer.status_code} to pages of {address}."
    yield error("origin", text, "If these pages are yours, add the origin to CSRF_TRUSTED_ORIGINS.")


def _ask(method: str, url: str, *, host: str | None = None, secure: bool = True, **headers: str) -> Any:
    # An entry of ALLOWED_HOSTS may be a wildcard; with DEBUG it may be empty.
    usual = next((name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"), "localhost")
    client = Client(enforce_csrf_checks=True, raise_request_exception=False, headers={"host": host or usual, **headers})
    body = "{}" if method == "POST" else ""
    with _quiet():
        path = "/" + url.removeprefix(get_script_prefix())
        return client.generic(method, path, body, "application/json", secure=secure)


def _try(method: str, url: str, what: str, status: HTTPStatus, kind: str, host: str | None) -> Finding:
    try:
        answer = _ask(method, url, host=host)
    except Exception as failure:  # whatever the site's own middleware raises while it is loaded
        return error("URLs", f"{what}the site cannot be asked: {printable(failure, 1000)}", _START)
    got = f"{method} {url} answers {answer.status_code}, {answer.headers.get('Content-Type', 'no content')}"
    if answer.status_code == status and answer.headers["Content-Type"].startswith(kind):
        return ok("URLs", f"{what}{got} without a login, as it should.")
    hint = "Something before the view answers: exempt the URL in MIDDLEWARE, or check ALLOWED_HOSTS and ROOT_URLCONF."
    return error("URLs", f"{what}{got} without a login; wanted: {status.value}, {kind}.", hint)


@contextmanager
def _quiet() -> Iterator[None]:
    # Keep the doctor's own requests out of the logs and the audit trail.
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _position(base: type) -> int | None:
    for position, path in enumerate(settings.MIDDLEWARE):
        with suppress(Exception):  # whatever the site's own module raises; the request to the endpoint says so
            found = import_string(path)
            if isinstance(found, type) and issubclass(found, base):
                return position
    return None


def _position_of(path: str) -> int | None:
    return settings.MIDDLEWARE.index(path) if path in settings.MIDDLEWARE else None
