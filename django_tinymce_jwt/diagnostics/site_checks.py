"""The site around the token endpoint, as far as it can be seen from inside: URLs, middleware, cookies, CORS."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.apps import apps
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.middleware.common import CommonMiddleware
from django.test.client import Client
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.module_loading import import_string

from ..conf import read
from ..conf.defaults import DEFAULT_SERVICE
from .diagnosis import Diagnosis, note, ok, warning, wrong

_CORS_MIDDLEWARE = "corsheaders.middleware.CorsMiddleware"


def endpoints() -> Iterator[Diagnosis]:
    """Ask the included URLs without a login, through the site's own middleware; nothing outside is asked."""
    try:
        script = reverse("django_tinymce_jwt:providers")
        urls = {service: _token_url(service) for service in read().services}
    except NoReverseMatch:
        text = "django_tinymce_jwt.urls is not included, so no URL was tried: a view of your own is not looked at."
        yield note("URLs", text)
        return
    for service, url in urls.items():
        yield _try("POST", url, f"{service}: ", HTTPStatus.UNAUTHORIZED, "application/json")
    yield _try("GET", script, "the script of the providers: ", HTTPStatus.OK, "text/javascript")


def middleware() -> Iterator[Diagnosis]:
    """Look for what puts the user on the request, in the order that works."""
    session, user = _position(SessionMiddleware), _position(AuthenticationMiddleware)
    if session is None or user is None:
        missing = "SessionMiddleware" if session is None else "AuthenticationMiddleware"
        text = f"MIDDLEWARE has no {missing}: users who log in by a session are unknown to the endpoint."
        yield warning("middleware", text, "Add it, unless the site sets request.user by other means.")
    elif session > user:
        text = "AuthenticationMiddleware stands before SessionMiddleware, whose session it needs."
        yield wrong("middleware", text, "Move SessionMiddleware above it.")
    else:
        yield ok("middleware", "Sessions and authentication are there, in this order.")


def cookies() -> Iterator[Diagnosis]:
    """Look at whether the session's cookie reaches the endpoint, and nobody else."""
    same_site, secure = settings.SESSION_COOKIE_SAMESITE, settings.SESSION_COOKIE_SECURE
    if same_site == "None" and not secure:
        text = "SESSION_COOKIE_SAMESITE is 'None' without SESSION_COOKIE_SECURE: browsers drop such a cookie."
        yield wrong("cookies", text, "Set SESSION_COOKIE_SECURE = True, or SESSION_COOKIE_SAMESITE = 'Lax'.")
    elif not secure and not settings.DEBUG:
        text = "SESSION_COOKIE_SECURE is False: the session can be read on its way where it travels over http."
        yield warning("cookies", text, "Set SESSION_COOKIE_SECURE = True, and serve the site over https.")
    elif secure and settings.DEBUG:
        text = "SESSION_COOKIE_SECURE is True: over http, as with runserver, some browsers keep no session."
        yield warning("cookies", text, "Set it to False where DEBUG is True.")
    if not settings.SESSION_COOKIE_HTTPONLY:
        text = "SESSION_COOKIE_HTTPONLY is False: any script of a page can read the session."
        yield warning("cookies", text, "Set it to True.")
    flags = f"SameSite={same_site}, Secure={secure}, HttpOnly={settings.SESSION_COOKIE_HTTPONLY}"
    yield note("cookies", f"The session's cookie has {flags}. SameSite=Lax suits editors on the site's own pages.")


def cors() -> Iterator[Diagnosis]:
    """Look at whether pages on other origins that may read the answer may also ask, and the reverse."""
    trusted = set(settings.CSRF_TRUSTED_ORIGINS)
    if not apps.is_installed("corsheaders"):
        yield note("CORS", "django-cors-headers is not installed: editors on the site's own origin alone get tokens.")
        return
    position, common = _position_of(_CORS_MIDDLEWARE), _position(CommonMiddleware)
    if position is None or (common is not None and position > common):
        text = f"{_CORS_MIDDLEWARE} is not in MIDDLEWARE before CommonMiddleware: other origins get no answer."
        yield wrong("CORS", text, "Put it first.")
    allowed = set(getattr(settings, "CORS_ALLOWED_ORIGINS", ()))
    for origin in sorted(allowed - trusted):
        text = f"{origin} is in CORS_ALLOWED_ORIGINS and not in CSRF_TRUSTED_ORIGINS: the endpoint refuses its editors."
        yield warning("CORS", text, "Add it to CSRF_TRUSTED_ORIGINS if editors are on its pages.")
    if allowed and not getattr(settings, "CORS_ALLOW_CREDENTIALS", False):
        text = "CORS_ALLOW_CREDENTIALS is False: requests from other origins come without a session."
        yield warning("CORS", text, "Set CORS_ALLOW_CREDENTIALS = True if editors are on other origins.")
    if getattr(settings, "CORS_ALLOW_ALL_ORIGINS", False):
        text = "CORS_ALLOW_ALL_ORIGINS is True: every page anywhere may read this site's answers."
        yield warning("CORS", text, "List the origins in CORS_ALLOWED_ORIGINS.")
    both = ", ".join(sorted(allowed & trusted)) or "none"
    text = f"Other origins whose editors may ask for tokens and read the answer: {both}."
    yield note("CORS", f"{text} The session's cookie reaches those of another domain with SameSite=None alone.")


def _try(method: str, url: str, what: str, status: HTTPStatus, kind: str) -> Diagnosis:
    # The wildcards of ALLOWED_HOSTS, and its default with DEBUG.
    host = next((name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"), "localhost")
    client = Client(enforce_csrf_checks=True, raise_request_exception=False, headers={"host": host})
    path = "/" + url.removeprefix(get_script_prefix())
    try:
        with _quiet():
            body = "{}" if method == "POST" else ""
            answer = client.generic(method, path, body, "application/json", secure=True)
    except Exception as error:  # whatever the site's own middleware raises while it is loaded
        return wrong("URLs", f"{what}the site cannot be asked: {error}", "Mend what keeps it from starting.")
    got = f"{method} {url} answers {answer.status_code}, {answer.headers.get('Content-Type', 'no content')}"
    if answer.status_code == status and answer.headers["Content-Type"].startswith(kind):
        return ok("URLs", f"{what}{got} without a login, as it should.")
    mend = "Something before the view answers: exempt the URL in MIDDLEWARE, or see ALLOWED_HOSTS and ROOT_URLCONF."
    return wrong("URLs", f"{what}{got} without a login; wanted: {status.value}, {kind}.", mend)


def _token_url(service: str) -> str:
    if service == DEFAULT_SERVICE:
        return reverse("django_tinymce_jwt:token")
    return reverse("django_tinymce_jwt:service-token", args=[service])


@contextmanager
def _quiet() -> Iterator[None]:
    # The doctor's own request is no event that the logs or the audit trail should have.
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _position(base: type) -> int | None:
    for position, path in enumerate(settings.MIDDLEWARE):
        try:
            found = import_string(path)
        except Exception:  # whatever the site's own module raises; the request to the endpoint says so
            continue
        if isinstance(found, type) and issubclass(found, base):
            return position
    return None


def _position_of(path: str) -> int | None:
    return settings.MIDDLEWARE.index(path) if path in settings.MIDDLEWARE else None
