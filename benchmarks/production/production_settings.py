"""The example project with the settings that docs/performance.rst recommends; environment variables change some."""

import os

from intranet.settings import *  # noqa: F403
from intranet.settings import DATABASES, LOGGING

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]

DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = None if os.environ.get("BENCH_CONNECTIONS") != "new" else 0
SESSION_ENGINE = f"django.contrib.sessions.backends.{os.environ.get('BENCH_SESSIONS', 'db')}"
# Django's default cache is in the memory of one process. A session that one process ends would live on in the others.
if "BENCH_MEMCACHED" in os.environ:
    CACHES = {
        "default": {
            "BACKEND": f"django.core.cache.backends.memcached.{os.environ.get('BENCH_CACHE', 'PyLibMCCache')}",
            "LOCATION": os.environ["BENCH_MEMCACHED"],
        }
    }

# The demo writes its audit trail into the database, a row for every token.
del LOGGING["loggers"]["django_tinymce_jwt.audit"]
