"""Signers whose key is in memory: a private key from a file or a text, and an API secret."""

from __future__ import annotations

from typing import NoReturn

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ..exceptions import SigningKeyError
from ..secret import Secret
from .base import Signer

_JWS = jwt.PyJWS()


class PrivateKeySigner(Signer):
    """Signs with an RSA private key in memory."""

    algorithms = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")

    def __init__(self, key: RSAPrivateKey) -> None:
        self._key = key

    def sign(self, data: bytes, algorithm: str) -> bytes:
        signature: bytes = _JWS.get_algorithm_by_name(algorithm).sign(data, self._key)
        return signature

    def get_public_key(self) -> RSAPublicKey:
        return self._key.public_key()


class SecretSigner(Signer):
    """Signs with the API Secret of the on-premises AI service."""

    algorithms = ("HS256",)

    def __init__(self, secret: Secret) -> None:
        try:
            _JWS.get_algorithm_by_name("HS256").prepare_key(secret.reveal())
        except jwt.InvalidKeyError:
            raise SigningKeyError(
                "The text in API_SECRET is a public key or a JWK, not a secret. Copy the API Secret of an access key."
            ) from None
        self._secret = secret

    def sign(self, data: bytes, algorithm: str) -> bytes:
        signature: bytes = _JWS.get_algorithm_by_name(algorithm).sign(data, self._secret.reveal())
        return signature

    def get_public_key(self) -> NoReturn:
        raise SigningKeyError("The service signs with API_SECRET (HS256), which has no public half.")
