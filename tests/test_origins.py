"""The origins of requests. The requests are anonymous, so 403 means refused and 401 means accepted."""

from __future__ import annotations

import logging

import pytest
from django.test import Client

REFUSED, ACCEPTED = 403, 401

COMMON_MIDDLEWARE = "django.middleware.common.CommonMiddleware"


def ask(origin=None, site=None, *, secure=False, **headers):
    named = {"Host": "testserver", "Origin": origin, "Sec-Fetch-Site": site, **headers}
    return Client(enforce_csrf_checks=True).post(
        "/tinymce/jwt/",
        "{}",
        content_type="application/json",
        secure=secure,
        headers={name.replace("_", "-"): value for name, value in named.items() if value is not None},
    )


@pytest.mark.parametrize(
    ("origin", "secure", "verdict"),
    [
        ("http://testserver", False, ACCEPTED),
        ("https://testserver", True, ACCEPTED),
        ("https://testserver", False, REFUSED),
        ("http://testserver", True, REFUSED),
        ("http://testserver:8000", False, REFUSED),
        ("http://sub.testserver", False, REFUSED),
        ("http://testserver.evil.example", False, REFUSED),
        ("http://eviltestserver", False, REFUSED),
        ("https://evil.example", False, REFUSED),
        ("http://testserver/", False, REFUSED),
        ("http://testserver, http://testserver", False, REFUSED),
        ("testserver", False, REFUSED),
        ("null", False, REFUSED),
        ("", False, REFUSED),
        ("*", False, REFUSED),
        ("http://[", False, REFUSED),
        ("http://[::1", True, REFUSED),
        ("//", False, REFUSED),
        ("http://\xe9", False, REFUSED),
    ],
)
@pytest.mark.parametrize("trusted", [[], ["https://*.trusted.example"]], ids=["nobody-trusted", "others-trusted"])
def test_origin_must_be_exactly_the_sites(settings, trusted, origin, secure, verdict):
    settings.CSRF_TRUSTED_ORIGINS = trusted
    assert ask(origin, secure=secure).status_code == verdict


@pytest.mark.parametrize(
    ("origin", "verdict"), [("http://testserver:8000", ACCEPTED), ("http://testserver:8001", REFUSED)]
)
def test_two_ports_of_one_host_are_two_origins(origin, verdict):
    assert ask(origin, Host="testserver:8000").status_code == verdict


@pytest.mark.parametrize(
    ("trusted", "origin", "verdict"),
    [
        ("https://www.example.com", "https://www.example.com", ACCEPTED),
        ("https://www.example.com", "http://www.example.com", REFUSED),
        ("https://www.example.com", "https://www.example.com:8443", REFUSED),
        ("https://www.example.com", "https://sub.www.example.com", REFUSED),
        ("https://www.example.com", "https://www.example.com.evil.example", REFUSED),
        ("https://www.example.com:8443", "https://www.example.com:8443", ACCEPTED),
        ("https://*.example.com", "https://www.example.com", ACCEPTED),
        ("https://*.example.com", "https://a.b.example.com", ACCEPTED),
        ("https://*.example.com", "https://example.com", ACCEPTED),
        ("https://*.example.com", "http://www.example.com", REFUSED),
        ("https://*.example.com", "https://www.example.com:8443", REFUSED),
        ("https://*.example.com", "https://evilexample.com", REFUSED),
        ("https://*.example.com", "https://example.com.evil.example", REFUSED),
        ("https://*.example.com", "https://evil.example/.example.com", REFUSED),
        ("https://*.example.com", "https://evil.example?.example.com", REFUSED),
        ("https://*.example.com", "https://evil.example#.example.com", REFUSED),
        ("https://*.example.com", "http://[", REFUSED),
        ("https://*.example.com:8443", "https://www.example.com:8443", ACCEPTED),
        ("https://*.example.com:8443", "https://www.example.com", REFUSED),
        ("https://*", "https://evil.example", REFUSED),
        ("https://[*.example.com", "https://www.example.com", REFUSED),
        ("null", "null", REFUSED),
        ("*", "null", REFUSED),
    ],
)
def test_trusted_origin_is_matched_exactly(settings, trusted, origin, verdict):
    settings.CSRF_TRUSTED_ORIGINS = ["https://first.example", trusted, "https://last.example"]
    assert ask(origin).status_code == verdict


@pytest.mark.parametrize(
    ("site", "verdict"),
    [
        ("cross-site", REFUSED),
        ("same-site", REFUSED),
        ("same-origin", ACCEPTED),
        ("none", ACCEPTED),
        ("", ACCEPTED),
        ("unheard-of", ACCEPTED),
        (None, ACCEPTED),
    ],
)
def test_fetch_site_decides_without_an_origin(site, verdict):
    assert ask(None, site).status_code == verdict


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin", "none"])
@pytest.mark.parametrize(
    ("origin", "verdict"),
    [("http://testserver", ACCEPTED), ("https://evil.example", REFUSED), ("null", REFUSED), ("", REFUSED)],
)
def test_fetch_site_is_ignored_beside_an_origin(origin, site, verdict):
    assert ask(origin, site).status_code == verdict


def test_trusted_origin_overrides_fetch_site(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://www.example.com"]
    assert ask("https://www.example.com", "cross-site").status_code == ACCEPTED


@pytest.mark.parametrize(
    ("origin", "proto", "verdict"),
    [
        ("https://testserver", "https", ACCEPTED),
        ("http://testserver", "https", REFUSED),
        ("http://testserver", "http", ACCEPTED),
        ("https://testserver", "http", REFUSED),
    ],
)
def test_scheme_behind_a_proxy_is_the_forwarded_one(settings, origin, proto, verdict):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert ask(origin, X_Forwarded_Proto=proto).status_code == verdict


def test_forwarded_scheme_is_ignored_by_default():
    assert ask("https://testserver", X_Forwarded_Proto="https").status_code == REFUSED


@pytest.mark.parametrize(("believed", "verdict"), [(True, ACCEPTED), (False, REFUSED)])
def test_forwarded_host_counts_only_if_enabled(settings, believed, verdict):
    settings.USE_X_FORWARDED_HOST = believed
    settings.ALLOWED_HOSTS = ["testserver", "www.example.com"]
    assert ask("http://www.example.com", X_Forwarded_Host="www.example.com").status_code == verdict


@pytest.mark.parametrize(
    ("origin", "verdict"),
    [
        ("http://evil.example", REFUSED),
        ("http://testserver", REFUSED),
        ("https://www.example.com", ACCEPTED),
        (None, ACCEPTED),
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_disallowed_host_gets_json(settings, debug, origin, verdict):
    settings.DEBUG = debug
    settings.CSRF_TRUSTED_ORIGINS = ["https://www.example.com"]
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != COMMON_MIDDLEWARE]
    response = ask(origin, Host="evil.example")
    assert (response.status_code, response["Content-Type"]) == (verdict, "application/json")


@pytest.mark.parametrize("origin", ["https://www.example.com", "https://evil.example", None])
def test_cors_headers_are_left_to_others(settings, origin):
    settings.CSRF_TRUSTED_ORIGINS = ["https://www.example.com"]
    assert not [name for name in ask(origin).headers if name.startswith("Access-Control")]


def test_log_names_the_origin_and_shortens_it(caplog):
    caplog.set_level(logging.DEBUG)
    ask("https://evil.example/" + "x" * 10_000)
    assert "https://evil.example/xxx" in caplog.text
    assert len(caplog.text) < 2_000


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_log_names_the_fetch_site(caplog, site):
    ask(None, site)
    assert f"Sec-Fetch-Site is {site}" in caplog.text


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.net:1@.example.com/",
        "https://evil.net:1@www.example.com",
        "https://user@www.example.com",
        "https://www.example.com/",
        "https://www.example.com/path",
        "https://www.example.com?query",
        "https://www.example.com#fragment",
        "https://www.example.com:",
        "https://www.example.com:port",
        "https://www.example.com:123456",
        "https://www.example.com ",
        " https://www.example.com",
        "https://www.exa mple.com",
        "https://www.example.com\t",
        "https://www.ex\xe4mple.com",
        "HTTPS://www.example.com",
        "//www.example.com",
        "https:www.example.com",
        "https://.example.com",
        "https://",
    ],
)
@pytest.mark.parametrize("trusted", ["exactly", "https://*.example.com"])
def test_origin_of_another_form_matches_nothing(settings, trusted, origin):
    settings.CSRF_TRUSTED_ORIGINS = [origin if trusted == "exactly" else trusted]
    assert ask(origin).status_code == REFUSED


@pytest.mark.parametrize(
    "origin", ["https://www.example.com", "https://a_b.example.com:65535", "capacitor://localhost", "http://[::1]:8000"]
)
def test_origin_of_the_right_form_can_be_trusted(settings, origin):
    settings.CSRF_TRUSTED_ORIGINS = [origin]
    assert ask(origin).status_code == ACCEPTED


@pytest.mark.parametrize("origin", ["https://testserver", "http://testserver:8000", "https://testserver:8443"])
def test_reason_for_another_scheme_or_port_names_the_proxy_settings(settings, origin):
    settings.DEBUG = True
    reason = ask(origin).json()["detail"]
    assert reason.startswith(f"The Origin is '{origin}'. Django takes this site for http://testserver, so only the")
    assert "SECURE_PROXY_SSL_HEADER" in reason
    assert "CSRF_TRUSTED_ORIGINS" not in reason


def test_reason_for_the_origin_null_names_the_sandbox(settings):
    settings.DEBUG = True
    assert "sandboxed frames" in ask("null").json()["detail"]


def test_reason_for_another_site_names_the_trusted_origins(settings):
    settings.DEBUG = True
    reason = ask("https://www.example.com").json()["detail"]
    assert reason.endswith("If that site is yours, add it to CSRF_TRUSTED_ORIGINS.")
