"""Tokens that an attacker makes: ``verify_token`` refuses them all."""

from __future__ import annotations

import base64
import hmac
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from django_tinymce_jwt import verify_token
from django_tinymce_jwt.exceptions import InvalidToken

from .helpers.keys import public_pem, rsa_key
from .helpers.services import API_SECRET, all_services
from .helpers.tokens import ROOT_CLAIM, valid_claims


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def encode(header, payload):
    return b".".join(base64url(json.dumps(part).encode()) for part in (header, payload))


def rs256(signed, key=None):
    return (key or rsa_key()).sign(signed, PKCS1v15(), SHA256())


def forge(header, payload=None, sign=rs256):
    """Build a token by hand; `sign` returns the signature of its first two parts."""
    signed = encode(header, payload or valid_claims())
    return b".".join((signed, base64url(sign(signed)))).decode()


def test_token_forged_without_a_fault_is_valid(site):
    assert verify_token(forge({"alg": "RS256", "typ": "JWT"}))["sub"] == "7"


PUBLIC_FORMS = {
    "pem": lambda: public_pem().encode(),
    "pem-stripped": lambda: public_pem().strip().encode(),
    "der": lambda: rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    "portal": lambda: "".join(public_pem().splitlines()[1:-1]).encode(),
    "pkcs1": lambda: rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1),
    "empty": lambda: b"",
}


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("public", PUBLIC_FORMS.values(), ids=PUBLIC_FORMS)
def test_public_key_is_never_used_as_hmac_secret(site, public, digest):
    token = forge({"alg": f"HS{digest[3:]}"}, sign=lambda signed: hmac.digest(public(), signed, digest))
    with pytest.raises(InvalidToken, match="algorithm"):
        verify_token(token)


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", " none", "none\0", "", None, [], {}, 0, "missing"]
)
@pytest.mark.parametrize("sign", [lambda signed: b"", rs256], ids=["no-signature", "a-right-signature"])
@pytest.mark.parametrize("service", ["tinydrive", "tinymceai-onprem"])
def test_algorithm_none_is_never_accepted(site, service, algorithm, sign):
    site.TINYMCE_JWT = all_services()
    header = {"typ": "JWT"} if algorithm == "missing" else {"alg": algorithm}
    with pytest.raises(InvalidToken):
        verify_token(forge(header, sign=sign), service)


@pytest.mark.parametrize("header", ["RS384", "RS512", "PS256", "HS256", "ES256", "EdDSA", "rs256"])
def test_signature_must_match_the_headers_algorithm(site, header):
    with pytest.raises(InvalidToken):
        verify_token(forge({"alg": header}))


def jwk_of(key):
    return json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))


def der_of(key):
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


KEY_HEADERS = {
    "none": lambda key: {},
    "jwk": lambda key: {"jwk": jwk_of(key)},
    "jku": lambda key: {"jku": "https://evil.example/jwks.json"},
    "x5u": lambda key: {"x5u": "https://evil.example/key.pem"},
    "x5c": lambda key: {"x5c": [der_of(key)]},
    "kid": lambda key: {"kid": "../../../../dev/null"},
}


@pytest.mark.parametrize("header", KEY_HEADERS.values(), ids=KEY_HEADERS)
def test_token_never_brings_its_own_key(site, header):
    attackers = rsa_key("attacker")
    token = forge({"alg": "RS256", **header(attackers)}, sign=lambda signed: rs256(signed, attackers))
    with pytest.raises(InvalidToken, match="not signed with a key of this site"):
        verify_token(token)


@pytest.mark.parametrize(
    "extra",
    [{"crit": ["exp"], "exp": 0}, {"crit": ["drive"], "drive": 1}, {"crit": []}, {"crit": ["b64"], "b64": False}],
)
def test_unknown_critical_header_is_refused(site, extra):
    with pytest.raises(InvalidToken):
        verify_token(forge({"alg": "RS256", **extra}))


@pytest.mark.parametrize(
    "change", [{"sub": "1"}, {"name": "Admin"}, {ROOT_CLAIM: "/"}, {"exp": 253_402_300_799}, {"admin": True}]
)
def test_tampered_claim_is_noticed(site, change):
    header, _, signature = forge({"alg": "RS256"}).split(".")
    tampered = encode({"alg": "RS256"}, valid_claims(**change)).decode().split(".")[1]
    with pytest.raises(InvalidToken, match="not signed with a key of this site, or it was changed"):
        verify_token(f"{header}.{tampered}.{signature}")


@pytest.mark.parametrize(
    ("service", "header", "sign"),
    [
        ("tinydrive", "HS256", lambda signed: hmac.digest(API_SECRET.encode(), signed, "sha256")),
        ("exportpdf", "HS256", lambda signed: hmac.digest(API_SECRET.encode(), signed, "sha256")),
        ("tinymceai-onprem", "RS256", rs256),
    ],
)
def test_key_of_one_service_kind_signs_for_no_other(site, service, header, sign):
    site.TINYMCE_JWT = all_services()
    with pytest.raises(InvalidToken, match="algorithm"):
        verify_token(forge({"alg": header}, sign=sign), service)
