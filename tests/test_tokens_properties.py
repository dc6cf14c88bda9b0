"""Properties of tokens that hold for every input, tried by hypothesis.

``HYPOTHESIS_PROFILE=thorough`` tries 10,000 inputs for each property.
"""

from __future__ import annotations

import json
import time

import jwt
import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from django_tinymce_jwt import verify_token
from django_tinymce_jwt.claims import ClaimMapper
from django_tinymce_jwt.exceptions import InvalidClaims, InvalidToken

from .helpers.keys import rsa_key
from .helpers.services import API_KEY, API_SECRET, ENVIRONMENT_ID, SERVICES, all_services
from .helpers.tokens import ROOT_CLAIM, issued_token, sign

GIVEN: dict[str, object] = {}


class Given(ClaimMapper):
    def get_claims(self):
        return GIVEN["claims"]


@pytest.fixture(autouse=True, scope="module")
def every_service():
    sections = {service: {"CLAIM_MAPPER": Given} for service in SERVICES}
    with override_settings(TINYMCE_JWT={**all_services(), "SERVICES": sections}):
        yield


services = st.sampled_from(SERVICES)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
names = st.sampled_from(["sub", "name", ROOT_CLAIM, "aud", "iat", "exp", "nbf", "auth", "user"]) | st.text(max_size=5)
now = int(time.time())
likely = st.fixed_dictionaries(
    {},
    optional={
        "sub": st.sampled_from(["7", "a:b", "1:2", "", " "]) | values,
        "name": st.sampled_from(["Ada", "\ud800"]) | values,
        "aud": st.sampled_from([API_KEY, ENVIRONMENT_ID, [API_KEY]]) | values,
        "iat": st.sampled_from([now, now + 0.5, now - 600]) | values,
        "exp": st.sampled_from([now + 600, now + 86_400, now - 600]) | values,
        ROOT_CLAIM: st.sampled_from(["/a/b", "/..", "a"]) | values,
        "auth": st.fixed_dictionaries(
            {"ai": st.fixed_dictionaries({"permissions": st.lists(st.sampled_from(["ai:a", "ai:admin", "*", ""]))})}
        )
        | values,
        "user": values,
    },
)
claim_sets = likely | st.dictionaries(names, values, max_size=8)


def sign_for(service, claims):
    """Sign the claims with the key that the site has for the service."""
    return sign(claims, API_SECRET, "HS256") if service == "tinymceai-onprem" else sign(claims)


def verified_or_none(token, service):
    try:
        return verify_token(token, service)
    except InvalidToken:
        return None


@given(token=st.text(st.characters()) | st.binary() | values, service=services)
def test_verify_raises_only_invalid_token(token, service):
    assert verified_or_none(token, service) is None


@given(segments=st.lists(st.binary(max_size=60), min_size=1, max_size=5), service=services)
def test_verify_of_token_like_input_raises_only_invalid_token(segments, service):
    assert verified_or_none(b".".join(jwt.utils.base64url_encode(part) for part in segments), service) is None


@given(data=st.data(), service=services)
def test_one_changed_character_makes_a_token_invalid(data, service):
    token = sign_for(service, {"sub": "7", "aud": API_KEY, "iat": now, "exp": now + 600})
    position = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(exclude_characters=token[position]))
    assert verified_or_none(token[:position] + other + token[position + 1 :], service) is None


@given(claims=claim_sets, service=services)
def test_signed_claims_are_returned_unchanged_or_refused(claims, service):
    assert verified_or_none(sign_for(service, claims), service) in (None, json.loads(json.dumps(claims)))


@given(
    header=st.dictionaries(st.sampled_from(["crit", "jku", "jwk", "x5u", "typ", "cty", "b64"]), values),
    service=services,
)
def test_verify_of_any_header_raises_only_invalid_token(header, service):
    document = json.dumps({"alg": "RS256", **header}).encode()
    start = b".".join(map(jwt.utils.base64url_encode, (document, b'{"exp": 1}')))
    signature = jwt.get_algorithm_by_name("RS256").sign(start, rsa_key())
    assert verified_or_none(start + b"." + jwt.utils.base64url_encode(signature), service) is None


@given(claims=claim_sets | values, service=services)
def test_issued_claims_verify_and_others_are_not_signed(claims, service):
    GIVEN["claims"] = claims
    try:
        token = issued_token(service)
    except InvalidClaims:
        return
    stamps = {"aud", "exp", "iat"}
    issued = verify_token(token, service)
    assert {name: issued[name] for name in issued.keys() - stamps} == {
        name: claims[name] for name in claims.keys() - stamps
    }
