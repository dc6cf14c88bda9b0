from __future__ import annotations

import re
from pathlib import Path

import django
from django.conf import settings

# Python 3.10 has no tomllib.
_metadata = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")

# autodoc imports the modules, some of which need settings.
settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_tinymce_jwt"])
django.setup()

project = "django-tinymce-jwt"
author = "The django-tinymce-jwt developers"
copyright = f"2026, {author}"
release = version = re.search(r'^version = "(.+)"$', _metadata, re.MULTILINE)[1]

extensions = ["sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"{project} {release}"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
nitpicky = False
