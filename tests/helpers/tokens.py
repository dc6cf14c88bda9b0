"""Tokens: issued by the package for a user, or signed here with any claims."""

from __future__ import annotations

import json
import time

import jwt
from django.contrib.auth import get_user_model

from django_tinymce_jwt import issue_token, verify_token
from django_tinymce_jwt.exceptions import InvalidToken

from .keys import rsa_key

ROOT_CLAIM = "https://claims.tiny.cloud/drive/root"
CLOUD_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")


def unsaved_user(**fields):
    """A user with a primary key who is in no database."""
    return get_user_model()(**{"pk": 7, "username": "ada", **fields})


def issued_token(service="tinydrive", user=None):
    return issue_token(user or unsaved_user(), service)


def issued_header(service="tinydrive"):
    return jwt.get_unverified_header(issued_token(service))


def issued_claims(service="tinydrive", user=None):
    return verify_token(issued_token(service, user), service)


def valid_claims(**changes):
    """The claims of a token for Tiny Drive that is valid now."""
    now = int(time.time())
    return {"sub": "7", "name": "Ada", "iat": now, "exp": now + 600, **changes}


def sign(claims=None, key=None, algorithm="RS256", headers=None):
    """Sign claims, or any bytes, with the site's key unless another is given; valid claims by default."""
    payload = valid_claims() if claims is None else claims
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    # Not jwt.encode(), which refuses some claims.
    return jwt.PyJWS().encode(data, rsa_key() if key is None else key, algorithm, headers)


def is_valid(token, service="tinydrive"):
    try:
        verify_token(token, service)
    except InvalidToken:
        return False
    return True


def assert_signed_with(token, key):
    """Fail unless the token is signed with this private key."""
    jwt.decode(token, key.public_key(), CLOUD_ALGORITHMS, options={"verify_aud": False})


def assert_site_signs_with(name, service="tinydrive"):
    """Fail unless new tokens of the service are signed with the key of this name."""
    assert_signed_with(issued_token(service), rsa_key(name))
