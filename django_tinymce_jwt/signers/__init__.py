"""Signers: what signs the tokens of a service. Nothing here reads the settings."""

from __future__ import annotations

import threading
from functools import lru_cache, partial

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.core.exceptions import ImproperlyConfigured

from ..display import printable
from ..dotted_paths import import_class
from ..exceptions import SigningKeyError
from ..secret import Secret
from .base import Signer, SigningKey
from .key_files import Keys, Material, WatchedKeys, make_signing_key, parse_keys, read_material
from .key_source import KeySource, SignerSource
from .pem import load_public_key

__all__ = ["Signer"]

MAX_KEPT = 1000  # loaded keys; the least recently used go first


def get_signing_key(source: KeySource) -> SigningKey:
    """Return the key to sign with. Raises ``SigningKeyError`` if there is none that can be used."""
    signing_key = _kept(source).get().signing_key
    if signing_key is None:
        raise SigningKeyError("There is no private key to sign with. Set PRIVATE_KEY_PATH, PRIVATE_KEY or SIGNER.")
    return signing_key


def get_verification_keys(source: KeySource) -> tuple[RSAPublicKey | Secret, ...]:
    """Return the keys to verify with: the public keys in the settings, otherwise that of the private key.

    Raises ``SigningKeyError`` if there is none that can be used. Where the settings name a public
    key, a private key that cannot be used does not matter.
    """
    try:
        return verification_keys(_kept(source).get())
    except (SigningKeyError, ImproperlyConfigured):
        if not source.has_public:
            raise
        public_only = source._replace(private_path=None, private_text=None, signer=None)
        return verification_keys(_kept(public_only).get())


def verification_keys(keys: Keys) -> tuple[RSAPublicKey | Secret, ...]:
    """Return all keys that the tokens may be verified with. Raises ``SigningKeyError``."""
    if keys.verification_keys or keys.signing_key is None:
        return keys.verification_keys
    return (keys.signing_key.get_public_key(),)


def load(source: KeySource) -> Keys:
    """Read and check the keys of a source now, without contacting a remote signer.

    Raises ``SigningKeyError``, or ``ImproperlyConfigured`` if a signer cannot be made.
    """
    return _parse(source, read_material(source))


def make_signer(source: SignerSource) -> Signer:
    """Return a new signer. Raises ``ImproperlyConfigured`` if the class or its options are wrong."""
    signer_class = import_class("SIGNER['BACKEND']", source.backend, Signer)
    try:
        signer: Signer = signer_class(**source.options)
    except Exception as error:
        # `from None`: the frames below hold the options, which may be secret.
        reason = printable(error, 1000)
        raise ImproperlyConfigured(f"SIGNER['OPTIONS'] does not fit {signer_class.__qualname__}: {reason}.") from None
    return signer


def _parse(source: KeySource, material: Material) -> Keys:
    if source.signer is None:
        return parse_keys(source, material)
    public = tuple(load_public_key(data, where) for where, data in material.public)
    return Keys(make_signing_key(source, make_signer(source.signer)), public)


_cached = lru_cache(maxsize=MAX_KEPT)(partial(WatchedKeys, parse=_parse))
_lock = threading.Lock()


def _kept(source: KeySource) -> WatchedKeys:
    # Without the lock, two threads that come first would each load the key.
    with _lock:
        return _cached(source)
