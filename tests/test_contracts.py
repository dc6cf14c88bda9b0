"""Tiny's contracts: the vectors that a service accepts or refuses (``helpers/contract_vectors.json``)."""

from __future__ import annotations

import pytest
from joserfc import jwt as other_jwt
from joserfc.jwk import OctKey, RSAKey

from django_tinymce_jwt import verify_token
from django_tinymce_jwt.exceptions import InvalidClaims, InvalidToken

from .helpers.keys import public_pem
from .helpers.mappers import mapper_returning
from .helpers.services import API_SECRET, all_services
from .helpers.tokens import issued_token
from .helpers.vectors import ACCEPTED, REFUSED, current_claims, sign_vector, vector_id

pytestmark = pytest.mark.usefixtures("every_service")

STAMPED = ("aud", "exp", "iat")


def mapper_of(vector):
    return mapper_returning(without_stamps(vector["claims"]))


def without_stamps(claims):
    return {name: value for name, value in claims.items() if name not in STAMPED}


def test_vectors_are_complete():
    assert (len(ACCEPTED), len(REFUSED)) == (26, 64)


@pytest.mark.parametrize("vector", ACCEPTED, ids=vector_id)
def test_accepted_vector_verifies(vector):
    claims = current_claims(vector)
    assert verify_token(sign_vector(vector, claims), vector["service"]) == claims


@pytest.mark.parametrize("vector", ACCEPTED, ids=vector_id)
def test_accepted_vector_is_issued_for_another_library(settings, vector):
    algorithm = vector["header"]["alg"]
    section = {"CLAIM_MAPPER": mapper_of(vector), "ALGORITHM": algorithm}
    settings.TINYMCE_JWT = all_services(vector["service"], **section)
    token = issued_token(vector["service"])
    key = OctKey.import_key(API_SECRET) if algorithm == "HS256" else RSAKey.import_key(public_pem())
    claims = other_jwt.decode(token, key, algorithms=[algorithm]).claims
    assert without_stamps(claims) == without_stamps(vector["claims"])


@pytest.mark.parametrize("vector", REFUSED, ids=vector_id)
def test_refused_vector_is_an_invalid_token(vector):
    with pytest.raises(InvalidToken):
        verify_token(sign_vector(vector), vector["service"])


def claim_at_fault(vector):
    """The claim for which the token is refused; None for the header and for stamped claims."""
    try:
        verify_token(sign_vector(vector), vector["service"])
    except InvalidToken as error:
        return None if error.claim in STAMPED else error.claim


@pytest.mark.parametrize("vector", REFUSED, ids=vector_id)
def test_refused_vector_is_not_signed(settings, vector):
    at_fault = claim_at_fault(vector)
    settings.TINYMCE_JWT = all_services(vector["service"], CLAIM_MAPPER=mapper_of(vector))
    refused = None
    try:
        issued_token(vector["service"])
    except InvalidClaims as error:
        refused = error.claim
    assert refused == at_fault


def test_refused_vectors_are_often_a_mappers_fault():
    assert sum(claim_at_fault(vector) is not None for vector in REFUSED) == 29
