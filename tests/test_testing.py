"""``django_tinymce_jwt.testing``: the throwaway key in the place of every other, and what the assertion says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import unittest

import jwt
import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.http import HttpResponse, JsonResponse
from django.test import SimpleTestCase, TestCase, override_settings

from django_tinymce_jwt import issue_token, pytest_plugin, testing, verify_token
from django_tinymce_jwt.claims import TinyAIClaims, TinyDriveClaims
from django_tinymce_jwt.exceptions import InvalidToken
from django_tinymce_jwt.testing import assert_token, override_tinymce_jwt

from .demo import EXAMPLE, MADE_BY_USE
from .helpers.documents import read
from .helpers.keys import private_pem, public_pem, rsa_key
from .helpers.services import SERVICES, all_services

URL = "/tinymce/jwt/"
AI_URL = "/tinymce/jwt/tinymceai/"


class RootedClaims(TinyDriveClaims):
    def get_root(self):
        return f"/users/{self.user.pk}"


@pytest.fixture
def ada(user, client):
    client.force_login(user)
    return user


def is_of_the_sites_key(token):
    try:
        jwt.decode(token, rsa_key().public_key(), ["RS256"])
    except jwt.InvalidSignatureError:
        return False
    return True


# What is replaced


def test_key_of_the_site_is_replaced_and_comes_back(site, user):
    assert is_of_the_sites_key(issue_token(user))
    with override_tinymce_jwt():
        token = issue_token(user)
        assert assert_token(token) == verify_token(token)
    assert not is_of_the_sites_key(token)
    assert is_of_the_sites_key(issue_token(user))
    with pytest.raises(InvalidToken, match="not signed with a key of this site"):
        verify_token(token)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "source",
    [
        {},
        {"PRIVATE_KEY_PATH": "/does/not/exist.pem", "PUBLIC_KEY_PATH": "/neither.pem"},
        {"PRIVATE_KEY": "", "API_KEY": "", "API_SECRET": None, "ENVIRONMENT_ID": None},
        {"SIGNER": {"BACKEND": "no.such.Signer", "OPTIONS": {"password": "x"}}},
        {"PRIVATE_KEY": "x", "PRIVATE_KEY_PASSPHRASE": "wrong", "PUBLIC_KEY": ["x", "y"], "API_SECRET": "short"},
    ],
)
@pytest.mark.parametrize("where", ["top", "section"])
def test_every_service_has_a_token_whatever_keys_the_site_has(settings, user, source, service, where):
    top, section = (source, {}) if where == "top" else ({}, source)
    settings.TINYMCE_JWT = {**top, "SERVICES": {service: section}}
    with override_tinymce_jwt():
        assert_token(issue_token(user, service), service)
        call_command("check", deploy=True, tags=["security"], fail_level="ERROR")


def test_other_settings_of_the_site_stay(settings, user):
    settings.TINYMCE_JWT = {
        "PRIVATE_KEY": private_pem(),
        "KEY_ID": "top",
        "ALGORITHM": "PS512",
        "LIFETIME": 77,
        "API_KEY": "the-sites-own",
        "CLAIM_MAPPER": RootedClaims,
        "SERVICES": {"tinydrive": {}, "exportpdf": {"PUBLIC_KEY": public_pem(), "KEY_ID": "own"}, "importword": {}},
    }
    with override_tinymce_jwt():
        token = issue_token(user)
        claims = assert_token(token, root=f"/users/{user.pk}")
        assert claims["exp"] - claims["iat"] == 77
        assert jwt.get_unverified_header(token) == {"alg": "PS512", "typ": "JWT", "kid": "top"}
        assert jwt.get_unverified_header(issue_token(user, "exportpdf"))["kid"] == "own"
        assert_token(issue_token(user, "importword"), "importword", aud="the-sites-own")


def test_no_secret_of_the_site_is_left(settings):
    settings.TINYMCE_JWT = all_services("tinymceai-onprem", API_SECRET="another-secret-of-forty-characters-or-more!")
    with override_tinymce_jwt():
        text = repr(django_settings.TINYMCE_JWT)
    assert not [secret for secret in ("PRIVATE KEY", "an-api-secret", "another-secret") if secret in text]


def test_keyword_arguments_override_the_top_level(site, user):
    with override_tinymce_jwt(LIFETIME=5, CLAIM_MAPPER=RootedClaims):
        claims = assert_token(issue_token(user), root=f"/users/{user.pk}")
    assert claims["exp"] - claims["iat"] == 5


@pytest.mark.parametrize("name", ["PRIVATE_KEY", "PUBLIC_KEY"])
def test_key_among_the_keyword_arguments_is_used(settings, user, name):
    settings.TINYMCE_JWT = {}
    pem = private_pem() if name == "PRIVATE_KEY" else public_pem()
    token = jwt.encode({"sub": "1", "name": "Ada", "exp": int(time.time()) + 60}, rsa_key(), "RS256")
    with override_tinymce_jwt(**{name: pem}):
        assert_token(token)


@pytest.mark.parametrize("value", ["nonsense", {"SERVICES": ["tinydrive"]}, {"SERVICES": {"tinydrive": "nonsense"}}])
def test_fault_in_the_settings_stays_for_the_checks(settings, value):
    settings.TINYMCE_JWT = value
    with override_tinymce_jwt(), pytest.raises(SystemCheckError, match="TINYMCE_JWT"):
        call_command("check", tags=["security"])


def test_site_without_the_setting_has_tinydrive(settings, user):
    del settings.TINYMCE_JWT
    with override_tinymce_jwt():
        assert_token(issue_token(user))


def test_key_is_the_same_in_the_whole_process(site, user):
    with override_tinymce_jwt():
        token = issue_token(user)
    with override_tinymce_jwt(LIFETIME=60):
        assert_token(token)


def test_overrides_can_be_nested(site, user):
    with override_tinymce_jwt(CLAIM_MAPPER=RootedClaims), override_tinymce_jwt(LIFETIME=5):
        claims = assert_token(issue_token(user), root=f"/users/{user.pk}")
    assert claims["exp"] - claims["iat"] == 5


# As a decorator


@override_tinymce_jwt(LIFETIME=5)
def lifetime_in_a_function(user):
    """A docstring."""
    claims = verify_token(issue_token(user))
    return claims["exp"] - claims["iat"]


@override_tinymce_jwt(LIFETIME=5)
async def lifetime_in_a_coroutine():
    return django_settings.TINYMCE_JWT["LIFETIME"]


def test_function_can_be_decorated(site, user):
    assert [lifetime_in_a_function(user) for _ in range(2)] == [5, 5]
    assert lifetime_in_a_function.__doc__ == "A docstring."
    assert "LIFETIME" not in django_settings.TINYMCE_JWT


def test_coroutine_function_can_be_decorated(site):
    assert async_to_sync(lifetime_in_a_coroutine)() == 5
    assert "LIFETIME" not in django_settings.TINYMCE_JWT


@override_tinymce_jwt(LIFETIME=5)
class DecoratedTests(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lifetime_at_start = django_settings.TINYMCE_JWT["LIFETIME"]

    @classmethod
    def setUpTestData(cls):
        cls.ada = get_user_model().objects.create_user("ada")
        cls.token = issue_token(cls.ada)

    def test_class_is_set_up_with_the_key_of_the_tests(self):
        assert self.lifetime_at_start == 5
        assert_token(self.token, sub=str(self.ada.pk))

    def test_endpoint_gives_a_token(self):
        self.client.force_login(self.ada)
        assert_token(self.client.post(URL))


@override_tinymce_jwt(LIFETIME=9)
class InheritedTests(DecoratedTests):
    def test_class_is_set_up_with_the_key_of_the_tests(self):
        assert self.lifetime_at_start == 9


@override_tinymce_jwt()
@override_settings(TINYMCE_JWT={"PRIVATE_KEY_PATH": "/does/not/exist.pem", "LIFETIME": 11})
class SettingsOfTheClassTests(SimpleTestCase):
    def test_settings_of_the_class_are_those_that_are_overridden(self):
        assert django_settings.TINYMCE_JWT["LIFETIME"] == 11
        assert "PRIVATE_KEY_PATH" not in django_settings.TINYMCE_JWT


def test_class_that_is_not_djangos_is_refused():
    with pytest.raises(ValueError, match="SimpleTestCase"):
        override_tinymce_jwt()(unittest.TestCase)


# What the assertion says


def failure(*args, **kwargs):
    with pytest.raises(AssertionError) as caught:
        assert_token(*args, **kwargs)
    return str(caught.value)


@pytest.fixture
def tested(settings):
    """A site under test, with a service for each kind of contract."""
    settings.TINYMCE_JWT = {"SERVICES": {"tinydrive": {"CLAIM_MAPPER": RootedClaims}, "exportpdf": {}, "tinymceai": {}}}
    with override_tinymce_jwt():
        yield django_settings


def test_answer_with_a_token_is_its_claims(tested, client, ada):
    claims = assert_token(client.post(URL), sub=str(ada.pk), name="Ada Lovelace", root=f"/users/{ada.pk}")
    assert set(claims) == {"sub", "name", "iat", "exp", "https://claims.tiny.cloud/drive/root"}


def test_claim_can_have_its_full_name(tested, client, ada):
    assert_token(client.post(URL), **{"https://claims.tiny.cloud/drive/root": f"/users/{ada.pk}"})
    assert_token(client.post(AI_URL), "tinymceai", **{"user.name": "Ada Lovelace"})


def test_hooks_name_the_claims_of_the_service(tested, client, ada):
    permissions = list(TinyAIClaims.permissions)
    assert_token(client.post(AI_URL), "tinymceai", permissions=permissions, name="Ada Lovelace", email=None)


def test_claim_with_another_value_is_named_with_its_hook(tested, client, ada):
    assert failure(client.post(URL), root="/teams/7") == (
        f"The claim 'https://claims.tiny.cloud/drive/root' is '/users/{ada.pk}'; wanted: '/teams/7'. "
        "It comes from get_root() of the claim mapper."
    )


def test_claim_that_is_missing_is_named(tested, client, ada):
    assert failure(client.post(URL), department="R&D") == "The claim 'department' is missing; wanted: 'R&D'."


def test_claim_that_must_not_be_there_is_named(tested, client, ada):
    assert failure(client.post(URL), name=None) == (
        "The claim 'name' is 'Ada Lovelace'; wanted: no such claim. It comes from get_name() of the claim mapper."
    )


def test_token_that_breaks_a_rule_is_named_with_the_value(tested, ada):
    token = issue_token(ada)
    assert failure(token, "tinymceai") == (
        "This is not a valid token for 'tinymceai'. "
        "The claim 'aud' is missing; wanted: the site's Tiny API key (setting API_KEY), a string."
    )


@pytest.mark.parametrize("token", ["", "a.b", b"a.b.c"])
def test_text_that_is_no_token_fails(tested, token):
    assert failure(token).startswith("This is not a valid token for 'tinydrive'. The token cannot be read as a JWT")


def test_service_that_is_not_configured_is_named(tested, ada):
    assert "The service 'importword' is not configured" in failure(issue_token(ada), "importword")


def test_refusal_is_named_with_its_status(tested, client):
    assert failure(client.post(URL)) == (
        "The answer for 'tinydrive' is 401, not a token: not_authenticated. "
        "You are not logged in. Log in and try again. "
        "The log of 'django_tinymce_jwt' has the reason; with DEBUG = True, the answer too."
    )


def test_refusal_has_its_detail_under_debug(tested, client, settings):
    settings.DEBUG = True
    assert "The request has no logged-in user. Log in on this site." in failure(client.post(URL))


def test_redirect_to_a_login_page_is_called_one():
    response = HttpResponse(status=302, headers={"Location": "/accounts/login/?next=/tinymce/jwt/"})
    message = failure(response)
    assert message.startswith("The answer for 'tinydrive' is 302, a redirect to '/accounts/login/?next=/tinymce/jwt/'")
    assert "login page" in message


def test_login_page_is_called_one():
    page = HttpResponse('<form method="post"><input name="password" type="password"></form>')
    assert failure(page) == "The answer for 'tinydrive' is 200 with a login page, not JSON with a token."


def test_other_page_is_shown_in_part():
    message = failure(HttpResponse("<h1>Not Found</h1>" * 100, status=404))
    assert message.startswith("The answer for 'tinydrive' is 404 with b'<h1>Not Found</h1>")
    assert len(message) < 400


@pytest.mark.parametrize("answer", [{}, {"token": None}, ["token"], {"detail": "Not found."}])
def test_json_without_a_token_is_shown(answer):
    assert failure(JsonResponse(answer, safe=False)).startswith("The answer for 'tinydrive' is 200, not a token: ")


def test_error_with_a_token_fails():
    assert "is 500, not a token" in failure(JsonResponse({"token": "a.b.c"}, status=500))


# The module


def test_reference_page_has_the_public_names():
    page = read("docs/api.rst")
    members = re.search(r"automodule:: django_tinymce_jwt\.testing\n   :members: (.*)", page)[1]
    assert sorted(members.split(", ")) == sorted(testing.__all__)
    # By hand, because the documentation is built without pytest.
    plugin = page.partition("py:module:: django_tinymce_jwt.pytest_plugin\n")[2].partition("\nErrors\n")[0]
    assert sorted(re.findall(r"^\.\. py:(?:class|function):: (\w+)", plugin, re.MULTILINE)) == sorted(
        pytest_plugin.__all__
    )
    methods = sorted(name for name in vars(pytest_plugin.TinymceJwt) if not name.startswith("_"))
    assert sorted(re.findall(r"^   \.\. py:method:: (\w+)", plugin, re.MULTILINE)) == methods


def test_package_does_not_import_pytest_or_make_a_key():
    program = (
        "import sys, django_tinymce_jwt, django_tinymce_jwt.testing.tokens as testing\n"
        "assert 'pytest' not in sys.modules\n"
        "assert testing._throwaway_key.cache_info().currsize == 0\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_example_project_passes_its_own_tests_without_a_key(tmp_path):
    ignore = shutil.ignore_patterns(*MADE_BY_USE)
    folder = shutil.copytree(EXAMPLE, tmp_path / "example_project", ignore=ignore)
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    run = subprocess.run(
        [sys.executable, "manage.py", "test"], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Ran 7 tests" in run.stderr
    assert list(folder.rglob("*.pem")) == []
