"""The benchmark's site, which writes to stderr whatever goes wrong, and does not wait long for a locked database."""

import os

from production_settings import *  # noqa: F403
from production_settings import BASE_DIR, DATABASES, MIDDLEWARE, TINYMCE_JWT

ROOT_URLCONF = "load_urls"
DATABASES["default"]["OPTIONS"] = {"timeout": 0.2}

# With its public half in the settings, a pair can be half replaced.
TINYMCE_JWT["PUBLIC_KEY_PATH"] = BASE_DIR / "secrets" / "tiny.pub.pem"

if os.environ.get("LOAD_LOGIN") == "optional":
    MIDDLEWARE.remove("django.contrib.auth.middleware.LoginRequiredMiddleware")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"level": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "level"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
