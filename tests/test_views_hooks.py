"""The hooks of TokenView, permissions, and the number of queries."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.urls import path

from django_tinymce_jwt.claims import TinyDriveClaims
from django_tinymce_jwt.views import TokenView

from .helpers.endpoint import ask, claims_of, client_of, each_server, error_of, send
from .helpers.tokens import ROOT_CLAIM

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.endpoint_urls")]

VIEWS = "/views/"
PERMISSION = "auth.view_user"
ALLOW_ALL = "django.contrib.auth.backends.AllowAllUsersModelBackend"


class SettingsClaims(TinyDriveClaims):
    def get_root(self):
        return f"/settings/{self.user.username}/{self.request.method}"


@pytest.mark.parametrize("named", [SettingsClaims, f"{__name__}.SettingsClaims"], ids=["class", "dotted-path"])
def test_settings_mapper_gets_user_and_request(site, user, named):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": named}
    assert claims_of(ask(user, path=VIEWS))[ROOT_CLAIM] == "/settings/ada/POST"


@each_server
@pytest.mark.parametrize("setting", [SettingsClaims, "tests.nowhere.Claims", None], ids=["other", "broken", "none"])
def test_view_mapper_overrides_the_settings_mapper(site, user, client_class, setting):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": setting}
    response = ask(user, '{"document": 7}', path=f"{VIEWS}for/document/", client_class=client_class)
    assert claims_of(response)[ROOT_CLAIM] == "/documents/7"


class Nameless(TinyDriveClaims):
    def get_name(self):
        return ""


def test_view_mapper_is_named_for_a_wrong_claim(site, user, rf):
    site.DEBUG = True
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": SettingsClaims}
    request = rf.post("/")
    request.user = user
    content = TokenView.as_view(claim_mapper_class=Nameless)(request).content.decode()
    assert f"It comes from get_name() of the claim mapper {__name__}.Nameless." in content


@each_server
def test_subclass_can_override_get_claims(site, user, client_class):
    response = ask(user, path=f"{VIEWS}for/guest/", client_class=client_class, headers={"X-Name": "Countess"})
    claims = claims_of(response)
    assert (claims["sub"], claims["name"]) == (f"guest-{user.pk}", "Countess")


class OtherUserView(TokenView):
    """Gives a token to whom the request's header names, to nobody, or refuses to."""

    def get_user(self):
        name = self.request.headers["X-User"]
        if name == "refused":
            raise PermissionDenied("no guests today")
        return None if name == "nobody" else get_user_model()(pk=99, username=name)


urlpatterns = [path("", OtherUserView.as_view())]


def ask_for(name, user, **headers):
    return ask(user, path="/", headers={"X-User": name, **headers})


@pytest.mark.urls(__name__)
def test_get_user_chooses_whom_the_token_is_for(site, user):
    assert claims_of(ask_for("grace", user))["sub"] == "99"


@pytest.mark.urls(__name__)
def test_get_user_that_returns_nobody_answers_401(site, user):
    assert error_of(ask_for("nobody", user)) == (401, "not_authenticated")


@pytest.mark.urls(__name__)
def test_get_user_that_refuses_answers_403_and_names_the_view(site, settings, user):
    settings.DEBUG = True
    response = ask_for("refused", user)
    assert error_of(response) == (403, "permission_denied")
    assert response.json()["detail"] == ("The view refused: django.core.exceptions.PermissionDenied: no guests today.")


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("name", ["grace", "nobody", "refused"])
def test_get_user_is_not_asked_for_a_request_from_another_site(site, user, name):
    assert error_of(ask_for(name, user, Origin="https://evil.example")) == (403, "cross_site")


@each_server
@pytest.mark.parametrize("path", ["exportpdf/", "for/pdf/"], ids=["of-the-url", "of-the-view"])
def test_service_comes_from_the_url_or_the_view(site, user, path, client_class):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "API_KEY": "the-api-key", "SERVICES": {"tinydrive": {}, "exportpdf": {}}}
    claims = claims_of(ask(user, path=VIEWS + path, client_class=client_class), "exportpdf")
    assert (claims["aud"], "sub" in claims) == ("the-api-key", False)


@each_server
def test_subclass_with_own_dispatch_needs_no_csrf_token(site, user, client_class):
    response = ask(user, path=f"{VIEWS}for/dispatch/", client_class=client_class)
    assert claims_of(response)["sub"] == str(user.pk)
    assert response["X-Dispatch"] == "the site's own"


@each_server
def test_subclass_with_own_dispatch_never_redirects(site, client_class):
    response = ask(None, path=f"{VIEWS}for/dispatch/", client_class=client_class)
    assert error_of(response) == (401, "not_authenticated")
    assert response["X-Dispatch"] == "the site's own"


def grant_to_user(user, permission):
    user.user_permissions.add(permission)


def grant_to_group(user, permission):
    group = Group.objects.create(name="editors")
    group.permissions.add(permission)
    user.groups.add(group)


def make_superuser(user, permission):
    user.is_superuser = True
    user.save()


@each_server
@pytest.mark.parametrize("grant", [grant_to_user, grant_to_group, make_superuser])
def test_required_permission_may_be_granted_in_any_way(site, user, client_class, grant):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "REQUIRED_PERMISSION": PERMISSION}
    grant(user, Permission.objects.get(content_type__app_label="auth", codename="view_user"))
    assert claims_of(ask(user, path=VIEWS, client_class=client_class))["sub"] == str(user.pk)


@each_server
def test_another_permission_is_not_enough(site, user, client_class):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "REQUIRED_PERMISSION": PERMISSION}
    grant_to_user(user, Permission.objects.get(content_type__app_label="auth", codename="change_user"))
    assert error_of(ask(user, path=VIEWS, client_class=client_class)) == (403, "permission_denied")


def test_required_permission_of_a_service_is_that_services(site, user):
    services = {"tinydrive": {}, "exportpdf": {"REQUIRED_PERMISSION": PERMISSION}}
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "API_KEY": "k", "SERVICES": services}
    assert ask(user).status_code == 200
    assert error_of(ask(user, path="/tinymce/jwt/exportpdf/")) == (403, "permission_denied")


@each_server
@pytest.mark.parametrize("broken", [False, True], ids=["right-settings", "broken-settings"])
@pytest.mark.parametrize("superuser", [False, True], ids=["user", "superuser"])
def test_inactive_user_is_refused_with_any_backend(site, user, client_class, superuser, broken):
    site.AUTHENTICATION_BACKENDS = [ALLOW_ALL]
    site.TINYMCE_JWT = {} if broken else site.TINYMCE_JWT
    user.is_active, user.is_superuser = False, superuser
    user.save()
    assert error_of(ask(user, path=VIEWS, client_class=client_class)) == (403, "permission_denied")


def test_inactive_user_is_logged_out_by_default(site, user):
    user.is_active = False
    user.save()
    assert error_of(ask(user, path=VIEWS)) == (401, "not_authenticated")


@pytest.fixture(params=[False, True], ids=["login-optional", "login-required"])
def login_middleware(request, settings):
    """With and without the middleware that reads the user before the view."""
    if not request.param:
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.endswith("LoginRequiredMiddleware")]


@each_server
def test_token_costs_only_session_and_user_queries(
    site, user, client_class, login_middleware, django_assert_num_queries
):
    client = client_of(user, client_class)
    with django_assert_num_queries(2):
        assert send(client, path=VIEWS).status_code == 200


def test_refusal_without_session_costs_no_query(site, login_middleware, django_assert_num_queries):
    client = client_of(None)
    with django_assert_num_queries(0):
        assert send(client, path=VIEWS).status_code == 401
