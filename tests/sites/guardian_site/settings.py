"""Settings of a site with django-guardian."""

from __future__ import annotations

from tests.sites.base import *  # noqa: F403
from tests.sites.base import INSTALLED_APPS, TINYMCE_JWT

INSTALLED_APPS += ["guardian"]
ROOT_URLCONF = "tests.sites.guardian_site.urls"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
TINYMCE_JWT["REQUIRED_PERMISSION"] = "auth.view_group"
