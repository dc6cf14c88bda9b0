"""Where a request comes from: what protects the token endpoint in place of a CSRF token."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.utils.http import is_same_domain


def cross_site_reason(request: HttpRequest) -> str | None:
    """Return why the request counts as one from another site, or None if it does not.

    Browsers send ``Origin`` with every POST, and no page can change it; without it, current ones
    still send ``Sec-Fetch-Site``. A request with neither does not come from a browser's page.
    """
    # META, for request.headers first makes a mapping of all of them.
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None:
        site = request.META.get("HTTP_SEC_FETCH_SITE")
        return (
            f"The request has no Origin and Sec-Fetch-Site is {site}" if site in {"cross-site", "same-site"} else None
        )
    if origin != "null" and (
        _is_own(origin, request) or any(_matches(origin, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS)
    ):
        return None
    return f"The Origin is {origin[:200]!r}"


def _is_own(origin: str, request: HttpRequest) -> bool:
    try:
        return origin == f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return False


def _matches(origin: str, trusted: str) -> bool:
    if "*" not in trusted:
        return origin == trusted
    try:
        asked, pattern = urlsplit(origin), urlsplit(trusted)
    except ValueError:
        return False
    return asked.scheme == pattern.scheme and is_same_domain(asked.netloc, pattern.netloc.lstrip("*"))
