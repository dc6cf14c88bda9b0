"""The example project with the settings that docs/performance.rst recommends; each may be varied from outside."""

import os

from intranet.settings import *  # noqa: F403
from intranet.settings import DATABASES, LOGGING

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "production_urls"

# Without this, each request opens a connection of its own: by far the dearest of Django's defaults.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = None if os.environ.get("BENCH_CONNECTIONS") != "new" else 0
SESSION_ENGINE = f"django.contrib.sessions.backends.{os.environ.get('BENCH_SESSIONS', 'db')}"
# Django's own default is a cache for each process: two of them would not hear of each other's logouts.
if "BENCH_MEMCACHED" in os.environ:
    CACHES = {
        "default": {
            "BACKEND": f"django.core.cache.backends.memcached.{os.environ.get('BENCH_CACHE', 'PyLibMCCache')}",
            "LOCATION": os.environ["BENCH_MEMCACHED"],
        }
    }

# The demo writes its audit trail into the database, a row for every token.
del LOGGING["loggers"]["django_tinymce_jwt.audit"]
