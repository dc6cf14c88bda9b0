"""The only reader of ``settings.TINYMCE_JWT``: one frozen object per service, and all that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ..signers.pem import Secret
from .validation import (
    Problem,
    is_known,
    level_problems,
    listing_hint,
    section_problems,
    service_problems,
    top_level_problems,
)
from .defaults import DEFAULT_SERVICE, PRIVATE_KEY_NAMES, PUBLIC_KEY_NAMES, as_bytes, label, lifetime_seconds
from ..services import SERVICES, Service

# What belongs to one key: a service that names a key of its own takes none of these from the top level.
_KEY_GROUP = (*PRIVATE_KEY_NAMES, "PRIVATE_KEY_PASSPHRASE", *PUBLIC_KEY_NAMES, "KEY_ID")


class KeySource(NamedTuple):
    """Where the key of a service comes from, and how it signs."""

    algorithm: str
    key_id: str | None
    private_path: Path | None = None
    private_text: Secret | None = None
    passphrase: Secret | None = None
    public_paths: tuple[Path, ...] = ()
    public_texts: tuple[Secret, ...] = ()
    api_secret: Secret | None = None

    @property
    def has_public(self) -> bool:
        return bool(self.public_paths or self.public_texts)


class ServiceConfig(NamedTuple):
    """All that the settings say of one service; ``lifetime`` in seconds."""

    service: Service
    lifetime: int
    audience: str | None
    claim_mapper: type | str | None
    required_permission: str | None
    keys: KeySource


class Configuration(NamedTuple):
    """What ``TINYMCE_JWT`` says. ``listed`` is None where the settings do not tell the services."""

    services: Mapping[str, ServiceConfig]
    listed: tuple[str, ...] | None
    problems: tuple[Problem, ...]


_latest: tuple[object, Configuration] | None = None


def read() -> Configuration:
    """Return what the settings say now: they are worked out again when ``TINYMCE_JWT`` is another object."""
    global _latest
    source = getattr(settings, "TINYMCE_JWT", None)
    latest = _latest
    if latest is None or latest[0] is not source:
        latest = _latest = (source, _configure({} if source is None else source))
    return latest[1]


def get_service_config(service: str = DEFAULT_SERVICE) -> ServiceConfig:
    """Return the settings of a service. Raises ``ImproperlyConfigured`` with all that stops it."""
    configuration = read()
    config = configuration.services.get(service)
    if config is not None:
        return config
    faults = [str(p) for p in configuration.problems if p.is_fault and p.service in (None, service)]
    if not faults:
        configured = ", ".join(configuration.services) or "none"
        faults = [f"The service {service!r} is not configured (configured: {configured}). {listing_hint()}"]
    raise ImproperlyConfigured("\n".join(faults))


def is_configured(service: str) -> bool:
    """Whether the site serves this service, be it well configured or not."""
    listed = read().listed
    return service in SERVICES and (listed is None or service in listed)


def _configure(source: Any) -> Configuration:
    if not isinstance(source, Mapping):
        message = f"TINYMCE_JWT is of the type {type(source).__name__}."
        hint = 'Make it a dict: TINYMCE_JWT = {"PRIVATE_KEY_PATH": BASE_DIR / "secrets" / "tiny.pem"}.'
        return Configuration({}, None, (Problem("E001", message, hint),))
    top = {name: value for name, value in source.items() if name != "SERVICES"}
    problems = list(level_problems(top, None))
    sections = source.get("SERVICES")
    if sections is None:
        sections = {DEFAULT_SERVICE: {}}
    elif not isinstance(sections, Mapping):
        message = f"{label('SERVICES')} is of the type {type(sections).__name__}."
        problem = Problem("E003", message, 'Make it a dict: {"tinydrive": {}, "exportpdf": {}}.')
        return Configuration({}, None, (*problems, problem))
    known = {name: section for name, section in sections.items() if is_known(name)}
    problems += top_level_problems(top, known)
    for name, section in sections.items():
        problems += section_problems(name, section)
    services = {}
    stopped = {problem.service for problem in problems if problem.is_fault}
    for name in () if None in stopped else [name for name in known if name not in stopped]:
        values = _effective_values(name, top, sections[name])
        faults = list(service_problems(SERVICES[name], values))
        problems += faults
        if not any(problem.is_fault for problem in faults):
            services[name] = _service_config(SERVICES[name], values)
    return Configuration(services, tuple(known), tuple(problems))


def _effective_values(service: str, top: Mapping[str, Any], section: Mapping[str, Any]) -> dict[str, Any]:
    values = {**top, **section}
    if any(name in section for name in (*PRIVATE_KEY_NAMES, *PUBLIC_KEY_NAMES)):
        values.update({name: section.get(name) for name in _KEY_GROUP})
    if service != DEFAULT_SERVICE:
        values["CLAIM_MAPPER"] = section.get("CLAIM_MAPPER")
    if "ALGORITHM" not in section and values.get("ALGORITHM") not in SERVICES[service].contract.algorithms:
        values["ALGORITHM"] = None
    return values


def _service_config(service: Service, values: Mapping[str, Any]) -> ServiceConfig:
    contract = service.contract
    return ServiceConfig(
        service=service,
        lifetime=lifetime_seconds(values.get("LIFETIME")),
        audience=values[contract.audience_setting] if contract.audience_setting else None,
        claim_mapper=values.get("CLAIM_MAPPER"),
        required_permission=values.get("REQUIRED_PERMISSION"),
        keys=_key_source(service, values),
    )


def _key_source(service: Service, values: Mapping[str, Any]) -> KeySource:
    algorithm = values.get("ALGORITHM") or service.contract.algorithms[0]
    key_id = values.get("KEY_ID")
    if service.contract.symmetric:
        return KeySource(algorithm, key_id, api_secret=_secret(values["API_SECRET"]))
    path = values.get("PRIVATE_KEY_PATH")
    return KeySource(
        algorithm,
        key_id,
        private_path=None if path is None else Path(path),
        private_text=_secret(values.get("PRIVATE_KEY")),
        passphrase=_secret(values.get("PRIVATE_KEY_PASSPHRASE")),
        public_paths=tuple(Path(item) for item in _several(values.get("PUBLIC_KEY_PATH"))),
        public_texts=tuple(Secret(as_bytes(item)) for item in _several(values.get("PUBLIC_KEY"))),
    )


def _secret(value: str | bytes | None) -> Secret | None:
    return Secret(as_bytes(value)) if value else None


def _several(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)
