"""What a new process pays: the package's import and the first token. ``python -m benchmarks.startup_cost`` prints JSON.

Each round starts new processes; a first one finds out which modules of Django, PyJWT and cryptography the
package imports, and the others import these before they look at the clock. All find their modules compiled,
as pip installs them, and none collects garbage: that would fall now on this import, now on another.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from .timing import cores, pin

OF_OTHERS = ("django", "jwt", "cryptography", "asgiref", "sqlparse")
# Views, because that is what a site's URLs import.
PACKAGE = "import django_tinymce_jwt, django_tinymce_jwt.apps, django_tinymce_jwt.checks, django_tinymce_jwt.urls"

IMPORTS = f"""
import gc, importlib, json, sys, time
gc.disable()
from django.conf import settings
settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"])
import django
django.setup()
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
started = time.process_time()
{PACKAGE}
print(json.dumps([time.process_time() - started, sorted(sys.modules)]))
"""


def run(compiled: str, *arguments: str) -> Any:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = compiled
    result = subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout)


def import_seconds(compiled: str, rounds: int) -> list[float]:
    _, modules = run(compiled, "-c", IMPORTS, "[]")
    needed = json.dumps([name for name in modules if name.partition(".")[0] in OF_OTHERS])
    return [run(compiled, "-c", IMPORTS, needed)[0] for _ in range(rounds)]


def first_tokens() -> list[float]:
    """The seconds that the first token and the second one take in this process."""
    from . import plain_site

    user = plain_site.set_up()
    from django_tinymce_jwt import issue_token

    seconds = []
    for _ in range(2):
        started = time.process_time()
        issue_token(user)
        seconds.append(time.process_time() - started)
    return seconds


def main(rounds: str, only: str = "") -> None:
    pin(cores()[0])
    if only:
        json.dump(first_tokens(), sys.stdout)
        return
    first = ("-W", "ignore", "-m", "benchmarks.startup_cost", rounds, "first token")
    with tempfile.TemporaryDirectory() as compiled:
        tokens = [run(compiled, *first) for _ in range(int(rounds))]
        found = {
            "import of the package": import_seconds(compiled, int(rounds)),
            "first token": [seconds for seconds, _ in tokens],
            "second token": [seconds for _, seconds in tokens],
        }
    rows = [{"name": name, "milliseconds": round(statistics.median(s) * 1e3, 2)} for name, s in found.items()]
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
