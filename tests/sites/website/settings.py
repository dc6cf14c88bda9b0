"""Settings of the site that the browser tests visit: the recipes of docs/providers.rst, under a strict policy."""

from __future__ import annotations

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.urls import reverse_lazy

HERE = Path(__file__).parent
PREFIX = os.environ["WEBSITE_PREFIX"]
OTHER_ORIGIN = os.environ["WEBSITE_OTHER_ORIGIN"]

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["localhost"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["WEBSITE_DATABASE"]}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORCE_SCRIPT_NAME = PREFIX or None
ROOT_URLCONF = "tests.sites.website.urls"
STATIC_URL = "static/"
STATICFILES_DIRS = [HERE / "static", os.environ["WEBSITE_BUNDLES"]]
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "tinymce",
    "django_tinymce_jwt",
    "tests.sites.website",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LOGGING = {"version": 1, "disable_existing_loggers": False, "loggers": {"django.server": {"level": "CRITICAL"}}}

# Importing from Word is configured with a key that cannot be used.
TINYMCE_JWT = {
    "PRIVATE_KEY": os.environ["WEBSITE_PRIVATE_KEY"],
    "API_KEY": "no-api-key",
    "REQUIRED_PERMISSION": "website.view_article",
    "SERVICES": {
        "tinydrive": {},
        "exportpdf": {},
        "importword": {"PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----"},
        "tinymceai": {},
    },
}

TINYMCE_EXTRA_MEDIA = {"js": [reverse_lazy("django_tinymce_jwt:providers")]}
TINYMCE_DEFAULT_CONFIG = {
    "license_key": "gpl",
    "height": 250,
    "menubar": False,
    "plugins": "exportpdf tinydrive",
    "toolbar": "bold italic | exportpdf insertfile",
}

CORS_ALLOWED_ORIGINS = [OTHER_ORIGIN]
CORS_ALLOW_CREDENTIALS = True
CORS_URLS_REGEX = r"^/tinymce/jwt/"
CSRF_TRUSTED_ORIGINS = [OTHER_ORIGIN]

# TinyMCE styles its own elements, and shows pasted images as data: and blob: URLs.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "script-src": [SELF],
        "style-src": [SELF, "'unsafe-inline'"],
    }
}
