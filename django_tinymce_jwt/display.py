"""Values from outside, made safe for a message, a log or a terminal."""

from __future__ import annotations

import reprlib
from typing import Any

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 80


def printable(text: str, max_length: int = 200) -> str:
    """Return the text on one line, cut to ``max_length``, with control and invisible characters escaped."""
    if len(text) > max_length:
        text = f"{text[:max_length]}..."
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def describe(value: Any) -> str:
    """Return the value and its type as a message shows them, shortened."""
    try:
        text = printable(_REPR.repr(value))
    except Exception:  # a number of more digits than Python prints, or an object whose repr() fails
        text = "a value that cannot be shown"
    return f"{text} ({type(value).__name__})"
