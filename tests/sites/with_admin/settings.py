"""What a site with the admin has beside the settings of the tests."""

from __future__ import annotations

from tests.settings import INSTALLED_APPS as BASE_APPS
from tests.settings import MIDDLEWARE as BASE_MIDDLEWARE

INSTALLED_APPS = ["django.contrib.admin", "django.contrib.messages", "django.contrib.staticfiles", *BASE_APPS]
MIDDLEWARE = [*BASE_MIDDLEWARE, "django.contrib.messages.middleware.MessageMiddleware"]
STATIC_URL = "/static/"
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
