"""System checks: show the faults of the settings, and find those of keys, claim mappers, key files and URLs."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver

from . import conf
from .claims import get_claim_mapper_class
from .conf import Configuration, ServiceConfig, validation
from .conf.defaults import TENANT_SETTINGS
from .conf.validation import ERROR, INFO, MISSING, Fault, Kind
from .dotted_paths import DottedPathError, import_function
from .endpoint import TokenEndpoint
from .exceptions import SigningKeyError
from .signers import load

PREFIX = "django_tinymce_jwt"
_MESSAGES = {ERROR: Error, INFO: Info}  # by severity; the others are a Warning


def check_settings(configuration: Configuration | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Show what is wrong with ``TINYMCE_JWT`` itself, or with the ``configuration`` of a tenant."""
    return _messages(_setting_faults(configuration or conf.read()))


def check_keys(configuration: Configuration | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Find keys and signers that cannot be used; each once for all the services that share it."""
    return _messages(_key_faults(configuration or conf.read()))


def check_claim_mappers(configuration: Configuration | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Find a CLAIM_MAPPER that is not a claim mapper."""
    return _messages(_mapper_faults(configuration or conf.read()))


def check_key_files(configuration: Configuration | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Find key files that others can reach, and paths that depend on where the server is started."""
    return _messages(_file_faults(configuration or conf.read()))


def check_urls(**kwargs: Any) -> list[CheckMessage]:
    """Find out whether a URL leads to a token endpoint, and whether the inspector asks the site's own admin."""
    return _messages(_url_faults())


def check_missing_values(**kwargs: Any) -> list[CheckMessage]:
    """Under ``check --deploy``: turn the warnings of missing values into an error."""
    configuration = conf.read()
    found = (*_setting_faults(configuration), *_key_faults(configuration))
    missing = [fault for fault in found if fault.severity == MISSING]
    return _messages([validation.MISSING_IN_PRODUCTION.fault(values=len(missing))] if missing else [])


ALL = (check_settings, check_keys, check_claim_mappers, check_key_files, check_urls)


def _setting_faults(configuration: Configuration) -> Iterator[Fault]:
    tenant_settings = configuration.tenant_settings
    if tenant_settings is None:
        yield from configuration.faults
        return
    # Each tenant may have what is missing here.
    yield from (fault for fault in configuration.faults if fault.severity != MISSING)
    try:
        import_function(TENANT_SETTINGS, tenant_settings)
    except DottedPathError as error:
        yield validation.UNUSABLE_TENANT_SETTINGS.fault(reason=error.message, hint=error.hint)
    else:
        yield validation.SEPARATE_TENANTS.fault()


def _key_faults(configuration: Configuration) -> Iterator[Fault]:
    found: dict[tuple[Kind, str, Path | None], list[str]] = {}
    for config in configuration.services.values():
        try:
            load(config.key)
        except SigningKeyError as error:
            kind = validation.MISSING_KEY_FILE if _is_missing(error, config) else validation.UNUSABLE_KEY
            found.setdefault((kind, str(error), config.key.private_path), []).append(config.service.id)
        except ImproperlyConfigured as error:
            found.setdefault((validation.UNUSABLE_SIGNER, str(error), None), []).append(config.service.id)
    for (kind, reason, path), services in found.items():
        yield kind.fault(reason=reason, path=path, services=", ".join(services))


def _messages(faults: Iterable[Fault]) -> list[CheckMessage]:
    return [
        _MESSAGES.get(fault.severity, Warning)(fault.message, hint=fault.hint, id=f"{PREFIX}.{fault.id}")
        for fault in faults
    ]


def _is_missing(error: SigningKeyError, config: ServiceConfig) -> bool:
    cause = error.__cause__
    return isinstance(cause, FileNotFoundError) and str(cause.filename) == str(config.key.private_path)


def _mapper_faults(configuration: Configuration) -> Iterator[Fault]:
    for config in configuration.services.values():
        try:
            get_claim_mapper_class(config)
        except DottedPathError as error:
            yield validation.UNUSABLE_MAPPER.fault(config.service.id, reason=error.message, hint=error.hint)


def _file_faults(configuration: Configuration) -> Iterator[Fault]:
    for path in dict.fromkeys(config.key.private_path for config in configuration.services.values()):
        if path is not None:
            yield from _path_faults(path)


def _path_faults(path: Path) -> Iterator[Fault]:
    if not path.is_absolute():
        yield validation.RELATIVE_PATH.fault(path=path)
    try:
        mode = path.stat().st_mode
        folders = {*path.absolute().parents, *path.resolve().parents, *(path.parent.resolve() / path.name).parents}
    except OSError:
        return  # check_keys says what is wrong with it.
    if not stat.S_ISREG(mode):
        return
    if mode & 0o077:
        yield validation.READABLE_KEY_FILE.fault(path=path, mode=f"{stat.S_IMODE(mode):o}")
    for setting, folder in _served_folders():
        if folder in folders:
            yield validation.SERVED_KEY_FILE.fault(path=path, setting=setting, folder=folder)


def _served_folders() -> Iterator[tuple[str, Path]]:
    folders = [(name, getattr(settings, name, None)) for name in ("STATIC_ROOT", "MEDIA_ROOT")]
    entries = getattr(settings, "STATICFILES_DIRS", ())
    for entry in entries if isinstance(entries, (list, tuple)) else ():
        # An entry may be a pair of a prefix and a folder.
        folders.append(("STATICFILES_DIRS", entry[-1] if isinstance(entry, (list, tuple)) and entry else entry))
    for name, folder in folders:
        with suppress(OSError, TypeError, ValueError):  # Django's own checks report wrong settings of Django's
            if folder:
                yield name, Path(folder).resolve()


def _url_faults() -> Iterator[Fault]:
    if getattr(settings, "ROOT_URLCONF", None) is None:
        return
    views = list(_views(get_resolver().url_patterns, {}))
    if not any(_is_endpoint(getattr(view, "view_class", None)) for view, _ in views):
        yield validation.NO_URL.fault()
    if any(view.__module__ == f"{PREFIX}.inspector.urls" and "admin_site" not in kwargs for view, kwargs in views):
        from django.contrib import admin  # the inspector has imported it

        # The admin marks its views with their site.
        sites = (getattr(view, "admin_site", admin.site) for view, _ in views)
        for other in [site for site in sites if site != admin.site][:1]:
            yield validation.OTHER_ADMIN_SITE.fault(name=other.name)


def _views(
    patterns: Iterable[URLPattern | URLResolver], kwargs: dict[str, Any]
) -> Iterator[tuple[Any, dict[str, Any]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns, {**kwargs, **pattern.default_kwargs})
        else:
            yield pattern.callback, {**kwargs, **pattern.default_args}


def _is_endpoint(view_class: Any) -> bool:
    return isinstance(view_class, type) and issubclass(view_class, TokenEndpoint)
