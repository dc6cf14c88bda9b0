"""System checks: everything that is wrong with settings and keys, and what is dangerous about them."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver

from .claims import get_claim_mapper_class
from .conf import ServiceConfig, read
from .exceptions import SigningKeyError
from .signers.local import load
from .views import TokenEndpoint

PREFIX = "django_tinymce_jwt"


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """E001 to E012, W005 to W007: what `problems` finds."""
    return [
        (Error if problem.is_fault else Warning)(problem.message, hint=problem.hint, id=f"{PREFIX}.{problem.id}")
        for problem in read().problems
    ]


def check_keys(**kwargs: Any) -> list[CheckMessage]:
    """E013: a key that cannot be used, once for all the services that share it."""
    failures: dict[str, list[str]] = {}
    for config in _configs():
        try:
            load(config.keys)
        except SigningKeyError as error:
            failures.setdefault(str(error), []).append(config.service.id)
    return [
        Error(message, hint=f"No token can be issued for: {', '.join(services)}.", id=f"{PREFIX}.E013")
        for message, services in failures.items()
    ]


def check_claim_mappers(**kwargs: Any) -> list[CheckMessage]:
    """E014: a CLAIM_MAPPER that is no claim mapper."""
    errors: list[CheckMessage] = []
    for config in _configs():
        try:
            get_claim_mapper_class(config)
        except ImproperlyConfigured as error:
            hint = f"Name a subclass of ClaimMapper for the service {config.service.id!r}."
            errors.append(Error(str(error), hint=hint, id=f"{PREFIX}.E014"))
    return errors


def check_key_files(**kwargs: Any) -> list[CheckMessage]:
    """W001 to W003: a private key file that others can reach."""
    paths = dict.fromkeys(config.keys.private_path for config in _configs())
    return [message for path in paths if path is not None for message in _file_warnings(path)]


def check_urls(**kwargs: Any) -> list[CheckMessage]:
    """W004: no URL leads to a token endpoint."""
    if getattr(settings, "ROOT_URLCONF", None) is None or _has_token_view(get_resolver().url_patterns):
        return []
    urls = 'path("tinymce/jwt/", include("django_tinymce_jwt.urls"))'
    hint = f"Add {urls} to the urlpatterns (from django.urls import include, path)."
    return [Warning("No URL leads to a token endpoint.", hint=hint, id=f"{PREFIX}.W004")]


ALL = (check_settings, check_keys, check_claim_mappers, check_key_files, check_urls)


def _configs() -> Iterable[ServiceConfig]:
    return read().services.values()


def _file_warnings(path: Path) -> Iterator[CheckMessage]:
    if not path.is_absolute():
        hint = "It depends on the folder the server is started in. Write BASE_DIR / ..."
        yield Warning(f"PRIVATE_KEY_PATH names {path}, a relative path.", hint=hint, id=f"{PREFIX}.W003")
    try:
        mode = path.stat().st_mode
        folders = {*path.absolute().parents, *path.resolve().parents, *(path.parent.resolve() / path.name).parents}
    except OSError:
        return  # check_keys says what is wrong with it.
    if not stat.S_ISREG(mode):
        return
    if mode & 0o077:
        hint = f"chmod 600 {path} (or 640 and a group of the server's own: then silence this check)."
        yield Warning(
            f"The private key {path} can be read by others than its owner (mode {stat.S_IMODE(mode):o}).",
            hint=hint,
            id=f"{PREFIX}.W001",
        )
    for name, folder in _served_folders():
        if folder in folders:
            hint = "Move the key out of it: everything in that folder is sent to whoever asks."
            yield Warning(f"The private key {path} lies in {name} ({folder}).", hint=hint, id=f"{PREFIX}.W002")


def _served_folders() -> Iterator[tuple[str, Path]]:
    folders = [(name, getattr(settings, name, None)) for name in ("STATIC_ROOT", "MEDIA_ROOT")]
    entries = getattr(settings, "STATICFILES_DIRS", ())
    for entry in entries if isinstance(entries, (list, tuple)) else ():
        # An entry may be a pair of a prefix and a folder.
        folders.append(("STATICFILES_DIRS", entry[-1] if isinstance(entry, (list, tuple)) and entry else entry))
    for name, folder in folders:
        with suppress(OSError, TypeError, ValueError):  # a wrong setting of Django's is told by Django's checks
            if folder:
                yield name, Path(folder).resolve()


def _has_token_view(patterns: Iterable[URLPattern | URLResolver]) -> bool:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if _has_token_view(pattern.url_patterns):
                return True
        else:
            view_class = getattr(pattern.callback, "view_class", None)
            if isinstance(view_class, type) and issubclass(view_class, TokenEndpoint):
                return True
    return False
