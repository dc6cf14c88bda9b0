"""Security promises by name: each test prevents an advisory."""

from __future__ import annotations

import copy

import jwt
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, SuspiciousOperation
from django.http import Http404

from django_tinymce_jwt import issue_token, verify_token
from django_tinymce_jwt.claims import ClaimMapper, TinyDriveClaims
from django_tinymce_jwt.exceptions import InvalidClaims, InvalidToken

from .helpers.endpoint import PATH, ask, each_server, error_of
from .helpers.mappers import mapper_returning
from .helpers.services import SERVICES, all_services
from .helpers.tokens import ROOT_CLAIM, sign, unsaved_user, valid_claims

pytestmark = pytest.mark.urls("tests.sites.endpoint_urls")


class RootClaims(TinyDriveClaims):
    """The most common mapper of a site."""

    def get_root(self):
        return f"/{self.user.username}"


class UsersFolderClaims(TinyDriveClaims):
    def get_root(self):
        return f"/users/{self.user.username}/files"


class CarelessSubClaims(TinyDriveClaims):
    def get_sub(self):
        return str(self.user.pk)


class FixedClaims(ClaimMapper):
    def get_claims(self):
        return {"sub": "everybody", "name": "Everybody"}


@pytest.fixture
def person():
    return unsaved_user(first_name="Ada", last_name="Lovelace")


@pytest.mark.parametrize("service", ["exportpdf", "tinymceai", "tinymceai-onprem"])
def test_tinydrive_token_is_invalid_for_other_services(site, person, service):
    site.TINYMCE_JWT = all_services()
    with pytest.raises(InvalidToken):
        verify_token(issue_token(person), service)


@pytest.mark.parametrize("username", [".", ".."])
@pytest.mark.parametrize("mapper", [RootClaims, UsersFolderClaims])
def test_username_of_dots_never_becomes_a_root(site, person, mapper, username):
    UnicodeUsernameValidator()(username)
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": mapper}
    person.username = username
    with pytest.raises(InvalidClaims) as caught:
        issue_token(person)
    assert caught.value.claim == ROOT_CLAIM


@each_server
@pytest.mark.django_db
def test_username_of_dots_gets_no_token_from_the_endpoint(site, user, client_class):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": RootClaims}
    assert ask(user, client_class=client_class).status_code == 200
    user.username = ".."
    user.save()
    assert error_of(ask(user, client_class=client_class)) == (500, "token_unavailable")


@pytest.mark.parametrize("nobody", [AnonymousUser(), get_user_model()(username="new")], ids=["anonymous", "unsaved"])
@pytest.mark.parametrize(
    ("service", "mapper"),
    [
        *((service, None) for service in SERVICES),
        *(("tinydrive", mapper) for mapper in (CarelessSubClaims, FixedClaims)),
        ("exportpdf", FixedClaims),
    ],
)
def test_anonymous_or_unsaved_user_gets_no_sub(site, person, service, mapper, nobody):
    site.TINYMCE_JWT = all_services(service, CLAIM_MAPPER=mapper)
    assert issue_token(person, service)
    with pytest.raises(InvalidClaims) as caught:
        issue_token(nobody, service)
    assert caught.value.claim == "sub"


@pytest.mark.parametrize("service", ["exportpdf", "tinymceai", "tinymceai-onprem"])
def test_tinydrive_claims_never_reach_another_service(site, person, service):
    site.TINYMCE_JWT = {**all_services(), "CLAIM_MAPPER": RootClaims}
    assert verify_token(issue_token(person))[ROOT_CLAIM] == "/ada"
    claims = verify_token(issue_token(person, service), service)
    assert not {ROOT_CLAIM, "name"} & set(claims)


@pytest.mark.parametrize("view", [PATH, "/views/for/dispatch/", f"{PATH}fax/"])
@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE"])
@pytest.mark.parametrize("broken", [False, True], ids=["right-settings", "broken-settings"])
def test_endpoint_never_redirects(site, view, method, broken):
    site.TINYMCE_JWT = 7 if broken else site.TINYMCE_JWT
    response = ask(None, method=method, path=view, headers={"Accept": "text/html"})
    assert error_of(response)[0] in {401, 404, 405}
    assert "Location" not in response


@pytest.mark.parametrize(
    ("service", "kept"),
    [
        ("tinydrive", {"sub": "7", "name": "Ada", ROOT_CLAIM: "/ada"}),
        ("exportpdf", {}),
        ("tinymceai", {"sub": "7", "auth": {"ai": {"permissions": ["ai:models:agent"]}}, "user": {"name": "Ada"}}),
    ],
)
def test_claims_kept_by_a_mapper_are_never_changed(site, person, service, kept):
    site.TINYMCE_JWT = all_services(service, CLAIM_MAPPER=mapper_returning(kept))
    before = copy.deepcopy(kept)
    assert {"iat", "exp"} <= verify_token(issue_token(person, service), service).keys()
    assert kept == before


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


class UnprintableClaims(Unprintable, InvalidClaims):
    pass


class UnprintableSettings(Unprintable, ImproperlyConfigured):
    pass


class UnprintableDenial(Unprintable, PermissionDenied):
    pass


TOLD = "/srv/secrets <b>"
RAISED = {
    **dict.fromkeys([ValueError, KeyError, OSError, Http404, SuspiciousOperation, ImproperlyConfigured], (TOLD,)),
    **dict.fromkeys(
        [RecursionError, MemoryError, StopIteration, AssertionError, InvalidToken, jwt.PyJWTError], (TOLD,)
    ),
    **dict.fromkeys([InvalidClaims, UnprintableClaims], (TOLD, "sub")),
    **dict.fromkeys([Unprintable, UnprintableSettings], (TOLD,)),
    UnicodeDecodeError: ("utf-8", b"\xff", 0, 1, TOLD),
}
each_mode = pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])


def answer_to(error, site, user, client_class, debug):
    class RaisingClaims(ClaimMapper):
        def get_claims(self):
            raise error

    site.DEBUG = debug
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": RaisingClaims}
    return ask(user, client_class=client_class)


@each_mode
@each_server
@pytest.mark.parametrize("kind", RAISED)
@pytest.mark.django_db
def test_mapper_exception_is_json_without_its_text(site, user, kind, client_class, debug):
    response = answer_to(kind(*RAISED[kind]), site, user, client_class, debug)
    assert error_of(response) == (500, "token_unavailable")
    assert debug or TOLD not in response.content.decode()


@each_mode
@each_server
@pytest.mark.parametrize("kind", [PermissionDenied, UnprintableDenial])
@pytest.mark.django_db
def test_mapper_refusal_is_json_without_its_text(site, user, kind, client_class, debug):
    response = answer_to(kind(TOLD), site, user, client_class, debug)
    assert error_of(response) == (403, "permission_denied")
    assert debug or TOLD not in response.content.decode()


DISGUISED_DOTS = {
    "percent": "/%2e%2e/x",
    "percent-twice": "/%252e%252e/x",
    "percent-nine-times": f"/%{'25' * 8}2e%{'25' * 8}2e/x",
    "percent-without-end": f"/%{'25' * 5_000}2e/x",
    "percent-slash": "/x%2f..%2fy",
    "percent-backslash": "/x%5c..%5cy",
    "percent-null": "/x%00/y",
    "percent-line": "/x%0a/y",
    "full-width": "/\uff0e\uff0e/x",
    "full-width-percent": "/\uff05\uff12\uff45\uff05\uff12\uff45/x",
    "percent-of-full-width": "/%EF%BC%8E%EF%BC%8E/x",
    "full-width-slash": "/x\uff0f\uff0e\uff0e\uff0fy",
    "full-width-backslash": "/x\uff3cy",
    "two-dot-leader": "/\u2025/x",
    "one-dot-leaders": "/\u2024\u2024/x",
    "zero-width-space": "/.\u200b./x",
    "zero-width-joiner": "/.\u200d./x",
    "soft-hyphen": "/.\u00ad./x",
    "byte-order-mark": "/\ufeff../x",
    "variation-selector": "/.\ufe0f./x",
    "grapheme-joiner": "/.\u034f./x",
    "hangul-filler": "/.\u3164./x",
    "tag": "/.\U000e0041./x",
    "direction": "/\u202e../x",
    "percent-of-invisible": "/.%E2%80%8B./x",
    "invisible-percent": "/%\u200b2e%\u200b2e/x",
    "only-invisible": "/\u200b/x",
    "overlong": "/%c0%ae%c0%ae/x",
    "dot": "/%2e/x",
    "spaces": "/ ../x",
    "no-break-space": "/..\u00a0/x",
}
HONEST_ROOTS = [
    *[
        "/50%",
        "/50% off",
        "/100%25",
        "/100%252525",
        "/a.b",
        "/.hidden",
        "/...",
        "/….",
        "/..a",
        "/a..",
        "/None of us",
        "/nonexistent",
    ],
    *["/Ada Lovelace", "/名前/資料", "/Ελληνικά", "/½", "/é/e\u0301", "/👩‍💻", "/a%2eb", "/a%20b", "/%d7%90", "/50%de"],
]


@pytest.mark.parametrize("root", DISGUISED_DOTS.values(), ids=DISGUISED_DOTS)
def test_disguised_dots_never_become_a_root(site, person, root):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": mapper_returning(drive_claims(root))}
    with pytest.raises(InvalidClaims) as caught:
        issue_token(person)
    assert caught.value.claim == ROOT_CLAIM
    with pytest.raises(InvalidToken):
        verify_token(sign(valid_claims(**drive_claims(root))))


@pytest.mark.parametrize("root", HONEST_ROOTS)
def test_honest_root_is_signed_as_it_is(site, person, root):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": mapper_returning(drive_claims(root))}
    assert verify_token(issue_token(person))[ROOT_CLAIM] == root


def drive_claims(root):
    return {"sub": "7", "name": "Ada", ROOT_CLAIM: root}


ADDRESSES = {
    "ada@example.com": "ada",
    '"a@b"@example.com': "a",
    '"a@b c"@example.com': "a@b c",
    '"ada"@example.com': "ada",
    '""@example.com': "7",
    '"@"@example.com': "7",
    "a@b@example.com": "a",
    '"a@b"@c@example.com': "a",
    "ada@localhost": "ada",
    "ada@[127.0.0.1]": "ada",
    " ada@example.com ": "ada",
    "ada+tiny@example.com": "ada+tiny",
    "\u0436\u0436@\u0436.example": "\u0436\u0436",
}


@pytest.mark.parametrize(("username", "name"), ADDRESSES.items())
@pytest.mark.parametrize("field", ["username", "first_name"])
def test_address_never_leaves_as_a_name(site, username, name, field):
    fields = {"first_name": "", "last_name": "", field: username}
    user = unsaved_user(**fields)
    claims = verify_token(issue_token(user))
    assert claims["name"] == name


@pytest.mark.parametrize("name", ["Ada @ home", "@ada", "@example.com", "Ada (ada@work)", "ada @example"])
def test_name_that_is_no_address_stays(site, name):
    assert verify_token(issue_token(unsaved_user(first_name=name)))["name"] == name
