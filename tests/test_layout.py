"""The house has one direction: what serves requests knows nothing of the edges that use it."""

from __future__ import annotations

import subprocess
import sys

ASK = """
import sys, django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_tinymce_jwt"],
    TINYMCE_JWT={},
    ROOT_URLCONF="django_tinymce_jwt.urls",
)
django.setup()
import django_tinymce_jwt.urls
print(*(name for name in sys.modules if name.startswith("django_tinymce_jwt.")))
"""


def test_site_that_serves_tokens_loads_nothing_of_the_command_and_the_inspector():
    # In a process of its own: other tests have loaded all of it.
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[1] for name in done.stdout.split()}
    assert {"views", "tokens", "keys", "checks"} <= loaded
    assert loaded & {"operations", "management", "inspector", "inspector.urls"} == set()
