"""For a site's own tests: a throwaway key in the place of the real ones, and an assertion about tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.test import override_settings

from .. import conf
from ..claims import HOOKS
from ..conf.defaults import KEY_NAMES, PUBLIC_NAMES, SIGNING_NAMES, TENANT_SETTINGS
from ..display import printable
from ..dotted_paths import import_function
from ..exceptions import InvalidToken, SigningKeyError
from ..rules import MISSING, Claim
from ..services import DEFAULT_SERVICE, SERVICES
from ..signers.local import PrivateKeySigner
from ..tokens import verify

__all__ = ["assert_token", "override_tinymce_jwt"]

_API_SECRET = "a made-up API Secret that no service of Tiny's knows"
_ACCOUNT = {"API_KEY": "test-api-key", "ENVIRONMENT_ID": "test-environment"}


@cache
def _throwaway_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


class _ThrowawaySigner(PrivateKeySigner):
    """Signs with a key that is made once in each process, when a test first needs it."""

    def __init__(self) -> None:
        super().__init__(_throwaway_key())


_KEY = {"SIGNER": {"BACKEND": _ThrowawaySigner}}


class override_tinymce_jwt(override_settings):
    """Give the site a throwaway key pair instead of every key, signer and secret of its ``TINYMCE_JWT``.

    A context manager and a decorator of functions and of Django's test case classes, like ``override_settings``.
    ``API_KEY`` and ``ENVIRONMENT_ID`` are made up where they are missing. Keyword arguments override the
    top level of the result.
    """

    def __init__(self, **overrides: Any) -> None:
        super().__init__()
        self.overrides = overrides

    def enable(self) -> None:
        source = getattr(settings, "TINYMCE_JWT", None)
        self.options = {"TINYMCE_JWT": with_throwaway_keys(source, self.overrides)}
        super().enable()

    def save_options(self, test_func: Any) -> None:
        # Django applies these in setUpClass(), on top of those of the parent class.
        inherited = test_func._overridden_settings or {}
        source = inherited.get("TINYMCE_JWT", getattr(settings, "TINYMCE_JWT", None))
        self.options = {"TINYMCE_JWT": with_throwaway_keys(source, self.overrides)}
        super().save_options(test_func)


def with_throwaway_keys(source: Any, overrides: Mapping[str, Any]) -> Any:
    """Return ``TINYMCE_JWT`` with throwaway keys. A value that is not a dict stays, for the checks to report."""
    if source is None:
        source = {}
    if not isinstance(source, Mapping):
        return source
    top = {name: value for name, value in source.items() if name == "KEY_ID" or name not in KEY_NAMES}
    if (tenant_settings := top.get(TENANT_SETTINGS)) is not None:
        top[TENANT_SETTINGS] = _ThrowawayTenants(tenant_settings)
    top |= {"API_SECRET": _API_SECRET, **{name: top.get(name) or value for name, value in _ACCOUNT.items()}}
    if isinstance(sections := top.get("SERVICES"), Mapping):
        top["SERVICES"] = {service: _without_secrets(section) for service, section in sections.items()}
    has_own_key = any(name in overrides for name in (*SIGNING_NAMES, *PUBLIC_NAMES))
    return {**top, **({} if has_own_key else _KEY), **overrides}


class _ThrowawayTenants:
    """What ``TENANT_SETTINGS`` names, with throwaway keys in all that it returns."""

    def __init__(self, named: Any) -> None:
        self.named = named

    def __call__(self, request: HttpRequest) -> Any:
        overrides = import_function(TENANT_SETTINGS, self.named)(request)
        if not isinstance(overrides, Mapping):
            return overrides
        top = _without_secrets(overrides)
        if isinstance(sections := top.get("SERVICES"), Mapping):
            top["SERVICES"] = {service: _without_secrets(section) for service, section in sections.items()}
        return top


def _without_secrets(section: Any) -> Any:
    if not isinstance(section, Mapping):
        return section
    kept = {
        name: value
        for name, value in section.items()
        if name == "KEY_ID" or not (name in KEY_NAMES or name == "API_SECRET" or (name in _ACCOUNT and not value))
    }
    # A key of its own means that KEY_ID is not that of the top level.
    return {**kept, **_KEY} if any(name in section for name in (*SIGNING_NAMES, *PUBLIC_NAMES)) else kept


def assert_token(response_or_token: Any, service: str = DEFAULT_SERVICE, **claims: Any) -> dict[str, Any]:
    """Return the claims of a token that the service would accept, given as text or as an endpoint's answer.

    An answer to Django's test client is judged with the settings of its tenant, where the site has tenants.
    Raises ``AssertionError``, which says what is wrong: the answer that came instead of a token, the rule that
    the token breaks, or the first of ``claims`` that has another value. A claim is named as itself or as the
    hook that gives it (``root`` for ``get_root``); the value None means that the token must not have it.
    """
    token = response_or_token if isinstance(response_or_token, (str, bytes)) else _token_of(response_or_token, service)
    try:
        # Only Django's test clients tell their request.
        request = getattr(response_or_token, "wsgi_request", getattr(response_or_token, "asgi_request", None))
        found = verify(token, conf.read(request).require(service))
    except (InvalidToken, SigningKeyError, ImproperlyConfigured) as error:
        raise AssertionError(f"This is not a valid token for {service!r}. {error}") from None
    for name, wanted in claims.items():
        _assert_claim(_claim_named(name, service), found, wanted)
    return found


def _token_of(response: Any, service: str) -> str:
    answered = f"The answer for {service!r} is {response.status_code}"
    content = response.content
    location = response.headers.get("Location")
    if location is not None:
        raise AssertionError(
            f"{answered}, a redirect to {location!r}, not a token. "
            "A redirect to a login page means that the URL is not that of the token endpoint, "
            "or that a middleware asks for a login first."
        )
    try:
        answer = json.loads(content)
    except ValueError:
        what = "a login page" if b'type="password"' in content else printable(repr(content[:200]), 300)
        raise AssertionError(f"{answered} with {what}, not JSON with a token.") from None
    if response.status_code == 200 and isinstance(answer, dict) and isinstance(answer.get("token"), str):
        return str(answer["token"])
    raise AssertionError(f"{answered}, not a token: {_reason(answer)}")


def _reason(answer: Any) -> str:
    if not isinstance(answer, dict) or "error" not in answer:
        return printable(json.dumps(answer), 300)
    detail = answer.get("detail", "The log of 'django_tinymce_jwt' has the reason; with DEBUG = True, the answer too.")
    return f"{answer['error']}. {answer.get('message', '')} {detail}"


def _claim_named(name: str, service: str) -> Claim:
    for claim in SERVICES[service].contract.claims:
        if claim.name == name or HOOKS.get(claim.name) == f"get_{name}":
            return claim
    return Claim((name,), ())


def _assert_claim(claim: Claim, claims: Mapping[str, Any], wanted: Any) -> None:
    found = claim.value_in(claims)
    if (found is MISSING and wanted is None) or (found is not MISSING and found == wanted):
        return
    hook = HOOKS.get(claim.name)
    raise AssertionError(
        f"The claim {claim.name!r} is {'missing' if found is MISSING else repr(found)}; "
        f"wanted: {'no such claim' if wanted is None else repr(wanted)}."
        f"{f' It comes from {hook}() of the claim mapper.' if hook else ''}"
    )
