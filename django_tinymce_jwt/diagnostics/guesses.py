"""Which service a token is for, by what it says."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import jwt

from ..conf import read
from ..conf.defaults import DEFAULT_SERVICE
from ..services import SERVICES

_UNVERIFIED: Any = {"verify_signature": False}


def default_service() -> str:
    """Return the service that is meant where none is named: Tiny Drive, else the first that is configured."""
    configured = read().services
    return DEFAULT_SERVICE if DEFAULT_SERVICE in configured else next(iter(configured), DEFAULT_SERVICE)


def guess_service(token: str) -> tuple[str, str]:
    """Return the service whose contract the token fits best, and a note where others fit as well."""
    header, claims = _unverified(token)
    scores = {service: _score(service, header, claims) for service in read().services or SERVICES}
    best = [service for service, score in scores.items() if score == max(scores.values())]
    if len(best) == 1:
        return best[0], ""
    if len({SERVICES[service].contract for service in best}) == 1:
        return best[0], f"The contract of {' and '.join(best[1:])} is the same; --service names another than {best[0]}."
    default = default_service()
    return default, f"The token does not tell its service: it is judged as one for {default}; --service names another."


def _unverified(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    try:
        parts = jwt.PyJWS().decode_complete(token, options=_UNVERIFIED)
        claims = json.loads(parts["payload"])
    except (jwt.PyJWTError, ValueError, RecursionError):
        return {}, {}
    return parts["header"], claims if isinstance(claims, dict) else {}


def _score(service: str, header: Mapping[str, Any], claims: Mapping[str, Any]) -> int:
    """The rules that the token keeps, less those that it breaks; its algorithm weighs more than any of them."""
    contract = SERVICES[service].contract
    config = read().services.get(service)
    audience = None if config is None else config.audience
    findings = contract.findings(claims, audience=audience, now=time.time())
    return sum(1 if finding.accepted else -1 for finding in findings) + 2 * (header.get("alg") in contract.algorithms)
