"""Tenants are the same for Django's view, DRF's view and Ninja's router."""

from __future__ import annotations

import jwt
import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from .helpers.endpoint import ask, each_server, error_of, has_the_headers
from .helpers.keys import private_pem, rsa_key
from .helpers.mappers import FailingClaims, RefusingClaims
from .helpers.tokens import ROOT_CLAIM

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.api.urls")]

PREFIXES = {"django": "/tinymce/jwt/", "drf": "/drf/", "ninja": "/ninja/jwt/"}
each_other = pytest.mark.parametrize("other", ["drf", "ninja"])
LOGGED_IN = {True: "logged-in", False: "anonymous"}


def no_tenant(request):
    raise Http404("no such tenant")


def closed(request):
    raise PermissionDenied("not paid")


def failing(request):
    return {}["tenant"]


def returns_text(request):
    return "PRIVATE_KEY"


async def asynchronous(request):
    return {}


def returning(**settings):
    return lambda request: settings


# What the function does, the answer for users who are logged in, and the one for others.
CASES = {
    "not-found": (no_tenant, (404, "unknown_service"), (404, "unknown_service")),
    "refused": (closed, (403, "permission_denied"), (401, "not_authenticated")),
    "raises": (failing, (500, "token_unavailable"), (401, "not_authenticated")),
    "text": (returns_text, (500, "token_unavailable"), (401, "not_authenticated")),
    "async": (asynchronous, (500, "token_unavailable"), (401, "not_authenticated")),
    "not-importable": ("nowhere.function", (500, "token_unavailable"), (401, "not_authenticated")),
    "wrong-settings": (returning(LIFETIME=-1), (500, "token_unavailable"), (401, "not_authenticated")),
    "unknown-setting": (returning(PRIVAT_KEY="x"), (500, "token_unavailable"), (401, "not_authenticated")),
    "nested": (returning(TENANT_SETTINGS="a.b"), (500, "token_unavailable"), (401, "not_authenticated")),
    "no-key": (returning(PRIVATE_KEY=None), (500, "token_unavailable"), (401, "not_authenticated")),
    "other-services": (returning(SERVICES={"exportpdf": {}}), (404, "unknown_service"), (404, "unknown_service")),
    "permission": (
        returning(REQUIRED_PERMISSION="auth.view_user"),
        (403, "permission_denied"),
        (401, "not_authenticated"),
    ),
    "mapper-refuses": (returning(CLAIM_MAPPER=RefusingClaims), (403, "permission_denied"), (401, "not_authenticated")),
    "mapper-fails": (returning(CLAIM_MAPPER=FailingClaims), (500, "token_unavailable"), (401, "not_authenticated")),
}


@pytest.fixture
def ask_with(site, user):
    def ask_with(adapter, function, is_logged_in=True, service="", **more):
        site.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "TENANT_SETTINGS": function}
        return ask(user if is_logged_in else None, path=f"{PREFIXES[adapter]}{service}", **more)

    return ask_with


def bytes_of(response):
    return response.status_code, dict(response.headers), response.content


@each_server
@each_other
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("is_logged_in", LOGGED_IN, ids=LOGGED_IN.values())
@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
def test_answers_are_the_same_to_the_byte(ask_with, settings, case, other, is_logged_in, debug, client_class):
    settings.DEBUG = debug
    function, for_users, for_others = CASES[case]
    expected = ask_with("django", function, is_logged_in, client_class=client_class)
    assert error_of(expected) == (for_users if is_logged_in else for_others)
    assert bytes_of(ask_with(other, function, is_logged_in, client_class=client_class)) == bytes_of(expected)


@each_server
@pytest.mark.parametrize("adapter", PREFIXES)
def test_token_is_the_tenants(ask_with, adapter, client_class):
    asked = []

    def tenant_settings(request):
        asked.append(request.get_host())
        return {
            "PRIVATE_KEY": private_pem(rsa_key("tenant")),
            "KEY_ID": "tenant-key",
            "API_KEY": "tenant-api-key",
            "LIFETIME": 77,
            "SERVICES": {"exportpdf": {}},
        }

    response = ask_with(adapter, tenant_settings, service="exportpdf/", client_class=client_class)
    assert has_the_headers(response)
    token = response.json()["token"]
    claims = jwt.decode(token, rsa_key("tenant").public_key(), ["RS256"], audience="tenant-api-key")
    assert claims["exp"] - claims["iat"] == 77
    assert jwt.get_unverified_header(token)["kid"] == "tenant-key"
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, rsa_key().public_key(), ["RS256"], audience="tenant-api-key")
    assert asked == ["testserver"]


@pytest.mark.parametrize("adapter", PREFIXES)
def test_mapper_is_the_tenants(ask_with, adapter):
    response = ask_with(adapter, returning(CLAIM_MAPPER="tests.helpers.mappers.HouseClaims"))
    claims = jwt.decode(response.json()["token"], rsa_key().public_key(), ["RS256"])
    assert claims[ROOT_CLAIM] == "/house"


@each_other
def test_cross_site_and_method_come_as_they_do_without_tenants(ask_with, other):
    for more in ({"headers": {"Origin": "https://evil.example"}}, {"method": "PURGE"}, {"method": "OPTIONS"}):
        for function in (no_tenant, closed, failing):
            expected = ask_with("django", function, **more)
            assert bytes_of(ask_with(other, function, **more)) == bytes_of(expected)


@pytest.mark.parametrize("adapter", PREFIXES)
def test_refused_tenant_comes_before_the_body(ask_with, adapter):
    assert error_of(ask_with(adapter, closed, body="[")) == (403, "permission_denied")
    assert error_of(ask_with(adapter, failing, body="[")) == (400, "invalid_request")
