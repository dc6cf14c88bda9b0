"""Key pairs for the people who run the site: make one, print the public half, list the facts. Nothing private."""

from __future__ import annotations

import base64
import os
import stat
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ..secret import Secret
from ..signers import load, verification_keys
from ..signers.base import SigningKey, fingerprint
from ..signers.key_source import KeySource
from ..signers.pem import MIN_BITS, private_key_form, read_file

BITS = (MIN_BITS, 3072, 4096)


@dataclass(frozen=True)
class PublicFacts:
    """The facts of a public key; ``origin`` is its file, or the setting that holds it."""

    origin: str
    bits: int
    fingerprint: str


@dataclass(frozen=True)
class PrivateFacts(PublicFacts):
    """What may be told of a private key; ``form`` and ``mode`` (octal, of its file) are None for a remote signer."""

    form: str | None
    encrypted: bool
    mode: str | None


@dataclass(frozen=True)
class KeyFacts:
    """The keys of a service: what it signs with, and what its tokens are verified with."""

    algorithm: str
    key_id: str | None
    private: PrivateFacts | None
    public: tuple[PublicFacts, ...]
    secret_bytes: int | None


def generate(path: Path, bits: int = MIN_BITS, passphrase: Secret | None = None) -> RSAPublicKey:
    """Write a new private key (PKCS#8 PEM, mode 600) and, beside it, its public half; return that half.

    Missing folders are made, for their owner only. Raises ``OSError``, ``FileExistsError`` if one of
    the two files exists already; if the pair cannot be written whole, nothing is left.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    encryption = BestAvailableEncryption(passphrase.reveal()) if passphrase else NoEncryption()
    private = Secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    _make_folder(path.parent)
    with ExitStack() as undo:
        # The public half first: whatever fails, there is never a private key without it.
        for target, data, mode in ((public_path(path), Secret(pem(key.public_key())), 0o644), (path, private, 0o600)):
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            undo.callback(target.unlink)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data.reveal())
        undo.pop_all()
    return key.public_key()


def _make_folder(folder: Path) -> None:
    """Make a folder and all missing ones above it, each for its owner only."""
    if not folder.exists():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def public_path(path: Path) -> Path:
    """Return the path of the public half of the private key at ``path``: ``tiny.pub.pem`` for ``tiny.pem``."""
    return path.with_name(f"{path.stem}.pub.pem")


def pem(key: RSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def portal_line(key: RSAPublicKey) -> str:
    """Return the public key as Tiny's portal imports it: base64 of the DER SubjectPublicKeyInfo, on one line."""
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def public_key_in_use(source: KeySource) -> RSAPublicKey:
    """Return the public half of the key that signs, or the first public key if none signs.

    Raises ``SigningKeyError`` if the keys cannot be used, and for a secret, which has no public half.
    """
    keys = load(source)
    if keys.signing_key is not None:
        return keys.signing_key.get_public_key()
    return next(key for key in keys.verification_keys if isinstance(key, RSAPublicKey))


def describe_keys(source: KeySource) -> KeyFacts:
    """Return the facts of the keys of a service. Raises ``SigningKeyError`` if they cannot be used."""
    keys = load(source)
    public_keys = [key for key in verification_keys(keys) if isinstance(key, RSAPublicKey)]
    origins = [*map(str, source.public_paths), *("PUBLIC_KEY" for _ in source.public_texts)]
    public = tuple(
        PublicFacts(origin, key.key_size, fingerprint(key))
        for origin, key in zip(origins or ["derived from the private key"], public_keys, strict=False)
    )
    secret_bytes = None if source.api_secret is None else len(source.api_secret)
    private = None if keys.signing_key is None or source.api_secret else _private_facts(source, keys.signing_key)
    algorithm = source.algorithms[0] if keys.signing_key is None else keys.signing_key.algorithm
    return KeyFacts(algorithm, source.key_id, private, public, secret_bytes)


def _private_facts(source: KeySource, signing_key: SigningKey) -> PrivateFacts:
    key = signing_key.get_public_key()
    path, data, origin = source.private_path, source.private_text, "PRIVATE_KEY"
    if path is not None:
        data, origin = read_file(path, "PRIVATE_KEY_PATH"), str(path)
    elif data is None:
        origin = type(signing_key.signer).__qualname__
    return PrivateFacts(
        origin=origin,
        bits=key.key_size,
        fingerprint=fingerprint(key),
        form=None if data is None else private_key_form(data),
        # A passphrase for a key that is not encrypted is refused, and so is the reverse.
        encrypted=source.passphrase is not None,
        mode=None if path is None else f"{stat.S_IMODE(path.stat().st_mode):o}",
    )
