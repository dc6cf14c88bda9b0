"""The token endpoint as a view of Django REST framework, with the authentication classes that sites use."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.urls import include, path
from rest_framework.authtoken.models import Token
from rest_framework_simplejwt.tokens import AccessToken

from django_tinymce_jwt.rest_framework import TokenAPIView

from .helpers.endpoint import ask, claims_of, error_of
from .helpers.tokens import ROOT_CLAIM

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.api.urls")]

EVIL = {"Origin": "https://evil.example"}
NOT_AUTHENTICATED = (401, "not_authenticated")
CROSS_SITE = (403, "cross_site")
DENIED = (403, "permission_denied")


@pytest.fixture(autouse=True)
def no_earlier_requests():
    cache.clear()


@pytest.fixture
def ada(site, user):
    user.set_password("countess")
    user.save()
    return user


def token(user):
    return {"Authorization": f"Token {Token.objects.get_or_create(user=user)[0]}"}


def simplejwt(user, lifetime=timedelta(minutes=5)):
    access = AccessToken.for_user(user)
    access.set_exp(lifetime=lifetime)
    return {"Authorization": f"Bearer {access}"}


def basic(user):
    return by_password(user, "countess")


def by_password(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user.username}:{password}".encode()).decode()}


def post(kind, user=None, headers=(), **more):
    """Ask the view of that kind; with ``user``, as the browser in which that user is logged in."""
    return ask(user, path=f"/drf/for/{kind}/", headers=dict(headers), **more)


@pytest.mark.parametrize(("kind", "credentials"), [("token", token), ("simplejwt", simplejwt), ("basic", basic)])
def test_credentials_in_the_header_get_a_token(ada, kind, credentials):
    assert claims_of(post(kind, headers=credentials(ada)))["sub"] == str(ada.pk)


def test_session_gets_a_token_without_a_csrf_token(ada):
    assert claims_of(post("session", ada))["sub"] == str(ada.pk)


@pytest.mark.parametrize("kind", ["two", "two-reversed"])
def test_either_of_two_authentication_classes_is_enough(ada, kind):
    assert claims_of(post(kind, ada))["sub"] == str(ada.pk)
    assert claims_of(post(kind, headers=token(ada)))["sub"] == str(ada.pk)


@pytest.mark.parametrize(
    ("kind", "challenge"),
    [("token", "Token"), ("simplejwt", 'Bearer realm="api"'), ("basic", 'Basic realm="api"'), ("two", "Token")],
)
def test_missing_credentials_get_the_challenge(site, kind, challenge):
    response = post(kind)
    assert (error_of(response), response["WWW-Authenticate"]) == (NOT_AUTHENTICATED, challenge)


@pytest.mark.parametrize("kind", ["session", "two-reversed"])
def test_missing_session_is_401_though_drf_has_no_challenge_for_it(site, kind):
    response = post(kind)
    assert error_of(response) == NOT_AUTHENTICATED
    assert "WWW-Authenticate" not in response


@pytest.mark.parametrize(
    ("kind", "authorization", "challenge"),
    [
        ("token", "Token 0000", "Token"),
        ("token", "Token", "Token"),
        ("simplejwt", "Bearer not.a.jwt", 'Bearer realm="api"'),
        ("basic", "Basic ????", 'Basic realm="api"'),
    ],
)
def test_failed_authentication_is_401_with_the_challenge(site, kind, authorization, challenge):
    response = post(kind, headers={"Authorization": authorization})
    assert (error_of(response), response["WWW-Authenticate"]) == (NOT_AUTHENTICATED, challenge)


def test_expired_simplejwt_is_401(ada):
    assert error_of(post("simplejwt", headers=simplejwt(ada, timedelta(seconds=-1)))) == NOT_AUTHENTICATED


def test_wrong_password_is_401(ada):
    assert error_of(post("basic", headers=by_password(ada, "count"))) == NOT_AUTHENTICATED


def test_failing_authentication_class_is_500(ada, caplog):
    assert error_of(post("failure")) == (500, "token_unavailable")
    assert "ConnectionError: the directory is away" in caplog.text


def test_failing_challenge_costs_only_the_challenge(site, caplog):
    response = post("challenge")
    assert error_of(response) == NOT_AUTHENTICATED
    assert "WWW-Authenticate" not in response
    assert "No WWW-Authenticate: tests.sites.api.urls.DirectoryError" in caplog.text


@pytest.mark.parametrize("authorization", ["Token", "Bearer", "ApiKey", "x"])
@pytest.mark.parametrize("origin", [EVIL, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
def test_authorization_header_is_not_held_to_the_cross_site_rule(ada, origin, authorization):
    headers = {**origin, "Authorization": f"{authorization} 0000"}
    assert error_of(post("token", headers=headers)) == NOT_AUTHENTICATED


@pytest.mark.parametrize("origin", [EVIL, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
def test_page_of_another_origin_gets_a_token_for_its_bearer(ada, origin):
    for kind, credentials in (("token", token), ("simplejwt", simplejwt)):
        assert claims_of(post(kind, headers={**origin, **credentials(ada)}))["sub"] == str(ada.pk)


@pytest.mark.parametrize("authorization", ["", " ", "Basic", "basic YTpi", "BASIC\tYTpi", "Digest x", "Negotiate x"])
def test_credentials_that_browsers_add_are_held_to_the_cross_site_rule(ada, authorization):
    assert error_of(post("two", ada, {**EVIL, "Authorization": authorization})) == CROSS_SITE


def test_right_basic_credentials_of_another_origin_are_refused(ada):
    assert error_of(post("basic", headers={**EVIL, **basic(ada)})) == CROSS_SITE
    assert error_of(post("basic", headers={**EVIL, "Authorization": "NTLM TlRMTVNTUAA"})) == CROSS_SITE


@pytest.mark.parametrize("kind", ["session", "two", "two-reversed"])
def test_session_is_held_to_the_cross_site_rule(ada, kind):
    assert error_of(post(kind, ada, EVIL)) == CROSS_SITE


@pytest.mark.parametrize("kind", ["session", "two", "two-reversed"])
def test_made_up_authorization_header_does_not_exempt_the_session(ada, kind):
    assert error_of(post(kind, ada, {**EVIL, "Authorization": "Bearer made-up"})) == NOT_AUTHENTICATED


def token_cookie(user):
    return {"Cookie": f"token={Token.objects.create(user=user)}"}


def jwt_cookie(user):
    return {"Cookie": f"access={AccessToken.for_user(user)}"}


def test_jwt_cookie_gets_a_token_without_a_csrf_token(ada):
    assert claims_of(post("jwt-cookie", headers=jwt_cookie(ada)))["sub"] == str(ada.pk)
    assert error_of(post("jwt-cookie", headers={"Cookie": "access=made-up"})) == NOT_AUTHENTICATED


@pytest.mark.parametrize(("kind", "cookie"), [("cookie", token_cookie), ("jwt-cookie", jwt_cookie)])
def test_made_up_authorization_header_does_not_exempt_a_cookie(ada, kind, cookie):
    headers = cookie(ada)
    assert claims_of(post(kind, headers=headers))["sub"] == str(ada.pk)
    assert error_of(post(kind, headers={**EVIL, **headers})) == CROSS_SITE
    headers = {**EVIL, **headers, "Authorization": "Bearer made-up"}
    assert error_of(post(kind, headers=headers)) == NOT_AUTHENTICATED


def test_session_that_is_ignored_stays_logged_in(ada):
    response = post("two", ada, {**EVIL, "Authorization": "Bearer made-up"})
    assert not response.cookies
    assert claims_of(response.client.post("/drf/for/two/"))["sub"] == str(ada.pk)


def test_own_page_may_send_both_a_session_and_an_authorization_header(ada):
    headers = {"Origin": "http://testserver", "Authorization": "Bearer made-up"}
    assert claims_of(post("two", ada, headers))["sub"] == str(ada.pk)


@pytest.mark.parametrize("kind", ["staff", "initial"])
def test_permission_of_the_view_is_403(ada, kind):
    assert error_of(post(kind, headers=token(ada))) == DENIED
    ada.is_staff = True
    ada.save()
    assert claims_of(post(kind, headers=token(ada)))["sub"] == str(ada.pk)


def test_permission_comes_after_authentication_and_before_the_body(ada):
    assert error_of(post("staff", body="[")) == NOT_AUTHENTICATED
    assert error_of(post("staff", headers=token(ada), body="[")) == DENIED


def test_model_permissions_of_the_site_do_not_need_a_queryset(ada):
    assert claims_of(post("model", headers=token(ada)))["sub"] == str(ada.pk)


def test_required_permission_is_asked_for(site, ada):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "REQUIRED_PERMISSION": "auth.view_user"}
    assert error_of(post("token", headers=token(ada))) == DENIED


@pytest.mark.parametrize("kind", ["user-throttle", "scope"])
def test_throttled_is_429_and_says_when_to_try_again(ada, kind):
    assert [post(kind, headers=token(ada)).status_code for _ in range(2)] == [200, 200]
    response = post(kind, headers=token(ada))
    assert error_of(response) == (429, "too_many_requests")
    assert 0 < int(response["Retry-After"]) <= 24 * 60 * 60


def test_throttle_is_by_user(ada):
    for _ in range(3):
        post("user-throttle", headers=token(ada))
    other = get_user_model().objects.create_user("grace")
    assert claims_of(post("user-throttle", headers=token(other)))["sub"] == str(other.pk)


def test_throttle_comes_before_the_body(ada):
    statuses = [post("user-throttle", headers=token(ada), body="[").status_code for _ in range(3)]
    assert statuses == [400, 400, 429]


def test_refusals_before_the_throttle_are_not_counted(ada):
    for _ in range(3):
        assert post("user-throttle", headers={**EVIL}).status_code == 403
        assert post("user-throttle", method="PUT", headers=token(ada)).status_code == 405
    assert post("user-throttle", headers=token(ada)).status_code == 200


@pytest.mark.parametrize("accept", ["text/html,*/*;q=0.8", "application/xml", "image/png", "nonsense"])
@pytest.mark.parametrize("query", ["", "?format=api", "?format=xml"])
def test_answer_is_json_whatever_the_client_accepts(ada, accept, query):
    accepts = {"Accept": accept}
    assert claims_of(ask(ada, path=f"/drf/for/browsers/{query}", headers=accepts))
    assert error_of(ask(None, path=f"/drf/for/browsers/{query}", headers=accepts)) == NOT_AUTHENTICATED
    assert error_of(ask(ada, path=f"/drf/for/browsers/{query}", headers=accepts, method="GET"))[0] == 405


def test_versioning_by_path(ada):
    assert claims_of(post("v2", headers=token(ada)))[ROOT_CLAIM] == "/v2"
    assert error_of(post("v3", headers=token(ada))) == (404, "unknown_service")


@pytest.mark.parametrize(("accept", "version"), [("application/json", "v1"), ("application/json; version=v2", "v2")])
def test_versioning_by_accept_header(ada, accept, version):
    response = post("accept", headers={**token(ada), "Accept": accept})
    assert claims_of(response)[ROOT_CLAIM] == f"/{version}"


def test_unknown_version_of_the_accept_header_is_404(ada):
    response = post("accept", headers={**token(ada), "Accept": "application/json; version=v3"})
    assert error_of(response) == (404, "unknown_service")


def test_authentication_class_may_read_the_body(ada):
    key = Token.objects.create(user=ada).key
    assert claims_of(post("body", body=json.dumps({"key": key})))["sub"] == str(ada.pk)
    assert error_of(post("body", body="[")) == (400, "invalid_request")
    assert error_of(post("body", body="x", content_type="image/png")) == (400, "invalid_request")


def test_service_of_the_url(site, user):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "API_KEY": "k", "SERVICES": {"exportpdf": {}}}
    assert claims_of(ask(user, path="/drf/exportpdf/"), "exportpdf")["aud"] == "k"
    assert error_of(ask(user, path="/drf/")) == (404, "unknown_service")


def test_unknown_service_of_a_view_is_an_error():
    with pytest.raises(ImproperlyConfigured, match=r"^TokenAPIView\.service is 'exportpfd'.*Did you mean exportpdf"):
        TokenAPIView.as_view(service="exportpfd")


# A site with two versions of its API.
versions = [path("tinymce/jwt/", include("django_tinymce_jwt.rest_framework_urls"))]
urlpatterns = [path("v1/", include((versions, "v1"))), path("v2/", include((versions, "v2")))]


def test_schema_of_drf_spectacular(settings, tmp_path):
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "drf_spectacular"]
    settings.REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
    file = tmp_path / "schema.json"
    call_command("spectacular", file=file, format="openapi-json", urlconf=__name__, fail_on_warn=True, validate=True)
    operations = {route: item["post"] for route, item in json.loads(file.read_text())["paths"].items()}
    assert {route: operation["operationId"] for route, operation in operations.items()} == {
        "/v1/tinymce/jwt/": "v1_tinymce_jwt_token",
        "/v1/tinymce/jwt/{service}/": "v1_tinymce_jwt_service_token",
        "/v2/tinymce/jwt/": "v2_tinymce_jwt_token",
        "/v2/tinymce/jwt/{service}/": "v2_tinymce_jwt_service_token",
    }
    for operation in operations.values():
        answers = operation["responses"]
        assert set(answers) == {"200", "400", "401", "403", "404", "405", "413", "429", "500"}
        examples = answers["403"]["content"]["application/json"]["examples"].values()
        assert {example["value"]["error"] for example in examples} == {"cross_site", "permission_denied"}


@pytest.mark.urls(__name__)
def test_checks_know_the_view_as_an_endpoint(site):
    assert not [message for message in run_checks() if message.id == "django_tinymce_jwt.W004"]
