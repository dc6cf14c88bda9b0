"""The token endpoint's answers: every row of the documented table, and the order of the rows."""

from __future__ import annotations

import logging
from itertools import combinations, product
from typing import Any, NamedTuple

import pytest
from django.test import AsyncClient, Client

from django_tinymce_jwt.claims import TinyDriveClaims

from .helpers.endpoint import PATH, ask, claims_of, each_server, error_of, has_the_headers
from .helpers.mappers import FailingClaims, RefusingClaims
from .helpers.translations import write_translation

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.endpoint_urls")]


class NumberAsName(TinyDriveClaims):
    def get_name(self):
        return 451


class Fault(NamedTuple):
    """A fault of a request or of the site, and its answer. ``detail`` is part of what DEBUG adds."""

    status: int
    error: str
    detail: str
    request: dict[str, Any] = {}
    config: dict[str, Any] = {}


# In the order of the documented table.
FAULTS = {
    "method": Fault(405, "method_not_allowed", "The method is PUT", {"method": "PUT"}),
    "service": Fault(404, "unknown_service", "TINYMCE_JWT['SERVICES']", {"service": "exportpdf/"}),
    "cross-site": Fault(403, "cross_site", "CSRF_TRUSTED_ORIGINS", {"headers": {"Origin": "https://evil.example"}}),
    "anonymous": Fault(401, "not_authenticated", "Log in on this site", {"user": None}),
    "permission": Fault(403, "permission_denied", "'auth.view_user'", {}, {"REQUIRED_PERMISSION": "auth.view_user"}),
    "too-large": Fault(413, "request_too_large", "at most 65536", {"body": "[" * 65_537}),
    "not-json": Fault(400, "invalid_request", "Send {} or no body", {"body": "["}),
    "mapper-refuses": Fault(403, "permission_denied", "no team", {}, {"CLAIM_MAPPER": RefusingClaims}),
    "no-key": Fault(500, "token_unavailable", "does not exist", {}, {"PRIVATE_KEY_PATH": "/nowhere/tiny.pem"}),
}
each_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)

BROKEN = {
    "no-dict": 7,
    "unknown-setting": {"PRIVAT_KEY_PATH": "tiny.pem"},
    "services-no-dict": {"SERVICES": ["tinydrive"]},
    "section-no-dict": {"SERVICES": {"tinydrive": 7}},
    "no-key-named": {"LIFETIME": 60},
}
each_broken = pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)


@pytest.fixture
def ask_with(site, user):
    """A function that sends a request with faults. Where two set the same value, the first one counts."""

    def ask_with(*faults, **more):
        request = {"user": user, "service": "", **more}
        for fault in reversed(faults):
            site.TINYMCE_JWT = {**site.TINYMCE_JWT, **fault.config}
            request |= fault.request
        return ask(path=f"{PATH}{request.pop('service')}", **request)

    return ask_with


@each_server
def test_correct_request_gets_only_a_token(site, user, client_class):
    response = ask(user, client_class=client_class)
    assert claims_of(response)["sub"] == str(user.pk)
    assert list(response.json()) == ["token"]
    assert response["Content-Type"] == "application/json"
    assert has_the_headers(response)


@each_server
@each_fault
def test_fault_gets_its_answer(ask_with, fault, client_class):
    response = ask_with(fault, client_class=client_class)
    assert error_of(response) == (fault.status, fault.error)
    assert set(response.json()) == {"error", "message"}


@each_server
@pytest.mark.parametrize(("first", "second"), [*combinations(FAULTS, 2)])
def test_first_of_two_faults_gets_its_answer(ask_with, first, second, client_class):
    assert error_of(ask_with(FAULTS[first], FAULTS[second], client_class=client_class)) == FAULTS[first][:2]


# Not the permission, which broken settings do not name.
@pytest.mark.parametrize(
    ("broken", "name"), [*product(BROKEN, ["method", "cross-site", "anonymous", "too-large", "not-json"])]
)
def test_request_faults_come_before_settings_faults(settings, user, broken, name):
    settings.TINYMCE_JWT = BROKEN[broken]
    assert error_of(ask(**{"user": user, **FAULTS[name].request})) == FAULTS[name][:2]


@each_broken
def test_broken_settings_do_not_make_a_service_known(settings, broken):
    settings.TINYMCE_JWT = broken
    assert error_of(ask(None, path="/tinymce/jwt/fax/")) == (404, "unknown_service")


@each_broken
def test_broken_settings_answer_500(settings, user, broken):
    settings.TINYMCE_JWT = broken
    assert error_of(ask(user)) == (500, "token_unavailable")


def test_unlisted_default_service_is_unknown(site):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "API_KEY": "k", "SERVICES": {"exportpdf": {}}}
    assert error_of(ask(None)) == (404, "unknown_service")
    assert error_of(ask(None, path="/tinymce/jwt/exportpdf/")) == (401, "not_authenticated")


UNAVAILABLE = {
    "unknown-setting": ({"PRIVAT_KEY_PATH": "tiny.pem"}, "Did you mean PRIVATE_KEY_PATH?"),
    "key": ({"PRIVATE_KEY_PATH": None, "PRIVATE_KEY": "no key"}, "The text in PRIVATE_KEY is not PEM"),
    "no-such-mapper": ({"CLAIM_MAPPER": "tests.nowhere.Claims"}, "CLAIM_MAPPER is 'tests.nowhere.Claims'"),
    "mapper-fails": ({"CLAIM_MAPPER": FailingClaims}, "KeyError: 'team'"),
    "contract": ({"CLAIM_MAPPER": NumberAsName}, "The claim 'name' is 451 (int)"),
}
faults_of_the_site = {name: Fault(500, "token_unavailable", told, {}, cfg) for name, (cfg, told) in UNAVAILABLE.items()}
each_reason = pytest.mark.parametrize("fault", (FAULTS | faults_of_the_site).values(), ids=FAULTS | faults_of_the_site)


@each_reason
def test_reason_is_hidden_from_the_user(ask_with, fault):
    response = ask_with(fault)
    assert error_of(response) == (fault.status, fault.error)
    assert fault.detail not in response.content.decode()


@each_reason
def test_reason_is_shown_to_the_developer(ask_with, settings, fault):
    settings.DEBUG = True
    response = ask_with(fault)
    assert error_of(response) == (fault.status, fault.error)
    assert fault.detail in response.json()["detail"]


@each_reason
@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
def test_answer_is_the_same_under_wsgi_and_asgi(ask_with, settings, debug, fault):
    settings.DEBUG = debug
    first, second = (ask_with(fault, client_class=client_class) for client_class in (Client, AsyncClient))
    assert (second.status_code, second.headers, second.content) == (first.status_code, first.headers, first.content)


@each_reason
def test_reason_is_logged_once(ask_with, caplog, fault):
    ask_with(fault)
    [record] = [record for record in caplog.records if record.name == "django_tinymce_jwt"]
    assert record.levelno == (logging.ERROR if fault.status == 500 else logging.WARNING)
    assert fault.error in record.getMessage()
    assert fault.detail in record.getMessage()


def test_failure_has_its_traceback_in_the_log(ask_with, caplog):
    ask_with(faults_of_the_site["mapper-fails"])
    assert "in get_root" in caplog.text


@each_fault
def test_message_is_in_the_language_of_the_request(ask_with, settings, tmp_path, fault):
    message = ask_with(fault).json()["message"]
    write_translation(tmp_path, "de", message, "Heute nicht.")
    settings.LOCALE_PATHS = [tmp_path]
    assert ask_with(fault, HTTP_ACCEPT_LANGUAGE="de").json()["message"] == "Heute nicht."


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "TRACE", "PURGE", "DISPATCH"])
@pytest.mark.parametrize("path", ["/tinymce/jwt/", "/tinymce/jwt/fax/"])
def test_other_method_is_not_allowed(site, method, path):
    response = ask(None, "", method=method, path=path)
    assert error_of(response) == (405, "method_not_allowed")
    assert response["Allow"] == "POST, OPTIONS"


def test_head_is_not_allowed(site):
    response = ask(None, "", method="HEAD")
    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")
    assert has_the_headers(response)


@each_server
@pytest.mark.parametrize("name", ["service", "cross-site", "anonymous", "no-key"])
def test_options_is_answered_for_everybody_without_a_body(ask_with, name, client_class):
    response = ask_with(FAULTS[name], method="OPTIONS", client_class=client_class)
    assert (response.status_code, response["Allow"], response.content) == (200, "POST, OPTIONS", b"")
    assert "Content-Type" not in response
    assert has_the_headers(response)


@each_server
@pytest.mark.parametrize("name", ["method", "service", "cross-site"])
def test_headers_need_no_middleware(ask_with, settings, name, client_class):
    settings.MIDDLEWARE = []
    assert has_the_headers(ask_with(FAULTS[name], client_class=client_class))
