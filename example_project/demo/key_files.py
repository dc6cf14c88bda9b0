"""The files in ``secrets/``: the key pair and the secrets that the demo needs, each made once."""

import os
import secrets
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def create_missing(folder):
    """Make each file that is not there; yield a line for each one made."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if not (folder / "tiny.pem").exists():
        # A public key without its private key is of no use, and would not fit the new one.
        (folder / "tiny.pub.pem").unlink(missing_ok=True)
    for name, generate in FILES.items():
        path = folder / name
        if not path.exists():
            _write(path, generate(folder))
            yield f"Created {path}"


def _write(path, data):
    # mkstemp makes a file that only its owner can read, and the rename shows it when it is whole.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(temporary).replace(path)


def _random_text(folder):
    return secrets.token_urlsafe(48).encode()


def _private_key(folder):
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _public_key(folder):
    private_key = serialization.load_pem_private_key((folder / "tiny.pem").read_bytes(), password=None)
    return private_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


FILES = {
    "django-secret-key.txt": _random_text,
    "tiny-api-secret.txt": _random_text,
    "tiny.pem": _private_key,
    "tiny.pub.pem": _public_key,
}
