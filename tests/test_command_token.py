"""``manage.py tinymce_jwt token``: the token that the endpoint would issue."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection

from django_tinymce_jwt import verify_token
from django_tinymce_jwt.claims import TinyDriveClaims

from .helpers.command import run
from .helpers.keys import private_pem
from .helpers.mappers import FailingClaims, RefusingClaims
from .sites.custom_user.models import Member

pytestmark = pytest.mark.django_db


def test_token_is_verified_by_the_site(site, user):
    result = run("token", "ada")
    assert verify_token(result.out.strip())["sub"] == str(user.pk)
    assert (result.status, result.err) == (0, "")


def test_token_as_json_is_the_endpoints_answer(site, user):
    assert list(run("token", "ada", "--format", "json").facts) == ["token"]


def test_user_is_found_by_username_before_primary_key(site, user):
    named = get_user_model().objects.create_user(str(user.pk))
    assert verify_token(run("token", user.pk).out.strip())["sub"] == str(named.pk)
    assert verify_token(run("token", named.pk).out.strip())["sub"] == str(named.pk)


@pytest.mark.parametrize("by", ["username", "primary key"])
def test_user_of_another_model_is_found(site, by):
    site.AUTH_USER_MODEL = "custom_user.Member"
    member = Member.objects.create(email="ada@example.com")
    result = run("token", "ada@example.com" if by == "username" else member.pk)
    assert verify_token(result.out.strip())["sub"] == str(member.pk)


@pytest.mark.parametrize("model", ["auth.User", "custom_user.Member"])
@pytest.mark.parametrize("name", ["bob", "9" * 40, "-1", "", "\x7f'--"])
def test_unknown_user_is_reported(site, name, model):
    site.AUTH_USER_MODEL = model
    result = run("token", "--", name)
    assert (result.status, result.out) == (1, "")
    assert f"No user has the username or the primary key {name!r}." in result.err


def test_missing_user_table_is_reported(site):
    site.AUTH_USER_MODEL = "custom_user.Member"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE custom_user_member")
    result = run("token", "ada")
    assert result.status == 1
    assert (
        result.err == "The database does not answer (no such table: custom_user_member). Is it running, and migrated?"
    )


def test_claims_are_printed_instead_of_a_token(site, user):
    result = run("token", "ada", "--claims")
    claims = result.facts
    assert (claims["sub"], claims["name"], claims["exp"] - claims["iat"]) == (str(user.pk), "Ada Lovelace", 600)
    assert run("token", "ada", "--claims", "--format", "json").facts.keys() == claims.keys()


def test_claims_are_printed_without_escapes(site, user):
    user.first_name, user.last_name = "Αδα", "Λάβλεϊς"
    user.save()
    assert '"name": "Αδα Λάβλεϊς"' in run("token", "ada", "--claims").out


def test_token_for_an_inactive_user_has_a_warning(site, user):
    user.is_active = False
    user.save()
    result = run("token", "ada")
    assert verify_token(result.out.strip())
    assert (result.status, result.err) == (0, f"The endpoint would refuse. The user {user.pk} is not active.\n")


def test_token_for_a_user_without_permission_has_a_warning(site, user):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "REQUIRED_PERMISSION": "auth.view_user"}
    assert "lacks REQUIRED_PERMISSION 'auth.view_user'. Grant it." in run("token", "ada").err
    user.user_permissions.add(Permission.objects.get(codename="view_user"))
    assert run("token", "ada").err == ""


class Breaking(TinyDriveClaims):
    def get_root(self):
        return "/.."


class Unwritable(TinyDriveClaims):
    def get_claims(self):
        return {**super().get_claims(), "note": {1, 2}}


@pytest.mark.parametrize("options", [(), ("--claims",), ("--claims", "--format", "json")])
@pytest.mark.parametrize(
    ("mapper", "text"),
    [
        (FailingClaims, "The claim mapper failed: KeyError: 'team'."),
        (RefusingClaims, "The claim mapper refuses the user: django.core.exceptions.PermissionDenied: no team."),
        (Breaking, "The claim 'https://claims.tiny.cloud/drive/root' is '/..' (str); wanted: an absolute path"),
        (Unwritable, "TypeError"),
    ],
)
def test_mapper_failure_is_reported_without_a_traceback(site, user, mapper, text, options):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": mapper}
    result = run("token", "ada", *options)
    assert (result.status, result.out) == (1, "")
    assert text in result.err
    assert "--traceback" in result.err


def test_service_defaults_to_the_only_one_configured(settings, user):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "API_KEY": "key", "SERVICES": {"exportpdf": {}}}
    assert verify_token(run("token", "ada").out.strip(), "exportpdf")["aud"] == "key"


def test_service_can_be_named(settings, user):
    sections = {"tinydrive": {}, "exportpdf": {}}
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "API_KEY": "key", "SERVICES": sections}
    assert "aud" not in run("token", "ada", "--claims").facts
    assert run("token", "ada", "--claims", "--service", "exportpdf").facts["aud"] == "key"
