"""The whole way once: settings, key, pair, clock, the site around the endpoint, and a token for each service."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage

from .. import checks
from ..conf import KeySource, ServiceConfig, read
from ..exceptions import SigningKeyError
from ..tokens import CLOCK_SKEW, issue_token, verify_token
from .diagnosis import Diagnosis, note, ok, warning, wrong
from .key_pairs import KeyFacts, describe
from .site_checks import cookies, cors, endpoints, middleware
from .users import failure_text, refusal_reason

# Where the doctor shows what a system check finds; all that are not named here are about the settings.
_AREAS: dict[Callable[..., list[CheckMessage]], str] = {
    checks.check_keys: "key",
    checks.check_key_files: "key",
    checks.check_urls: "URLs",
}


def examine(user: Any = None) -> Iterator[Diagnosis]:
    """Look at everything between the settings and a token; with a user, issue and verify one for each service."""
    yield from _settings()
    yield from _keys()
    yield from _clock()
    yield from _urls()
    yield from middleware()
    yield from cookies()
    yield from cors()
    for config in read().services.values():
        yield _token(user, config)


def _from_checks(area: str) -> Iterator[Diagnosis]:
    for check in checks.ALL:
        if _AREAS.get(check, "settings") != area:
            continue
        try:
            messages = [message for message in check() if not message.is_silenced()]
        except Exception as error:  # whatever the site's own modules raise while they are imported
            yield wrong(
                area, f"The site's own code fails: {failure_text(error)}", "Mend it; manage.py check shows where."
            )
            continue
        for message in messages:
            say = wrong if message.is_serious() else warning
            yield say(area, f"{message.msg} ({message.id})", message.hint or "")


def _settings() -> Iterator[Diagnosis]:
    yield from _from_checks("settings")
    services = ", ".join(read().services)
    if services:
        yield ok("settings", f"TINYMCE_JWT can be used for: {services}.")
    else:
        yield wrong("settings", "TINYMCE_JWT can be used for no service.", "Mend what is said above.")


def _keys() -> Iterator[Diagnosis]:
    yield from _from_checks("key")
    sources: dict[KeySource, list[str]] = {}
    for config in read().services.values():
        sources.setdefault(config.keys, []).append(config.service.id)
    for source, services in sources.items():
        try:
            facts = describe(source)
        except SigningKeyError:
            continue  # The checks have said so.
        yield from _pair(facts, source, ", ".join(services))


def _pair(facts: KeyFacts, source: KeySource, services: str) -> Iterator[Diagnosis]:
    private = facts.private
    if facts.secret_bytes is not None:
        yield ok("key", f"{services}: API_SECRET has {facts.secret_bytes} bytes ({facts.algorithm}).")
        return
    if private is None:
        yield note("pair", f"{services}: there is a public key alone, so tokens are verified and none is issued.")
        return
    mode = "" if private.mode is None else f", mode {private.mode}"
    yield ok("key", f"{services}: RSA, {private.bits} bits, {private.form}, from {private.origin}{mode}.")
    if source.has_public:
        yield ok("pair", f"{services}: the private key belongs to the public key of the settings.")
    else:
        yield note("pair", f"{services}: the public key is derived from the private one, for none is in the settings.")
    text = "Whether Tiny's portal has this public key cannot be seen from here; compare it there"
    yield note("pair", f"{text} (manage.py tinymce_jwt keys public). Its SHA-256 is {private.fingerprint}.")


def _urls() -> Iterator[Diagnosis]:
    found = list(_from_checks("URLs"))
    yield from found
    if all(diagnosis.state != "wrong" for diagnosis in found):
        yield from endpoints()


def _clock() -> Iterator[Diagnosis]:
    paths = {config.keys.private_path for config in read().services.values()}
    newest = max((Path(__file__), *filter(None, paths)), key=_written)
    now = time.time()
    if now < _written(newest) - CLOCK_SKEW:
        text = f"The clock says {_utc(now)}, which is before {newest} was written ({_utc(_written(newest))})."
        yield wrong("clock", text, "Set the clock: timedatectl, chronyc or ntpq tell how it is kept.")
    else:
        text = f"The clock says {_utc(now)}, and no key file is newer."
        yield ok("clock", f"{text} Whether that is right to the minute cannot be told without another clock.")


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # The checks say what is wrong with the file.


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _token(user: Any, config: ServiceConfig) -> Diagnosis:
    service = config.service.id
    if user is None:
        return note("token", f"{service}: none was tried. Name a user to try the claim mapper: --user NAME.")
    try:
        reason = refusal_reason(user, config)
        verify_token(issue_token(user, service), service)
    except Exception as error:  # whatever the site's claim mapper raises
        mend = f"Look closer: manage.py tinymce_jwt token {user.pk} --service {service} --traceback"
        return wrong("token", f"{service}: {failure_text(error)}", mend)
    if reason is not None:
        return warning("token", f"{service}: the endpoint would refuse. {reason}", "Or try another user.")
    return ok("token", f"{service}: a token for {user.get_username()} was issued and verified.")
