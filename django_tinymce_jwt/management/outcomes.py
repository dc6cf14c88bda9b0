"""What the subcommands of ``manage.py tinymce_jwt`` do, without the command line."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings
from django.core.exceptions import DisallowedHost, ImproperlyConfigured
from django.core.management import CommandError
from django.core.management.base import OutputWrapper

from .. import conf
from ..conf import Configuration, ServiceConfig
from ..conf.validation import ERROR
from ..diagnostics import doctor as doctors
from ..diagnostics import key_pairs
from ..diagnostics.explain import TIME_CLAIMS, default_service, explain, guess_service, time_in_words
from ..diagnostics.findings import failure_text
from ..diagnostics.urls_cookies_cors import request_to
from ..diagnostics.users import find_user
from ..display import error_text, printable
from ..endpoint import refusal_reason
from ..signers.base import fingerprint
from ..tokens import MAX_TOKEN_LENGTH, check_contract, issue, stamped_claims_of
from .output import finding_lines, key_lines, report_lines

STANDARD_INPUT = "-"  # in place of a token


class Outcome(NamedTuple):
    """What a subcommand found: lines for people, facts for scripts, notes for stderr, and what is wrong."""

    lines: Iterable[str]
    facts: Any
    notes: tuple[str, ...] = ()
    failure: str = ""


def generate_keys(*, path: Path | None, bits: int, service: str | None, host: str | None, **_: Any) -> Outcome:
    found = _configuration(host)
    config = _config_of_new_key(found, service or default_service(found))
    named = None if config is None else config.key.private_path
    passphrase = None if config is None else config.key.passphrase
    path = path or named
    if path is None:
        text = "The settings name no file. Name one: manage.py tinymce_jwt keys generate secrets/tiny.pem"
        raise CommandError(text, returncode=2)
    path = path.absolute()
    if path.is_dir():
        raise CommandError(f"{path} is a folder. Name a file in it.")
    try:
        key = key_pairs.generate(path, bits, passphrase)
    except FileExistsError as error:
        text = f"{error.filename} exists already, and this command never overwrites a file. Name another file."
        raise CommandError(text) from error
    except OSError as error:
        raise CommandError(f"{error.filename or path} cannot be written: {error.strerror}.") from error
    facts = {
        "private_key": str(path),
        "public_key": str(key_pairs.public_path(path)),
        "bits": bits,
        **_public_facts(key),
    }
    return Outcome(_generated(path, key, named, passphrase is not None), facts)


def _configuration(host: str | None) -> Configuration:
    """Return the settings of the site, or of the tenant whose host it is."""
    if host is None:
        return conf.read()
    if not host:
        raise CommandError("--host is empty. Name the host of a tenant, without scheme and path.", returncode=2)
    try:
        request = request_to(host)
        request.get_host()
    except DisallowedHost as error:
        raise CommandError(f"The site does not allow the host: {printable(error)}") from error
    except Exception as error:  # whatever the site's own middleware raises while it is loaded
        raise CommandError(f"The site cannot be asked: {error_text(error)}") from error
    configuration = conf.read(request)
    if configuration.error is not None:
        text = f"TENANT_SETTINGS has no settings for {host!r}: {error_text(configuration.error)} Is it a tenant's host?"
        raise CommandError(text) from configuration.error
    return configuration


def _config_of_new_key(found: Configuration, service: str) -> ServiceConfig | None:
    """Return the settings of the service; None where they only lack values, such as this key.

    Raises ``ImproperlyConfigured`` where they are wrong, because a key must not be weaker than they say.
    """
    faults = [fault for fault in found.faults if fault.stops]
    if service in found.services or not (found.has_passphrase or any(fault.severity == ERROR for fault in faults)):
        return found.services.get(service)
    if faults:
        raise ImproperlyConfigured("\n".join(map(str, faults)))
    return found.require(service)


def public_key(*, service: str | None, host: str | None, **_: Any) -> Outcome:
    configuration = _configuration(host)
    service = service or default_service(configuration)
    key = key_pairs.public_key_in_use(configuration.require(service).key)
    return Outcome(_public_lines(key), {"service": service, "bits": key.key_size, **_public_facts(key)})


def inspect_keys(*, service: str | None, host: str | None, **_: Any) -> Outcome:
    configuration = _configuration(host)
    service = service or default_service(configuration)
    facts = key_pairs.describe_keys(configuration.require(service).key)
    return Outcome(key_lines(service, facts), {"service": service, **asdict(facts)})


def token(*, user: str, service: str | None, claims: bool, host: str | None, **_: Any) -> Outcome:
    configuration = _configuration(host)
    config = configuration.require(service or default_service(configuration))
    found = _user(user)
    try:
        reason = refusal_reason(found, config.required_permission)
        notes = () if reason is None else (f"The endpoint would refuse. {reason}",)
        if claims:
            shown = stamped_claims_of(found, config)
            check_contract(shown, config)
            return Outcome([json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False)], shown, notes)
        text = issue(found, config)
        return Outcome([text], {"token": text}, notes)
    except Exception as error:  # whatever the site's claim mapper raises
        raise CommandError(f"{failure_text(error)}\nWith --traceback you see where.") from error


def verify(*, token: str, service: str | None, host: str | None, stderr: OutputWrapper, **_: Any) -> Outcome:
    configuration = _configuration(host)
    text = _token_in(_standard_input(stderr) if token == STANDARD_INPUT else token)
    if not text:
        raise CommandError("There is no token to explain. To get one: manage.py tinymce_jwt token USER")
    now, note = time.time(), ""
    if service is None:
        service, note = guess_service(text, now=now, configuration=configuration)
    report = explain(text, service, now=now, configuration=configuration)
    times = {name: time_in_words(name, report.claims.get(name), now) for name in TIME_CLAIMS}
    facts = {
        "accepted": report.accepted,
        "times": {name: words for name, words in times.items() if words},
        **vars(report),
        "verdicts": [verdict._asdict() for verdict in report.verdicts],
    }
    broken = sum(not verdict.accepted for verdict in report.verdicts)
    failure = "" if report.accepted else f"The service would refuse the token: {_counted(broken, 'rule')} broken."
    lines = [*report_lines(report, now), *(["The service would accept the token."] if report.accepted else [])]
    return Outcome(lines, facts, (note,) if note else (), failure)


def doctor(*, user: str | None, origin: str | None, host: str | None, **_: Any) -> Outcome:
    configuration = _configuration(host)
    found = list(doctors.examine(configuration, None if user is None else _user(user), origin, host))
    errors = sum(finding.state == "error" for finding in found)
    warnings = sum(finding.state == "warning" for finding in found)
    conclusion = f"Nothing is wrong; {_counted(warnings, 'warning')} shown above." if warnings else "Nothing is wrong."
    lines = [*finding_lines(found), *([] if errors else [conclusion])]
    facts = {"ok": not errors, "findings": [finding._asdict() for finding in found]}
    return Outcome(lines, facts, failure=f"{_counted(errors, 'thing')} wrong." if errors else "")


def _user(name: str) -> Any:
    user = find_user(name)
    if user is None:
        text = f"No user has the username or the primary key {name!r}. (manage.py createsuperuser makes one.)"
        raise CommandError(text)
    return user


def _counted(number: int, noun: str) -> str:
    return f"1 {noun} is" if number == 1 else f"{number} {noun}s are"


def _standard_input(stderr: OutputWrapper) -> str:
    if sys.stdin is None:  # closed, as some schedulers start their jobs
        return ""
    if sys.stdin.isatty():
        stderr.write("Paste the token and press Enter, then Ctrl-D (on Windows Ctrl-Z and Enter).")
    # Room for what may surround the token, and a limit for input that never ends.
    return sys.stdin.buffer.read(2 * MAX_TOKEN_LENGTH).decode("utf-8-sig", errors="replace")


def _token_in(text: str) -> str:
    """Return the token in what people paste: in quotes, an ``Authorization`` header, or the endpoint's answer."""
    text = text.strip().strip("\"'").removeprefix("Authorization:").strip().removeprefix("Bearer ").strip()
    try:
        answer = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        answer = None
    return str(answer.get("token", text)) if isinstance(answer, dict) else text


def _public_facts(key: RSAPublicKey) -> dict[str, str]:
    return {
        "fingerprint": fingerprint(key),
        "pem": key_pairs.pem(key).decode(),
        "portal_line": key_pairs.portal_line(key),
    }


def _public_lines(key: RSAPublicKey) -> Iterator[str]:
    yield f"The public key, as PEM:\n\n{key_pairs.pem(key).decode()}"
    yield "The same key on one line, as Tiny's portal imports it (My Account, JWT Keys, Import Public Key):\n"
    yield f"{key_pairs.portal_line(key)}\n"


def _generated(path: Path, key: RSAPublicKey, named: Path | None, encrypted: bool) -> Iterator[str]:
    how = ", encrypted with PRIVATE_KEY_PASSPHRASE" if encrypted else ""
    yield f"Created the private key  {path} (mode 600{how})"
    yield f"and its public half      {key_pairs.public_path(path)}\n"
    yield from _public_lines(key)
    yield "Next:"
    yield f"  1. Keep the private key out of version control{_for_git(path)}."
    if named is None:
        yield f'  2. In the settings: TINYMCE_JWT = {{"PRIVATE_KEY_PATH": {_as_python(path)}}}'
    elif named.absolute() == path:
        yield "  2. The settings already name this file: nothing to do."
    else:
        yield f"  2. The key in use is {named}: import this public key (3) before this pair replaces that one."
    yield "  3. In Tiny's portal: import the line above."
    yield "  4. Check everything: manage.py tinymce_jwt doctor"


def _for_git(path: Path) -> str:
    # The folder, which will hold the next key too, unless it holds more than keys.
    folder = path.parent
    holds_keys_only = folder != Path.cwd() and all(file.suffix == ".pem" for file in folder.iterdir())
    name = f"{os.path.relpath(folder)}/" if holds_keys_only else os.path.relpath(path)
    return "" if name.startswith("..") else f" (for git: echo {shlex.quote(name)} >> .gitignore)"


def _as_python(path: Path) -> str:
    base = getattr(settings, "BASE_DIR", None)
    if isinstance(base, Path) and path.is_relative_to(base):
        return " / ".join(["BASE_DIR", *map(json.dumps, path.relative_to(base).parts)])
    return json.dumps(str(path))
