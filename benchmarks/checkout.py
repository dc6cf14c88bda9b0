"""Measures the package of one checkout, for ``benchmarks.compare``.

For each line of standard input, prints one line of JSON: how many signatures a token and a request cost.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from django.core.handlers.wsgi import WSGIHandler

from . import plain_site, request_cost
from .startup_cost import require_package
from .timing import SIGNATURE, cores, in_turns, pin, ratios, timed


def main(checkout: str) -> None:
    pin(cores()[0])
    sys.path.insert(0, checkout)
    user = plain_site.set_up(ROOT_URLCONF=request_cost.__name__)
    request_cost.add_urls()
    import django_tinymce_jwt

    require_package(django_tinymce_jwt.__file__, Path(checkout))
    cookie = request_cost.cookie_of(user, "db")
    request = request_cost.request_call(WSGIHandler(), "/token/", cookie)
    subjects = {
        SIGNATURE: timed(plain_site.sign),
        "issue_token": timed(lambda: django_tinymce_jwt.issue_token(user)),
        request_cost.REQUEST: timed(request),
    }
    for _ in sys.stdin:
        samples = in_turns(subjects, 1)
        measured = {name: ratios(samples, name, SIGNATURE)[0] for name in subjects if name != SIGNATURE}
        print(json.dumps(measured), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
