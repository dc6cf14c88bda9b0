"""``manage.py tinymce_jwt doctor``: each finding, and the exit status."""

from __future__ import annotations

import logging
import os
import time

import pytest
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import get_script_prefix, path, set_script_prefix

from django_tinymce_jwt.views import TokenView

from .helpers.command import run, status_of
from .helpers.keys import private_pem, public_pem, rsa_key
from .helpers.mappers import FailingClaims, RefusingClaims


class Findings(list):
    """The findings of the doctor, as its JSON has them."""

    def texts(self, area, *states):
        return "\n".join(
            f"{found['text']} {found['hint']}"
            for found in self
            if found["area"] == area and (not states or found["state"] in states)
        )


def examine(*arguments):
    result = run("doctor", "--format", "json", *arguments)
    findings = Findings(result.facts["findings"])
    wrong = [found for found in findings if found["state"] == "error"]
    assert (result.status, result.facts["ok"]) == ((1, False) if wrong else (0, True))
    return findings


@pytest.fixture
def healthy(site):
    """A site that is ready for production."""
    site.ALLOWED_HOSTS = ["intranet.example.com"]
    site.SESSION_COOKIE_SECURE = True
    return site


def login_everywhere(get_response):
    """Redirect anonymous requests to the login page, as many sites do."""

    def middleware(request):
        return get_response(request) if request.user.is_authenticated else HttpResponseRedirect("/login/")

    return middleware


def json_for_strangers(get_response):
    """Answer anonymous requests with JSON of another status."""

    def middleware(request):
        return get_response(request) if request.user.is_authenticated else JsonResponse({})

    return middleware


def page_for_strangers(get_response):
    """Answer anonymous requests with a page of the right status."""

    def middleware(request):
        return get_response(request) if request.user.is_authenticated else HttpResponse("Log in.", status=401)

    return middleware


class OwnAuthentication(AuthenticationMiddleware):
    """A site's own subclass."""


def with_middleware(site, *paths, without=()):
    kept = [name for name in site.MIDDLEWARE if name.rpartition(".")[2] not in without]
    site.MIDDLEWARE = [*kept, *paths]


def test_correct_site_has_no_error_and_no_warning(healthy):
    result = run("doctor")
    assert result.status == 0
    assert result.out.endswith("Nothing is wrong.\n")
    assert "  ! " not in result.out
    assert "  ✗ " not in result.out


@pytest.mark.usefixtures("db")
def test_every_area_is_checked(healthy, user):
    areas = dict.fromkeys(found["area"] for found in examine("--user", "ada"))
    assert list(areas) == [
        "settings",
        "key",
        "pair",
        "clock",
        "URLs",
        "middleware",
        "cookies",
        "CORS",
        "claims",
        "token",
    ]


def test_text_has_a_mark_and_a_hint_for_each_finding(healthy):
    healthy.TINYMCE_JWT = {"PRIVAT_KEY_PATH": "x"}
    result = run("doctor")
    assert 'settings\n  ✗ TINYMCE_JWT["PRIVAT_KEY_PATH"] is not a setting. (django_tinymce_jwt.E002)\n' in result.out
    assert "      Did you mean PRIVATE_KEY_PATH?\n" in result.out
    assert result.err == "2 things are wrong."


def test_warnings_are_counted_and_do_not_fail(healthy, key_path):
    key_path.chmod(0o644)
    result = run("doctor")
    assert result.status == 0
    assert result.out.endswith("Nothing is wrong; 1 warning is shown above.\n")
    healthy.SESSION_COOKIE_HTTPONLY = False
    assert run("doctor").out.endswith("Nothing is wrong; 2 warnings are shown above.\n")


def test_site_without_a_key_gets_a_hint(settings):
    findings = examine()
    assert "keys generate" in findings.texts("settings", "error")
    assert status_of("doctor") == 1


def test_silenced_check_is_not_shown(healthy, key_path):
    key_path.chmod(0o644)
    healthy.SILENCED_SYSTEM_CHECKS = ["django_tinymce_jwt.W001"]
    assert run("doctor").out.endswith("Nothing is wrong.\n")


# key and pair


def test_key_is_shown_with_form_bits_path_and_mode(healthy, key_path):
    assert examine().texts("key") == f"tinydrive: RSA, 2048 bits, PKCS#8, from {key_path}, mode 600. "


def test_unreadable_key_is_an_error(healthy, key_path):
    key_path.unlink()
    assert "does not exist" in examine().texts("key", "error")


def test_keys_that_do_not_match_are_an_error(healthy, key_path):
    healthy.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "PUBLIC_KEY": public_pem(rsa_key("other"))}
    assert "does not belong to the public key" in examine().texts("key", "error")


def test_keys_that_match_are_reported(healthy, key_path):
    healthy.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "PUBLIC_KEY": public_pem()}
    assert "belongs to the public key in the settings" in examine().texts("pair", "ok")


def test_key_that_matches_one_of_several_is_reported(healthy, key_path):
    healthy.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "PUBLIC_KEY": [public_pem(rsa_key("other")), public_pem()]}
    findings = examine()
    assert "belongs to the public key in the settings" in findings.texts("pair", "ok")
    assert not findings.texts("pair", "error")


def test_unusable_key_is_reported_once(healthy, key_path):
    key_path.write_text("broken")
    [text] = examine().texts("key").splitlines()
    assert "is not PEM" in text


def test_key_text_in_the_settings_has_no_mode(healthy):
    healthy.TINYMCE_JWT = {"PRIVATE_KEY": private_pem()}
    assert "from PRIVATE_KEY. " in examine().texts("key", "ok")


def test_key_in_the_portal_is_said_to_be_unknown(healthy):
    assert "cannot be checked from here" in examine().texts("pair", "info")


def test_public_key_alone_is_a_warning(healthy):
    healthy.TINYMCE_JWT = {"PUBLIC_KEY": public_pem()}
    findings = examine()
    assert "none is issued" in findings.texts("pair", "info")
    assert "can only verify tokens" in findings.texts("settings", "warning")


def test_services_with_one_key_are_shown_together(healthy, key_path):
    premises = {"ENVIRONMENT_ID": "environment", "API_SECRET": "s" * 40}
    sections = {"tinydrive": {}, "exportpdf": {}, "tinymceai-onprem": premises}
    healthy.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "API_KEY": "key", "SERVICES": sections}
    texts = examine().texts("key", "ok")
    assert "tinydrive, exportpdf: RSA" in texts
    assert "tinymceai-onprem: API_SECRET has 40 bytes (HS256)." in texts


# clock


def test_clock_is_shown_in_utc(healthy):
    before = time.gmtime()
    text = examine().texts("clock", "ok")
    # The day may end in between.
    assert any(time.strftime("The clock says %Y-%m-%d", moment) in text for moment in (before, time.gmtime()))
    assert "cannot be told without another clock" in text


def test_clock_before_the_key_was_written_is_an_error(healthy, key_path):
    os.utime(key_path, (time.time() + 7200,) * 2)
    assert f"before {key_path} was written" in examine().texts("clock", "error")


def test_clock_a_minute_slow_is_accepted(healthy, key_path):
    os.utime(key_path, (time.time() + 50,) * 2)
    assert examine().texts("clock", "ok")


# URLs


def test_endpoints_and_script_are_requested_without_login(healthy, key_path):
    sections = {"tinydrive": {}, "exportpdf": {}}
    healthy.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "API_KEY": "key", "SERVICES": sections}
    texts = examine().texts("URLs", "ok")
    assert "tinydrive: POST /tinymce/jwt/ answers 401, application/json" in texts
    assert "exportpdf: POST /tinymce/jwt/exportpdf/ answers 401, application/json" in texts
    assert "GET /tinymce/jwt/providers.js answers 200, text/javascript" in texts


@pytest.mark.parametrize("hosts", [["*"], [".example.com"], ["*", "a.example.com"]])
def test_endpoint_is_requested_by_an_allowed_host(healthy, hosts):
    healthy.ALLOWED_HOSTS = hosts
    assert not examine().texts("URLs", "error")


def test_empty_allowed_hosts_is_an_error(healthy):
    healthy.ALLOWED_HOSTS = []
    assert "answers 400" in examine().texts("URLs", "error")
    assert "ALLOWED_HOSTS" in examine().texts("URLs", "error")


def test_endpoint_is_requested_by_https_and_with_the_prefix(healthy):
    healthy.SECURE_SSL_REDIRECT = True
    healthy.FORCE_SCRIPT_NAME = "/intranet"
    before = get_script_prefix()
    set_script_prefix("/intranet/")
    try:
        assert "POST /intranet/tinymce/jwt/ answers 401" in examine().texts("URLs", "ok")
    finally:
        set_script_prefix(before)


def test_middleware_that_redirects_to_login_is_an_error(healthy):
    with_middleware(healthy, f"{__name__}.login_everywhere")
    text = examine().texts("URLs", "error")
    assert "answers 302" in text
    assert "exempt the URL in MIDDLEWARE" in text


def test_middleware_that_answers_401_in_html_is_an_error(healthy):
    with_middleware(healthy, f"{__name__}.page_for_strangers")
    assert "tinydrive: POST /tinymce/jwt/ answers 401, text/html" in examine().texts("URLs", "error")


def test_middleware_that_answers_200_in_json_is_an_error(healthy):
    with_middleware(healthy, f"{__name__}.json_for_strangers")
    assert "tinydrive: POST /tinymce/jwt/ answers 200, application/json" in examine().texts("URLs", "error")


@pytest.mark.parametrize("name", ["nowhere.Middleware", "tests.sites.broken.Middleware"])
def test_middleware_that_cannot_be_imported_is_an_error(healthy, name):
    healthy.MIDDLEWARE = [name, *healthy.MIDDLEWARE]
    findings = examine()
    assert "the site cannot be asked: " in findings.texts("URLs", "error")
    assert findings.texts("middleware", "ok")


def test_urls_that_cannot_be_imported_are_an_error(healthy):
    healthy.ROOT_URLCONF = "tests.sites.broken"
    assert "The site's own code fails" in examine().texts("URLs", "error")


def test_site_without_the_urls_gets_a_warning(healthy):
    healthy.ROOT_URLCONF = ()
    assert "No URL leads to a token endpoint" in examine().texts("URLs", "warning")


def test_own_view_is_said_not_to_be_checked(healthy):
    healthy.ROOT_URLCONF = (path("token/", TokenView.as_view()),)
    findings = examine()
    assert "Views of your own are not checked" in findings.texts("URLs", "info")
    assert not findings.texts("URLs", "warning", "error")


def test_doctors_requests_are_not_logged(healthy, caplog):
    with caplog.at_level(logging.DEBUG):
        examine()
    assert [record.name for record in caplog.records if record.name != "asyncio"] == []
    assert logging.root.manager.disable == logging.NOTSET


# middleware


@pytest.mark.parametrize("name", ["SessionMiddleware", "AuthenticationMiddleware"])
def test_missing_middleware_is_a_warning(healthy, name):
    with_middleware(healthy, without=[name, "LoginRequiredMiddleware"])
    assert f"no {name}" in examine().texts("middleware", "warning")


def test_authentication_before_session_is_an_error(healthy):
    session = "django.contrib.sessions.middleware.SessionMiddleware"
    with_middleware(healthy, session, without=["SessionMiddleware"])
    assert "is listed before SessionMiddleware" in examine().texts("middleware", "error")


def test_subclass_of_the_middleware_is_accepted(healthy):
    name = f"{__name__}.OwnAuthentication"
    with_middleware(healthy, name, without=["AuthenticationMiddleware", "LoginRequiredMiddleware"])
    assert examine().texts("middleware", "ok")


# cookies


@pytest.mark.parametrize(
    ("changes", "state", "text"),
    [
        ({"SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_SECURE": False}, "error", "browsers drop such a cookie"),
        ({"SESSION_COOKIE_SECURE": False}, "warning", "Set SESSION_COOKIE_SECURE = True"),
        ({"SESSION_COOKIE_SECURE": True, "DEBUG": True}, "warning", "some browsers then keep no session"),
        ({"SESSION_COOKIE_HTTPONLY": False}, "warning", "any script on a page can read the session"),
        ({"SESSION_COOKIE_SAMESITE": "Strict"}, "info", "SameSite=Strict, Secure=True, HttpOnly=True"),
    ],
)
def test_session_cookie_settings_are_judged(healthy, changes, state, text):
    for name, value in changes.items():
        setattr(healthy, name, value)
    findings = examine()
    assert text in findings.texts("cookies", state)
    assert bool(findings.texts("cookies", "warning", "error")) == (state != "info")


@pytest.mark.parametrize(
    "changes", [{"SESSION_COOKIE_SAMESITE": "None"}, {"SESSION_COOKIE_SECURE": False, "DEBUG": True}]
)
def test_session_cookie_settings_that_fit_are_accepted(healthy, changes):
    for name, value in changes.items():
        setattr(healthy, name, value)
    assert not examine().texts("cookies", "warning", "error")


# CORS


@pytest.fixture
def cors(healthy):
    healthy.INSTALLED_APPS = [*healthy.INSTALLED_APPS, "corsheaders"]
    healthy.MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *healthy.MIDDLEWARE]
    healthy.CORS_ALLOWED_ORIGINS = ["https://www.example.com"]
    healthy.CSRF_TRUSTED_ORIGINS = ["https://www.example.com"]
    healthy.CORS_ALLOW_CREDENTIALS = True
    return healthy


def test_site_without_cors_says_who_gets_tokens(healthy):
    assert "only editors on the site's own origin" in examine().texts("CORS", "info")


def test_origins_that_get_tokens_are_shown(cors):
    findings = examine()
    assert "https://www.example.com." in findings.texts("CORS", "info")
    assert not findings.texts("CORS", "warning", "error")


def test_cors_origin_that_is_not_trusted_is_a_warning(cors):
    cors.CSRF_TRUSTED_ORIGINS = []
    findings = examine()
    assert "https://www.example.com is in CORS_ALLOWED_ORIGINS but not in CSRF_TRUSTED_ORIGINS" in (
        findings.texts("CORS", "warning")
    )
    assert "read the answer: none." in findings.texts("CORS", "info")


def test_cors_without_credentials_is_a_warning(cors):
    cors.CORS_ALLOW_CREDENTIALS = False
    assert "come without a session" in examine().texts("CORS", "warning")


def test_cors_for_all_origins_is_a_warning(cors):
    cors.CORS_ALLOW_ALL_ORIGINS = True
    assert "every page anywhere" in examine().texts("CORS", "warning")


@pytest.mark.parametrize("place", ["nowhere", "last"])
def test_cors_middleware_in_the_wrong_place_is_an_error(cors, place):
    rest = cors.MIDDLEWARE[1:]
    cors.MIDDLEWARE = [*rest, "corsheaders.middleware.CorsMiddleware"] if place == "last" else rest
    assert "not listed in MIDDLEWARE before CommonMiddleware" in examine().texts("CORS", "error")


def test_cors_middleware_without_common_one_is_accepted(cors):
    cors.MIDDLEWARE = [name for name in cors.MIDDLEWARE if "CommonMiddleware" not in name]
    assert not examine().texts("CORS", "error")


# a token for each service


def test_token_is_not_tried_without_a_user(healthy):
    assert examine().texts("token", "info") == (
        "tinydrive: none was tried. Name a user to try the claim mapper: --user NAME. "
    )


@pytest.mark.usefixtures("db")
def test_token_of_every_service_is_issued_and_verified(healthy, key_path, user):
    sections = {"tinydrive": {}, "exportpdf": {}, "tinymceai": {}}
    healthy.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "API_KEY": "key", "SERVICES": sections}
    texts = examine("--user", "ada").texts("token", "ok").splitlines()
    assert texts == [f"{service}: a token for ada was issued and verified. " for service in sections]


@pytest.mark.usefixtures("db")
def test_token_of_each_service_is_of_its_own_mapper(healthy, key_path, user):
    sections = {"tinydrive": {}, "exportpdf": {"CLAIM_MAPPER": FailingClaims}}
    healthy.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "API_KEY": "key", "SERVICES": sections}
    findings = examine("--user", "ada")
    assert findings.texts("token", "ok").startswith("tinydrive: ")
    assert findings.texts("token", "error").startswith("exportpdf: ")


@pytest.mark.usefixtures("db")
def test_token_that_does_not_verify_is_an_error(healthy, user):
    signer = {"BACKEND": "tests.sites.signers.NamedKeySigner", "OPTIONS": {"key": "vault"}}
    healthy.TINYMCE_JWT = {"SIGNER": signer, "PUBLIC_KEY": public_pem(rsa_key("other"))}
    assert "was not signed with a key of this site" in examine("--user", "ada").texts("token", "error")


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("mapper", "text"),
    [(FailingClaims, "The claim mapper failed: KeyError: 'team'."), (RefusingClaims, "The claim mapper refuses")],
)
def test_mapper_failure_is_an_error(healthy, user, mapper, text):
    healthy.TINYMCE_JWT = {**healthy.TINYMCE_JWT, "CLAIM_MAPPER": mapper}
    found = examine("--user", "ada").texts("token", "error")
    assert text in found
    assert f"token {user.pk} --service tinydrive --traceback" in found


@pytest.mark.usefixtures("db")
def test_user_whom_the_endpoint_would_refuse_is_reported(healthy, user):
    healthy.TINYMCE_JWT = {**healthy.TINYMCE_JWT, "REQUIRED_PERMISSION": "auth.view_user"}
    assert f"the endpoint would refuse. The user {user.pk} lacks" in examine("--user", "ada").texts("token", "warning")


@pytest.mark.usefixtures("db")
def test_unknown_user_is_reported(healthy):
    result = run("doctor", "--user", "bob")
    assert (result.status, result.out) == (1, "")
    assert "No user has the username or the primary key 'bob'." in result.err


# origins


def test_origin_of_a_site_without_the_urls_is_not_tried(healthy):
    healthy.ROOT_URLCONF = "tests.sites.without_urls"
    findings = examine("--origin", "https://intranet.example.com")
    assert findings.texts("origin", "info").startswith("django_tinymce_jwt.urls is not included, or under a path")


def test_origin_of_a_site_that_does_not_start_is_an_error(healthy):
    with_middleware(healthy, "no.such.Middleware")
    found = examine("--origin", "https://intranet.example.com").texts("origin", "error")
    assert found.startswith("The site cannot be asked: ")
    assert found.endswith("Fix what keeps the site from starting.")


def test_mapper_that_cannot_be_imported_is_reported_once(healthy):
    healthy.TINYMCE_JWT = {**healthy.TINYMCE_JWT, "CLAIM_MAPPER": "no.such.Mapper"}
    findings = examine()
    assert len([found for found in findings if "no.such.Mapper" in found["text"]]) == 1
    assert findings.texts("claims") == ""


def test_doctor_never_shows_the_key(healthy, key_path):
    out = run("doctor").out
    assert not [line for line in key_path.read_text().splitlines() if line in out]
