"""A site as ``startproject`` makes it, with the app and one user, in the process that measures."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import django
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.core.management import call_command

key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

_PADDING, _SHA256 = padding.PKCS1v15(), hashes.SHA256()
# As long as the signed part of a token for Tiny Drive.
_MESSAGE = b"x" * 160


def sign() -> bytes:
    """The lower limit: one RSA-2048 signature."""
    return key.sign(_MESSAGE, _PADDING, _SHA256)


def set_up(**more: Any) -> Any:
    """Configure Django with a new database, and return the user."""
    folder = Path(tempfile.mkdtemp(prefix="tinymce-jwt-bench-"))
    path = folder / "tiny.pem"
    path.touch(mode=0o600)
    path.write_bytes(pem)
    settings.configure(
        SECRET_KEY="benchmark",
        ALLOWED_HOSTS=["testserver"],
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django_tinymce_jwt",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": folder / "db.sqlite3",
                "CONN_MAX_AGE": None,
            }
        },
        TINYMCE_JWT={"PRIVATE_KEY_PATH": path},
        **more,
    )
    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_user("ada", first_name="Ada", last_name="Lovelace")
