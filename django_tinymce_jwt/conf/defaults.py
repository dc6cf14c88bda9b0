"""The settings by name, and what each may be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from ..rules import is_text

DEFAULT_SERVICE = "tinydrive"
PRIVATE_KEY_NAMES = ("PRIVATE_KEY_PATH", "PRIVATE_KEY")
PUBLIC_KEY_NAMES = ("PUBLIC_KEY_PATH", "PUBLIC_KEY")
DEFAULT_LIFETIME = 10 * 60  # seconds
LONGEST_LIFETIME = timedelta(days=36525)


class Setting(NamedTuple):
    """What one setting may be. The value of a secret one is never shown."""

    accepts: Callable[[Any], bool]
    wanted: str
    secret: bool = False


def _is_path(value: Any) -> bool:
    return isinstance(value, (str, Path)) and is_text(str(value)) and "\0" not in str(value)


def _is_secret_text(value: Any) -> bool:
    return is_text(value) or (isinstance(value, bytes) and bool(value.strip()))


def _is_passphrase(value: Any) -> bool:
    # What the environment does not hold is often given as an empty text.
    return value in ("", b"") or _is_secret_text(value)


def _one_or_more(accepts: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def accept(value: Any) -> bool:
        if isinstance(value, (list, tuple)):
            return bool(value) and all(accepts(item) for item in value)
        return accepts(value)

    return accept


def _is_lifetime(value: Any) -> bool:
    if isinstance(value, timedelta):
        return timedelta(seconds=1) <= value <= LONGEST_LIFETIME
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LONGEST_LIFETIME.total_seconds()


def _is_permission(value: Any) -> bool:
    app_label, dot, codename = value.partition(".") if isinstance(value, str) else ("", "", "")
    return all(part and not any(map(str.isspace, part)) for part in (app_label, dot, codename))


def _is_mapper(value: Any) -> bool:
    return isinstance(value, type) or (is_text(value) and "." in value)


SETTINGS = {
    "PRIVATE_KEY_PATH": Setting(_is_path, "the path of a PEM file, as str or Path"),
    "PRIVATE_KEY": Setting(_is_secret_text, "the PEM text of the private key, not blank", secret=True),
    "PRIVATE_KEY_PASSPHRASE": Setting(_is_passphrase, "the passphrase of the private key, as str", secret=True),
    "PUBLIC_KEY_PATH": Setting(_one_or_more(_is_path), "the path of a PEM file, as str or Path, or a list of them"),
    "PUBLIC_KEY": Setting(
        _one_or_more(_is_secret_text), "the PEM text of the public key, or a list of them", secret=True
    ),
    "ALGORITHM": Setting(is_text, "the name of an algorithm such as 'RS256'"),
    "KEY_ID": Setting(is_text, "a str, not blank"),
    "LIFETIME": Setting(_is_lifetime, "a timedelta or a whole number of seconds, from one second to 100 years"),
    "API_KEY": Setting(is_text, "the site's Tiny API key, as str"),
    "ENVIRONMENT_ID": Setting(is_text, "the Environment ID of the on-premises AI service, as str"),
    "API_SECRET": Setting(_is_secret_text, "the API Secret of the on-premises AI service, as str", secret=True),
    "CLAIM_MAPPER": Setting(_is_mapper, "a claim mapper class or its dotted path"),
    "REQUIRED_PERMISSION": Setting(_is_permission, "a Django permission such as 'app.codename'"),
}


def label(name: str, service: str | None = None) -> str:
    """The setting as the site owner finds it."""
    return f'TINYMCE_JWT["{name}"]' if service is None else f'TINYMCE_JWT["SERVICES"]["{service}"]["{name}"]'


def lifetime_seconds(value: timedelta | int | None) -> int:
    if value is None:
        return DEFAULT_LIFETIME
    return int(value.total_seconds()) if isinstance(value, timedelta) else value


def as_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
