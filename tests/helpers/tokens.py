"""Issuing a token as a site's own code does, and what there is to see of it."""

from __future__ import annotations

import jwt
import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured

from django_tinymce_jwt import issue_token, verify_token
from django_tinymce_jwt.exceptions import SigningKeyError

from .keys import rsa_key

CLOUD_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")


def token_of(service="tinydrive"):
    return issue_token(get_user_model()(pk=7, username="ada"), service)


def header_of(service="tinydrive"):
    return jwt.get_unverified_header(token_of(service))


def claims_of(service="tinydrive"):
    return verify_token(token_of(service), service)


def require_signature(token, key):
    """Fail unless the token is signed with this private key."""
    jwt.decode(token, key.public_key(), CLOUD_ALGORITHMS, options={"verify_aud": False})


def require_signer(name, service="tinydrive"):
    """Fail unless new tokens of the service are signed with the key of that name."""
    require_signature(token_of(service), rsa_key(name))


def fault_of(service="tinydrive"):
    """The words with which the settings of the service are refused, one fault a line."""
    with pytest.raises(ImproperlyConfigured) as caught:
        token_of(service)
    return str(caught.value)


def key_fault_of(service="tinydrive"):
    """The words with which the key of the service is refused."""
    with pytest.raises(SigningKeyError) as caught:
        token_of(service)
    return str(caught.value)
