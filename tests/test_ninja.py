"""The token endpoint as a router of Django Ninja, with the authentication that sites use."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.checks import run_checks
from ninja import NinjaAPI, Router

from django_tinymce_jwt.ninja import token_router

from .helpers.credentials import bearer, key
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
    return user


def api_key(user):
    return {"X-API-Key": key(user)}


def post(name, user=None, headers=(), **more):
    return ask(user, path=f"/ninja/{name}/", headers=dict(headers), **more)


@each_server
@pytest.mark.parametrize(("name", "credentials"), [("inherited-bearer", bearer), ("api-key", api_key)])
def test_credentials_get_a_token(ada, name, credentials, client_class):
    response = post(name, headers=credentials(ada), client_class=client_class)
    assert claims_of(response)["sub"] == str(ada.pk)


@each_server
def test_session_gets_a_token_where_no_auth_is_asked_for(ada, client_class):
    assert claims_of(post("none", ada, client_class=client_class))["sub"] == str(ada.pk)


@each_server
@pytest.mark.parametrize("name", ["inherited-bearer", "api-key", "none"])
def test_missing_credentials_are_401(site, name, client_class):
    assert error_of(post(name, client_class=client_class)) == NOT_AUTHENTICATED


@pytest.mark.parametrize(("name", "headers"), [("none", {}), ("api-key", {"X-API-Key": "made-up"})])
def test_api_key_and_session_are_held_to_the_cross_site_rule(ada, name, headers):
    assert error_of(post(name, ada, {**EVIL, **headers})) == CROSS_SITE


def test_right_api_key_of_another_origin_is_refused(ada):
    assert error_of(post("api-key", headers={**EVIL, **api_key(ada)})) == CROSS_SITE


def test_made_up_authorization_header_does_not_exempt_the_session_where_no_auth_is_asked_for(ada):
    assert error_of(post("none", ada, {**EVIL, "Authorization": "Bearer made-up"})) == NOT_AUTHENTICATED


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


def test_inactive_user_of_a_bearer_is_refused(ada):
    headers = bearer(ada)
    get_user_model().objects.update(is_active=False)
    assert error_of(post("bearer", headers=headers)) == (403, "permission_denied")


def test_user_of_the_api_key_is_not_that_of_the_session(ada):
    other = get_user_model().objects.create_user("grace")
    assert claims_of(post("api-key", ada, api_key(other)))["sub"] == str(other.pk)


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


def test_operation_ids_of_paths_with_the_same_words_differ(capsys):
    api = NinjaAPI(urls_namespace="same words", docs_url=None)
    for path in ("/team-a/jwt/", "/team/a/jwt/"):
        api.add_router(path, token_router())
    ids = [item["post"]["operationId"] for item in api.get_openapi_schema(path_prefix="/")["paths"].values()]
    assert len(set(ids)) == 4
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
