"""Claim mappers through ``issue_token``: which claims a user gets, and how a site changes them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.utils.functional import SimpleLazyObject

from django_tinymce_jwt import issue_token
from django_tinymce_jwt.claims import ClaimMapper, TinyAIClaims, TinyAIOnPremisesClaims, TinyDriveClaims
from django_tinymce_jwt.exceptions import InvalidClaims

from .helpers.services import API_KEY, ENVIRONMENT_ID, SERVICES, all_services
from .helpers.tokens import ROOT_CLAIM, issued_claims, unsaved_user
from .sites.custom_user.models import Member


def with_mapper(settings, mapper, service="tinydrive"):
    settings.TINYMCE_JWT = all_services(service, CLAIM_MAPPER=mapper)


def test_tinydrive_gets_sub_name_iat_exp_and_no_more(every_service):
    claims = issued_claims(user=unsaved_user(first_name="Ada", last_name="Lovelace", email="ada@example.com"))
    assert claims == {"sub": "7", "name": "Ada Lovelace", "iat": claims["iat"], "exp": claims["iat"] + 600}


@pytest.mark.parametrize("service", ["exportpdf", "exportword", "importword"])
def test_document_converter_gets_nothing_about_the_user(every_service, service):
    claims = issued_claims(service, unsaved_user(email="ada@example.com"))
    assert claims == {"aud": API_KEY, "iat": claims["iat"], "exp": claims["iat"] + 600}


@pytest.mark.parametrize(
    ("service", "audience", "permissions"),
    [
        (
            "tinymceai",
            API_KEY,
            [
                "ai:conversations:read",
                "ai:conversations:write",
                "ai:models:agent",
                "ai:actions:system:*",
                "ai:reviews:system:*",
            ],
        ),
        (
            "tinymceai-onprem",
            ENVIRONMENT_ID,
            ["ai:conversations:*", "ai:models:agent", "ai:actions:system:*", "ai:reviews:system:*"],
        ),
    ],
)
def test_ai_service_gets_default_permissions_and_no_email(every_service, service, audience, permissions):
    claims = issued_claims(service, unsaved_user(first_name="Ada", email="ada@example.com"))
    assert claims == {
        "aud": audience,
        "sub": "7",
        "auth": {"ai": {"permissions": permissions}},
        "user": {"name": "Ada"},
        "iat": claims["iat"],
        "exp": claims["iat"] + 600,
    }


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"first_name": "Åsa", "last_name": "Öberg 山田"}, "Åsa Öberg 山田"),
        ({"username": "ada"}, "ada"),
        ({"first_name": "  ", "username": "ada"}, "ada"),
        ({"username": "ada@example.com"}, "ada"),
        ({"first_name": "ada.l@example.com"}, "ada.l"),
        ({"username": "@ada"}, "@ada"),
        ({"first_name": "Ada", "last_name": "at@home now"}, "Ada at@home now"),
    ],
    ids=["any-script", "username", "blank-full-name", "email-username", "email-full-name", "no-email", "no-address"],
)
def test_name_is_full_name_or_username_never_an_email(every_service, fields, name):
    assert issued_claims(user=unsaved_user(**fields))["name"] == name


def test_user_model_with_uuid_and_no_full_name_works(every_service):
    member = Member(email="grace@example.com")
    claims = issued_claims(user=member)
    assert (claims["sub"], claims["name"]) == (str(member.pk), "grace")


def test_lazy_user_of_a_request_works(every_service):
    assert issued_claims(user=SimpleLazyObject(unsaved_user))["sub"] == "7"


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("user", [AnonymousUser(), None], ids=["anonymous", "none"])
def test_anonymous_user_never_gets_a_token(every_service, service, user):
    with pytest.raises(InvalidClaims, match="anonymous or not saved") as caught:
        issue_token(user, service)
    assert caught.value.claim == "sub"


@pytest.mark.parametrize("service", SERVICES)
def test_unsaved_user_never_gets_a_token(every_service, service):
    with pytest.raises(InvalidClaims, match="anonymous or not saved"):
        issue_token(unsaved_user(pk=None), service)


def test_mapper_refuses_an_unsaved_user():
    with pytest.raises(InvalidClaims):
        ClaimMapper(unsaved_user(pk=None)).get_claims()


def test_saved_user_who_is_not_authenticated_is_refused(every_service):
    class Ghost(Member):
        is_authenticated = False

        class Meta:
            app_label = "custom_user"
            proxy = True

    with pytest.raises(InvalidClaims):
        issue_token(Ghost(email="ghost@example.com"))


class TeamDrive(TinyDriveClaims):
    def get_root(self):
        return f"/teams/{self.user.pk}"


class HashedSub(TinyDriveClaims):
    def get_sub(self):
        return "hash"

    def get_name(self):
        return "somebody"


class FolderOfUsername(TinyDriveClaims):
    def get_root(self):
        return f"/{self.user.get_username()}"


class Quiet(TinyAIClaims):
    permissions = ("ai:models:agent",)

    def get_name(self):
        return None


class Open(TinyAIClaims):
    def get_permissions(self):
        return [*super().get_permissions(), "ai:admin"]

    def get_email(self):
        return self.user.email


class LooseText(TinyAIClaims):
    def get_permissions(self):
        return "ai:admin"


class Denying(TinyDriveClaims):
    def get_root(self):
        raise PermissionDenied


@pytest.mark.parametrize("mapper", [TeamDrive, f"{__name__}.TeamDrive"], ids=["class", "dotted-path"])
def test_mapper_named_in_the_settings_gives_the_root(every_service, mapper):
    with_mapper(every_service, mapper)
    assert issued_claims(user=unsaved_user())[ROOT_CLAIM] == "/teams/7"


def test_each_hook_can_be_overridden_alone(every_service):
    with_mapper(every_service, HashedSub)
    claims = issued_claims(user=unsaved_user())
    assert (claims["sub"], claims["name"]) == ("hash", "somebody")


def test_username_of_two_dots_never_becomes_a_root(every_service):
    with_mapper(every_service, FolderOfUsername)
    with pytest.raises(InvalidClaims, match=r"is '/\.\.' \(str\); wanted: an absolute path") as caught:
        issue_token(unsaved_user(username=".."))
    assert caught.value.claim == ROOT_CLAIM


def test_ai_mapper_may_omit_the_name(every_service):
    with_mapper(every_service, Quiet, "tinymceai")
    claims = issued_claims("tinymceai", unsaved_user())
    assert claims["auth"] == {"ai": {"permissions": ["ai:models:agent"]}}
    assert "user" not in claims


def test_ai_mapper_may_add_email_and_permissions(every_service):
    with_mapper(every_service, Open, "tinymceai")
    claims = issued_claims("tinymceai", unsaved_user(email="ada@example.com"))
    assert claims["user"]["email"] == "ada@example.com"
    assert claims["auth"]["ai"]["permissions"][-1] == "ai:admin"


@pytest.mark.parametrize("service", ["tinymceai", "tinymceai-onprem"])
def test_ai_email_that_is_blank_is_refused(every_service, service):
    class BlankEmail(TinyAIOnPremisesClaims):
        def get_email(self):
            return " "

    every_service.TINYMCE_JWT = all_services(service, CLAIM_MAPPER=BlankEmail)
    with pytest.raises(InvalidClaims) as caught:
        issue_token(unsaved_user(), service)
    assert caught.value.claim == "user.email"


def test_ai_permissions_are_a_list_of_the_mappers_own():
    mapper = TinyAIClaims(unsaved_user())
    mapper.get_permissions().append("ai:admin")
    assert "ai:admin" not in mapper.get_permissions()


def test_ai_permissions_as_a_string_are_refused(every_service):
    with_mapper(every_service, LooseText, "tinymceai")
    with pytest.raises(InvalidClaims, match=r"is 'ai:admin' \(str\); wanted: a list"):
        issue_token(unsaved_user(), "tinymceai")


def test_mapper_may_refuse_a_user(every_service):
    with_mapper(every_service, Denying)
    with pytest.raises(PermissionDenied):
        issue_token(unsaved_user())


@pytest.mark.parametrize(
    ("mapper", "message"),
    [
        (
            "nowhere.Mapper",
            "'nowhere.Mapper', which cannot be imported: ModuleNotFoundError: No module named 'nowhere'",
        ),
        (f"{__name__}.Missing", f'cannot be imported: ImportError: Module "{__name__}" does not define'),
        ("tests.sites.broken.Mapper", "cannot be imported: RuntimeError: the site's module is broken"),
        (f"{__name__}.unsaved_user", "is not a subclass of django_tinymce_jwt.claims.ClaimMapper"),
        (dict, "is not a subclass of django_tinymce_jwt.claims.ClaimMapper"),
    ],
    ids=["no-module", "no-name", "broken-module", "function", "other-class"],
)
def test_invalid_mapper_is_named_with_the_cause(every_service, mapper, message):
    with_mapper(every_service, mapper)
    with pytest.raises(ImproperlyConfigured) as caught:
        issue_token(unsaved_user())
    assert message in str(caught.value)
