"""Every setting: its name, its default, and what it may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from ..rules import is_text
from ..services import DEFAULT_SERVICE

# The settings that say where a key comes from; a key has one source.
SIGNING_NAMES = ("PRIVATE_KEY_PATH", "PRIVATE_KEY", "SIGNER")
PUBLIC_NAMES = ("PUBLIC_KEY_PATH", "PUBLIC_KEY")
# What belongs to one key. A service that names a key of its own takes none of these from the top level.
KEY_NAMES = (*SIGNING_NAMES, *PUBLIC_NAMES, "PRIVATE_KEY_PASSPHRASE", "KEY_ID")
LONGEST_LIFETIME = timedelta(days=36525)


class Setting(NamedTuple):
    """What one setting may be.

    The value of a ``secret`` setting is never shown. A ``from_environment`` setting is missing where it
    is an empty text, which is what an unset environment variable leaves.
    """

    accepts: Callable[[Any], bool]
    wanted: str
    default: Any = None
    secret: bool = False
    from_environment: bool = False


def _is_path(value: Any) -> bool:
    return isinstance(value, (str, Path)) and is_text(str(value)) and "\0" not in str(value)


def _is_secret_text(value: Any) -> bool:
    return is_text(value) or (isinstance(value, bytes) and bool(value.strip()))


def _is_passphrase(value: Any) -> bool:
    return value in ("", b"") or _is_secret_text(value)


def _is_signer(value: Any) -> bool:
    if not isinstance(value, Mapping) or not {"BACKEND"} <= set(value) <= {"BACKEND", "OPTIONS"}:
        return False
    options = value.get("OPTIONS", {})
    return _is_class(value["BACKEND"]) and isinstance(options, Mapping) and all(map(is_text, options))


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
    app_label, _, codename = value.partition(".") if isinstance(value, str) else ("", "", "")
    return all(part and not any(map(str.isspace, part)) for part in (app_label, codename))


def _is_class(value: Any) -> bool:
    return isinstance(value, type) or (is_text(value) and "." in value)


def _is_function(value: Any) -> bool:
    return callable(value) or (is_text(value) and "." in value)


# At the top level and in the section of a service.
SETTINGS = {
    "PRIVATE_KEY_PATH": Setting(_is_path, "the path of a PEM file, as str or Path"),
    "PRIVATE_KEY": Setting(
        _is_secret_text, "the PEM text of the private key, not blank", secret=True, from_environment=True
    ),
    "PRIVATE_KEY_PASSPHRASE": Setting(_is_passphrase, "the passphrase of the private key, as str", secret=True),
    "SIGNER": Setting(
        _is_signer, 'a dict such as {"BACKEND": "dotted.path.of.a.Signer", "OPTIONS": {...}}', secret=True
    ),
    "PUBLIC_KEY_PATH": Setting(_one_or_more(_is_path), "the path of a PEM file, as str or Path, or a list of them"),
    "PUBLIC_KEY": Setting(
        _one_or_more(_is_secret_text), "the PEM text of the public key, or a list of them", secret=True
    ),
    "ALGORITHM": Setting(is_text, "the name of an algorithm such as 'RS256'"),
    "KEY_ID": Setting(is_text, "a str, not blank"),
    "LIFETIME": Setting(
        _is_lifetime,
        "a timedelta or a whole number of seconds, from one second to 100 years",
        default=timedelta(minutes=10),
    ),
    "API_KEY": Setting(is_text, "the site's Tiny API key, as str", from_environment=True),
    "ENVIRONMENT_ID": Setting(
        is_text, "the Environment ID of the on-premises AI service, as str", from_environment=True
    ),
    "API_SECRET": Setting(
        _is_secret_text, "the API Secret of the on-premises AI service, as str", secret=True, from_environment=True
    ),
    "CLAIM_MAPPER": Setting(_is_class, "a claim mapper class or its dotted path"),
    "REQUIRED_PERMISSION": Setting(_is_permission, "a Django permission such as 'app.codename'"),
}
TENANT_SETTINGS = "TENANT_SETTINGS"
TOP_LEVEL_SETTINGS = {
    **SETTINGS,
    TENANT_SETTINGS: Setting(_is_function, "a function that takes a request, or its dotted path"),
}
DEFAULT_SERVICES: dict[str, dict[str, Any]] = {DEFAULT_SERVICE: {}}


def label(name: str, service: str | None = None) -> str:
    """Return the setting as the site owner finds it in the settings file."""
    return f'TINYMCE_JWT["{name}"]' if service is None else f'TINYMCE_JWT["SERVICES"]["{service}"]["{name}"]'


def value_of(values: Mapping[str, Any], name: str) -> Any:
    """Return the value of a setting, its default if it has none."""
    value = values.get(name)
    return SETTINGS[name].default if value is None else value


def lifetime_seconds(values: Mapping[str, Any]) -> int:
    value = value_of(values, "LIFETIME")
    return int(value.total_seconds()) if isinstance(value, timedelta) else int(value)
