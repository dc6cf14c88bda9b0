"""Key pairs for the people who run the site: make one, show the public half, tell the facts. Never anything private."""

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

from ..conf import KeySource
from ..exceptions import SigningKeyError
from ..signers.local import KeyPair, fingerprint, load
from ..signers.pem import MIN_BITS, private_key_form, read_file

BITS = (MIN_BITS, 3072, 4096)


@dataclass(frozen=True)
class PublicFacts:
    """What is to know of a public key; ``origin`` is its file, or the setting that holds it."""

    origin: str
    bits: int
    fingerprint: str


@dataclass(frozen=True)
class PrivateFacts(PublicFacts):
    """What may be told of a private key; ``mode`` is the octal mode of its file."""

    form: str
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


def generate(path: Path, bits: int = MIN_BITS, passphrase: bytes | None = None) -> RSAPublicKey:
    """Write a new private key (PKCS#8 PEM, mode 600) and, beside it, its public half; return that half.

    A folder that is missing is made for its owner alone. Raises ``OSError``, ``FileExistsError`` if one
    of the two is there already; of a pair that cannot be written whole nothing is left.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as undo:
        # The public half first: whatever fails, there is never a private key without it.
        for target, data, mode in ((public_path(path), pem(key.public_key()), 0o644), (path, private, 0o600)):
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            undo.callback(target.unlink)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
        undo.pop_all()
    return key.public_key()


def public_path(path: Path) -> Path:
    """Return where the public half of the private key at ``path`` lies: ``tiny.pub.pem`` for ``tiny.pem``."""
    return path.with_name(f"{path.stem}.pub.pem")


def pem(key: RSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def portal_line(key: RSAPublicKey) -> str:
    """Return the public key as Tiny's portal imports it: base64 of the DER SubjectPublicKeyInfo, on one line."""
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def public_key_in_use(source: KeySource) -> RSAPublicKey:
    """Return the public half of the key that signs, or the first public key where none signs.

    Raises ``SigningKeyError`` if the keys cannot be used, and for a secret, which has no public half.
    """
    pair = load(source)
    keys = _public_keys(pair)
    if not keys:
        raise SigningKeyError("The service signs with API_SECRET (HS256), which has no public half.")
    if pair.signing_key is None:
        return keys[0]
    return next(key for key in keys if fingerprint(key) == pair.signing_key.fingerprint)


def describe(source: KeySource) -> KeyFacts:
    """Return the facts of the keys of a service. Raises ``SigningKeyError`` if they cannot be used."""
    keys = _public_keys(load(source))
    origins = [*map(str, source.public_paths), *("PUBLIC_KEY" for _ in source.public_texts)]
    public = tuple(
        PublicFacts(origin, key.key_size, fingerprint(key))
        for origin, key in zip(origins or ["derived from the private key"], keys, strict=False)
    )
    secret_bytes = None if source.api_secret is None else len(source.api_secret)
    return KeyFacts(source.algorithm, source.key_id, _private_facts(source), public, secret_bytes)


def _public_keys(pair: KeyPair) -> list[RSAPublicKey]:
    return [key for key in pair.verification_keys if isinstance(key, RSAPublicKey)]


def _private_facts(source: KeySource) -> PrivateFacts | None:
    path, data = source.private_path, source.private_text
    if path is not None:
        data = read_file(path, "PRIVATE_KEY_PATH")
    if data is None:
        return None
    key = public_key_in_use(source)
    return PrivateFacts(
        origin="PRIVATE_KEY" if path is None else str(path),
        bits=key.key_size,
        fingerprint=fingerprint(key),
        form=private_key_form(data),
        # A passphrase for a key that is not encrypted is refused, and so is the reverse.
        encrypted=source.passphrase is not None,
        mode=None if path is None else f"{stat.S_IMODE(path.stat().st_mode):o}",
    )
