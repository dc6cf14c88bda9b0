"""Tokens: from a user over claims and contract to a signed JWT, and back to verified claims."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jwt
from django.views.decorators.debug import sensitive_variables

from .audit import record_issued
from .claims import get_claim_mapper_class, require_identity
from .conf import ServiceConfig, get_service_config
from .rules import shown
from .exceptions import InvalidClaims, InvalidToken
from .signers.local import get_signing_key, get_verification_keys
from .conf.defaults import DEFAULT_SERVICE

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest

__all__ = ["issue_token", "sign_claims", "verify_token"]

CLOCK_SKEW = 60  # seconds; what Tiny's on-premises service allows too
# Far above any real token (servers take 8 to 16 KiB of headers) and cheap to refuse.
MAX_TOKEN_LENGTH = 64 * 1024

_JWS = jwt.PyJWS()
_encode_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def issue_token(
    user: AbstractBaseUser | AnonymousUser, service: str = DEFAULT_SERVICE, *, request: HttpRequest | None = None
) -> str:
    """Return a signed token for the user, as the service wants it.

    For trusted code: whether the user may have the token (``REQUIRED_PERMISSION``, ``is_active``)
    is not asked here but in the view. Raises ``ImproperlyConfigured`` for wrong settings or a
    service that is not configured, ``InvalidClaims`` if the claims break the service's contract or
    the user is anonymous or unsaved, ``SigningKeyError`` if the key cannot be used, and whatever
    the claim mapper raises.
    """
    config = get_service_config(service)
    require_identity(user)
    claims = get_claim_mapper_class(config)(user, request).get_claims()
    return sign_claims(claims, config, user=user, request=request)


def sign_claims(claims: Mapping[str, Any], config: ServiceConfig, *, user: Any, request: HttpRequest | None) -> str:
    """Return a token with the claims, stamped and held to the contract; ``user`` is for the audit trail."""
    stamped = stamp_claims(claims, config)
    hold_to_contract(stamped, config)
    signing_key = get_signing_key(config.keys)
    token = signing_key.sign(_serialized(stamped))
    record_issued(config.service.id, user, request, expires=stamped["exp"], key_fingerprint=signing_key.fingerprint)
    return token


def stamp_claims(claims: Mapping[str, Any], config: ServiceConfig) -> dict[str, Any]:
    """Return a copy of the claims with ``iat``, ``exp`` and ``aud``. Raises ``InvalidClaims`` for what are none."""
    if not isinstance(claims, Mapping):
        raise InvalidClaims(f"get_claims() returned {shown(claims)}; wanted: a dict of claims.", "claims")
    for name in claims:
        if not isinstance(name, str):
            raise InvalidClaims(f"The claim {shown(name)} has a name that is no text.", str(name))
    now = int(time.time())
    stamped = {**claims, "iat": now, "exp": now + config.lifetime}
    if config.audience is not None:
        stamped["aud"] = config.audience
    return stamped


def hold_to_contract(claims: Mapping[str, Any], config: ServiceConfig) -> None:
    """Raise ``InvalidClaims`` for the first of the stamped claims that the service would refuse."""
    failure = config.service.contract.first_failure(claims, audience=config.audience, now=claims["iat"])
    if failure is not None:
        raise InvalidClaims(str(failure), failure.claim)


# A token that this site cannot judge may be good: no error report of Django's should carry it.
@sensitive_variables("token")
def verify_token(token: str, service: str = DEFAULT_SERVICE) -> dict[str, Any]:
    """Return the claims of a token that the service would accept from this site.

    Signature, algorithm, times (with 60 s of clock skew), audience and every claim are checked;
    only the public key is needed. Raises ``InvalidToken``, which says what is wrong, whatever
    ``token`` is; ``ImproperlyConfigured`` or ``SigningKeyError`` if the site's own settings or
    keys do not allow a verdict.
    """
    config = get_service_config(service)
    claims = _parsed(_verified_payload(token, config))
    failure = config.service.contract.first_failure(
        claims, audience=config.audience, now=time.time(), leeway=CLOCK_SKEW
    )
    if failure is not None:
        raise InvalidToken(str(failure), failure.claim)
    return claims


def _serialized(claims: Mapping[str, Any]) -> bytes:
    try:
        return _encode_json(claims).encode()
    except (TypeError, ValueError, RecursionError) as error:
        culprit = next((name for name in claims if not _is_json(name, claims[name])), "claims")
        raise InvalidClaims(
            f"The claim {culprit!r} cannot be written as JSON in UTF-8: {type(error).__name__}. "
            "Claims are text, finite numbers, booleans, lists and dicts of these.",
            culprit,
        ) from error


def _is_json(name: str, value: Any) -> bool:
    try:
        _encode_json({name: value}).encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _verified_payload(token: Any, config: ServiceConfig) -> bytes:
    if not isinstance(token, (str, bytes)) or len(token) > MAX_TOKEN_LENGTH:
        raise InvalidToken(f"The token is no text of at most {MAX_TOKEN_LENGTH} characters.")
    algorithms = config.service.contract.algorithms
    for key in get_verification_keys(config.keys):
        try:
            payload: bytes = _JWS.decode(token, key, algorithms)
        except jwt.InvalidSignatureError:
            continue
        # `from None`: the frames below hold the token under names of their own.
        except jwt.InvalidAlgorithmError:
            raise InvalidToken(f"The token's algorithm is not one of: {', '.join(algorithms)}.") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise InvalidToken(f"The token is no JWT that can be read: {type(error).__name__}.") from None
        return payload
    raise InvalidToken("The signature is not of this site's key: another key signed the token, or it was changed.")


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidToken(f"The token's payload is no JSON: {type(error).__name__}.") from error
    if not isinstance(claims, dict):
        raise InvalidToken(f"The token's payload is {shown(claims)}; wanted: an object of claims.")
    return claims
