"""Values from outside, made safe for a message, a log or a terminal."""

from __future__ import annotations

import reprlib
from traceback import TracebackException, format_exception_only
from typing import Any

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 80


def escaped(text: str) -> str:
    """Return the text with control and invisible characters escaped."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def printable(value: Any, max_length: int = 200) -> str:
    """Return the value as text on one line, escaped and cut to ``max_length``."""
    text = escaped(str(value)[: max_length + 1])
    return text if len(text) <= max_length else f"{text[:max_length]}..."


def describe(value: Any) -> str:
    """Return the value and its type as a message shows them, shortened."""
    try:
        text = printable(_REPR.repr(value))
    except Exception:  # a number of more digits than Python prints, or an object whose repr() fails
        text = "a value that cannot be shown"
    return f"{text} ({type(value).__name__})"


def error_text(error: Exception) -> str:
    """Return the class and the text of an error, on one line. Not by ``str()``, which may itself raise."""
    return printable("".join(format_exception_only(error)).strip(), 1000)


def traceback_text(error: Exception) -> str:
    """Return the traceback of an error. What an error says cannot end its line, so it cannot forge another one."""
    parts = (part.strip("\n") for part in TracebackException.from_exception(error).format())
    # Only a frame has several lines of its own.
    frame = "  File "
    return "\n".join(
        "\n".join(map(escaped, part.split("\n"))) if part.startswith(frame) else printable(part, 1000) for part in parts
    )
