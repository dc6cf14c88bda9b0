"""The same site, whose django-tinymce loads TinyMCE from Tiny's CDN."""

from __future__ import annotations

from django.forms import Script

from .settings import *  # noqa: F403
from .settings import TINYMCE_DEFAULT_CONFIG

TINYMCE_JS_URL = Script(
    "https://cdn.tiny.cloud/1/no-api-key/tinymce/8/tinymce.min.js",
    referrerpolicy="origin",
    crossorigin="anonymous",
)
TINYMCE_DEFAULT_CONFIG["referrer_policy"] = "origin"
