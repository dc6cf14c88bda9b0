"""Django's view, DRF's view and Ninja's router give the same answers."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.utils import translation

from django_tinymce_jwt.endpoint import ANSWERS

from .helpers import credentials
from .helpers.endpoint import ask, claims_of, each_server, error_of, has_the_headers
from .helpers.mappers import FailingClaims, RefusingClaims

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.api.urls")]

ROOT = Path(__file__).parent.parent
PREFIXES = {"django": "/tinymce/jwt/", "drf": "/drf/", "ninja": "/ninja/jwt/"}
each_other = pytest.mark.parametrize("other", ["drf", "ninja"])

# The documented rows, in their order: what the request and the settings are, and the answer.
CASES = {
    "options": ({"method": "OPTIONS"}, {}, 200),
    "method": ({"method": "PURGE"}, {}, 405),
    "head": ({"method": "HEAD"}, {}, 405),
    "service": ({"service": "exportpdf/"}, {}, 404),
    "cross-site": ({"headers": {"Origin": "https://evil.example"}}, {}, 403),
    "same-site": ({"headers": {"Sec-Fetch-Site": "same-site"}}, {}, 403),
    "anonymous": ({"user": None}, {}, 401),
    "permission": ({}, {"REQUIRED_PERMISSION": "auth.view_user"}, 403),
    "declared-too-large": ({"body": "[" * 65_537}, {}, 413),
    "not-json": ({"body": "["}, {}, 400),
    "not-utf-8": ({"body": b'{"\xff": 1}'}, {}, 400),
    "json-with-charset": ({"body": "[]", "content_type": "application/json; charset=utf-8"}, {}, 400),
    "json-suffix": ({"body": "[]", "content_type": "application/vnd.api+json"}, {}, 400),
    "mapper-refuses": ({}, {"CLAIM_MAPPER": RefusingClaims}, 403),
    "mapper-fails": ({}, {"CLAIM_MAPPER": FailingClaims}, 500),
    "no-key": ({}, {"PRIVATE_KEY_PATH": "/nowhere/tiny.pem"}, 500),
    "unknown-setting": ({}, {"PRIVAT_KEY_PATH": "x"}, 500),
}
TOKENS = {
    "json": {},
    "empty": {"body": ""},
    "form": {"body": "a=1", "content_type": "application/x-www-form-urlencoded"},
    "multipart": {"body": "--x--", "content_type": "multipart/form-data; boundary=x"},
    "image": {"body": b"\x89PNG", "content_type": "image/png"},
    "same-origin": {"headers": {"Origin": "http://testserver"}},
    "with-authorization": {"headers": {"Origin": "http://testserver", "Authorization": "Bearer made-up"}},
    "accept": {"headers": {"Accept": "application/xml"}},
}


@pytest.fixture
def ask_with(site, user):
    def ask_with(adapter, *cases, **more):
        request, config = {"user": user, "service": ""}, {}
        for case in reversed(cases):
            request |= CASES[case][0]
            config |= CASES[case][1]
        site.TINYMCE_JWT = {**site.TINYMCE_JWT, **config}
        return ask(path=f"{PREFIXES[adapter]}{request.pop('service')}", **request, **more)

    return ask_with


def bytes_of(response):
    return response.status_code, dict(response.headers), response.content


@each_server
@each_other
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
def test_answers_are_the_same_to_the_byte(ask_with, settings, case, other, debug, client_class):
    settings.DEBUG = debug
    expected = ask_with("django", case, client_class=client_class)
    assert expected.status_code == CASES[case][2]
    assert has_the_headers(expected)
    assert bytes_of(ask_with(other, case, client_class=client_class)) == bytes_of(expected)


@each_other
@pytest.mark.parametrize(("first", "second"), [*combinations(CASES, 2)])
def test_order_of_the_cases_is_the_same(ask_with, first, second, other):
    expected = ask_with("django", first, second)
    assert bytes_of(ask_with(other, first, second)) == bytes_of(expected)


@pytest.fixture
def refuse(site, user):
    """A function that returns the answer to a case."""
    key = credentials.bearer(user)

    def refuse(adapter, case, client_class, **headers):
        request = {"user": user, "service": ""} | CASES[case][0]
        headers |= request.pop("headers", {})
        if adapter == "async-ninja" and case in {"permission", "no-key"}:
            headers |= key
        site.TINYMCE_JWT = {**site.TINYMCE_JWT, **CASES[case][1]}
        path = f"{LANGUAGE_PATHS[adapter]}{request.pop('service')}"
        response = ask(path=path, headers=headers, client_class=client_class, **request)
        assert response.status_code == CASES[case][2]
        return response

    return refuse


LANGUAGE_PATHS = {**PREFIXES, "async-ninja": "/ninja/async-bearer/"}
each_language_path = pytest.mark.parametrize("adapter", LANGUAGE_PATHS)
each_refusal = pytest.mark.parametrize("case", ["method", "service", "cross-site", "anonymous", "permission", "no-key"])


def message_in(language, error):
    """The message of that error in the language, which is not the English one."""
    [message] = [answer.message for answer in ANSWERS if answer.error == error]
    with translation.override("en"):
        english = str(message)
    with translation.override(language):
        assert str(message) != english
        return str(message)


@each_server
@each_language_path
@each_refusal
def test_messages_are_in_the_language_of_locale_middleware(refuse, adapter, case, client_class):
    response = refuse(adapter, case, client_class, **{"Accept-Language": "de"})
    answer = response.json()
    assert answer["message"] == message_in("de", answer["error"])
    assert response["Content-Language"] == "de"


@each_server
@each_language_path
@each_refusal
def test_messages_are_in_language_code_without_locale_middleware(settings, refuse, adapter, case, client_class):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "LocaleMiddleware" not in name]
    settings.LANGUAGE_CODE = "ja"
    answer = refuse(adapter, case, client_class, **{"Accept-Language": "de"}).json()
    assert answer["message"] == message_in("ja", answer["error"])


# Django chooses its translations once in a process.
WITHOUT_TRANSLATIONS = """
import django
from django.conf import settings

settings.USE_I18N = False
settings.LANGUAGE_CODE = "de"
settings.ROOT_URLCONF = "tests.sites.api.urls"
settings.ALLOWED_HOSTS = ["testserver"]
settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": "/nowhere/tiny.pem"}
django.setup()
from django.test import AsyncClient, Client
from asgiref.sync import async_to_sync

for path in ("/tinymce/jwt/", "/drf/", "/ninja/jwt/", "/ninja/async-bearer/"):
    for post in (Client().post, async_to_sync(AsyncClient().post)):
        for service, headers in (("", {}), ("exportpdf/", {}), ("", {"Origin": "https://evil.example"})):
            print(post(path + service, headers={"Accept-Language": "de", **headers}).json()["message"])
"""


def test_messages_are_english_without_translations(db):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_TRANSLATIONS],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.splitlines() == 8 * [
        "You are not logged in. Log in and try again.",
        "This service is not available on this site.",
        "Requests from another site are not allowed.",
    ]


@each_server
@pytest.mark.parametrize("adapter", PREFIXES)
@pytest.mark.parametrize("request_", TOKENS.values(), ids=TOKENS)
def test_token_is_the_same(site, user, adapter, request_, client_class):
    expected = ask(user, path=PREFIXES["django"], client_class=client_class, **request_)
    response = ask(user, path=PREFIXES[adapter], client_class=client_class, **request_)
    for claims in (claims_of(expected), claims_of(response)):
        assert claims.pop("exp") - claims.pop("iat") == 600
        assert claims == {"sub": str(user.pk), "name": "Ada Lovelace"}
    assert response.headers == expected.headers
    assert list(response.json()) == ["token"]


@pytest.mark.parametrize("adapter", PREFIXES)
def test_inactive_user_is_refused_with_any_backend(site, user, adapter):
    site.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]
    get_user_model().objects.update(is_active=False)
    # DRF's session authentication takes no inactive user.
    assert ask(user, path=PREFIXES[adapter]).status_code == (401 if adapter == "drf" else 403)


@pytest.mark.parametrize("adapter", PREFIXES)
def test_service_of_the_url(site, user, adapter):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "API_KEY": "k", "SERVICES": {"exportpdf": {}}}
    assert claims_of(ask(user, path=f"{PREFIXES[adapter]}exportpdf/"), "exportpdf")["aud"] == "k"
    assert error_of(ask(user, path=PREFIXES[adapter])) == (404, "unknown_service")


@pytest.fixture
def ada(site, user):
    cache.clear()
    user.set_password("countess")
    user.save()
    return user


# By adapter, the endpoints for each kind of authentication.
ENDPOINTS = {
    "django": {"session": PREFIXES["django"]},
    "drf": {
        "basic": "/drf/for/basic/",
        "bearer": "/drf/for/token/",
        "failure": "/drf/for/failure/",
        "jwt": "/drf/for/simplejwt/",
        "session": "/drf/for/session/",
        "throttle": "/drf/for/user-throttle/",
        "user-throttle": "/drf/for/user-throttle/",
        "two": "/drf/for/two/",
        "two-reversed": "/drf/for/two-reversed/",
    },
    "ninja": {
        "async-bearer": "/ninja/async-bearer/",
        "async-jwt": "/ninja/async-ninja-jwt/",
        "basic": "/ninja/basic/",
        "bearer": "/ninja/bearer/",
        "failure": "/ninja/failure/",
        "jwt": "/ninja/ninja-jwt/",
        "session": "/ninja/session/",
        "throttle": "/ninja/throttle/",
        "user-throttle": "/ninja/auth-throttle/",
        "two": "/ninja/two/",
        "two-reversed": "/ninja/two-reversed/",
    },
}
EVIL = {"Origin": "https://evil.example"}
OTHER_ORIGINS = [EVIL, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
NOT_AUTHENTICATED = (401, "not_authenticated")
CROSS_SITE = (403, "cross_site")
DENIED = (403, "permission_denied")
BEARERS = ["bearer", "async-bearer", "jwt", "async-jwt", "two", "two-reversed"]
SESSIONS = ["session", "two", "two-reversed"]


def each(kinds):
    """Parametrise a test over these kinds of authentication, with each adapter that has them."""
    pairs = [(adapter, kind) for adapter, known in ENDPOINTS.items() for kind in kinds if kind in known]
    return pytest.mark.parametrize(("adapter", "kind"), pairs)


def headers_of(adapter, kind, user):
    """The credentials of the user for that endpoint."""
    if kind == "basic":
        return credentials.basic(user, "countess")
    if "jwt" in kind:
        return credentials.access_token(user)
    return (credentials.token if adapter == "drf" else credentials.bearer)(user)


def post(adapter, kind, user=None, headers=(), **more):
    """Ask that endpoint; with ``user``, as the browser in which that user is logged in."""
    return ask(user, path=ENDPOINTS[adapter][kind], headers=dict(headers), **more)


@each_server
@each([*BEARERS, "basic", "throttle"])
def test_credentials_in_the_header_get_a_token(ada, adapter, kind, client_class):
    response = post(adapter, kind, headers=headers_of(adapter, kind, ada), client_class=client_class)
    assert claims_of(response)["sub"] == str(ada.pk)


@each_server
@each(SESSIONS)
def test_session_gets_a_token_without_a_csrf_token(ada, adapter, kind, client_class):
    assert claims_of(post(adapter, kind, ada, client_class=client_class))["sub"] == str(ada.pk)


@each(["basic", *(kind for kind in BEARERS if "two" not in kind)])
def test_session_gets_no_token_where_it_is_not_asked_for(ada, adapter, kind):
    assert error_of(post(adapter, kind, ada)) == NOT_AUTHENTICATED


@each_server
@each([*BEARERS, "session", "basic", "throttle"])
def test_missing_credentials_are_401(site, db, adapter, kind, client_class):
    assert error_of(post(adapter, kind, client_class=client_class)) == NOT_AUTHENTICATED


@each([*BEARERS, "basic"])
def test_wrong_credentials_are_401(ada, adapter, kind):
    right = headers_of(adapter, kind, ada)["Authorization"]
    for authorization in (f"{right.split()[0]} 0000", right.split()[0], f"{right[:-3]}{right[-3:][::-1]}x"):
        assert error_of(post(adapter, kind, headers={"Authorization": authorization})) == NOT_AUTHENTICATED


@each(["jwt", "async-jwt"])
def test_expired_access_token_is_401(ada, adapter, kind):
    headers = credentials.access_token(ada, timedelta(seconds=-1))
    assert error_of(post(adapter, kind, headers=headers)) == NOT_AUTHENTICATED


@each(["basic"])
def test_wrong_password_is_401(ada, adapter, kind):
    assert error_of(post(adapter, kind, headers=credentials.basic(ada, "count"))) == NOT_AUTHENTICATED


@each_server
@each(["failure"])
def test_failing_authentication_is_500(ada, adapter, kind, caplog, client_class):
    assert error_of(post(adapter, kind, client_class=client_class)) == (500, "token_unavailable")
    assert "ConnectionError: the directory is away" in caplog.text


@pytest.mark.parametrize("origin", OTHER_ORIGINS)
@each(BEARERS)
def test_page_of_another_origin_gets_a_token_for_its_bearer(ada, adapter, kind, origin):
    headers = {**origin, **headers_of(adapter, kind, ada)}
    assert claims_of(post(adapter, kind, headers=headers))["sub"] == str(ada.pk)


@pytest.mark.parametrize("origin", OTHER_ORIGINS)
@each(SESSIONS)
def test_session_is_held_to_the_cross_site_rule(ada, adapter, kind, origin):
    assert error_of(post(adapter, kind, ada, origin)) == CROSS_SITE


@pytest.mark.parametrize("origin", OTHER_ORIGINS)
@each(["basic"])
def test_right_basic_credentials_of_another_origin_are_refused(ada, adapter, kind, origin):
    assert error_of(post(adapter, kind, headers={**origin, **credentials.basic(ada, "countess")})) == CROSS_SITE
    headers = {**origin, "Authorization": "NTLM TlRMTVNTUAA"}
    assert error_of(post(adapter, kind, headers=headers)) == CROSS_SITE


@pytest.mark.parametrize("authorization", ["", " ", "Basic", "basic YTpi", "BASIC\tYTpi", "Digest x", "Negotiate x"])
@each(["two"])
def test_credentials_that_browsers_add_are_held_to_the_cross_site_rule(ada, adapter, kind, authorization):
    assert error_of(post(adapter, kind, ada, {**EVIL, "Authorization": authorization})) == CROSS_SITE


@pytest.mark.parametrize("authorization", ["Token", "Bearer", "ApiKey", "x"])
@pytest.mark.parametrize("origin", OTHER_ORIGINS)
@each(["bearer"])
def test_authorization_header_is_not_held_to_the_cross_site_rule(ada, adapter, kind, origin, authorization):
    headers = {**origin, "Authorization": f"{authorization} 0000"}
    assert error_of(post(adapter, kind, headers=headers)) == NOT_AUTHENTICATED


@pytest.mark.parametrize("origin", OTHER_ORIGINS)
@each(SESSIONS)
def test_made_up_authorization_header_does_not_exempt_the_session(ada, adapter, kind, origin):
    response = post(adapter, kind, ada, {**origin, "Authorization": "Bearer made-up"})
    # Django's own view takes no Authorization header, and holds every request to the rule.
    assert error_of(response) == (CROSS_SITE if adapter == "django" else NOT_AUTHENTICATED)


@each(SESSIONS)
def test_session_that_is_ignored_stays_logged_in(ada, adapter, kind):
    response = post(adapter, kind, ada, {**EVIL, "Authorization": "Bearer made-up"})
    assert not response.cookies
    assert claims_of(response.client.post(ENDPOINTS[adapter][kind]))["sub"] == str(ada.pk)


@each(SESSIONS)
def test_own_page_may_send_both_a_session_and_an_authorization_header(ada, adapter, kind):
    headers = {"Origin": "http://testserver", "Authorization": "Bearer made-up"}
    assert claims_of(post(adapter, kind, ada, headers))["sub"] == str(ada.pk)


@each(["bearer", "session"])
def test_required_permission_is_asked_for(site, ada, adapter, kind):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "REQUIRED_PERMISSION": "auth.view_user"}
    user, headers = (ada, {}) if kind == "session" else (None, headers_of(adapter, kind, ada))
    assert error_of(post(adapter, kind, user, headers)) == DENIED


@each(["throttle"])
def test_throttled_is_429_and_says_when_to_try_again(ada, adapter, kind):
    headers = headers_of(adapter, kind, ada)
    assert [post(adapter, kind, headers=headers).status_code for _ in range(2)] == [200, 200]
    response = post(adapter, kind, headers=headers)
    assert error_of(response) == (429, "too_many_requests")
    assert 0 < int(response["Retry-After"]) <= 24 * 60 * 60


@each(["user-throttle"])
def test_throttle_is_by_user(ada, adapter, kind):
    headers = headers_of(adapter, kind, ada)
    assert [post(adapter, kind, headers=headers).status_code for _ in range(3)] == [200, 200, 429]
    other = get_user_model().objects.create_user("grace")
    assert claims_of(post(adapter, kind, headers=headers_of(adapter, kind, other)))["sub"] == str(other.pk)


@each(["throttle"])
def test_throttle_comes_before_the_body_and_after_permissions(site, ada, adapter, kind):
    headers = headers_of(adapter, kind, ada)
    statuses = [post(adapter, kind, headers=headers, body="[").status_code for _ in range(3)]
    assert statuses == [400, 400, 429]
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "REQUIRED_PERMISSION": "auth.view_user"}
    assert error_of(post(adapter, kind, headers=headers)) == DENIED


@each(["throttle"])
def test_refusals_before_the_throttle_are_not_counted(ada, adapter, kind):
    headers = headers_of(adapter, kind, ada)
    for _ in range(3):
        assert error_of(post(adapter, kind, headers=EVIL)) == CROSS_SITE
        assert error_of(post(adapter, kind, method="PUT", headers=headers))[0] == 405
    assert post(adapter, kind, headers=headers).status_code == 200


IMPORTS = """
import sys
import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_tinymce_jwt"],
    ROOT_URLCONF="tests.urls",
    TINYMCE_JWT={"PRIVATE_KEY_PATH": "/nowhere/tiny.pem"},
    ALLOWED_HOSTS=["testserver"],
)
django.setup()
from django.core.checks import run_checks
from django.test import Client

run_checks()
print(Client().post("/tinymce/jwt/").status_code)
print(sorted({name.split(".")[0] for name in sys.modules} & {"rest_framework", "ninja", "drf_spectacular", "pydantic"}))
"""


def test_site_without_drf_and_ninja_imports_nothing_of_them():
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", IMPORTS], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    # 500: without a session the request has no user.
    assert run.stdout.split("\n", 1)[1].strip() == "[]"


DEFAULTS = """
import sys
import django
from django.conf import settings

sys.modules["drf_spectacular"] = None  # as on a site without it
settings.configure(
    SECRET_KEY="only for tests",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "django_tinymce_jwt"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    ROOT_URLCONF="django_tinymce_jwt.rest_framework_urls",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    TINYMCE_JWT={"PRIVATE_KEY_PATH": "/nowhere/tiny.pem"},
    ALLOWED_HOSTS=["testserver"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.BrowsableAPIRenderer"],
        "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
        "DEFAULT_THROTTLE_RATES": {"user": "1/day"},
        "EXCEPTION_HANDLER": "nowhere.handler",
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()
from base64 import b64encode
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

call_command("migrate", verbosity=0)
user = User.objects.create_user("ada", password="countess")

def ask(**headers):
    response = Client().post("/", headers={"Accept": "text/html", **headers})
    print(response.status_code, response["Content-Type"], response.json()["error"])

credentials = {"Authorization": "Basic " + b64encode(b"ada:countess").decode()}
ask()
ask(Origin="https://evil.example", Authorization="Bearer made-up")
ask(**credentials)
User.objects.update(is_staff=True)
ask(**credentials)
ask(**credentials)
"""


def test_defaults_of_the_site_are_those_of_the_drf_view():
    run = subprocess.run([sys.executable, "-c", DEFAULTS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [
        "401 application/json not_authenticated",
        "401 application/json not_authenticated",
        "403 application/json permission_denied",
        "500 application/json token_unavailable",
        "429 application/json too_many_requests",
    ]
