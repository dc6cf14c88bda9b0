"""Times of claims in words, for people."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from django.utils import translation
from django.utils.timesince import timesince

from ..rules import is_time

TIME_CLAIMS = ("iat", "nbf", "exp")


def time_in_words(claim: str, value: Any, now: float) -> str | None:
    """Return when a claim's time is, as UTC and from now, or None for a claim that is no time."""
    if claim not in TIME_CLAIMS or not is_time(value):
        return None
    moment = datetime.fromtimestamp(value, timezone.utc)
    away = round(abs(value - now))
    length = f"{away} second{'' if away == 1 else 's'}" if away < 60 else _length_between(moment, now)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC, " + (f"in {length}" if value > now else f"{length} ago")


def _length_between(moment: datetime, now: float) -> str:
    present = datetime.fromtimestamp(now, timezone.utc)
    # English whatever the site's language: the rest of the sentence is.
    with translation.override("en"):
        return timesince(min(moment, present), max(moment, present)).replace("\xa0", " ")
