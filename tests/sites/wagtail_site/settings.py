"""Settings of a site with Wagtail and a block with TinyMCE."""

from __future__ import annotations

from django.urls import reverse_lazy

from tests.helpers.servers import SITES
from tests.sites.base import *  # noqa: F403
from tests.sites.base import INSTALLED_APPS

INSTALLED_APPS += [
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "tinymce",
    "wagtailtinymce",
    "tests.sites.wagtail_site",
]
ROOT_URLCONF = "tests.sites.wagtail_site.urls"
STATICFILES_DIRS = [SITES / "website" / "static"]
# No picture from another site.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_SITE_NAME = "The intranet"
WAGTAILADMIN_BASE_URL = "http://localhost"
TINYMCE_EXTRA_MEDIA = {"js": [reverse_lazy("django_tinymce_jwt:providers")]}
TINYMCE_DEFAULT_CONFIG = {}
