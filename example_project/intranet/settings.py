"""The settings of the demo. What the token endpoint needs stands at the end."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRETS_DIR = BASE_DIR / "secrets"


def secret(name):
    """The text of a file in ``secrets/``; empty until ``manage.py demo_setup`` has made it."""
    path = SECRETS_DIR / name
    return path.read_text().strip() if path.exists() else ""


# A demo on the developer's own machine. A real site sets DEBUG = False and its ALLOWED_HOSTS.
DEBUG = True
SECRET_KEY = secret("django-secret-key.txt")

INSTALLED_APPS = [
    "articles",
    "django_tinymce_jwt",
    "tinymce",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "intranet.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "intranet.urls"
WSGI_APPLICATION = "intranet.wsgi.application"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "article-list"
LOGOUT_REDIRECT_URL = "login"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TIME_ZONE = "UTC"
STATIC_URL = "static/"

TINYMCE_DEFAULT_CONFIG = {
    "license_key": "gpl",
    "height": 480,
    "menubar": False,
    "promotion": False,
    "plugins": "autolink code link lists table wordcount",
    "toolbar": "undo redo | blocks | bold italic link | bullist numlist table | code",
}
# Loaded after TinyMCE and before the first editor.
TINYMCE_EXTRA_MEDIA = {"js": ["articles/editor.js"]}

TINYMCE_JWT = {
    "PRIVATE_KEY_PATH": SECRETS_DIR / "tiny.pem",
    "PUBLIC_KEY_PATH": SECRETS_DIR / "tiny.pub.pem",
    "CLAIM_MAPPER": "intranet.tiny.DriveClaims",
    "API_KEY": os.environ.get("TINY_API_KEY", "demo-api-key"),
    "SERVICES": {
        "tinydrive": {},
        "exportpdf": {},
        "exportword": {},
        "importword": {},
        "tinymceai": {"CLAIM_MAPPER": "intranet.tiny.AIClaims"},
        "tinymceai-onprem": {
            "ENVIRONMENT_ID": os.environ.get("TINY_ENVIRONMENT_ID", "demo-environment"),
            "API_SECRET": secret("tiny-api-secret.txt"),
        },
    },
}
# W005: both AI services fill the editor option tinymceai_token_provider. A real site has one of them;
# the demo shows the token of each, and its editor gets the one that is listed first.
SILENCED_SYSTEM_CHECKS = ["django_tinymce_jwt.W005"]
