"""A token explained as data: its header, its claims, the service that it is for, and the verdict of each rule."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import islice
from typing import Any

import jwt
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation
from django.utils.timesince import timesince

from .. import conf
from ..conf import Configuration, ServiceConfig
from ..contracts import ROOT_CLAIM
from ..display import describe, printable
from ..exceptions import InvalidToken, SigningKeyError
from ..rules import Contract, Verdict, is_time
from ..secret import Secret
from ..services import DEFAULT_SERVICE, SERVICES
from ..signers.base import fingerprint
from ..tokens import CLOCK_SKEW, MAX_TOKEN_LENGTH, parse_payload, verify_signature

TIME_CLAIMS = ("iat", "nbf", "exp")
MAX_DEPTH = 20  # of claims that are shown
MAX_CLAIMS = 50  # that are shown
MAX_SIZE = 2000  # characters of one of them, as indented JSON

_UNVERIFIED: Any = {"verify_signature": False}
_FORM = "three parts of base64url with dots between them, the first a JSON object"
_CLOCK = "Set the clock of the machine that signs, and stamp whole seconds, UTC."
# What to do about a claim that breaks a rule, with or without a claim mapper.
_HINTS = {
    "sub": "Let get_sub() of the claim mapper return text that no other user has, such as str(user.pk).",
    "name": "Let get_name() of the claim mapper return the user's name as text.",
    ROOT_CLAIM: (
        "Let get_root() of the claim mapper build the path from values that cannot be '..' or None (a primary key)."
    ),
    "aud": "Set API_KEY (the cloud) or ENVIRONMENT_ID (on-premises): 'aud' is stamped from it.",
    "iat": _CLOCK,
    "nbf": f"{_CLOCK} Or leave 'nbf' out: it is optional.",
    "exp": f"Ask for a new token. If this one is new: {_CLOCK[0].lower()}{_CLOCK[1:]} Keep LIFETIME within the limits.",
    "auth.ai.permissions": "Let get_permissions() of the claim mapper return a list of such strings.",
    "user.name": "Let get_name() of the claim mapper return text, or None to leave it out.",
    "user.email": "Let get_email() of the claim mapper return text, or None to leave it out.",
}


@dataclass(frozen=True)
class Report:
    """All that can be said about a token.

    ``header`` and ``claims`` are what the token says, whether true or not. ``fingerprint`` is that of
    the public key that verifies the signature, if there is one.
    """

    service: str
    verdicts: tuple[Verdict, ...]
    header: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the service would accept the token, as ``verify_token`` decides."""
        return all(verdict.accepted for verdict in self.verdicts)


def explain(
    token: str | bytes,
    service: str = DEFAULT_SERVICE,
    *,
    now: float | None = None,
    configuration: Configuration | None = None,
) -> Report:
    """Judge a token, from this site or another, by the contract of one of Tiny's services. Never raises.

    The service need not be configured: without a key and an audience, the rules about them are broken,
    and the others are judged all the same. ``now`` is in seconds since the epoch, by default the present;
    ``configuration`` is that of a tenant, by default the site's.
    """
    contract = SERVICES[service].contract
    try:
        if len(token) > MAX_TOKEN_LENGTH:
            raise ValueError(f"more than {MAX_TOKEN_LENGTH} characters")
        parts = jwt.PyJWS().decode_complete(token, options=_UNVERIFIED)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        hint = (
            "Copy the whole token and nothing else: the value of 'token' in the endpoint's answer. If it is whole, "
            "let a JWT library sign it, with a header that has 'alg' and 'typ'."
        )
        return Report(service, (Verdict("form", _FORM, f"{type(error).__name__}: {printable(error)}", False, hint),))
    config, fault = _find_config(configuration or conf.read(), service)
    signature, key = _judge_signature(token, config, fault)
    verdicts = [Verdict("form", _FORM, "such a token", True), _judge_algorithm(parts["header"], contract), signature]
    try:
        claims = parse_payload(parts["payload"])
    except InvalidToken as error:
        hint = "Sign the claims as one JSON object."
        verdicts.append(Verdict("payload", "a JSON object of claims", str(error), False, hint))
        claims = {}
    else:
        audience = None if config is None else config.audience
        verdicts += judge_claims(claims, contract, audience, time.time() if now is None else now)
    return Report(service, tuple(verdicts), _showable(parts["header"]), _showable(claims), key)


def judge_claims(claims: Mapping[str, Any], contract: Contract, audience: str | None, now: float) -> Iterator[Verdict]:
    """Judge claims by each rule of the contract, with 60 s of clock skew, and add hints and times in words."""
    for verdict in contract.verdicts(claims, audience=audience, now=now, leeway=CLOCK_SKEW):
        moment = time_in_words(verdict.subject, claims.get(verdict.subject), now)
        found = verdict.found if moment is None else f"{verdict.found}, that is {moment}"
        hint = _HINTS.get(verdict.subject, "Let get_claims() of the claim mapper return what is wanted.")
        yield verdict._replace(found=found, hint="" if verdict.accepted else hint)


def time_in_words(claim: str, value: Any, now: float) -> str | None:
    """Return when a claim's time is, in UTC and relative to ``now``, or None for a claim that is not a time."""
    if claim not in TIME_CLAIMS or not is_time(value):
        return None
    moment = datetime.fromtimestamp(value, timezone.utc)
    away = round(abs(value - now))
    length = f"{away} second{'' if away == 1 else 's'}" if away < 60 else _length_between(moment, now)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC, " + (f"in {length}" if value > now else f"{length} ago")


def default_service(configuration: Configuration) -> str:
    """Return the service that is meant where none is named: Tiny Drive, otherwise the first configured one."""
    configured = configuration.services
    return DEFAULT_SERVICE if DEFAULT_SERVICE in configured else next(iter(configured), DEFAULT_SERVICE)


def guess_service(
    token: str, *, now: float | None = None, configuration: Configuration | None = None
) -> tuple[str, str]:
    """Return the service whose contract the token fits best, and a note where others fit as well."""
    now = time.time() if now is None else now
    header, claims = _unverified(token)
    configuration = configuration or conf.read()
    configured = configuration.services
    scores = {
        service: _score(service, configured.get(service), header, claims, now) for service in configured or SERVICES
    }
    best = [service for service, score in scores.items() if score == max(scores.values())]
    if len(best) == 1:
        return best[0], ""
    if len({SERVICES[service].contract for service in best}) == 1:
        note = f"The token is judged as one for {best[0]}. --service names another service with the same contract: "
        return best[0], f"{note}{', '.join(best[1:])}."
    default = default_service(configuration)
    return (
        default,
        f"The token does not say its service. It is judged as one for {default}; see --service.",
    )


def _length_between(moment: datetime, now: float) -> str:
    present = datetime.fromtimestamp(now, timezone.utc)
    # In English whatever the site's language, as the rest of the sentence is.
    with translation.override("en"):
        return timesince(min(moment, present), max(moment, present)).replace("\xa0", " ")


def _unverified(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    try:
        parts = jwt.PyJWS().decode_complete(token, options=_UNVERIFIED)
        return parts["header"], parse_payload(parts["payload"])
    except (jwt.PyJWTError, InvalidToken, ValueError, RecursionError):
        return {}, {}


def _score(
    service: str, config: ServiceConfig | None, header: Mapping[str, Any], claims: Mapping[str, Any], now: float
) -> int:
    """Count the rules that the token keeps, less those that it breaks; its algorithm counts twice."""
    contract = SERVICES[service].contract
    verdicts = contract.verdicts(claims, audience=None if config is None else config.audience, now=now)
    return sum(1 if verdict.accepted else -1 for verdict in verdicts) + 2 * (header.get("alg") in contract.algorithms)


def _find_config(configuration: Configuration, service: str) -> tuple[ServiceConfig | None, str]:
    try:
        return configuration.require(service), ""
    except ImproperlyConfigured as error:
        return None, str(error)


def _judge_algorithm(header: Mapping[str, Any], contract: Contract) -> Verdict:
    algorithm = header.get("alg")
    accepted = algorithm in contract.algorithms
    hint = f"Sign with {contract.algorithms[0]}: the service accepts no algorithms but these."
    wanted = f"one of: {', '.join(contract.algorithms)}"
    return Verdict("alg", wanted, describe(algorithm), accepted, "" if accepted else hint)


def _judge_signature(token: str | bytes, config: ServiceConfig | None, fault: str) -> tuple[Verdict, str | None]:
    wanted = "made with a key of this site"
    try:
        if config is None:
            raise SigningKeyError(fault)
        key = verify_signature(token, config)[1]
    except (SigningKeyError, ImproperlyConfigured) as error:
        hint = "Run manage.py tinymce_jwt doctor, which says what is wrong with the key or the settings."
        found = f"not verified, because there is no key to verify it with: {error}"
        return Verdict("signature", wanted, found, False, hint), None
    except InvalidToken as error:
        hint = (
            "Sign with this site's private key. A token from another site must be verified there. If this site's "
            "key was replaced, keep the old public key in PUBLIC_KEY_PATH until its tokens have expired."
        )
        return Verdict("signature", wanted, f"not verified: {error}", False, hint), None
    name = None if isinstance(key, Secret) else fingerprint(key)
    found = "made with API_SECRET" if name is None else f"made with the key whose public half has the SHA-256 {name}"
    return Verdict("signature", wanted, found, True), name


def _showable(values: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        printable(name): value if _is_plain(value) and len(json.dumps(value, indent=2)) <= MAX_SIZE else "(not shown)"
        for name, value in islice(values.items(), MAX_CLAIMS)
    }
    left_out = len(values) - MAX_CLAIMS
    return shown if left_out <= 0 else {**shown, "...": f"{left_out} more are not shown"}


def _is_plain(value: Any) -> bool:
    """Whether the value is finite, and not nested so deeply that writing it would fail."""
    level = [value]
    for _ in range(MAX_DEPTH):
        if any(isinstance(item, float) and not math.isfinite(item) for item in level):
            return False
        level = [
            child
            for parent in level
            if isinstance(parent, (dict, list))
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    return not level
