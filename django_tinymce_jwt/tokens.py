"""Tokens: from a user through claims and contract to a signed JWT, and back to verified claims."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.views.decorators.debug import sensitive_variables

from . import conf
from .audit import record_issued
from .claims import HOOKS, ClaimMapper, get_claim_mapper_class, require_identity
from .conf import ServiceConfig
from .display import describe
from .exceptions import InvalidClaims, InvalidToken
from .rules import Verdict
from .secret import Secret
from .services import DEFAULT_SERVICE
from .signers import get_signing_key, get_verification_keys

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest

__all__ = ["issue_token", "verify_token"]

CLOCK_SKEW = 60  # seconds; Tiny's on-premises service allows as much
# Far above any real token (servers accept 8 to 16 KiB of headers) and cheap to refuse.
MAX_TOKEN_LENGTH = 64 * 1024

_JWS = jwt.PyJWS()
_encode_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


# Error reports must not show the keys of a tenant.
@sensitive_variables("tenant_settings")
def issue_token(
    user: AbstractBaseUser | AnonymousUser,
    service: str = DEFAULT_SERVICE,
    *,
    request: HttpRequest | None = None,
    tenant_settings: Mapping[str, Any] | None = None,
) -> str:
    """Return a signed token for the user, as the service wants it.

    On a site with tenants, the settings are those of the request's tenant, or ``tenant_settings``, which has the
    form of what ``TENANT_SETTINGS`` returns.

    For trusted code: it does not ask whether the user may have the token (``REQUIRED_PERMISSION``,
    ``is_active``); the view does that. Raises ``ImproperlyConfigured`` for wrong settings or a
    service that is not configured, ``InvalidClaims`` if the claims break the service's contract or
    the user is anonymous or unsaved, ``SigningKeyError`` if the key cannot be used, the ``Http404`` or
    ``PermissionDenied`` of ``TENANT_SETTINGS``, and whatever the claim mapper raises.
    """
    return issue(user, conf.read(request, tenant_settings).require(service), request)


def issue(user: Any, config: ServiceConfig, request: HttpRequest | None = None) -> str:
    """Return a token as ``issue_token`` does, given the settings of the service."""
    require_identity(user)
    return sign_stamped(stamped_claims_of(user, config, request), config, user=user, request=request)


def stamped_claims_of(user: Any, config: ServiceConfig, request: HttpRequest | None = None) -> dict[str, Any]:
    """Return the claims that the service's claim mapper gives the user, stamped. Raises whatever the mapper raises."""
    return stamp_claims(get_claim_mapper_class(config)(user, request).get_claims(), config)


def stamp_claims(claims: Mapping[str, Any], config: ServiceConfig) -> dict[str, Any]:
    """Return a copy of the claims with ``iat``, ``exp`` and ``aud``. Raises ``InvalidClaims`` for a wrong type."""
    if not isinstance(claims, Mapping):
        raise InvalidClaims(f"get_claims() returned {describe(claims)}; wanted: a dict of claims.", "claims")
    for name in claims:
        if not isinstance(name, str):
            raise InvalidClaims(f"The name of the claim {describe(name)} is not text.", str(name))
    now = int(time.time())
    stamped = {**claims, "iat": now, "exp": now + config.lifetime}
    if config.audience is not None:
        stamped["aud"] = config.audience
    return stamped


@sensitive_variables("token")
def sign_stamped(
    claims: Mapping[str, Any],
    config: ServiceConfig,
    *,
    user: Any,
    request: HttpRequest | None,
    mapper_class: type[ClaimMapper] | None = None,
) -> str:
    """Return a token with the stamped claims. ``user`` is for the audit trail, ``mapper_class`` for messages.

    Raises ``InvalidClaims`` or ``SigningKeyError``.
    """
    check_contract(claims, config, mapper_class)
    key = get_signing_key(config.key)
    token = key.sign(_serialized(claims))
    record_issued(config.service.id, user, request, expires=claims["exp"], key=key)
    return token


def check_contract(
    claims: Mapping[str, Any], config: ServiceConfig, mapper_class: type[ClaimMapper] | None = None
) -> None:
    """Raise ``InvalidClaims`` for the first of the stamped claims that the service would refuse."""
    failure = config.service.contract.first_failure(claims, audience=config.audience, now=claims["iat"])
    if failure is not None:
        raise InvalidClaims(f"{failure}{_origin(failure, config, mapper_class)}", failure.subject)


def _origin(failure: Verdict, config: ServiceConfig, mapper_class: type[ClaimMapper] | None) -> str:
    """Return the hook that the claim comes from, as a sentence; empty for a claim that has none."""
    mapper_class = mapper_class or get_claim_mapper_class(config)
    hook = HOOKS.get(failure.subject)
    if hook is None or not hasattr(mapper_class, hook):
        return ""
    return f" It comes from {hook}() of the claim mapper {mapper_class.__module__}.{mapper_class.__qualname__}."


# The token may be valid; keep it out of error reports.
@sensitive_variables("token", "tenant_settings")
def verify_token(
    token: str, service: str = DEFAULT_SERVICE, *, tenant_settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the claims of a token that the service would accept from this site, or from the tenant given.

    Signature, algorithm, times (with 60 s of clock skew), audience and every claim are checked;
    only the public key is needed. Raises ``InvalidToken``, which says what is wrong, whatever
    ``token`` is; ``ImproperlyConfigured`` or ``SigningKeyError`` if the site's own settings or
    keys do not allow a verdict.
    """
    return verify(token, conf.read(tenant_settings=tenant_settings).require(service))


@sensitive_variables("token")
def verify(token: Any, config: ServiceConfig) -> dict[str, Any]:
    """Return the claims of a token as ``verify_token`` does, given the settings of the service."""
    claims = parse_payload(verify_signature(token, config)[0])
    failure = config.service.contract.first_failure(
        claims, audience=config.audience, now=time.time(), leeway=CLOCK_SKEW
    )
    if failure is not None:
        raise InvalidToken(str(failure), failure.subject)
    return claims


@sensitive_variables("token")
def verify_signature(token: Any, config: ServiceConfig) -> tuple[bytes, RSAPublicKey | Secret]:
    """Return the payload of a token and the key of this site that verifies it.

    Raises ``InvalidToken``, or ``SigningKeyError`` if no key can be used.
    """
    if not isinstance(token, (str, bytes)) or len(token) > MAX_TOKEN_LENGTH:
        raise InvalidToken(f"The token is not text of at most {MAX_TOKEN_LENGTH} characters.")
    algorithms = config.service.contract.algorithms
    for key in get_verification_keys(config.key):
        try:
            return _JWS.decode(token, key.reveal() if isinstance(key, Secret) else key, algorithms), key
        except jwt.InvalidSignatureError:
            continue
        # `from None`: the frames below hold the token under other names.
        except jwt.InvalidAlgorithmError:
            raise InvalidToken(f"The token's algorithm is not one of: {', '.join(algorithms)}.") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise InvalidToken(f"The token cannot be read as a JWT: {type(error).__name__}.") from None
    raise InvalidToken("The token was not signed with a key of this site, or it was changed after it was signed.")


def parse_payload(payload: bytes) -> dict[str, Any]:
    """Return the claims in the payload. Raises ``InvalidToken`` unless it is a JSON object."""
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidToken(f"The token's payload is not valid JSON: {type(error).__name__}.") from error
    if not isinstance(claims, dict):
        raise InvalidToken(f"The token's payload is {describe(claims)}; wanted: an object of claims.")
    return claims


def _serialized(claims: Mapping[str, Any]) -> bytes:
    try:
        return _encode_json(claims).encode()
    except (TypeError, ValueError, RecursionError) as error:
        culprit = next((name for name in claims if not _is_json(name, claims[name])), "claims")
        raise InvalidClaims(
            f"The claim {culprit!r} cannot be written as JSON in UTF-8: {type(error).__name__}. "
            "Claims are text, finite numbers, booleans, and lists and dicts of these.",
            culprit,
        ) from error


def _is_json(name: str, value: Any) -> bool:
    try:
        _encode_json({name: value}).encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return True
