"""The script that gives the page's editors their providers."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe
from django.views.decorators.vary import vary_on_headers

from . import conf
from .audit import log_safely
from .conf import Configuration
from .endpoint import of_host
from .services import DEFAULT_SERVICE, SERVICES

__all__ = ["providers"]

logger = logging.getLogger("django_tinymce_jwt")

# The places in providers.js that the JSON values take.
PLACEHOLDER = "/* services */ null"
TEXTS_PLACEHOLDER = "const texts = {}"

# The texts of providers.js, as they stand there.
TEXTS = (
    gettext_noop("The server could not be reached. Check your connection and try again."),
    gettext_noop("The server took too long to answer. Try again."),
    gettext_noop("The request could not be prepared. Reload the page and try again."),
    gettext_noop("The server sent an unexpected answer. Reload the page and try again."),
)

# Inside a JSON value these characters stand only in strings. With them escaped, no script can be
# ended early and no comment begun, wherever the text is pasted.
_ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&"}


@login_not_required
@require_safe
@conditional_page
@cache_control(no_cache=True)
# Django takes the language from the header, from its cookie, or from a middleware that may ask the session.
@vary_on_headers("Accept-Language", "Cookie")
def providers(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Answer with ``providers.js`` and what it needs from the settings, for all users of a tenant and a language.

    Its endpoints are included with it, so they have its namespace and the ``kwargs`` of its path.
    """
    match = cast(ResolverMatch, request.resolver_match)  # a URL led here
    configuration = conf.read(request)
    services = _services(configuration, match.namespaces, kwargs)
    if services is None:
        faults = " ".join(map(str, configuration.faults))
        text = "providers.js sets nothing: %s%s"
        log_safely(logger, logging.ERROR, text, faults, of_host(request), error=configuration.error)
    script = _source().replace(TEXTS_PLACEHOLDER, f"const texts = {_to_json(_translations())}")
    script = script.replace(PLACEHOLDER, _to_json(services))
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


def _to_json(value: Any) -> str:
    return json.dumps(value).translate(_ESCAPES)


def _translations() -> dict[str, str]:
    """Return the texts in the request's language by the English ones, without those that are the same."""
    return {text: translation for text in TEXTS if (translation := gettext(text)) != text}


@cache
def _source() -> str:
    return Path(__file__).with_name("providers.js").read_text(encoding="utf-8")


def _services(
    configuration: Configuration, namespaces: Sequence[str], kwargs: dict[str, Any]
) -> list[dict[str, Any]] | None:
    """Return the editor options to set; None where the settings do not tell the services."""
    if isinstance(configuration.error, PermissionDenied):
        return []
    if configuration.listed is None:
        return None
    first: dict[str, str] = {}
    for service in configuration.listed:
        first.setdefault(SERVICES[service].option, service)
    return [
        {"option": option, "url": endpoint_url(service, namespaces, kwargs), "silent": SERVICES[service].silent}
        for option, service in first.items()
    ]
