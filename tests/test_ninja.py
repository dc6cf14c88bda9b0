"""The token endpoint as a router of Django Ninja, with the authentication that sites use."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.checks import run_checks
from django.test import AsyncClient, Client
from ninja import NinjaAPI, Router
from ninja_jwt.tokens import AccessToken
from rest_framework.authtoken.models import Token

from django_tinymce_jwt.ninja import token_router

from .helpers.endpoint import ask, claims_of, each_server, error_of
from .sites.api import urls

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.api.urls")]

EVIL = {"Origin": "https://evil.example"}
NOT_AUTHENTICATED = (401, "not_authenticated")
CROSS_SITE = (403, "cross_site")


@pytest.fixture(autouse=True)
def no_earlier_requests():
    cache.clear()


@pytest.fixture
def ada(site, user):
    user.set_password("countess")
    user.save()
    return user


def bearer(user):
    return {"Authorization": f"Bearer {Token.objects.get_or_create(user=user)[0]}"}


def api_key(user):
    return {"X-API-Key": Token.objects.get_or_create(user=user)[0].key}


def basic(user):
    return {"Authorization": "Basic " + base64.b64encode(f"{user.username}:countess".encode()).decode()}


def ninja_jwt(user, lifetime=timedelta(minutes=5)):
    access = AccessToken.for_user(user)
    access.set_exp(lifetime=lifetime)
    return {"Authorization": f"Bearer {access}"}


def post(name, user=None, headers=(), **more):
    return ask(user, path=f"/ninja/{name}/", headers=dict(headers), **more)


CREDENTIALS = {
    "bearer": bearer,
    "inherited-bearer": bearer,
    "async-bearer": bearer,
    "two": bearer,
    "api-key": api_key,
    "basic": basic,
    "ninja-jwt": ninja_jwt,
    "async-ninja-jwt": ninja_jwt,
}
each_authentication = pytest.mark.parametrize(("name", "credentials"), CREDENTIALS.items(), ids=CREDENTIALS)


@each_server
@each_authentication
def test_credentials_get_a_token(ada, name, credentials, client_class):
    response = post(name, headers=credentials(ada), client_class=client_class)
    assert claims_of(response)["sub"] == str(ada.pk)


@each_server
@pytest.mark.parametrize("name", ["session", "two", "none", "ninja-jwt"])
def test_session_gets_a_token_without_a_csrf_token_where_it_is_asked_for(ada, name, client_class):
    response = post(name, ada, client_class=client_class)
    if name == "ninja-jwt":
        assert error_of(response) == NOT_AUTHENTICATED
    else:
        assert claims_of(response)["sub"] == str(ada.pk)


@each_server
@pytest.mark.parametrize("name", [*CREDENTIALS, "session", "none"])
def test_missing_credentials_are_401(site, name, client_class):
    assert error_of(post(name, client_class=client_class)) == NOT_AUTHENTICATED


@pytest.mark.parametrize("name", ["bearer", "async-bearer", "two", "ninja-jwt", "async-ninja-jwt"])
def test_wrong_bearer_is_401(ada, name):
    assert error_of(post(name, headers={"Authorization": "Bearer 0000"})) == NOT_AUTHENTICATED


@pytest.mark.parametrize("name", ["ninja-jwt", "async-ninja-jwt"])
def test_expired_ninja_jwt_is_401(ada, name):
    assert error_of(post(name, headers=ninja_jwt(ada, timedelta(seconds=-1)))) == NOT_AUTHENTICATED


@pytest.mark.parametrize("client_class", [Client, AsyncClient])
def test_failing_auth_is_500(ada, caplog, client_class):
    assert error_of(post("failure", client_class=client_class)) == (500, "token_unavailable")
    assert "ConnectionError: the directory is away" in caplog.text


def test_status_of_another_services_exception_is_not_taken(ada):
    assert error_of(post("directory")) == (500, "token_unavailable")


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, "not_authenticated"), (403, "permission_denied"), (503, "token_unavailable")],
)
def test_http_error_of_auth_gets_the_answer_of_its_status(ada, status, error):
    assert error_of(post(f"http-{status}")) == (500 if status == 503 else status, error)


@each_server
def test_user_that_was_kept_does_not_outlive_the_cookies(ada, client_class, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.keep_user"]
    assert claims_of(post("auser", ada, client_class=client_class))["sub"] == str(ada.pk)
    headers = {**EVIL, "Authorization": "Bearer made-up"}
    assert error_of(post("auser", ada, headers, client_class=client_class)) == NOT_AUTHENTICATED


def keep_user(get_response):
    """Middleware that asks for the user, synchronously and asynchronously."""

    def middleware(request):
        assert async_to_sync(request.auser)() == request.user
        return get_response(request)

    return middleware


def test_bearer_of_a_page_of_another_origin_gets_a_token(ada):
    for name in ("bearer", "two", "ninja-jwt", "async-ninja-jwt"):
        assert claims_of(post(name, headers={**EVIL, **CREDENTIALS[name](ada)}))["sub"] == str(ada.pk)


@pytest.mark.parametrize("name", ["session", "two", "none", "basic", "api-key"])
def test_everything_else_is_held_to_the_cross_site_rule(ada, name):
    headers = {"basic": basic, "api-key": api_key}.get(name, lambda user: {})(ada)
    assert error_of(post(name, ada, {**EVIL, **headers})) == CROSS_SITE


@pytest.mark.parametrize("name", ["session", "two", "none"])
def test_made_up_authorization_header_does_not_exempt_the_session(ada, name):
    assert error_of(post(name, ada, {**EVIL, "Authorization": "Bearer made-up"})) == NOT_AUTHENTICATED


def test_throttled_is_429_and_says_when_to_try_again(ada):
    assert [post("throttle", headers=bearer(ada)).status_code for _ in range(2)] == [200, 200]
    response = post("throttle", headers=bearer(ada))
    assert error_of(response) == (429, "too_many_requests")
    assert 0 < int(response["Retry-After"]) <= 24 * 60 * 60


def test_throttle_comes_before_the_body_and_after_permissions(site, ada):
    assert [post("throttle", headers=bearer(ada), body="[").status_code for _ in range(3)] == [400, 400, 429]
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "REQUIRED_PERMISSION": "auth.view_user"}
    assert error_of(post("throttle", headers=bearer(ada))) == (403, "permission_denied")


def test_inactive_user_of_a_bearer_is_refused(ada):
    headers = bearer(ada)
    get_user_model().objects.update(is_active=False)
    assert error_of(post("bearer", headers=headers)) == (403, "permission_denied")


def test_user_of_the_api_key_is_not_that_of_the_session(ada):
    other = get_user_model().objects.create_user("grace")
    assert claims_of(post("api-key", ada, api_key(other)))["sub"] == str(other.pk)


def test_service_of_the_url(site, user):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "API_KEY": "k", "SERVICES": {"exportpdf": {}}}
    assert claims_of(ask(user, path="/ninja/jwt/exportpdf/"), "exportpdf")["aud"] == "k"
    assert error_of(ask(user, path="/ninja/jwt/")) == (404, "unknown_service")


def test_openapi_schema_names_both_answers():
    schema = urls.session_api.get_openapi_schema()
    assert list(schema["paths"]) == ["/ninja/jwt/", "/ninja/jwt/{service}/"]
    for path in schema["paths"].values():
        assert list(path) == ["post"]
        answers = path["post"]["responses"]
        assert set(answers) == {200, 400, 401, 403, 404, 405, 413, 429, 500}
        assert answers[200]["content"]["application/json"]["schema"]["$ref"].endswith("/TinymceToken")
        assert answers[401]["content"]["application/json"]["schema"]["$ref"].endswith("/TinymceRefusal")
        assert (path["post"]["security"], path["post"]["tags"]) == ([{"SessionAuth": []}], ["Editors"])
    assert set(schema["components"]["schemas"]["TinymceToken"]["properties"]) == {"token"}


def test_operation_ids_of_several_routers_differ(capsys):
    schema = several.get_openapi_schema(path_prefix="/")
    assert {path: item["post"]["operationId"] for path, item in schema["paths"].items()} == {
        "/tinymce/jwt/": "tinymce_jwt_token",
        "/tinymce/jwt/{service}/": "tinymce_jwt_service_token",
        "/staff/": "staff_token",
        "/staff/{service}/": "staff_service_token",
        "/v2/tokens/": "v2_tokens_token",
        "/v2/tokens/{service}/": "v2_tokens_service_token",
    }
    # Ninja prints a warning where an id is used twice.
    assert capsys.readouterr().out == ""


@pytest.mark.urls(__name__)
def test_checks_know_the_router_as_an_endpoint(site):
    assert not [message for message in run_checks() if message.id == "django_tinymce_jwt.W004"]


several = NinjaAPI(urls_namespace="several", docs_url=None)
several_parent = Router()
several_parent.add_router("/tokens/", token_router())
several.add_router("/tinymce/jwt/", token_router())
several.add_router("/staff/", token_router())
several.add_router("/v2/", several_parent)

urlpatterns = [pattern for pattern in urls.urlpatterns if str(pattern.pattern) == "ninja/bearer/"]
