"""Every fault that the settings can have, in one table, and the functions that find those of ``TINYMCE_JWT``.

Nothing here raises, and no message holds a secret. `conf` decides what a fault stops; `checks` shows
them all and finds those that need the keys, the claim mappers or the URLs.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..display import describe, printable
from ..secret import Secret
from ..services import DEFAULT_SERVICE, SERVICES, Service
from ..signers.pem import looks_like_key_text
from .defaults import (
    PUBLIC_NAMES,
    SETTINGS,
    SIGNING_NAMES,
    TENANT_SETTINGS,
    TOP_LEVEL_SETTINGS,
    Setting,
    label,
    lifetime_seconds,
)

MIN_SECRET_BYTES = 32

# An error stops what it is about; so does a missing value, which is shown as a warning on a machine that
# is not in production. A warning stops nothing, and an information is not a fault.
ERROR, MISSING, WARNING, INFO = "error", "missing", "warning", "info"


class Fault(NamedTuple):
    """One fault. ``service`` is the service that it stops, None for all, or an id that no service has."""

    id: str
    severity: str
    message: str
    hint: str
    service: str | None = None

    @property
    def stops(self) -> bool:
        return self.severity in (ERROR, MISSING)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


class Kind(NamedTuple):
    """A row of the table: a fault, with places for what was found."""

    id: str
    severity: str
    message: str
    hint: str

    def fault(self, scope: str | None = None, /, **found: Any) -> Fault:
        found = {"service": scope, **found}
        return Fault(self.id, self.severity, self.message.format(**found), self.hint.format(**found), scope)


NOT_A_DICT = Kind(
    "E001",
    ERROR,
    "TINYMCE_JWT is of the type {kind}.",
    'Make it a dict: TINYMCE_JWT = {{"PRIVATE_KEY_PATH": BASE_DIR / "secrets" / "tiny.pem"}}.',
)
UNKNOWN_NAME = Kind("E002", ERROR, "{name} is not a setting.", "{hint}")
WRONG_VALUE = Kind("E003", ERROR, "{name} is {found}.", "Make it {wanted}.")
SEVERAL_SOURCES = Kind("E004", ERROR, "{names} are both set.", "Keep one of them: a key has one source.")
KEY_TEXT = Kind("E005", ERROR, "{name} holds the text of a key, not {wanted}.", "{hint}")
SHORT_SECRET = Kind(
    "E006",
    ERROR,
    "{name} has {length} bytes; HS256 wants {wanted} or more (RFC 7518, 3.2).",
    "Use a longer secret on both sides.",
)
UNUSED_ALGORITHM = Kind(
    "E007", ERROR, "{name} is {found}, which no configured service takes.", "Make it one of: {wanted}."
)
UNKNOWN_SERVICE = Kind(
    "E008", ERROR, "{name} lists {found}, which is not one of Tiny's services.", "The services are: {wanted}."
)
WRONG_ALGORITHM = Kind(
    "E009", ERROR, "{name} is {found}, which the service does not take.", "Make it one of: {wanted}."
)
WRONG_LIFETIME = Kind(
    "E010",
    ERROR,
    "LIFETIME is {found} s for the service {service!r}.",
    "The service wants {shortest} to {longest} s; 600 s are recommended.",
)
# E011 and E012 are retired: what they reported is W008 now.
UNUSABLE_KEY = Kind("E013", ERROR, "{reason}", "No token can be issued for: {services}.")
UNUSABLE_MAPPER = Kind("E014", ERROR, "{reason}", "{hint} It is the claim mapper of the service {service!r}.")
MISSING_IN_PRODUCTION = Kind(
    "E015",
    ERROR,
    "Values that the tokens need are missing: {values}.",
    "Each has a warning W008 that names it. Set it before you deploy.",
)
UNUSABLE_SIGNER = Kind("E016", ERROR, "{reason}", "No token can be issued for: {services}.")
UNUSABLE_TENANT_SETTINGS = Kind("E017", ERROR, "{reason}", "{hint}")
FAILED_TENANT_SETTINGS = Kind(
    "E018",
    ERROR,
    "TENANT_SETTINGS has no settings for this request: {reason}.",
    "If it should have some, correct the function or what it reads.",
)
NOT_TENANT_SETTINGS = Kind(
    "E018",
    ERROR,
    "The settings of a tenant are of the type {kind}.",
    "Make them a dict with names of TINYMCE_JWT, or None for no overrides. The function cannot be async.",
)
UNREADABLE_TENANT_SETTINGS = Kind(
    "E018",
    ERROR,
    "The settings of a tenant cannot be read: {reason}.",
    "Make them a dict with names of TINYMCE_JWT, or None for no overrides.",
)
SEPARATE_TENANTS = Kind(
    "I001",
    INFO,
    "TENANT_SETTINGS is set, so the settings of a tenant are checked when they are used.",
    "To check those of one tenant: manage.py tinymce_jwt doctor --host HOST",
)
READABLE_KEY_FILE = Kind(
    "W001",
    WARNING,
    "The key file {path} (PRIVATE_KEY_PATH) can be read by others than its owner (mode {mode}).",
    "chmod 600 {path} (or 640 with a group that only the server is in: then silence this check).",
)
SERVED_KEY_FILE = Kind(
    "W002",
    WARNING,
    "The key file {path} (PRIVATE_KEY_PATH) is in {setting} ({folder}).",
    "Move the key out of that folder: everything in it is sent to anyone who asks.",
)
RELATIVE_PATH = Kind(
    "W003",
    WARNING,
    "PRIVATE_KEY_PATH is {path}, a relative path.",
    "It depends on the folder that the server is started in. Write BASE_DIR / ...",
)
NO_URL = Kind(
    "W004",
    WARNING,
    "No URL leads to a token endpoint.",
    'Add path("tinymce/jwt/", include("django_tinymce_jwt.urls")) to the urlpatterns '
    "(from django.urls import include, path).",
)
SHARED_OPTION = Kind(
    "W005",
    WARNING,
    "The services {first!r} and {second!r} share the editor option {option}.",
    "{first!r}, which is listed first, gets the option. Keep one of them.",
)
UNUSED_MAPPER = Kind(
    "W006",
    WARNING,
    "{name} is only the mapper of {service}, which is not configured.",
    "Move it into the section of the service that it is for.",
)
VERIFIES_ONLY = Kind(
    "W007",
    WARNING,
    "The service {service!r} has no key to sign with, so it can only verify tokens.",
    "Set {name} if the site should issue tokens.",
)
MISSING_AUDIENCE = Kind(
    "W008",
    MISSING,
    "{name} is missing: the service {service!r} wants it as 'aud'.",
    "Set it there, or in {own}.",
)
MISSING_KEY = Kind("W008", MISSING, "The service {service!r} has no key to sign with.", "Set {name}.{more}")
MISSING_KEY_FILE = Kind(
    "W008",
    MISSING,
    "PRIVATE_KEY_PATH names {path}, which does not exist.",
    "Correct the path, or make a key pair: manage.py tinymce_jwt keys generate. "
    "Until then, no token can be issued for: {services}.",
)
OTHER_ADMIN_SITE = Kind(
    "W009",
    WARNING,
    "The token inspector asks the admin's default site who may see it, but the URLs have the AdminSite {name!r}.",
    'Name that site: path("...", include("django_tinymce_jwt.inspector.urls"), {{"admin_site": site}}).',
)


def is_known(name: Any) -> bool:
    return isinstance(name, str) and name in SERVICES


def listing_hint() -> str:
    return f"List the service in {label('SERVICES')}; Tiny's services are: {', '.join(SERVICES)}."


def nearest(name: str, names: Mapping[str, Any] | list[str]) -> str:
    """Return what the site owner may have meant, as a sentence."""
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {near[0]}?" if near else f"The names are: {', '.join(names)}."


def top_level_faults(top: Mapping[str, Any], sections: Mapping[str, Any]) -> Iterator[Fault]:
    algorithm: Any = top.get("ALGORITHM")
    taken = {name for service in sections for name in SERVICES[service].contract.algorithms}
    is_name = SETTINGS["ALGORITHM"].accepts(algorithm) and not _is_key_text(algorithm)
    if taken and is_name and algorithm not in taken:
        found, wanted = repr(algorithm[:20]), ", ".join(sorted(taken))
        yield UNUSED_ALGORITHM.fault(name=label("ALGORITHM"), found=found, wanted=wanted)
    if top.get("CLAIM_MAPPER") is not None and DEFAULT_SERVICE not in sections:
        yield UNUSED_MAPPER.fault(name=label("CLAIM_MAPPER"), service=DEFAULT_SERVICE)
    first: dict[str, str] = {}
    for service in sections:
        option = SERVICES[service].option
        if first.setdefault(option, service) != service:
            yield SHARED_OPTION.fault(first=first[option], second=service, option=option)


def section_faults(name: Any, section: Any) -> Iterator[Fault]:
    if not is_known(name):
        scope, found = "", f"a name of the type {type(name).__name__}"
        if isinstance(name, str):
            is_key = looks_like_key_text(name)
            scope, found = ("", "the text of a key") if is_key else (name, repr(name[:40]))
        # Scoped to this name, so other services keep working.
        yield UNKNOWN_SERVICE.fault(scope, name=label("SERVICES"), found=found, wanted=", ".join(SERVICES))
    elif not isinstance(section, Mapping):
        where, found = f'TINYMCE_JWT["SERVICES"]["{name}"]', f"of the type {type(section).__name__}"
        wanted = "a dict, empty if the service needs no settings of its own"
        yield WRONG_VALUE.fault(name, name=where, found=found, wanted=wanted)
    else:
        yield from level_faults(section, name)


def service_faults(service: Service, values: Mapping[str, Any]) -> Iterator[Fault]:
    """Find the faults in the values that a service ends up with, from its section and the top level."""
    contract = service.contract
    algorithm = values.get("ALGORITHM")
    if algorithm is not None and algorithm not in contract.algorithms:
        where, found = label("ALGORITHM", service.id), repr(algorithm[:20])
        yield WRONG_ALGORITHM.fault(service.id, name=where, found=found, wanted=", ".join(contract.algorithms))
    lifetime = lifetime_seconds(values)
    shortest, longest = contract.min_lifetime, contract.max_lifetime
    if not shortest <= lifetime <= (longest or lifetime):
        yield WRONG_LIFETIME.fault(service.id, found=lifetime, shortest=shortest, longest=longest)
    if contract.audience_setting and values.get(contract.audience_setting) is None:
        name = contract.audience_setting
        yield MISSING_AUDIENCE.fault(service.id, name=label(name), own=label(name, service.id))
    yield from _key_faults(service, values)


def _key_faults(service: Service, values: Mapping[str, Any]) -> Iterator[Fault]:
    if service.contract.symmetric:
        if values.get("API_SECRET") is None:
            yield MISSING_KEY.fault(service.id, name=label("API_SECRET"), more="")
    elif all(values.get(name) is None for name in SIGNING_NAMES):
        if any(values.get(name) is not None for name in PUBLIC_NAMES):
            yield VERIFIES_ONLY.fault(service.id, name=label("PRIVATE_KEY_PATH"))
            return
        more = " This command makes a key pair: manage.py tinymce_jwt keys generate secrets/tiny.pem"
        yield MISSING_KEY.fault(service.id, name=label("PRIVATE_KEY_PATH"), more=more)


def level_faults(
    values: Mapping[Any, Any], service: str | None, settings: Mapping[str, Setting] = SETTINGS
) -> Iterator[Fault]:
    """Find the faults in names and types at the top level, or in the section of one service."""
    for name, value in values.items():
        if name not in settings:
            yield _unknown(name, service)
        elif value is not None:
            yield from _value_faults(name, value, service)
    for names in (SIGNING_NAMES, PUBLIC_NAMES):
        present = [label(name, service) for name in names if values.get(name) is not None]
        if len(present) > 1:
            yield SEVERAL_SOURCES.fault(service, names=" and ".join(present))


def _unknown(name: Any, service: str | None) -> Fault:
    if not isinstance(name, str):
        found = f"A name of the type {type(name).__name__} in TINYMCE_JWT"
        return UNKNOWN_NAME.fault(service, name=found, hint="The names of settings are str.")
    if looks_like_key_text(name):
        hint = "Put it in the value of PRIVATE_KEY; if it was shown anywhere, generate a new key."
        return UNKNOWN_NAME.fault(service, name="The text of a key, used as a name in TINYMCE_JWT,", hint=hint)
    if name == TENANT_SETTINGS:
        hint = "It belongs at the top level of TINYMCE_JWT in the settings file."
        return UNKNOWN_NAME.fault(service, name="TENANT_SETTINGS in the settings of a tenant or a service", hint=hint)
    names = [*TOP_LEVEL_SETTINGS, "SERVICES"] if service is None else list(SETTINGS)
    # By letters alone, PRIVATE_KEY_FILE would be nearer to PRIVATE_KEY than to its path.
    hint = nearest(name.upper().replace("_FILE", "_PATH"), names)
    return UNKNOWN_NAME.fault(service, name=label(printable(name, 60), service), hint=hint)


def _value_faults(name: str, value: Any, service: str | None) -> Iterator[Fault]:
    known = TOP_LEVEL_SETTINGS[name]
    where = label(name, service)
    if not known.secret and _is_key_text(value):
        hint = "Put the text in PRIVATE_KEY (or PUBLIC_KEY); if it was shown anywhere, generate a new key."
        yield KEY_TEXT.fault(service, name=where, wanted=known.wanted, hint=hint)
    elif not known.accepts(value):
        yield WRONG_VALUE.fault(service, name=where, found=_found(value, name), wanted=known.wanted)
    elif name == "API_SECRET":
        yield from _secret_faults(value, where, service)


def _is_key_text(value: Any) -> bool:
    try:
        # A list or dict counts as what it holds.
        text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    except Exception:  # an object whose str() fails
        return False
    return looks_like_key_text(text)


def _found(value: Any, name: str) -> str:
    if not TOP_LEVEL_SETTINGS[name].secret:
        return describe(value)
    if name == "SIGNER":
        return "a dict of another form" if isinstance(value, Mapping) else f"of the type {type(value).__name__}"
    if isinstance(value, (str, bytes)):
        return "not text in UTF-8" if value.strip() else "blank"
    return f"of the type {type(value).__name__}"


def _secret_faults(value: str | bytes, where: str, service: str | None) -> Iterator[Fault]:
    data = Secret(value).reveal()
    if looks_like_key_text(data.decode(errors="replace")):
        hint = "Copy the API Secret of an access key from the on-premises service's panel."
        yield KEY_TEXT.fault(service, name=where, wanted="an API Secret", hint=hint)
    elif len(data) < MIN_SECRET_BYTES:
        yield SHORT_SECRET.fault(service, name=where, length=len(data), wanted=MIN_SECRET_BYTES)
