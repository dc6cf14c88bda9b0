"""Signers of a site's own."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from django_tinymce_jwt.exceptions import SigningKeyError
from django_tinymce_jwt.signers import Signer
from tests.helpers.keys import rsa_key


class NamedKeySigner(Signer):
    """Signs with a key of the tests, as if it were kept elsewhere; counts what it is asked for."""

    algorithms = ("RS256",)
    made = asked_to_sign = asked_for_public_key = 0
    is_reachable = True

    def __init__(self, key="site", password="", endpoints=()):
        if not isinstance(key, str):
            raise ValueError("key is the name of a key")
        NamedKeySigner.made += 1
        self.key = key

    def sign(self, data, algorithm):
        NamedKeySigner.asked_to_sign += 1
        self.require_reachable()
        return rsa_key(self.key).sign(data, PKCS1v15(), SHA256())

    def get_public_key(self):
        NamedKeySigner.asked_for_public_key += 1
        self.require_reachable()
        return rsa_key(self.key).public_key()

    def require_reachable(self):
        if not self.is_reachable:
            raise SigningKeyError("The vault does not answer. Check the network.")


class RotatedKeySigner(NamedKeySigner):
    """Its key can be replaced while the site runs."""

    current = "old"

    def sign(self, data, algorithm):
        self.key = self.current
        return super().sign(data, algorithm)

    @property
    def key_version(self):
        return self.key


class EllipticSigner(NamedKeySigner):
    algorithms = ("ES256",)


class OtherKeySigner(NamedKeySigner):
    """Its public key is that of another pair."""

    def get_public_key(self):
        return rsa_key("other").public_key()


class ObjectSigner(NamedKeySigner):
    """Its option is an object that names the key."""

    def __init__(self, row):
        super().__init__(row.value)
