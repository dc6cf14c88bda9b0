"""The forms in which people have RSA keys: files and texts, PEM, OpenSSH and Tiny's one-line base64."""

from __future__ import annotations

import base64
import binascii
import math
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

from ..exceptions import SigningKeyError
from ..secret import Secret

MIN_BITS = 2048
MAX_FILE_SIZE = 64 * 1024
# Iterations of PBKDF2 in about 10 s. ssh-keygen and openssl ask for a hundredth of that, or less.
MAX_WORK = 2**25

_PRIVATE = re.compile(rb"-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
_PUBLIC = re.compile(rb"-----BEGIN ((?:[A-Z0-9]+ )*PUBLIC KEY)-----.*?-----END \1-----", re.DOTALL)
# What a PEM text, a DER key in base64 and an OpenSSH key begin with.
_KEY_TEXT = re.compile(r"-----BEGIN |MII[A-Za-z0-9+/]{60}|ssh-rsa |b3BlbnNzaC1rZXk")
# Base64 of anything, longer than the name of a file may be.
_LONG_BASE64 = re.compile(r"[A-Za-z0-9+/=]{256,}")


def looks_like_key_text(text: str) -> bool:
    """Whether the text is a key or a part of one."""
    return _KEY_TEXT.search(text) is not None or _LONG_BASE64.search(text) is not None


def read_file(path: Path, label: str) -> Secret:
    """Return the bytes of a key file, or raise ``SigningKeyError`` that says why it cannot be read."""
    where = f"{label} names {path}"
    try:
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            raise SigningKeyError(f"{where}, which is a directory. Name the key file in it.")
        # A pipe or a device would block or never end.
        if not stat.S_ISREG(info.st_mode):
            raise SigningKeyError(f"{where}, which is not a regular file. Name the key file.")
        if info.st_size > MAX_FILE_SIZE:
            raise SigningKeyError(f"{where}, which is too large for a key ({info.st_size} bytes).")
        return Secret(path.read_bytes())
    except FileNotFoundError as error:
        hint = "Correct the path, or make a key pair: manage.py tinymce_jwt keys generate"
        raise SigningKeyError(f"{where}, which does not exist. {hint}") from error
    except PermissionError as error:
        raise SigningKeyError(
            f"{where}, which this process may not read. Give the file to the user that runs the site."
        ) from error
    except (OSError, ValueError) as error:
        raise SigningKeyError(f"{where}, which cannot be read: {error}.") from error


def load_private_key(data: Secret, passphrase: Secret | None, where: str) -> RSAPrivateKey:
    """Return the RSA private key in ``data``. Raises ``SigningKeyError``, which says what was found and what to do."""
    data = _normalized(data)
    if not _PRIVATE.search(data.reveal()):
        raise SigningKeyError(f"{where} {_not_private(data)}")
    data = _block(_PRIVATE, data)
    if _decryption_work(data) > MAX_WORK:
        hint = "Encrypt it again: ssh-keygen -p -f FILE."
        raise SigningKeyError(f"{where} would take too long to decrypt, or is damaged. {hint}")
    load = load_ssh_private_key if _private_title(data) == b"OPENSSH PRIVATE KEY" else load_pem_private_key
    # `from None`: the frames below hold the key and the passphrase, and Django's error reports
    # show the variables of every frame of a cause.
    try:
        key = load(data.reveal(), None if passphrase is None else passphrase.reveal())
    except TypeError:
        raise SigningKeyError(
            f"{where} is encrypted. Set PRIVATE_KEY_PASSPHRASE."
            if passphrase is None
            else f"{where} is not encrypted. Remove PRIVATE_KEY_PASSPHRASE, or encrypt the key."
        ) from None
    except UnsupportedAlgorithm as error:
        if "bcrypt" in str(error):
            hint = 'Install the extra: pip install "django-tinymce-jwt[ssh]".'
            raise SigningKeyError(f"{where} cannot be decrypted: {error}. {hint}") from None
        hint = "Convert it: ssh-keygen -p -m PEM -f FILE."
        raise SigningKeyError(f"{where} is damaged, or in a form that cannot be read. {hint}") from None
    except Exception:  # ValueError, InvalidTag, and what a parser in Python makes of a damaged key
        raise SigningKeyError(
            f"{where} is damaged. Generate or copy it again."
            if passphrase is None
            else f"{where} cannot be decrypted: PRIVATE_KEY_PASSPHRASE is wrong, or the key is damaged."
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise SigningKeyError(f"{where} {_not_rsa(key)}")
    _require_bits(key, where)
    return key


def private_key_form(data: Secret) -> str:
    """Return the form of a private key that can be loaded: ``PKCS#1``, ``PKCS#8`` or ``OpenSSH``."""
    title = _private_title(_normalized(data))
    return {b"RSA PRIVATE KEY": "PKCS#1", b"OPENSSH PRIVATE KEY": "OpenSSH"}.get(title, "PKCS#8")


def load_public_key(data: Secret, where: str) -> RSAPublicKey:
    """Return the RSA public key in ``data``. Raises ``SigningKeyError``, which says what was found and what to do."""
    data = _normalized(data)
    if _PRIVATE.search(data.reveal()):
        raise SigningKeyError(f"{where} is a private key. Put its public half there.")
    try:
        key = _load_public(data)
    except Exception:
        # `from None` as above: a private key may have been put in the place of a public one.
        raise SigningKeyError(f"{where} {_not_public(data)}") from None
    if not isinstance(key, RSAPublicKey):
        raise SigningKeyError(f"{where} {_not_rsa(key)}")
    _require_bits(key, where)
    return key


def _load_public(data: Secret) -> object:
    if _PUBLIC.search(data.reveal()):
        return load_pem_public_key(_block(_PUBLIC, data).reveal())
    if data.reveal().startswith(b"ssh-"):
        return load_ssh_public_key(data.reveal())
    return load_der_public_key(base64.b64decode(b"".join(data.reveal().split()), validate=True))


def _private_title(data: Secret) -> bytes:
    return next(match[1] for match in _PRIVATE.finditer(data.reveal()))


def _decryption_work(pem: Secret) -> float:
    """Return how long the decryption of a private key takes, in iterations of PBKDF2, by what the key says itself."""
    # Not validated: loading the key says what is wrong with it.
    data = base64.b64decode(b"".join(re.findall(rb"(?m)^[A-Za-z0-9+/]+", pem.reveal())) + b"==")
    title = _private_title(pem)
    if title == b"ENCRYPTED PRIVATE KEY":
        try:
            return math.prod(_integers(data))
        except (IndexError, RecursionError):
            return math.inf
    options = re.match(rb"openssh-key-v1\0\0\0\0.[^\0]*\0\0\0\x06bcrypt.{4}(.{4})", data, re.DOTALL)
    if title != b"OPENSSH PRIVATE KEY" or options is None:
        return 0
    rounds = options.end() + int.from_bytes(options[1], "big")
    return 30_000 * int.from_bytes(data[rounds : rounds + 4], "big")


def _integers(der: bytes) -> Iterator[int]:
    while der:
        start, length = 2, der[1]
        if length >= 0x80:
            start += length - 0x80
            length = int.from_bytes(der[2:start], "big")
        content = der[start : start + length]
        if der[0] == 0x02:
            yield int.from_bytes(content, "big")
        elif der[0] == 0x30:
            yield from _integers(content)
        der = der[start + length :]


def _block(pattern: re.Pattern[bytes], data: Secret) -> Secret:
    # The `repr` of a match shows what it matched, so no frame that may raise holds one.
    return Secret(next(match[0] for match in pattern.finditer(data.reveal())) + b"\n")


def _normalized(secret: Secret) -> Secret:
    """Undo what environments, editors and shells do to a key: BOM, space, ``\\n`` in two characters, base64."""
    data = secret.reveal().removeprefix(b"\xef\xbb\xbf").strip()
    if b"\n" not in data:
        data = data.replace(b"\\r", b"").replace(b"\\n", b"\n")
    if not data.startswith(b"-----"):
        try:
            decoded = base64.b64decode(b"".join(data.split()), validate=True)
        except binascii.Error:
            decoded = b""
        if b"-----BEGIN " in decoded:
            data = decoded
    return Secret(data)


def _not_private(secret: Secret) -> str:
    data = secret.reveal()
    if not data:
        return "is empty. Put the RSA private key there, as PEM."
    if re.search(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----", data):
        return (
            "is cut off: it has no END line. Copy the whole key. In an environment variable, write each line break "
            "as \\n in two characters, or use base64 of the whole PEM text."
        )
    if b"PUBLIC KEY-----" in data or data.startswith(b"ssh-"):
        return "is a public key. The private key is the other file of the pair."
    if b"-----BEGIN CERTIFICATE" in data:
        return "is a certificate. The private key is in another file."
    if re.fullmatch(rb"[^\n]{1,250}\.(pem|key)", data):
        return "is the path of a file. Put it in PRIVATE_KEY_PATH."
    return "is not PEM (-----BEGIN PRIVATE KEY-----). Put the RSA private key there, as PEM."


def _not_public(secret: Secret) -> str:
    data = secret.reveal()
    if not data:
        return "is empty. Put the RSA public key there, as PEM."
    if b"-----BEGIN CERTIFICATE" in data:
        return "is a certificate. Put only its public key there."
    return "is not a public key: neither PEM (-----BEGIN PUBLIC KEY-----) nor the one line that Tiny's portal shows."


def _not_rsa(key: object) -> str:
    kind = type(key).__name__.removesuffix("PrivateKey").removesuffix("PublicKey")
    return f"is a key of the kind {kind}. Tiny accepts only RSA keys: generate one with {MIN_BITS} bits or more."


def _require_bits(key: RSAPrivateKey | RSAPublicKey, where: str) -> None:
    if key.key_size < MIN_BITS:
        raise SigningKeyError(f"{where} has {key.key_size} bits. Tiny wants {MIN_BITS} or more: generate a new key.")
