"""Tiny's contract as vectors: claims and headers that it accepts or refuses (``helpers/contract_vectors.json``)."""

from __future__ import annotations

import json
import time
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth import get_user_model
from joserfc import jwt as other_jwt
from joserfc.jwk import OctKey, RSAKey

from django_tinymce_jwt import issue_token, verify_token
from django_tinymce_jwt.claims import ClaimMapper
from django_tinymce_jwt.exceptions import InvalidClaims, InvalidToken

from .helpers.keys import private_pem, public_pem, rsa_key

SECRET = "s" * 32
VECTORS = json.loads((Path(__file__).parent / "helpers" / "contract_vectors.json").read_text(encoding="utf-8"))[
    "vectors"
]
ACCEPTED = [vector for vector in VECTORS if vector["verdict"] == "accept"]
REJECTED = [vector for vector in VECTORS if vector["verdict"] == "reject"]
STAMPED = ("aud", "exp", "iat")


@pytest.fixture(autouse=True)
def every_service(settings):
    settings.TINYMCE_JWT = site_settings()
    return settings


def site_settings(service=None, mapper=None):
    sections = {
        "tinydrive": {},
        "exportpdf": {},
        "exportword": {},
        "importword": {},
        "tinymceai": {},
        "tinymceai-onprem": {"API_SECRET": SECRET, "ENVIRONMENT_ID": "test-environment"},
    }
    if service:
        sections[service]["CLAIM_MAPPER"] = mapper
    return {"PRIVATE_KEY": private_pem(), "API_KEY": "test-api-key", "SERVICES": sections}


def at_this_moment(claims):
    now = int(time.time())
    return {
        name: now + int(value[3:] or 0) if name in {"exp", "iat"} and str(value).startswith("now") else value
        for name, value in claims.items()
    }


def signed(vector, claims=None):
    """The vector's claims, signed as its header says, below jwt.encode(), which refuses some claims itself."""
    claims = claims or at_this_moment(vector["claims"])
    algorithm = vector["header"]["alg"]
    key = {"HS256": SECRET, "ES256": ec.generate_private_key(ec.SECP256R1()), "none": None}.get(algorithm, rsa_key())
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm)


def by_id(vector):
    return vector["id"]


def test_vectors_are_there():
    assert (len(ACCEPTED), len(REJECTED)) == (26, 64)


@pytest.mark.parametrize("vector", ACCEPTED, ids=by_id)
def test_accepted_vector_verifies(vector):
    claims = at_this_moment(vector["claims"])
    assert verify_token(signed(vector, claims), vector["service"]) == claims


@pytest.mark.parametrize("vector", ACCEPTED, ids=by_id)
def test_accepted_vector_as_issued_is_verified_by_another_library(settings, vector):
    algorithm = vector["header"]["alg"]
    settings.TINYMCE_JWT = site_settings(vector["service"], mapper_of(vector))
    settings.TINYMCE_JWT["SERVICES"][vector["service"]]["ALGORITHM"] = algorithm
    token = issue_token(get_user_model()(pk=123), vector["service"])
    key = OctKey.import_key(SECRET) if algorithm == "HS256" else RSAKey.import_key(public_pem())
    claims = other_jwt.decode(token, key, algorithms=[algorithm]).claims
    assert without_stamps(claims) == without_stamps(vector["claims"])


@pytest.mark.parametrize("vector", REJECTED, ids=by_id)
def test_rejected_vector_is_an_invalid_token(vector):
    with pytest.raises(InvalidToken):
        verify_token(signed(vector), vector["service"])


def claim_at_fault(vector):
    """The claim that the token is refused for, None where it is the header or a claim that is stamped."""
    try:
        verify_token(signed(vector), vector["service"])
    except InvalidToken as error:
        return None if error.claim in STAMPED else error.claim


@pytest.mark.parametrize("vector", REJECTED, ids=by_id)
def test_rejected_claims_are_refused_before_signing_where_a_mapper_could_give_them(settings, vector):
    at_fault = claim_at_fault(vector)
    settings.TINYMCE_JWT = site_settings(vector["service"], mapper_of(vector))
    refused = None
    try:
        issue_token(get_user_model()(pk=123), vector["service"])
    except InvalidClaims as error:
        refused = error.claim
    assert refused == at_fault


def test_many_of_the_rejected_vectors_are_a_mappers_fault():
    assert sum(claim_at_fault(vector) is not None for vector in REJECTED) == 29


def mapper_of(vector):
    class Fixed(ClaimMapper):
        def get_claims(self):
            return without_stamps(vector["claims"])

    return Fixed


def without_stamps(claims):
    return {name: value for name, value in claims.items() if name not in STAMPED}
