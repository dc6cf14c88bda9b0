"""docs/compatibility.rst: other packages for Django, over HTTP. tests/browser/test_compatibility.py has the editors."""

from __future__ import annotations

import pytest

from .helpers.http_client import HTTPClient
from .helpers.keys import private_pem
from .helpers.small_site import small_site
from .helpers.tokens import ROOT_CLAIM

DENIED = (403, "permission_denied")
GUARDIAN = "tests.sites.guardian_site"


@pytest.fixture(scope="module")
def allauth_site():
    with small_site("tests.sites.logins.settings") as site:
        yield site


@pytest.fixture(scope="module")
def guardian_site():
    with small_site(f"{GUARDIAN}.settings") as site:
        yield site


@pytest.fixture
def ada(guardian_site):
    """A client of ada, who has no permission before and after the test."""
    client = HTTPClient(guardian_site)
    assert client.get("/sign-in/").text == "signed in"
    yield client
    guardian_site.change(TINYMCE_JWT={"PRIVATE_KEY": private_pem(), "REQUIRED_PERMISSION": "auth.view_group"})
    guardian_site.change(
        AUTHENTICATION_BACKENDS=[
            "django.contrib.auth.backends.ModelBackend",
            "guardian.backends.ObjectPermissionBackend",
        ]
    )
    for path in ("/take/", "/take/1/", "/take/2/"):
        assert client.get(path).text == "changed"


def ask(client, query=""):
    return client.post_json(f"/tinymce/jwt/{query}")


def test_guardian_global_permission_is_enough(ada):
    assert ask(ada).error == DENIED
    ada.get("/give/")
    assert ask(ada).claims["name"] == "Ada Lovelace"


def test_guardian_object_permission_is_not_enough(ada):
    ada.get("/give/1/")
    assert ask(ada).error == DENIED


def test_guardian_object_permission_is_enough_with_a_backend_of_the_site(ada, guardian_site):
    guardian_site.change(
        AUTHENTICATION_BACKENDS=[
            "django.contrib.auth.backends.ModelBackend",
            "guardian.backends.ObjectPermissionBackend",
            f"{GUARDIAN}.teams.AnyTeamBackend",
        ],
        TINYMCE_JWT={"PRIVATE_KEY": private_pem(), "REQUIRED_PERMISSION": "intranet.any_team"},
    )
    assert ask(ada).error == DENIED
    ada.get("/give/1/")
    assert ask(ada).claims["name"] == "Ada Lovelace"
    ada.get("/take/1/")
    assert ask(ada).error == DENIED


def test_guardian_object_permission_is_asked_by_a_claim_mapper(ada, guardian_site):
    guardian_site.change(TINYMCE_JWT={"PRIVATE_KEY": private_pem(), "CLAIM_MAPPER": f"{GUARDIAN}.teams.TeamClaims"})
    ada.get("/give/1/")
    ada.get("/give/2/")
    ada.get("/take/2/")
    assert ask(ada, "?team=1").claims[ROOT_CLAIM] == "/teams/1"
    assert {ask(ada, query).error for query in ("?team=2", "?team=99", "?team=x", "")} == {DENIED}


def test_allauth_login_and_logout(allauth_site):
    client = HTTPClient(allauth_site)
    client.submit_form("/accounts/login/", login="ada", password="countess")
    assert ask(client).claims["name"] == "Ada Lovelace"
    client.submit_form("/accounts/logout/")
    assert ask(client).error == (401, "not_authenticated")


@pytest.mark.parametrize("path", ["/drf/allauth/", "/ninja/allauth/"])
def test_allauth_session_token_of_an_app(allauth_site, path):
    client = HTTPClient(allauth_site)
    login = client.post_json("/_allauth/app/v1/auth/login", username="ada", password="countess")
    headers = {"X-Session-Token": login.json["meta"]["session_token"]}
    assert not client.cookies
    assert client.post_json(path, headers).claims["name"] == "Ada Lovelace"
    assert client.post_json(path).error == (401, "not_authenticated")
    assert client.post_json(path, {"X-Session-Token": "0000"}).error == (401, "not_authenticated")
