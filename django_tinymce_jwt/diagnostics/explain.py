"""A token explained as data: header, claims, and each rule with its verdict and what to do about it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from django.core.exceptions import ImproperlyConfigured

from ..conf import ServiceConfig, get_service_config
from ..rules import Contract, shown
from ..exceptions import SigningKeyError
from ..signers.local import fingerprint, get_verification_keys
from ..signers.pem import Secret
from ..conf.defaults import DEFAULT_SERVICE
from ..services import ROOT_CLAIM, SERVICES
from ..tokens import CLOCK_SKEW, MAX_TOKEN_LENGTH
from .times import time_in_words

MAX_DEPTH = 20  # of claims that are shown

_JWS = jwt.PyJWS()
_UNVERIFIED: Any = {"verify_signature": False}
_FORM = "three parts of base64url with dots between them, the first a JSON object"
_CLOCK = "Set the clock of the machine that signs, and stamp whole seconds, UTC."
# What to do about a claim that breaks a rule, for those who have a claim mapper and for those who have not.
_MENDS = {
    "sub": "Let get_sub() of the claim mapper return text that is this user's alone, such as str(user.pk).",
    "name": "Let get_name() of the claim mapper return the user's name as text.",
    ROOT_CLAIM: "Let get_root() of the claim mapper make the path of values that cannot be '..' (a primary key).",
    "aud": "Set API_KEY (the cloud) or ENVIRONMENT_ID (on premises): 'aud' is stamped from it.",
    "iat": _CLOCK,
    "nbf": f"{_CLOCK} Or leave 'nbf' out: it is optional.",
    "exp": f"Ask for a new token. If this one is new: {_CLOCK[0].lower()}{_CLOCK[1:]} Keep LIFETIME within the limits.",
    "auth.ai.permissions": "Let get_permissions() of the claim mapper return a list of such strings.",
    "user.name": "Let get_name() of the claim mapper return text, or None to leave it out.",
    "user.email": "Let get_email() of the claim mapper return text, or None to leave it out.",
}


@dataclass(frozen=True)
class Verdict:
    """One rule, what was found, and whether that keeps the rule; ``mend`` is empty if it does."""

    subject: str
    wanted: str
    found: str
    kept: bool
    mend: str = ""


@dataclass(frozen=True)
class Report:
    """All that is to tell of a token.

    ``header`` and ``claims`` are what the token says, be it true or not. ``fingerprint`` is that of
    the public key that the signature was verified with, if there is one.
    """

    service: str
    verdicts: tuple[Verdict, ...]
    header: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the service would accept the token, as ``verify_token`` does."""
        return all(verdict.kept for verdict in self.verdicts)


def explain(token: str | bytes, service: str = DEFAULT_SERVICE) -> Report:
    """Judge a token of this site, or from elsewhere, by the contract of a service of Tiny's. Never raises.

    The service need not be configured: without a key and an audience their rules are not kept, and
    the others are judged all the same.
    """
    contract = SERVICES[service].contract
    try:
        if len(token) > MAX_TOKEN_LENGTH:
            raise ValueError(f"more than {MAX_TOKEN_LENGTH} characters")
        parts = _JWS.decode_complete(token, options=_UNVERIFIED)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        mend = (
            "Copy the whole token and nothing else: the value of 'token' in the endpoint's answer. If it is whole, "
            "let a JWT library sign it, with a header of 'alg' and 'typ'."
        )
        return Report(service, (Verdict("form", _FORM, f"{type(error).__name__}: {error}", False, mend),))
    config, fault = _find_config(service)
    signature, key = _judge_signature(token, contract, config, fault)
    verdicts = [Verdict("form", _FORM, "such a token", True), _judge_algorithm(parts["header"], contract), signature]
    claims: Any = _parsed(parts["payload"])
    if isinstance(claims, dict):
        verdicts += judge_claims(claims, contract, config.audience if config else None)
    else:
        mend = "Sign the claims as one JSON object."
        verdicts.append(Verdict("payload", "a JSON object of claims", claims, False, mend))
        claims = {}
    return Report(service, tuple(verdicts), _showable(parts["header"]), _showable(claims), key)


def judge_claims(claims: Mapping[str, Any], contract: Contract, audience: str | None) -> Iterator[Verdict]:
    """Judge claims by each rule of the contract, with 60 s of clock skew; of each claim up to the first it breaks."""
    now = time.time()
    for finding in contract.findings(claims, audience=audience, now=now, leeway=CLOCK_SKEW):
        found = shown(finding.value)
        if (moment := time_in_words(finding.claim, finding.value, now)) is not None:
            found = f"{found}, that is {moment}"
        mend = _MENDS.get(finding.claim, "Let get_claims() of the claim mapper return what is wanted.")
        yield Verdict(finding.claim, finding.wanted, found, finding.accepted, "" if finding.accepted else mend)


def _find_config(service: str) -> tuple[ServiceConfig | None, str]:
    try:
        return get_service_config(service), ""
    except ImproperlyConfigured as error:
        return None, str(error)


def _judge_algorithm(header: Mapping[str, Any], contract: Contract) -> Verdict:
    algorithm = header.get("alg")
    wanted = f"one of: {', '.join(contract.algorithms)}"
    if algorithm in contract.algorithms:
        return Verdict("alg", wanted, shown(algorithm), True)
    mend = f"Sign with {contract.algorithms[0]}: the service takes no other algorithms than these."
    return Verdict("alg", wanted, shown(algorithm), False, mend)


def _judge_signature(
    token: str | bytes, contract: Contract, config: ServiceConfig | None, fault: str
) -> tuple[Verdict, str | None]:
    wanted = "made with a key of this site"
    mend = (
        "Sign with this site's private key. If the token is from another site, it must be verified there; if this "
        "site's key was replaced, add the old public key to PUBLIC_KEY_PATH for as long as its tokens live."
    )
    try:
        keys = get_verification_keys(config.keys) if config else ()
    except SigningKeyError as error:
        keys, fault = (), str(error)
    if fault:
        mend = "Run manage.py tinymce_jwt doctor, which says what is wrong with the key or the settings."
        return Verdict("signature", wanted, f"not verified, for want of a key: {fault}", False, mend), None
    for key in keys:
        try:
            _JWS.decode(token, key, contract.algorithms)
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            return Verdict("signature", wanted, f"not verified: {error}", False, mend), None
        name = None if isinstance(key, Secret) else fingerprint(key)
        found = "made with API_SECRET" if name is None else f"made with the key whose public half is SHA-256 {name}"
        return Verdict("signature", wanted, found, True), name
    found = "made with another key, or the token was changed afterwards"
    return Verdict("signature", wanted, found, False, mend), None


def _parsed(payload: bytes) -> Any:
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError) as error:
        return f"{type(error).__name__}: {error}"
    return claims if isinstance(claims, dict) else shown(claims)


def _showable(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if _is_plain(value) else "(not shown)" for name, value in values.items()}


def _is_plain(value: Any) -> bool:
    """Whether the value is finite, and not nested so deeply that to write it would fail."""
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
