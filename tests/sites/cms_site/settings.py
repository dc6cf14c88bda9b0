"""Settings of a site with djangocms-text and a frontend of its own for TinyMCE."""

from __future__ import annotations

from tests.sites.base import *  # noqa: F403
from tests.sites.base import INSTALLED_APPS

INSTALLED_APPS += ["djangocms_text", "tests.sites.cms_site"]
ROOT_URLCONF = "tests.sites.cms_site.urls"
# As djangocms-text wants it outside of django CMS.
MIGRATION_MODULES = {"djangocms_text": None}
TEXT_EDITOR = "tests.sites.cms_site.editors.tinymce"
