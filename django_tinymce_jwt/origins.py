"""Whether a request comes from another site: what protects the token endpoint in place of a CSRF token."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.utils.http import is_same_domain

from .display import printable

# scheme://host or scheme://host:port and nothing else (RFC 6454, 6.2).
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")

# The schemes whose credentials a browser sends by itself, as it does cookies.
_AMBIENT_SCHEMES = {"basic", "digest", "negotiate", "ntlm"}


def cross_site_reason(request: HttpRequest) -> str | None:
    """Return why the request counts as one from another site, and what to do, or None if it does not.

    Browsers send ``Origin`` with every POST, and no page can change it; without it, current browsers
    still send ``Sec-Fetch-Site``. A request with neither does not come from a page in a browser.
    """
    # META, because request.headers first builds a mapping of all headers.
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None:
        site = request.META.get("HTTP_SEC_FETCH_SITE")
        if site not in {"cross-site", "same-site"}:
            return None
        return f"The request has no Origin and Sec-Fetch-Site is {site}. Send it from a page of this site."
    own = _own_origin(request)
    if origin == own or (
        _ORIGIN.fullmatch(origin) and any(_matches(origin, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS)
    ):
        return None
    return f"The Origin is {printable(origin)!r}. {_hint(origin, own)}"


def has_deliberate_authorization(request: HttpRequest) -> bool:
    """Whether the request has an ``Authorization`` header that no browser adds by itself.

    A page can add one to a request for another origin only if that origin allows it (CORS).
    """
    scheme = request.META.get("HTTP_AUTHORIZATION", "").split(maxsplit=1)[:1]
    return scheme != [] and scheme[0].lower() not in _AMBIENT_SCHEMES


def _own_origin(request: HttpRequest) -> str | None:
    try:
        return f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return None


def _matches(origin: str, trusted: str) -> bool:
    if "*" not in trusted:
        return origin == trusted
    try:
        asked, pattern = urlsplit(origin), urlsplit(trusted)
    except ValueError:
        return False
    return asked.scheme == pattern.scheme and is_same_domain(asked.netloc, pattern.netloc.lstrip("*"))


def _hint(origin: str, own: str | None) -> str:
    if origin == "null":
        return (
            "Browsers send this from sandboxed frames, files and some redirects; such a page cannot be trusted. "
            "Open the editor's page from the site itself, or add allow-same-origin to the frame's sandbox."
        )
    if own is not None and _host(origin) == _host(own):
        return (
            f"Django takes this site for {own}, so only the scheme or the port differs. Behind a proxy, set "
            "SECURE_PROXY_SSL_HEADER for the scheme, and let the proxy pass the Host header on with its port "
            "(or set USE_X_FORWARDED_HOST or USE_X_FORWARDED_PORT)."
        )
    return "If that site is yours, add it to CSRF_TRUSTED_ORIGINS."


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).hostname
    except ValueError:
        return None
