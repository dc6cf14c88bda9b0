"""The script that gives the page's editors their providers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from . import conf
from .services import DEFAULT_SERVICE, SERVICES

__all__ = ["providers"]

# The place in providers.js that the JSON value takes.
PLACEHOLDER = "/* services */ null"

# Inside a JSON value these characters stand only in strings. With them escaped, no script can be
# ended early and no comment begun, wherever the text is pasted.
_ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&"}


@login_not_required
@require_safe
@conditional_page
@cache_control(no_cache=True)
def providers(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Answer with ``providers.js`` and what it needs from the settings: the same for every user.

    Its endpoints are included with it, so they have its namespace and the ``kwargs`` of its path.
    """
    match = cast(ResolverMatch, request.resolver_match)  # a URL led here
    services = _services(match.namespaces, kwargs)
    script = _source().replace(PLACEHOLDER, json.dumps(services).translate(_ESCAPES))
    return HttpResponse(
        script, content_type="text/javascript; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"}
    )


def endpoint_url(
    service: str, namespaces: Sequence[str] = ("django_tinymce_jwt",), kwargs: dict[str, Any] | None = None
) -> str:
    """Return the URL of a service's token endpoint. Raises ``NoReverseMatch`` if the URLs are not included."""
    if service == DEFAULT_SERVICE:
        return reverse(":".join((*namespaces, "token")), kwargs=kwargs)
    return reverse(":".join((*namespaces, "service-token")), kwargs={**(kwargs or {}), "service": service})


@cache
def _source() -> str:
    return Path(__file__).with_name("providers.js").read_text(encoding="utf-8")


def _services(namespaces: Sequence[str], kwargs: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return the editor options to set; None where the settings do not tell the services."""
    listed = conf.read().listed
    if listed is None:
        return None
    first: dict[str, str] = {}
    for service in listed:
        first.setdefault(SERVICES[service].option, service)
    return [
        {"option": option, "url": endpoint_url(service, namespaces, kwargs), "silent": SERVICES[service].silent}
        for option, service in first.items()
    ]
