"""Django's view, DRF's view and Ninja's router give the same answers."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from .helpers.endpoint import ask, claims_of, each_server, has_the_headers
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


@each_other
def test_messages_are_in_the_language_of_the_request(ask_with, settings, other, tmp_path):
    headers = {"Accept-Language": "de"}
    expected = ask_with("django", "permission", headers=headers)
    assert expected["Content-Language"] == "de"
    assert bytes_of(ask_with(other, "permission", headers=headers)) == bytes_of(expected)


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
def test_made_up_authorization_header_does_not_exempt_the_session(site, user, adapter):
    headers = {"Origin": "https://evil.example", "Authorization": "Bearer made-up"}
    response = ask(user, path=PREFIXES[adapter], headers=headers)
    assert response.status_code == (403 if adapter == "django" else 401)


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
