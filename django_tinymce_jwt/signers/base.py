"""The base class of all signers."""

from __future__ import annotations

import abc

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey


class Signer(abc.ABC):
    """Signs tokens with one RSA key, wherever that key is kept.

    The ``OPTIONS`` of the setting ``SIGNER`` are the keyword arguments of ``__init__``, which raises
    ``TypeError`` for one that it does not know and ``ValueError`` for a value that it cannot use.
    ``__init__`` must not contact the key's vault: ``manage.py check`` makes a signer too.

    One signer serves all threads of a process.
    """

    # The JWS algorithms (RFC 7518) that the key can sign with, the preferred one first.
    algorithms: tuple[str, ...] = ()

    @abc.abstractmethod
    def sign(self, data: bytes, algorithm: str) -> bytes:
        """Return the signature of ``data``, as JWS wants it. Raises ``SigningKeyError``."""

    @abc.abstractmethod
    def get_public_key(self) -> RSAPublicKey:
        """Return the public half of the key. Raises ``SigningKeyError``.

        The answer is kept until ``key_version`` changes, so this may ask a server.
        """

    @property
    def key_version(self) -> str:
        """Return a text that changes when the vault replaces the key behind this signer; empty if it never does."""
        return ""
