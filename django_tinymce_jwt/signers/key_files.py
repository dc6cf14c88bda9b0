"""The keys of a service from its files and texts: read and checked, kept, and read again when a file changes."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ..audit import log_safely
from ..exceptions import SigningKeyError
from ..secret import Secret
from .base import Signer, SigningKey
from .key_source import KeySource
from .local import PrivateKeySigner, SecretSigner
from .pem import load_private_key, load_public_key, read_file

logger = logging.getLogger("django_tinymce_jwt")

LOOK_AGAIN_AFTER = 1.0  # seconds


class Keys(NamedTuple):
    """What a service signs with, and the keys in the settings that its tokens are verified with."""

    signing_key: SigningKey | None
    verification_keys: tuple[RSAPublicKey | Secret, ...]


class Material(NamedTuple):
    """The bytes of a source at one moment, each with words that tell where they are from."""

    private: tuple[str, Secret] | None
    public: tuple[tuple[str, Secret], ...]

    def digest(self) -> bytes:
        private = () if self.private is None else (self.private,)
        return hashlib.sha256(b"\0".join(data.reveal() for _, data in (*private, *self.public))).digest()


class WatchedKeys:
    """Keeps the keys of one source loaded.

    At most once in ``LOOK_AGAIN_AFTER`` the files are read and compared by content, because time
    stamps, sizes and inodes can all stay the same when a file is replaced. What cannot be used is
    parsed once, and the last usable keys stay in use.
    """

    def __init__(self, source: KeySource, parse: Callable[[KeySource, Material], Keys]) -> None:
        self._source = source
        self._parse = parse
        self._lock = threading.Lock()
        self._keys: Keys | None = None
        self._failure = ""
        self._seen = b""
        self._next_look = 0.0

    def get(self) -> Keys:
        """Return the keys. Raises ``SigningKeyError`` if they could never be used."""
        if self._keys is None:
            with self._lock:
                self._look()
        # One thread looks; the others continue with the keys that they have.
        elif time.monotonic() >= self._next_look and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        if self._keys is None:
            raise SigningKeyError(self._failure)
        return self._keys

    def _look(self) -> None:
        try:
            material = read_material(self._source)
        except SigningKeyError as error:
            self._refuse(str(error), str(error).encode())
        else:
            digest = material.digest()
            if digest != self._seen:
                try:
                    self._accept(self._parse(self._source, material), digest)
                except SigningKeyError as error:
                    self._refuse(str(error), digest)
        self._next_look = time.monotonic() + LOOK_AGAIN_AFTER

    def _accept(self, keys: Keys, seen: bytes) -> None:
        if self._keys is not None:
            text = "The key files have changed. Tokens are now signed and verified with the keys in them."
            log_safely(logger, logging.INFO, text)
        self._keys, self._seen = keys, seen

    def _refuse(self, failure: str, seen: bytes) -> None:
        if self._keys is not None and seen != self._seen:
            text = "The key has changed and cannot be used. The previous key stays in use. %s"
            log_safely(logger, logging.ERROR, text, failure)
        self._failure, self._seen = failure, seen


def read_material(source: KeySource) -> Material:
    """Read the keys of a source now. Raises ``SigningKeyError`` if a file cannot be read."""
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


def parse_keys(source: KeySource, material: Material) -> Keys:
    """Return the keys in the material. Raises ``SigningKeyError`` if one cannot be used or they do not match."""
    if source.api_secret is not None:
        return Keys(make_signing_key(source, SecretSigner(source.api_secret)), (source.api_secret,))
    public = tuple(load_public_key(data, where) for where, data in material.public)
    if material.private is None:
        return Keys(None, public)
    where, data = material.private
    private = load_private_key(data, source.passphrase, where)
    if public and private.public_key() not in public:
        raise SigningKeyError(
            f"{where} does not belong to the public key in the settings. Set PUBLIC_KEY_PATH (or PUBLIC_KEY) "
            "to the public half of this key, or remove it: the public key is then derived from the private key."
        )
    return Keys(make_signing_key(source, PrivateKeySigner(private)), public)


def make_signing_key(source: KeySource, signer: Signer) -> SigningKey:
    """Return the signer with the first algorithm that both it and the service have. Raises ``SigningKeyError``."""
    for algorithm in source.algorithms:
        if algorithm in signer.algorithms:
            return SigningKey(signer, algorithm, source.key_id)
    raise SigningKeyError(
        f"The signer {type(signer).__name__} signs with {', '.join(signer.algorithms) or 'no algorithm'}; "
        f"wanted: {', '.join(source.algorithms)}. Use a key of another kind, or change ALGORITHM."
    )
