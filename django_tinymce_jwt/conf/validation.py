"""What is wrong with the settings: at one level, at the top, in a section, for one service as a whole.

Nothing here raises, and no message holds a secret: `conf` decides what a problem stops, `checks`
shows them all.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..rules import shown
from ..signers.pem import looks_like_key_text
from .defaults import DEFAULT_SERVICE, PRIVATE_KEY_NAMES, PUBLIC_KEY_NAMES, SETTINGS, as_bytes, label, lifetime_seconds
from ..services import SERVICES, Service

MIN_SECRET_BYTES = 32


class Problem(NamedTuple):
    """One thing that is wrong with the settings; ``service`` is None where it is the top level."""

    id: str
    message: str
    hint: str
    service: str | None = None

    @property
    def is_fault(self) -> bool:
        return self.id.startswith("E")

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


def is_known(name: Any) -> bool:
    return isinstance(name, str) and name in SERVICES


def listing_hint() -> str:
    return f"List the service in {label('SERVICES')}; Tiny's services are: {', '.join(SERVICES)}."


def top_level_problems(top: Mapping[str, Any], sections: Mapping[str, Any]) -> Iterator[Problem]:
    algorithm: Any = top.get("ALGORITHM")
    taken = {name for service in sections for name in SERVICES[service].contract.algorithms}
    is_name = SETTINGS["ALGORITHM"].accepts(algorithm) and not _is_key_text(algorithm)
    if taken and is_name and algorithm not in taken:
        message = f"{label('ALGORITHM')} is {algorithm[:20]!r}, which no configured service takes."
        yield Problem("E007", message, f"Make it one of: {', '.join(sorted(taken))}.")
    if top.get("CLAIM_MAPPER") is not None and DEFAULT_SERVICE not in sections:
        message = f"{label('CLAIM_MAPPER')} is the mapper of {DEFAULT_SERVICE} alone, which is not configured."
        yield Problem("W006", message, "Move it into the section of the service that it is for.")
    first: dict[str, str] = {}
    for service in sections:
        option = SERVICES[service].option
        if first.setdefault(option, service) != service:
            message = f"The services {first[option]!r} and {service!r} share the editor option {option}."
            yield Problem("W005", message, f"{first[option]!r}, listed first, gets the option; keep one of them.")


def section_problems(name: Any, section: Any) -> Iterator[Problem]:
    if not is_known(name):
        kind = type(name).__name__
        # A service of its own, so that what is listed beside it is not stopped.
        service, listed = kind, f"a name of the type {kind}"
        if isinstance(name, str):
            is_key = looks_like_key_text(name)
            service, listed = ("", "a key's text") if is_key else (name, repr(name[:40]))
        message = f"{label('SERVICES')} lists {listed}, which is no service of Tiny's."
        yield Problem("E008", message, f"The services are: {', '.join(SERVICES)}.", service)
    elif not isinstance(section, Mapping):
        message = f'TINYMCE_JWT["SERVICES"]["{name}"] is of the type {type(section).__name__}.'
        yield Problem("E003", message, "Make it a dict, empty if the service needs no settings of its own.", name)
    else:
        yield from level_problems(section, name)


def service_problems(service: Service, values: Mapping[str, Any]) -> Iterator[Problem]:
    contract = service.contract
    algorithm = values.get("ALGORITHM")
    if algorithm is not None and algorithm not in contract.algorithms:
        message = f"{label('ALGORITHM', service.id)} is {algorithm[:20]!r}, which the service does not take."
        yield Problem("E009", message, f"Make it one of: {', '.join(contract.algorithms)}.", service.id)
    lifetime = lifetime_seconds(values.get("LIFETIME"))
    if not contract.min_lifetime <= lifetime <= (contract.max_lifetime or lifetime):
        message = f"LIFETIME is {lifetime} s for the service {service.id!r}."
        hint = f"The service wants {contract.min_lifetime} to {contract.max_lifetime} s; 600 s are recommended."
        yield Problem("E010", message, hint, service.id)
    if contract.audience_setting and values.get(contract.audience_setting) is None:
        message = f"{label(contract.audience_setting)} is missing: the service {service.id!r} wants it as 'aud'."
        yield Problem(
            "E011", message, f"Set it there, or in {label(contract.audience_setting, service.id)}.", service.id
        )
    private = ("API_SECRET",) if contract.symmetric else PRIVATE_KEY_NAMES
    public = () if contract.symmetric else PUBLIC_KEY_NAMES
    if all(values.get(name) is None for name in private):
        verifies = any(values.get(name) is not None for name in public)
        message = f"The service {service.id!r} has no key to sign with" + (
            ", so it only verifies." if verifies else "."
        )
        hint = f"Set {label(private[0])}."
        if not (verifies or contract.symmetric):
            hint = f"{hint} A key pair is made by: manage.py tinymce_jwt keys generate secrets/tiny.pem"
        yield Problem("W007" if verifies else "E012", message, hint, service.id)


def level_problems(values: Mapping[Any, Any], service: str | None) -> Iterator[Problem]:
    """Tell what is wrong with the names and types at the top level, or in the section of one service."""
    for name, value in values.items():
        if name not in SETTINGS:
            yield _unknown(name, service)
        elif value is not None:
            yield from _value_problems(name, value, service)
    for path, text in (PRIVATE_KEY_NAMES, PUBLIC_KEY_NAMES):
        if values.get(path) is not None and values.get(text) is not None:
            message = f"{label(path, service)} and {label(text, service)} are both set."
            yield Problem("E004", message, "Keep one of them: a key has one source.", service)


def _unknown(name: Any, service: str | None) -> Problem:
    if not isinstance(name, str):
        message = f"TINYMCE_JWT has a setting name of the type {type(name).__name__}."
        return Problem("E002", message, "Setting names are str.", service)
    if looks_like_key_text(name):
        return Problem("E002", "TINYMCE_JWT has a key's text as a setting name.", "Make it a value.", service)
    names = [*SETTINGS, "SERVICES"] if service is None else list(SETTINGS)
    # By letters alone, a file would be nearer to the text of a key than to its path.
    near = difflib.get_close_matches(name.upper().replace("_FILE", "_PATH"), names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"The settings are: {', '.join(names)}."
    return Problem("E002", f"{label(name[:60], service)} is no setting.", hint, service)


def _value_problems(name: str, value: Any, service: str | None) -> Iterator[Problem]:
    known = SETTINGS[name]
    where = label(name, service)
    if not known.secret and _is_key_text(value):
        hint = "Put the text into PRIVATE_KEY (or PUBLIC_KEY); if it was shown anywhere, generate a new key."
        yield Problem("E005", f"{where} holds a key's text, not {known.wanted}.", hint, service)
    elif not known.accepts(value):
        yield Problem("E003", f"{where} is {_found(value, known.secret)}.", f"Make it {known.wanted}.", service)
    elif name == "API_SECRET":
        yield from _secret_problems(value, where, service)


def _is_key_text(value: Any) -> bool:
    try:
        # A list or dict counts as what it holds.
        text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    except Exception:  # an object whose str() fails
        return False
    return looks_like_key_text(text)


def _found(value: Any, secret: bool) -> str:
    if not secret:
        return shown(value)
    if isinstance(value, (str, bytes)):
        return "not text in UTF-8" if value.strip() else "blank"
    return f"of the type {type(value).__name__}"


def _secret_problems(value: str | bytes, where: str, service: str | None) -> Iterator[Problem]:
    data = as_bytes(value)
    if looks_like_key_text(data.decode(errors="replace")):
        hint = "Copy the API Secret of an access key from the on-premises service's panel."
        yield Problem("E005", f"{where} holds a key's text, not an API Secret.", hint, service)
    elif len(data) < MIN_SECRET_BYTES:
        message = f"{where} has {len(data)} bytes; HS256 wants {MIN_SECRET_BYTES} or more (RFC 7518, 3.2)."
        yield Problem("E006", message, "Use a longer secret on both sides.", service)
