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
from django.core.management import CommandError
from django.core.management.base import OutputWrapper

from ..conf import get_service_config, read
from ..signers.local import fingerprint
from ..diagnostics import doctor as doctors
from ..diagnostics import key_pairs as keyfiles
from ..diagnostics.guesses import default_service, guess_service
from ..diagnostics.explain import explain
from ..diagnostics.times import TIME_CLAIMS, time_in_words
from ..diagnostics.users import claims_of, failure_text, find_user, refusal_reason
from ..tokens import MAX_TOKEN_LENGTH, issue_token
from .output import diagnosis_lines, key_lines, report_lines


class Outcome(NamedTuple):
    """What a subcommand found: lines for people, facts for scripts, asides for stderr, and what is wrong."""

    lines: Iterable[str]
    facts: Any
    asides: tuple[str, ...] = ()
    failure: str = ""


def generate_keys(*, path: Path | None, bits: int, service: str | None, **_: Any) -> Outcome:
    config = read().services.get(service or default_service())
    named = None if config is None else config.keys.private_path
    passphrase = None if config is None else config.keys.passphrase
    path = path or named
    if path is None:
        text = "Name the file, for the settings lead to none: manage.py tinymce_jwt keys generate secrets/tiny.pem"
        raise CommandError(text, returncode=2)
    path = path.absolute()
    if path.is_dir():
        raise CommandError(f"{path} is a folder. Name a file in it.")
    try:
        key = keyfiles.generate(path, bits, passphrase)
    except FileExistsError as error:
        text = f"{error.filename} exists already, and nothing is ever overwritten. Name another file."
        raise CommandError(text) from error
    except OSError as error:
        raise CommandError(f"{error.filename or path} cannot be written: {error.strerror}.") from error
    facts = {
        "private_key": str(path),
        "public_key": str(keyfiles.public_path(path)),
        "bits": bits,
        **_public_facts(key),
    }
    return Outcome(_generated(path, key, named, passphrase is not None), facts)


def public_key(*, service: str | None, **_: Any) -> Outcome:
    service = service or default_service()
    key = keyfiles.public_key_in_use(get_service_config(service).keys)
    return Outcome(_public_lines(key), {"service": service, "bits": key.key_size, **_public_facts(key)})


def inspect_keys(*, service: str | None, **_: Any) -> Outcome:
    service = service or default_service()
    facts = keyfiles.describe(get_service_config(service).keys)
    return Outcome(key_lines(service, facts), {"service": service, **asdict(facts)})


def token(*, user: str, service: str | None, claims: bool, **_: Any) -> Outcome:
    config = get_service_config(service or default_service())
    found = _user(user)
    try:
        reason = refusal_reason(found, config)
        asides = () if reason is None else (f"The endpoint would refuse. {reason}",)
        if claims:
            shown = claims_of(found, config)
            return Outcome([json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False)], shown, asides)
        text = issue_token(found, config.service.id)
        return Outcome([text], {"token": text}, asides)
    except Exception as error:  # whatever the site's claim mapper raises
        raise CommandError(f"{failure_text(error)}\nWith --traceback you see where.") from error


def verify(*, token: str, service: str | None, stderr: OutputWrapper, **_: Any) -> Outcome:
    text = _token_in(_standard_input(stderr) if token == "-" else token)
    if not text:
        raise CommandError("There is no token to explain. One of this site's: manage.py tinymce_jwt token USER")
    note = ""
    if service is None:
        service, note = guess_service(text)
    report = explain(text, service)
    times = {name: time_in_words(name, report.claims.get(name), time.time()) for name in TIME_CLAIMS}
    facts = {"accepted": report.accepted, "times": {name: words for name, words in times.items() if words}}
    broken = sum(not verdict.kept for verdict in report.verdicts)
    failure = "" if report.accepted else f"The token would be refused: {_counted(broken, 'rule')} not kept."
    lines = [*report_lines(report), *(["The token would be accepted."] if report.accepted else [])]
    return Outcome(lines, {**facts, **asdict(report)}, (note,) if note else (), failure)


def doctor(*, user: str | None, **_: Any) -> Outcome:
    found = list(doctors.examine(None if user is None else _user(user)))
    faults = sum(diagnosis.state == "wrong" for diagnosis in found)
    warnings = sum(diagnosis.state == "warning" for diagnosis in found)
    conclusion = f"Nothing is wrong; {_counted(warnings, 'warning')} above." if warnings else "Nothing is wrong."
    lines = [*diagnosis_lines(found), *([] if faults else [conclusion])]
    facts = {"ok": not faults, "findings": [asdict(diagnosis) for diagnosis in found]}
    return Outcome(lines, facts, failure=f"{_counted(faults, 'thing')} wrong." if faults else "")


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
    # Some room for what may stand around the token; not all of what may never end.
    return sys.stdin.buffer.read(2 * MAX_TOKEN_LENGTH).decode("utf-8-sig", errors="replace")


def _token_in(text: str) -> str:
    """The token in what people have at hand: in quotes, in an ``Authorization`` header, in the endpoint's answer."""
    text = text.strip().strip("\"'").removeprefix("Authorization:").strip().removeprefix("Bearer ").strip()
    try:
        answer = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        answer = None
    return str(answer.get("token", text)) if isinstance(answer, dict) else text


def _public_facts(key: RSAPublicKey) -> dict[str, str]:
    return {
        "fingerprint": fingerprint(key),
        "pem": keyfiles.pem(key).decode(),
        "portal_line": keyfiles.portal_line(key),
    }


def _public_lines(key: RSAPublicKey) -> Iterator[str]:
    yield f"The public key, as PEM:\n\n{keyfiles.pem(key).decode()}"
    yield "The same as the one line that Tiny's portal takes (My Account, JWT Keys, Import Public Key):\n"
    yield f"{keyfiles.portal_line(key)}\n"


def _generated(path: Path, key: RSAPublicKey, named: Path | None, encrypted: bool) -> Iterator[str]:
    how = ", encrypted with PRIVATE_KEY_PASSPHRASE" if encrypted else ""
    yield f"Created the private key  {path} (mode 600{how})"
    yield f"and its public half      {keyfiles.public_path(path)}\n"
    yield from _public_lines(key)
    yield "Next:"
    yield f"  1. Keep the private key out of version control{_for_git(path)}."
    if named is None:
        yield f'  2. In the settings: TINYMCE_JWT = {{"PRIVATE_KEY_PATH": {_as_python(path)}}}'
    elif named.absolute() == path:
        yield "  2. The settings name this file already: nothing to do."
    else:
        yield f"  2. The key in use is {named}: import this public key (3) before you move this pair over that one."
    yield "  3. In Tiny's portal: import the one line from above."
    yield "  4. See whether all is well: manage.py tinymce_jwt doctor"


def _for_git(path: Path) -> str:
    # The file and not its folder, which may hold the site too.
    name = os.path.relpath(path)
    return "" if name.startswith("..") else f" (for git: echo {shlex.quote(name)} >> .gitignore)"


def _as_python(path: Path) -> str:
    base = getattr(settings, "BASE_DIR", None)
    if isinstance(base, Path) and path.is_relative_to(base):
        return " / ".join(["BASE_DIR", *map(json.dumps, path.relative_to(base).parts)])
    return json.dumps(str(path))
