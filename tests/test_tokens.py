"""``issue_token`` and ``verify_token``: what is signed, refused and accepted."""

from __future__ import annotations

import time

import jwt
import pytest
from django.core.exceptions import ImproperlyConfigured
from joserfc import jwt as other_jwt
from joserfc.jwk import RSAKey

from django_tinymce_jwt import issue_token, verify_token
from django_tinymce_jwt.claims import ClaimMapper
from django_tinymce_jwt.exceptions import InvalidClaims, InvalidToken, SigningKeyError, TinymceJwtError

from .helpers.keys import private_pem, public_pem, rsa_key
from .helpers.mappers import mapper_returning
from .helpers.services import API_KEY, all_services
from .helpers.tokens import CLOUD_ALGORITHMS, is_valid, sign, unsaved_user, valid_claims


@pytest.fixture
def person():
    return unsaved_user(first_name="Ada", last_name="Lovelace")


def test_token_has_the_documented_header(site, person):
    assert jwt.get_unverified_header(issue_token(person)) == {"alg": "RS256", "typ": "JWT"}


def test_key_id_becomes_the_kid_header(site, person):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "KEY_ID": "2026"}
    assert jwt.get_unverified_header(issue_token(person))["kid"] == "2026"


@pytest.mark.parametrize("algorithm", CLOUD_ALGORITHMS)
def test_another_library_verifies_a_token_of_every_algorithm(site, person, algorithm):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "ALGORITHM": algorithm}
    token = other_jwt.decode(issue_token(person), RSAKey.import_key(public_pem()), algorithms=[algorithm])
    assert (token.header["alg"], token.claims["sub"]) == (algorithm, "7")


def test_lifetime_is_between_iat_and_exp(site, person):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "LIFETIME": 90}
    claims = verify_token(issue_token(person))
    assert claims["exp"] - claims["iat"] == 90


def test_iat_is_now(site, person):
    before = int(time.time())
    assert before <= verify_token(issue_token(person))["iat"] <= time.time()


def test_stamped_claims_override_the_mappers(site, person):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": mapper_returning(valid_claims(iat=0, exp=99999999999))}
    claims = verify_token(issue_token(person))
    assert claims["exp"] == claims["iat"] + 600
    assert claims["iat"] > 0


def test_stamped_audience_overrides_the_mappers(settings, person):
    mapper = mapper_returning({"aud": "another key"})
    settings.TINYMCE_JWT = all_services("exportpdf", CLAIM_MAPPER=mapper)
    assert verify_token(issue_token(person, "exportpdf"), "exportpdf")["aud"] == API_KEY


def test_claims_that_the_mapper_shares_are_not_changed(site, person):
    shared = {"sub": "7", "name": "Ada"}
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": mapper_returning(shared)}
    issue_token(person)
    assert shared == {"sub": "7", "name": "Ada"}


def test_request_reaches_the_mapper(site, person, rf):
    class ByRequest(ClaimMapper):
        def get_claims(self):
            return {**super().get_claims(), "name": self.request.path}

    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": ByRequest}
    assert verify_token(issue_token(person, request=rf.post("/here/")))["name"] == "/here/"


@pytest.mark.parametrize("service", ["exportpdf", "nonsense"])
def test_service_that_is_not_configured_is_refused(site, person, service):
    with pytest.raises(ImproperlyConfigured, match=f"The service '{service}' is not configured"):
        issue_token(person, service)


# A test may run minutes after it was collected.
DAY = 86_400
CYCLE: dict[str, object] = {}
CYCLE["self"] = CYCLE


@pytest.mark.parametrize(
    ("claims", "claim", "message"),
    [
        (None, "claims", "get_claims() returned None (NoneType); wanted: a dict of claims."),
        ([("sub", "7")], "claims", "get_claims() returned [('sub', '7')] (list); wanted: a dict of claims."),
        ({"name": "Ada"}, "sub", "The claim 'sub' is missing; wanted: a string, not blank, that no other user has."),
        ({"sub": "7", "name": "\ud800"}, "name", "The claim 'name' is '\\ud800' (str); wanted: a string, not blank"),
        ({"sub": "7", "name": "Ada", "note": "\udfff"}, "note", "The claim 'note' cannot be written as JSON"),
        ({"sub": "7", "name": "Ada", "note": {1, 2}}, "note", "cannot be written as JSON in UTF-8: TypeError."),
        ({"sub": "7", "name": "Ada", "note": float("nan")}, "note", "cannot be written as JSON in UTF-8: ValueError."),
        ({"sub": "7", "name": "Ada", "note": 10**5000}, "note", "cannot be written as JSON in UTF-8: ValueError."),
        ({"sub": "7", "name": "Ada", "note": CYCLE}, "note", "cannot be written as JSON in UTF-8"),
        ({"sub": "7", "name": "Ada", "nbf": time.time() + DAY}, "nbf", "wanted: not in the future."),
        ({"sub": "7", "name": "Ada", 5: "x"}, "5", "The name of the claim 5 (int) is not text."),
    ],
    ids=[
        "none",
        "list",
        "no-sub",
        "surrogate",
        "surrogate-in-own",
        "set",
        "nan",
        "huge",
        "cycle",
        "nbf",
        "number-as-name",
    ],
)
def test_claims_that_cannot_be_signed_are_named(site, person, claims, claim, message):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": mapper_returning(claims)}
    with pytest.raises(InvalidClaims) as caught:
        issue_token(person)
    assert message in str(caught.value)
    assert caught.value.claim == claim


def test_own_claims_are_signed(site, person):
    site.TINYMCE_JWT = {
        **site.TINYMCE_JWT,
        "CLAIM_MAPPER": mapper_returning({"sub": "7", "name": "Ada", "team": ["a", "ä"]}),
    }
    assert verify_token(issue_token(person))["team"] == ["a", "ä"]


def test_verify_needs_the_public_key_alone(settings):
    settings.TINYMCE_JWT = {"PUBLIC_KEY": public_pem()}
    assert verify_token(sign())["sub"] == "7"


def test_issuing_without_a_private_key_names_the_setting(settings, person):
    settings.TINYMCE_JWT = {"PUBLIC_KEY": public_pem()}
    with pytest.raises(SigningKeyError, match="PRIVATE_KEY_PATH"):
        issue_token(person)


def test_tokens_of_every_listed_public_key_verify(settings):
    settings.TINYMCE_JWT = {"PUBLIC_KEY": [public_pem(rsa_key("new")), public_pem()]}
    assert [verify_token(sign(valid_claims(), rsa_key(name)))["sub"] for name in ("new", "site")] == ["7", "7"]


@pytest.mark.parametrize("algorithm", CLOUD_ALGORITHMS)
def test_verify_takes_every_algorithm_of_the_contract(site, algorithm):
    assert verify_token(sign(valid_claims(), algorithm=algorithm))["sub"] == "7"


def test_verify_takes_more_than_the_algorithm_of_the_settings(site):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "ALGORITHM": "PS512"}
    assert is_valid(sign(algorithm="RS256"))


def test_token_as_bytes_is_verified_too(site):
    assert verify_token(sign().encode())["sub"] == "7"


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_clock_skew_of_a_minute_is_allowed(site, claim):
    assert verify_token(sign(valid_claims(**{claim: time.time() + 50})))


def test_token_that_expired_less_than_a_minute_ago_verifies(site):
    assert verify_token(sign(valid_claims(exp=time.time() - 50, iat=time.time() - 650)))


@pytest.mark.parametrize(
    ("changes", "claim", "message"),
    [
        ({"exp": time.time() - 900, "iat": 0}, "exp", "wanted: in the future (otherwise the token has expired)."),
        ({"iat": time.time() + DAY}, "iat", "wanted: not in the future."),
        ({"nbf": time.time() + DAY}, "nbf", "wanted: not in the future."),
        ({"exp": 10**400}, "exp", "wanted: a number of seconds since the epoch."),
        ({"exp": float("inf")}, "exp", "The claim 'exp' is inf (float); wanted: a number of seconds since the epoch."),
        ({"exp": float("nan")}, "exp", "The claim 'exp' is nan (float); wanted: a number of seconds since the epoch."),
        ({"exp": -1}, "exp", "wanted: a number of seconds since the epoch."),
        ({"sub": 7}, "sub", "The claim 'sub' is 7 (int); wanted: a string, not blank, that no other user has."),
    ],
    ids=["expired", "iat", "nbf", "huge", "infinite", "nan", "negative", "sub"],
)
def test_wrong_claim_is_named_with_value_and_rule(site, changes, claim, message):
    with pytest.raises(InvalidToken) as caught:
        verify_token(sign(valid_claims(**changes)))
    assert message in str(caught.value)
    assert caught.value.claim == claim


GOOD = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9"


@pytest.mark.parametrize(
    "token",
    [
        None,
        7,
        b"",
        "",
        ".",
        "..",
        "a.b.c",
        f"{GOOD}..",
        "\ud800",
        "ä" * 50,
        "x" * 1_000_000,
        f"{GOOD}.{'A' * 60_000}.AAAA",
        f"{GOOD}.e30.AAAA",
        object(),
        ["a"],
        "null.e30.e30",
        "W10.e30.e30",
    ],
    ids=lambda token: type(token).__name__,
)
def test_any_other_input_is_an_invalid_token(site, token):
    with pytest.raises(InvalidToken) as caught:
        verify_token(token)
    assert caught.value.claim is None


@pytest.mark.parametrize("payload", [b"", b"[]", b"7", b"\xff", b"[" * 10_000, b'{"exp":' + b"9" * 6000 + b"}"])
def test_signed_payload_must_be_an_object(site, payload):
    with pytest.raises(InvalidToken, match="payload"):
        verify_token(sign(payload))


def test_token_of_another_key_has_its_own_message(site):
    with pytest.raises(InvalidToken, match="not signed with a key of this site, or it was changed"):
        verify_token(sign(valid_claims(), rsa_key("stranger")))


def test_algorithm_outside_the_contract_is_reported(site):
    with pytest.raises(InvalidToken, match=r"algorithm is not one of: RS256, RS384, RS512, PS256, PS384, PS512\."):
        verify_token(sign(valid_claims(), "s" * 32, "HS256"))


def test_unknown_critical_header_is_refused(site):
    with pytest.raises(InvalidToken):
        verify_token(sign(valid_claims(), headers={"crit": ["exp2"], "exp2": 1}))


def test_verify_with_an_unusable_key_is_a_signing_key_error(settings):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem()[:300]}
    with pytest.raises(SigningKeyError):
        verify_token(sign())


def test_errors_have_one_base_class():
    assert all(issubclass(error, TinymceJwtError) for error in (InvalidClaims, InvalidToken, SigningKeyError))


def test_signed_token_over_64_kib_is_refused(site):
    assert is_valid(sign(valid_claims(note="x" * 40_000)))
    with pytest.raises(InvalidToken, match="The token is not text of at most 65536 characters"):
        verify_token(sign(valid_claims(note="x" * 60_000)))


@pytest.mark.parametrize(
    ("changes", "claim"),
    [({"iat": 30, "exp": 20}, "exp"), ({"iat": 20, "exp": 20}, "exp"), ({"exp": 86_401}, "exp")],
    ids=["exp-before-iat", "exp-at-iat", "more-than-a-day"],
)
def test_times_that_do_not_fit_each_other_are_refused(settings, changes, claim):
    settings.TINYMCE_JWT = all_services()
    now = int(time.time())
    claims = {**issued_ai_claims(), **{name: now + seconds for name, seconds in {"iat": 0, **changes}.items()}}
    with pytest.raises(InvalidToken) as caught:
        verify_token(sign(claims), "tinymceai")
    assert caught.value.claim == claim


def test_token_for_exactly_a_day_is_accepted(settings):
    settings.TINYMCE_JWT = all_services()
    now = int(time.time())
    assert is_valid(sign({**issued_ai_claims(), "iat": now, "exp": now + 86_400}), "tinymceai")


def test_true_is_no_time(site):
    with pytest.raises(InvalidToken, match="The claim 'iat' is True"):
        verify_token(sign(valid_claims(iat=True)))


def issued_ai_claims():
    """Claims that TinyMCE AI accepts."""
    return verify_token(issue_token(unsaved_user(), "tinymceai"), "tinymceai")
