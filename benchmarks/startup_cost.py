"""What a new process costs: the import and the first token. ``python -m benchmarks.startup_cost`` prints JSON.

Each round starts new processes. The first process finds out which modules of Django, PyJWT and cryptography the
package imports; the others import these before the measurement starts. All modules are compiled, as pip installs
them. There is no garbage collection, because its time would count for a different import in each round.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .timing import cores, pin

ROOT = Path(__file__).resolve().parent.parent
OF_OTHERS = ("django", "jwt", "cryptography", "asgiref", "sqlparse")

# The modules that Django and a site's URLs import. Django would import an installed app before the measurement starts,
# and the URLs need an installed app; so the script installs it in between.
IMPORTS = """
import gc, importlib, json, sys, time
gc.disable()
from django.apps import apps
from django.conf import settings
of_others, installed = json.loads(sys.argv[1]), ["django.contrib.auth", "django.contrib.contenttypes"]
settings.configure(INSTALLED_APPS=installed)
import django
django.setup()
for name in of_others:
    importlib.import_module(name)
started = time.process_time()
import django_tinymce_jwt, django_tinymce_jwt.apps, django_tinymce_jwt.checks
seconds = time.process_time() - started
apps.set_installed_apps([*installed, "django_tinymce_jwt"])
started = time.process_time()
import django_tinymce_jwt.urls
seconds += time.process_time() - started
print(json.dumps([seconds, sorted(sys.modules), django_tinymce_jwt.__file__]))
"""


def run(compiled: str, *arguments: str, checkout: Path = ROOT) -> Any:
    """Return what Python prints. It compiles modules into the first folder and imports the package of the checkout."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPYCACHEPREFIX": compiled, "PYTHONPATH": str(checkout)}
    command = [sys.executable, *arguments]
    result = subprocess.run(command, cwd=checkout, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout)


class Import:
    """The import of a checkout's package, in a new process each time."""

    def __init__(self, compiled: str, checkout: Path = ROOT) -> None:
        self._compiled = compiled
        self._checkout = checkout
        _, modules, file = run(compiled, "-c", IMPORTS, "[]", checkout=checkout)
        require_package(file, checkout)
        self._of_others = json.dumps([name for name in modules if name.partition(".")[0] in OF_OTHERS])

    def seconds(self) -> float:
        return float(run(self._compiled, "-c", IMPORTS, self._of_others, checkout=self._checkout)[0])


def require_package(file: str, checkout: Path) -> None:
    """Stop if a package was imported from elsewhere: the figures would be those of another package."""
    if not Path(file).is_relative_to(checkout):
        sys.exit(f"{checkout} has no package django_tinymce_jwt: {file} was imported.")


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
        package = Import(compiled)
        tokens = [run(compiled, *first) for _ in range(int(rounds))]
        found = {
            "import of the package": [package.seconds() for _ in range(int(rounds))],
            "first token": [seconds for seconds, _ in tokens],
            "second token": [seconds for _, seconds in tokens],
        }
    rows = [{"name": name, "milliseconds": round(statistics.median(s) * 1e3, 2)} for name, s in found.items()]
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
