"""The settings of the demo. What the token endpoint needs is TINYMCE_JWT, near the end."""

import os
from pathlib import Path

from django.forms import Script
from django.urls import reverse_lazy

from .middleware import policy

BASE_DIR = Path(__file__).resolve().parent.parent
SECRETS_DIR = BASE_DIR / "secrets"


def secret(name):
    """The text of a file in ``secrets/``; empty until ``manage.py demo_setup`` has made it."""
    path = SECRETS_DIR / name
    return path.read_text().strip() if path.exists() else ""


# A demo on the developer's own machine. A real site sets DEBUG = False and its ALLOWED_HOSTS.
DEBUG = True
SECRET_KEY = secret("django-secret-key.txt")

# With a key of Tiny's, the editor, its plugins and the services are the real ones.
TINY_API_KEY = os.environ.get("TINY_API_KEY", "")
TINY_ENVIRONMENT_ID = os.environ.get("TINY_ENVIRONMENT_ID", "demo-environment")

INSTALLED_APPS = [
    "articles",
    "audit_trail",
    "tiny_stand_in",
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
    "height": 560,
    "menubar": False,
    "promotion": False,
    "plugins": "autolink code image link lists table wordcount",
    "toolbar": "undo redo | blocks | bold italic link image | bullist numlist table"
    " | insertfile exportpdf exportword importword | tinymceai-chat | code",
    "toolbar_mode": "wrap",
    # Addresses that are right on every page, not only on the one with the editor.
    "relative_urls": False,
    "images_reuse_filename": True,
    "content_style": "img { max-width: 100%; height: auto; }",
}
# Loaded after TinyMCE and before the first editor.
EDITOR_SCRIPTS = ["articles/editor.js", reverse_lazy("django_tinymce_jwt:providers")]

if TINY_API_KEY:
    TINYMCE_JS_URL = Script(
        f"https://cdn.tiny.cloud/1/{TINY_API_KEY}/tinymce/8/tinymce.min.js",
        # Tiny looks for the site in the Referer, which Django's SecurityMiddleware keeps to the site by default.
        referrerpolicy="origin",
        crossorigin="anonymous",
    )
    TINYMCE_EXTRA_MEDIA = {"js": EDITOR_SCRIPTS}
    TINYMCE_DEFAULT_CONFIG["referrer_policy"] = "origin"
    TINYMCE_DEFAULT_CONFIG["plugins"] += " tinydrive exportpdf exportword importword tinymceai"
    CONTENT_SECURITY_POLICY = policy("https://*.tiny.cloud", "https://*.tinymce.com")
else:
    TINYMCE_EXTRA_MEDIA = {
        "js": [
            "tiny_stand_in/client.js",
            "tiny_stand_in/drive-dialog.js",
            "tiny_stand_in/drive.js",
            "tiny_stand_in/converters.js",
            "tiny_stand_in/ai.js",
            *EDITOR_SCRIPTS,
        ],
        "css": {"all": ["tiny_stand_in/dialogs.css"]},
    }
    TINYMCE_DEFAULT_CONFIG["license_key"] = "gpl"
    TINYMCE_DEFAULT_CONFIG["plugins"] += " demo_drive demo_converters demo_ai"
    TINYMCE_DEFAULT_CONFIG |= {
        "demo_drive_url": reverse_lazy("tiny_stand_in:drive"),
        "exportpdf_service_url": reverse_lazy("tiny_stand_in:exportpdf"),
        "exportword_service_url": reverse_lazy("tiny_stand_in:exportword"),
        "importword_service_url": reverse_lazy("tiny_stand_in:importword"),
        "tinymceai_service_url": reverse_lazy("tiny_stand_in:tinymceai"),
    }
    CONTENT_SECURITY_POLICY = policy()

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"audit": {"class": "intranet.audit.ToDatabase"}},
    "loggers": {
        "django_tinymce_jwt.audit": {"handlers": ["audit"], "level": "INFO", "propagate": False},
        # It warns of each table in a font that a PDF can do without.
        "fontTools": {"level": "ERROR"},
    },
}

TINYMCE_JWT = {
    "PRIVATE_KEY_PATH": SECRETS_DIR / "tiny.pem",
    "PUBLIC_KEY_PATH": SECRETS_DIR / "tiny.pub.pem",
    "CLAIM_MAPPER": "intranet.tiny.DriveClaims",
    "API_KEY": TINY_API_KEY or "demo-api-key",
    "SERVICES": {
        "tinydrive": {},
        "exportpdf": {},
        "exportword": {},
        "importword": {},
        "tinymceai": {"CLAIM_MAPPER": "intranet.tiny.AIClaims"},
        "tinymceai-onprem": {
            "ENVIRONMENT_ID": TINY_ENVIRONMENT_ID,
            "API_SECRET": secret("tiny-api-secret.txt"),
        },
    },
}
# W005: both AI services fill the editor option tinymceai_token_provider. A real site has one of them;
# the demo shows the token of each, and its editor gets the one that is listed first.
SILENCED_SYSTEM_CHECKS = ["django_tinymce_jwt.W005"]

# What Tiny would know of this site, for the stand-in: of the key pair the public half alone.
TINY_STAND_IN = {
    "PUBLIC_KEY_PATH": SECRETS_DIR / "tiny.pub.pem",
    "API_KEY": TINYMCE_JWT["API_KEY"],
    "ENVIRONMENT_ID": TINY_ENVIRONMENT_ID,
    "API_SECRET": secret("tiny-api-secret.txt"),
    "FILES": BASE_DIR / "tiny_stand_in_files",
}
