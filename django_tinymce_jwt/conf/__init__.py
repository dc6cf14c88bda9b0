"""The only reader of ``TINYMCE_JWT`` and of tenants' settings: one frozen object per service, and all that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest
from django.views.decorators.debug import sensitive_variables

from ..audit import savepoints
from ..content import Content
from ..display import error_text
from ..dotted_paths import import_function
from ..secret import Secret
from ..services import DEFAULT_SERVICE, SERVICES, Service
from ..signers.key_source import KeySource, SignerSource
from .defaults import (
    DEFAULT_SERVICES,
    KEY_NAMES,
    PUBLIC_NAMES,
    SETTINGS,
    SIGNING_NAMES,
    TENANT_SETTINGS,
    TOP_LEVEL_SETTINGS,
    label,
    lifetime_seconds,
)
from .validation import (
    FAILED_TENANT_SETTINGS,
    NOT_A_DICT,
    NOT_TENANT_SETTINGS,
    UNREADABLE_TENANT_SETTINGS,
    WRONG_VALUE,
    Fault,
    is_known,
    level_faults,
    listing_hint,
    section_faults,
    service_faults,
    top_level_faults,
)

MAX_KEPT = 1000  # configurations of tenants; the least recently used go first


class ServiceConfig(NamedTuple):
    """All that the settings say of one service; ``lifetime`` in seconds."""

    service: Service
    lifetime: int
    audience: str | None
    claim_mapper: type | str | None
    required_permission: str | None
    key: KeySource


class Configuration(NamedTuple):
    """What ``TINYMCE_JWT`` says, or a tenant's settings. ``listed`` is None where they do not tell the services.

    ``has_passphrase``: PRIVATE_KEY_PASSPHRASE is set somewhere, even where the settings are wrong.
    ``tenant_settings``: what the setting TENANT_SETTINGS names, if these are not a tenant's settings.
    ``error``: what TENANT_SETTINGS has raised; by ``Http404`` or ``PermissionDenied`` it refuses.
    """

    services: Mapping[str, ServiceConfig]
    listed: tuple[str, ...] | None
    faults: tuple[Fault, ...]
    has_passphrase: bool = False
    tenant_settings: Callable[..., Any] | str | None = None
    error: Exception | None = None

    def serves(self, service: str) -> bool:
        """Whether the site has this service, even if its settings are wrong."""
        return service in SERVICES and (self.listed is None or service in self.listed)

    def require(self, service: str) -> ServiceConfig:
        """Return the settings of a service.

        Raises ``ImproperlyConfigured`` with all that stops it, or what TENANT_SETTINGS has raised to refuse.
        """
        config = self.services.get(service)
        if config is not None:
            return config
        if isinstance(self.error, (Http404, PermissionDenied)):
            raise self.error
        faults = [str(fault) for fault in self.faults if fault.stops and fault.service in (None, service)]
        if not faults:
            configured = ", ".join(self.services) or "none"
            faults = [f"The service {service!r} is not configured (configured: {configured}). {listing_hint()}"]
        if self.tenant_settings is not None:
            faults.append("TENANT_SETTINGS is set: for the settings of a tenant, pass request or tenant_settings.")
        raise ImproperlyConfigured("\n".join(faults)) from self.error


class _Latest(NamedTuple):
    """The object that ``TINYMCE_JWT`` was, what it said, and the tenants' configurations that belong to it."""

    source: object
    configuration: Configuration
    of_tenant: Callable[[Content], Configuration]


_latest: _Latest | None = None


def read(request: HttpRequest | None = None, tenant_settings: Mapping[str, Any] | None = None) -> Configuration:
    """Return what the settings say now: a tenant's, given them or a request, where the site has TENANT_SETTINGS.

    ``TINYMCE_JWT`` is evaluated again whenever it is another object, and a tenant's settings whenever their
    content is another one. Never raises.
    """
    global _latest
    source = getattr(settings, "TINYMCE_JWT", None)
    latest = _latest
    if latest is None or latest.source is not source:
        top = {} if source is None else source
        # Not the mapping itself: another thread may have changed it meanwhile.
        of_tenant = lru_cache(maxsize=MAX_KEPT)(lambda overrides: configure(top, overrides.value))
        latest = _latest = _Latest(source, configure(top), of_tenant)
    if tenant_settings is not None:
        return _read_tenant(latest, tenant_settings)
    if request is None or latest.configuration.tenant_settings is None:
        return latest.configuration
    return _ask_tenant(latest, request)


# Error reports must show neither the settings nor what the site's function holds: keys may be in both.
@sensitive_variables()
def _ask_tenant(latest: _Latest, request: HttpRequest) -> Configuration:
    try:
        ask = import_function(TENANT_SETTINGS, latest.configuration.tenant_settings)
        with savepoints():  # a failed query must not spoil the request's transaction
            overrides = ask(request)
        return _read_tenant(latest, {} if overrides is None else overrides)
    except Exception as error:  # whatever the site's function raises
        fault = FAILED_TENANT_SETTINGS.fault(reason=error_text(error))
        return Configuration({}, () if isinstance(error, Http404) else None, (fault,), error=error)


def _read_tenant(latest: _Latest, overrides: Any) -> Configuration:
    if not isinstance(overrides, Mapping):
        if isinstance(overrides, Coroutine):
            overrides.close()  # or Python warns that nobody has awaited it
        return Configuration({}, None, (NOT_TENANT_SETTINGS.fault(kind=type(overrides).__name__),))
    try:
        content = Content(overrides)
    except Exception as error:  # whatever a mapping of the site's own raises; RecursionError if it contains itself
        return Configuration({}, None, (UNREADABLE_TENANT_SETTINGS.fault(reason=error_text(error)),))
    return latest.of_tenant(content)


def require_installed() -> None:
    """Raise ``ImproperlyConfigured`` unless the app is in ``INSTALLED_APPS``."""
    if not apps.is_installed("django_tinymce_jwt"):
        raise ImproperlyConfigured(
            "The URLs of django_tinymce_jwt are included, but the app is not installed. "
            'Add "django_tinymce_jwt" to INSTALLED_APPS.'
        )


def configure(source: Any, overrides: Mapping[str, Any] | None = None) -> Configuration:
    """Return what a mapping with the form of ``TINYMCE_JWT`` says, and all its faults. Never raises.

    With ``overrides``, the settings of a tenant, these override its top level.
    """
    if not isinstance(source, Mapping):
        return Configuration({}, None, (NOT_A_DICT.fault(kind=type(source).__name__),))
    names = TOP_LEVEL_SETTINGS
    if overrides is not None:
        names = SETTINGS
        source = _overridden({name: value for name, value in source.items() if name != TENANT_SETTINGS}, overrides)
    top = _without_empty({name: value for name, value in source.items() if name != "SERVICES"})
    faults = list(level_faults(top, None, names))
    sections = source.get("SERVICES")
    if sections is None:
        sections = DEFAULT_SERVICES
    elif not isinstance(sections, Mapping):
        kind = f"of the type {type(sections).__name__}"
        fault = WRONG_VALUE.fault(
            name=label("SERVICES"), found=kind, wanted='a dict: {"tinydrive": {}, "exportpdf": {}}'
        )
        return Configuration({}, None, (*faults, fault))
    sections = {
        name: _without_empty(section) if isinstance(section, Mapping) else section for name, section in sections.items()
    }
    known = {name: section for name, section in sections.items() if is_known(name)}
    faults += top_level_faults(top, known)
    for name, section in sections.items():
        faults += section_faults(name, section)
    services = {}
    stopped = {fault.service for fault in faults if fault.stops}
    for name in () if None in stopped else [name for name in known if name not in stopped]:
        values = _effective_values(name, top, sections[name])
        found = list(service_faults(SERVICES[name], values))
        faults += found
        if not any(fault.stops for fault in found):
            services[name] = _service_config(SERVICES[name], values)
    levels = (top, *(section for section in sections.values() if isinstance(section, Mapping)))
    has_passphrase = any(level.get("PRIVATE_KEY_PASSPHRASE") for level in levels)
    ask: Any = top.get(TENANT_SETTINGS)
    tenant_settings = ask if TOP_LEVEL_SETTINGS[TENANT_SETTINGS].accepts(ask) else None
    return Configuration(services, tuple(known), tuple(faults), has_passphrase, tenant_settings)


def _without_empty(values: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the values; where an empty text means that an environment variable is not set, None instead."""
    return {
        name: None if isinstance(value, (str, bytes)) and not value and _may_be_empty(name) else value
        for name, value in values.items()
    }


def _may_be_empty(name: Any) -> bool:
    return isinstance(name, str) and name in SETTINGS and SETTINGS[name].from_environment


def _overridden(values: Mapping[Any, Any], overrides: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the values with those that override them; what belongs to one key is replaced as a whole."""
    result = {**values, **overrides}
    if any(name in overrides for name in (*SIGNING_NAMES, *PUBLIC_NAMES)):
        result.update({name: overrides.get(name) for name in KEY_NAMES})
    return result


def _effective_values(service: str, top: Mapping[str, Any], section: Mapping[str, Any]) -> dict[str, Any]:
    values = _overridden(top, section)
    if service != DEFAULT_SERVICE:
        values["CLAIM_MAPPER"] = section.get("CLAIM_MAPPER")
    if "ALGORITHM" not in section and values.get("ALGORITHM") not in SERVICES[service].contract.algorithms:
        values["ALGORITHM"] = None
    return values


def _service_config(service: Service, values: Mapping[str, Any]) -> ServiceConfig:
    audience_setting = service.contract.audience_setting
    return ServiceConfig(
        service=service,
        lifetime=lifetime_seconds(values),
        audience=values[audience_setting] if audience_setting else None,
        claim_mapper=values.get("CLAIM_MAPPER"),
        required_permission=values.get("REQUIRED_PERMISSION"),
        key=_key_source(service, values),
    )


def _key_source(service: Service, values: Mapping[str, Any]) -> KeySource:
    algorithm = values.get("ALGORITHM")
    algorithms = service.contract.algorithms if algorithm is None else (algorithm,)
    key_id = values.get("KEY_ID")
    if service.contract.symmetric:
        return KeySource(algorithms, key_id, api_secret=_secret(values["API_SECRET"]))
    path, signer = values.get("PRIVATE_KEY_PATH"), values.get("SIGNER")
    return KeySource(
        algorithms,
        key_id,
        private_path=None if path is None else Path(path),
        private_text=_secret(values.get("PRIVATE_KEY")),
        passphrase=_secret(values.get("PRIVATE_KEY_PASSPHRASE")),
        public_paths=tuple(Path(item) for item in _several(values.get("PUBLIC_KEY_PATH"))),
        public_texts=tuple(Secret(item) for item in _several(values.get("PUBLIC_KEY"))),
        signer=None if signer is None else SignerSource(signer["BACKEND"], signer.get("OPTIONS") or {}),
    )


def _secret(value: str | bytes | None) -> Secret | None:
    return Secret(value) if value else None


def _several(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)
