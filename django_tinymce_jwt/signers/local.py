"""Key material: load it, check that it fits, keep it, and notice that a file changed."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from jwt.utils import base64url_encode

from ..conf import KeySource
from ..exceptions import SigningKeyError
from .pem import Secret, load_private_key, load_public_key, read_file

logger = logging.getLogger("django_tinymce_jwt")

LOOK_AGAIN_AFTER = 1.0  # seconds

_JWS = jwt.PyJWS()


class SigningKey:
    """The loaded private key (or API secret) with its algorithm."""

    def __init__(self, key: RSAPrivateKey | Secret, algorithm: str, key_id: str | None) -> None:
        self._key: Any = key
        # A secret has none: its hash could be guessed back.
        self.fingerprint = fingerprint(key.public_key()) if isinstance(key, RSAPrivateKey) else None
        self._algorithm = _JWS.get_algorithm_by_name(algorithm)
        # The header is the same in every token: PyJWT writes it once, and the key has then signed once too.
        headers = None if key_id is None else {"kid": key_id}
        self._header = _JWS.encode(b"", key, algorithm, headers).partition(".")[0].encode()

    def sign(self, payload: bytes) -> str:
        """Return the token, as JWS compact serialization (RFC 7515, 7.1)."""
        signed = b".".join((self._header, base64url_encode(payload)))
        signature = self._algorithm.sign(signed, self._key)
        return b".".join((signed, base64url_encode(signature))).decode()


class KeyPair(NamedTuple):
    """What a service signs with, and all that its tokens may be verified with."""

    signing_key: SigningKey | None
    verification_keys: tuple[RSAPublicKey | Secret, ...]


class Material(NamedTuple):
    """The bytes of a source at one moment, each with the words that tell where they are from."""

    private: tuple[str, Secret] | None
    public: tuple[tuple[str, Secret], ...]


def get_signing_key(source: KeySource) -> SigningKey:
    """Return the key to sign with. Raises ``SigningKeyError`` if there is none that can be used."""
    signing_key = _keeper(source).get().signing_key
    if signing_key is None:
        raise SigningKeyError("There is no private key to sign with. Set PRIVATE_KEY_PATH or PRIVATE_KEY.")
    return signing_key


def get_verification_keys(source: KeySource) -> tuple[RSAPublicKey | Secret, ...]:
    """Return the keys to verify with: the public ones of the settings, else that of the private key.

    Raises ``SigningKeyError`` if there is none that can be used. Where the settings name a public
    key, a private one that cannot be used does not matter.
    """
    try:
        return _keeper(source).get().verification_keys
    except SigningKeyError:
        if not source.has_public:
            raise
        return _keeper(source._replace(private_path=None, private_text=None)).get().verification_keys


def load(source: KeySource) -> KeyPair:
    """Read and check the keys of a source now. Raises ``SigningKeyError``."""
    return _parse(source, _read(source))


def fingerprint(key: RSAPublicKey) -> str:
    """Return the SHA-256 of the public key (its DER SubjectPublicKeyInfo), in hexadecimal."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


class _KeyKeeper:
    """Keeps the keys of one source loaded.

    At most once in ``LOOK_AGAIN_AFTER`` the files are read and compared by content, since time
    stamps, sizes and inodes all stay the same in some way of replacing a file. What cannot be used
    is parsed once, and the last good pair stays in use.
    """

    def __init__(self, source: KeySource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._pair: KeyPair | None = None
        self._failure = ""
        self._seen = b""
        self._next_look = 0.0

    def get(self) -> KeyPair:
        if self._pair is None:
            with self._lock:
                self._look()
        # One thread looks; the others go on with the pair that they have.
        elif time.monotonic() >= self._next_look and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        if self._pair is None:
            raise SigningKeyError(self._failure)
        return self._pair

    def _look(self) -> None:
        try:
            material = _read(self._source)
        except SigningKeyError as error:
            self._refuse(str(error), str(error).encode())
        else:
            digest = _digest(material)
            if digest != self._seen:
                try:
                    self._take(_parse(self._source, material), digest)
                except SigningKeyError as error:
                    self._refuse(str(error), digest)
        self._next_look = time.monotonic() + LOOK_AGAIN_AFTER

    def _take(self, pair: KeyPair, seen: bytes) -> None:
        if self._pair is not None:
            logger.info("The key files have changed: tokens are now signed and verified with what is in them.")
        self._pair, self._seen = pair, seen

    def _refuse(self, failure: str, seen: bytes) -> None:
        if self._pair is not None and seen != self._seen:
            logger.error("The key has changed and cannot be used; the last good one stays in use. %s", failure)
        self._failure, self._seen = failure, seen


_keepers: dict[KeySource, _KeyKeeper] = {}


def _keeper(source: KeySource) -> _KeyKeeper:
    # Of two threads that come first both may make a keeper; setdefault() gives both the same one.
    return _keepers.get(source) or _keepers.setdefault(source, _KeyKeeper(source))


def _read(source: KeySource) -> Material:
    private = None
    if source.private_path is not None:
        data = read_file(source.private_path, "PRIVATE_KEY_PATH")
        private = (f"The key in {source.private_path} (PRIVATE_KEY_PATH)", data)
    elif source.private_text is not None:
        private = ("The text in PRIVATE_KEY", source.private_text)
    paths = (
        (f"The key in {path} (PUBLIC_KEY_PATH)", read_file(path, "PUBLIC_KEY_PATH")) for path in source.public_paths
    )
    texts = (("The text in PUBLIC_KEY", text) for text in source.public_texts)
    return Material(private, (*paths, *texts))


def _digest(material: Material) -> bytes:
    private = () if material.private is None else (material.private,)
    return hashlib.sha256(b"\0".join(data for _, data in (*private, *material.public))).digest()


def _parse(source: KeySource, material: Material) -> KeyPair:
    if source.api_secret is not None:
        try:
            signing_key = SigningKey(source.api_secret, source.algorithm, source.key_id)
        except jwt.InvalidKeyError:
            raise SigningKeyError(
                "The text in API_SECRET is a public key or a JWK, not a secret. Copy the API Secret of an access key."
            ) from None
        return KeyPair(signing_key, (source.api_secret,))
    public = tuple(load_public_key(data, where) for where, data in material.public)
    if material.private is None:
        return KeyPair(None, public)
    where, data = material.private
    private = load_private_key(data, source.passphrase, where)
    derived = private.public_key()
    if public and derived not in public:
        raise SigningKeyError(
            f"{where} does not belong to the public key of the settings. Set PUBLIC_KEY_PATH (or PUBLIC_KEY) "
            "to the public half of this key, or remove it: it is then derived."
        )
    return KeyPair(SigningKey(private, source.algorithm, source.key_id), public or (derived,))
