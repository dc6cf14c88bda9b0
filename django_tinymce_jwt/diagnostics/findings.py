"""What the doctor reports: one finding for each thing that it looked at."""

from __future__ import annotations

from typing import Literal, NamedTuple

from django.core.exceptions import ImproperlyConfigured, PermissionDenied

from ..display import error_text, printable
from ..exceptions import TinymceJwtError

# "info" is for what cannot be checked from inside the site, and for facts alone.
State = Literal["ok", "info", "warning", "error"]


class Finding(NamedTuple):
    """One finding; ``hint`` says what to do, and is empty where there is nothing to do."""

    area: str
    state: State
    text: str
    hint: str = ""


def ok(area: str, text: str) -> Finding:
    return Finding(area, "ok", text)


def info(area: str, text: str) -> Finding:
    return Finding(area, "info", text)


def warning(area: str, text: str, hint: str) -> Finding:
    return Finding(area, "warning", text, hint)


def error(area: str, text: str, hint: str) -> Finding:
    return Finding(area, "error", text, hint)


def failure_text(failure: Exception) -> str:
    """Return what to say about an error of this package, or about whatever the site's claim mapper raised."""
    if isinstance(failure, ImproperlyConfigured):
        return str(failure)
    if isinstance(failure, TinymceJwtError):
        return printable(failure, 1000)
    how = "refuses the user" if isinstance(failure, PermissionDenied) else "failed"
    return f"The claim mapper {how}: {error_text(failure)}."
