"""RSA keys, made when a test first asks for one and never written to the repository, and their forms."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

PKCS1 = PrivateFormat.TraditionalOpenSSL
PKCS8 = PrivateFormat.PKCS8
OPENSSH = PrivateFormat.OpenSSH


def rsa_key(name="site", bits=2048):
    """The key of that name: the same one during a run, a new one in the next."""
    return _rsa_key(name, bits)


@lru_cache
def _rsa_key(name, bits):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def der(key=None):
    """The public half as DER SubjectPublicKeyInfo."""
    return (key or rsa_key()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(key=None):
    """The SHA-256 of the public half, in hexadecimal."""
    return hashlib.sha256(der(key)).hexdigest()


def portal_line(key=None):
    """The public half on one line, as Tiny's portal shows it."""
    return base64.b64encode(der(key)).decode()


def private_pem(key=None, form=PKCS8, passphrase=None):
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return (key or rsa_key()).private_bytes(Encoding.PEM, form, encryption).decode()


def public_pem(key=None):
    return (key or rsa_key()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
