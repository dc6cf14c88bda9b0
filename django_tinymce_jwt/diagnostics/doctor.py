"""Checks everything end to end: settings, keys, clock, the site around the endpoint, and a token for each service."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jwt
from django.core.checks import INFO, CheckMessage
from django.core.exceptions import ImproperlyConfigured

from .. import checks
from ..claims import TinyDriveClaims, get_claim_mapper_class
from ..conf import Configuration, ServiceConfig
from ..conf.validation import MISSING_KEY
from ..display import printable
from ..endpoint import refusal_reason
from ..exceptions import SigningKeyError
from ..signers import get_signing_key
from ..signers.key_source import KeySource
from ..tokens import CLOCK_SKEW, issue, verify
from . import urls_cookies_cors
from .findings import Finding, State, error, failure_text, info, ok, warning
from .key_pairs import KeyFacts, describe_keys

# The areas that the findings of the system checks belong to; those not named here are about the settings.
_AREAS: dict[Callable[..., list[CheckMessage]], str] = {
    checks.check_keys: "key",
    checks.check_key_files: "key",
    checks.check_urls: "URLs",
}


def examine(
    configuration: Configuration, user: Any = None, origin: str | None = None, host: str | None = None
) -> Iterator[Finding]:
    """Check everything from the settings to a token; with a user, issue and verify one for each service.

    ``configuration`` is the site's, or that of the tenant whose host is given.
    """
    yield from _settings(configuration)
    yield from _keys(configuration)
    yield from _clock(configuration, time.time())
    yield from _urls(configuration, host)
    yield from urls_cookies_cors.middleware()
    yield from urls_cookies_cors.cookies()
    yield from urls_cookies_cors.cors()
    if origin is not None:
        yield from urls_cookies_cors.origin(origin, configuration.services, host)
    for config in configuration.services.values():
        yield from _claims(config)
        yield _token(user, config, host)


def _from_checks(area: str, configuration: Configuration) -> Iterator[Finding]:
    for check in checks.ALL:
        if _AREAS.get(check, "settings") != area:
            continue
        try:
            messages = [message for message in check(configuration=configuration) if not message.is_silenced()]
        except Exception as failure:  # whatever the site's own modules raise while they are imported
            text = f"The site's own code fails: {failure_text(failure)}"
            yield error(area, text, "Fix it; manage.py check shows where.")
            continue
        for message in messages:
            # No token can be issued without the missing value, so to the doctor it is an error.
            is_missing = message.id == f"{checks.PREFIX}.{MISSING_KEY.id}"
            state: State = "info" if message.level <= INFO else "warning"
            if message.is_serious() or is_missing:
                state = "error"
            yield Finding(area, state, f"{message.msg} ({message.id})", message.hint or "")


def _settings(configuration: Configuration) -> Iterator[Finding]:
    yield from _from_checks("settings", configuration)
    services = ", ".join(configuration.services)
    if services:
        yield ok("settings", f"TINYMCE_JWT can be used for: {services}.")
    elif configuration.tenant_settings is not None:
        yield info("settings", "TINYMCE_JWT alone cannot be used for any service. Name a tenant: --host HOST.")
    else:
        yield error("settings", "TINYMCE_JWT cannot be used for any service.", "Fix what is reported above.")


def _keys(configuration: Configuration) -> Iterator[Finding]:
    yield from _from_checks("key", configuration)
    sources: dict[KeySource, list[str]] = {}
    for config in configuration.services.values():
        sources.setdefault(config.key, []).append(config.service.id)
    for source, names in sources.items():
        services = ", ".join(names)
        try:
            facts = describe_keys(source)
        except (SigningKeyError, ImproperlyConfigured) as failure:
            # The checks report a local key; a remote one is only asked here.
            if source.signer is not None:
                yield error("key", f"{services}: {failure}", "Fix the setting SIGNER, or what it names.")
            continue
        yield from _pair(facts, source, services)
        if source.signer is not None:
            yield _signature(source, services)


def _signature(source: KeySource, services: str) -> Finding:
    """Let a remote signer make one signature, and verify it."""
    try:
        key = get_signing_key(source)
        started = time.perf_counter()
        token = key.sign(b"{}")
        took = (time.perf_counter() - started) * 1000
        jwt.PyJWS().decode(token, key.get_public_key(), [key.algorithm])
    except (SigningKeyError, jwt.PyJWTError) as failure:
        return error("key", f"{services}: the signer made no valid signature: {failure}", "Check the key in its vault.")
    version = key.signer.key_version
    of_key = f" with the key {version}" if version else ""
    return ok("key", f"{services}: the signer made a valid {key.algorithm} signature{of_key} in {took:.0f} ms.")


def _pair(facts: KeyFacts, source: KeySource, services: str) -> Iterator[Finding]:
    private = facts.private
    if facts.secret_bytes is not None:
        yield ok("key", f"{services}: API_SECRET has {facts.secret_bytes} bytes ({facts.algorithm}).")
        return
    if private is None:
        yield info("pair", f"{services}: there is only a public key, so tokens are verified and none is issued.")
        return
    form = "" if private.form is None else f", {private.form}"
    mode = "" if private.mode is None else f", mode {private.mode}"
    yield ok("key", f"{services}: RSA, {private.bits} bits{form}, from {private.origin}{mode}.")
    if not source.has_public:
        yield info("pair", f"{services}: the settings have no public key, so it is derived from the private key.")
    elif private.fingerprint in {key.fingerprint for key in facts.public}:
        yield ok("pair", f"{services}: the private key belongs to the public key in the settings.")
    else:
        text = f"{services}: the key that signs does not belong to the public key in the settings."
        yield error("pair", text, "Set PUBLIC_KEY_PATH (or PUBLIC_KEY) to its public half, or remove it.")
    text = "Whether Tiny's portal has this public key cannot be checked from here; compare it there"
    yield info("pair", f"{text} (manage.py tinymce_jwt keys public). Its SHA-256 is {private.fingerprint}.")


def _urls(configuration: Configuration, host: str | None) -> Iterator[Finding]:
    found = list(_from_checks("URLs", configuration))
    yield from found
    if all(finding.state != "error" for finding in found):
        yield from urls_cookies_cors.endpoints(configuration.services, host)


def _clock(configuration: Configuration, now: float) -> Iterator[Finding]:
    paths = {config.key.private_path for config in configuration.services.values()}
    newest = max((Path(__file__), *filter(None, paths)), key=_written)
    if now < _written(newest) - CLOCK_SKEW:
        text = f"The clock says {_utc(now)}, which is before {newest} was written ({_utc(_written(newest))})."
        yield error("clock", text, "Set the clock: timedatectl, chronyc or ntpq tell how it is kept.")
    else:
        text = f"The clock says {_utc(now)}, and no key file is newer."
        yield ok("clock", f"{text} Whether it is right to the minute cannot be told without another clock.")


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # The checks say what is wrong with the file.


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _claims(config: ServiceConfig) -> Iterator[Finding]:
    try:
        mapper_class = get_claim_mapper_class(config)
    except ImproperlyConfigured:
        return  # The checks report it.
    if issubclass(mapper_class, TinyDriveClaims) and mapper_class.get_root is TinyDriveClaims.get_root:
        text = "every user with a token sees and may change the whole drive, because the claim mapper has no get_root()"
        yield info("claims", f"{config.service.id}: {text}.")


def _token(user: Any, config: ServiceConfig, host: str | None) -> Finding:
    service = config.service.id
    if user is None:
        return info("token", f"{service}: none was tried. Name a user to try the claim mapper: --user NAME.")
    try:
        reason = refusal_reason(user, config.required_permission)
        verify(issue(user, config), config)
    except Exception as failure:  # whatever the site's claim mapper raises
        of_host = "" if host is None else f" --host {host}"
        command = f"manage.py tinymce_jwt token {printable(user.pk)} --service {service}{of_host} --traceback"
        hint = f"To see where: {command}"
        return error("token", f"{service}: {failure_text(failure)}", hint)
    if reason is not None:
        return warning("token", f"{service}: the endpoint would refuse. {reason}", "Or try another user.")
    return ok("token", f"{service}: a token for {printable(user.get_username())} was issued and verified.")
