"""The script that gives the page's editors their providers: HTTP and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from .conf import read
from .conf.defaults import DEFAULT_SERVICE
from .services import SERVICES

__all__ = ["providers"]

# The place in the static file that the JSON value takes.
PLACEHOLDER = "/* services */ null"

# Inside of a JSON value these stand in strings only. With them escaped, no script can be ended early
# and no comment begun, wherever the text is pasted.
_ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&"}


@login_not_required
@require_safe
@conditional_page
@cache_control(no_cache=True)
def providers(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Answer with ``providers.js`` and what it must know of the settings: the same for every user.

    Its endpoints are its neighbours: they have its namespace and the ``kwargs`` of its path.
    """
    assert request.resolver_match is not None  # it is a URL that led here
    services = _services(request.resolver_match.namespaces, kwargs)
    script = _source().replace(PLACEHOLDER, json.dumps(services).translate(_ESCAPES))
    return HttpResponse(
        script, content_type="text/javascript; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"}
    )


@cache
def _source() -> str:
    path = Path(__file__).parent / "providers.js"
    return path.read_text(encoding="utf-8")


def _services(namespaces: Sequence[str], kwargs: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The editor options to set; None where the settings do not tell the services."""
    listed = read().listed
    if listed is None:
        return None
    first: dict[str, str] = {}
    for service in listed:
        first.setdefault(SERVICES[service].option, service)
    return [
        {"option": option, "url": _endpoint(service, namespaces, kwargs), "silent": SERVICES[service].silent}
        for option, service in first.items()
    ]


def _endpoint(service: str, namespaces: Sequence[str], kwargs: dict[str, Any]) -> str:
    if service == DEFAULT_SERVICE:
        return reverse(":".join((*namespaces, "token")), kwargs=kwargs)
    return reverse(":".join((*namespaces, "service-token")), kwargs={**kwargs, "service": service})
