"""Settings of the API that the browser tests visit from other origins: the recipes of docs/apis.rst."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

ROOT = Path(__file__).parent.parent.parent.parent
FOLDER = Path(os.environ["SITE_DATABASE"]).parent
# The stand-in for Tiny's cloud is an app of the example project.
sys.path.append(str(ROOT / "example_project"))

SECRET_KEY = "only for tests, and long enough for HS256"
ALLOWED_HOSTS = ["localhost"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SITE_DATABASE"]}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.sites.api.site_urls"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "corsheaders",
    "rest_framework",
    "rest_framework.authtoken",
    "django_tinymce_jwt",
    "tiny_stand_in",
]
MIDDLEWARE = [
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
]
LOGGING = {"version": 1, "disable_existing_loggers": False, "loggers": {"django.server": {"level": "CRITICAL"}}}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}

TINYMCE_JWT = {"PRIVATE_KEY": os.environ["SITE_PRIVATE_KEY"]}


def public_key_file():
    path = FOLDER / "tiny.pub.pem"
    key = load_pem_private_key(os.environ["SITE_PRIVATE_KEY"].encode(), None).public_key()
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


TINY_STAND_IN = {"API_KEY": "no-api-key", "PUBLIC_KEY_PATH": public_key_file(), "FILES": FOLDER / "files"}
