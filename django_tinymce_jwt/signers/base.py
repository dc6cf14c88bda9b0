"""The base class of signers, and the token format that all of them sign."""

from __future__ import annotations

import abc
import hashlib
import json
from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import base64url_encode


class Signer(abc.ABC):
    """Signs tokens with one key, wherever that key is kept.

    The ``OPTIONS`` of the setting ``SIGNER`` are the keyword arguments of ``__init__``, which raises
    ``TypeError`` for one that it does not know and ``ValueError`` for a value that it cannot use.
    ``__init__`` must not contact the place where the key is kept: ``manage.py check`` makes a signer too.

    All threads of a process use the same signer.
    """

    # The JWS algorithms (RFC 7518) that the key can sign with.
    algorithms: tuple[str, ...] = ()

    @abc.abstractmethod
    def sign(self, data: bytes, algorithm: str) -> bytes:
        """Return the signature of ``data`` in the form that JWS uses. Raises ``SigningKeyError``."""

    @abc.abstractmethod
    def get_public_key(self) -> RSAPublicKey:
        """Return the public half of the key. Raises ``SigningKeyError``.

        The answer is kept until ``key_version`` changes, so this method may ask a server.
        """

    @property
    def key_version(self) -> str:
        """Return a string that changes when another key takes the place of this one; empty if that never happens."""
        return ""

    def __reduce__(self) -> NoReturn:
        raise TypeError("A signer cannot be pickled or copied: it holds a key or a connection.")


class SigningKey:
    """A signer with the algorithm and the header of its tokens."""

    def __init__(self, signer: Signer, algorithm: str, key_id: str | None) -> None:
        self.signer = signer
        self.algorithm = algorithm
        header = {"alg": algorithm, "typ": "JWT", **({} if key_id is None else {"kid": key_id})}
        self._header = base64url_encode(json.dumps(header, separators=(",", ":")).encode())
        self._public: tuple[str, RSAPublicKey, str] | None = None

    def sign(self, payload: bytes) -> str:
        """Return the token, as JWS compact serialization (RFC 7515, 7.1). Raises ``SigningKeyError``."""
        signed = b".".join((self._header, base64url_encode(payload)))
        signature = self.signer.sign(signed, self.algorithm)
        return b".".join((signed, base64url_encode(signature))).decode()

    def get_public_key(self) -> RSAPublicKey:
        """Return the public half of the key that signs now. Raises ``SigningKeyError``."""
        return self._current()[0]

    @property
    def fingerprint(self) -> str | None:
        """Return the fingerprint of the public key; None for a secret, whose hash could be guessed back."""
        return None if self.algorithm.startswith("HS") else self._current()[1]

    def _current(self) -> tuple[RSAPublicKey, str]:
        version = self.signer.key_version
        if self._public is None or self._public[0] != version:
            key = self.signer.get_public_key()
            self._public = (version, key, fingerprint(key))
        return self._public[1:]


def fingerprint(key: RSAPublicKey) -> str:
    """Return the SHA-256 of the public key (its DER SubjectPublicKeyInfo), in hexadecimal."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
