"""Dotted paths in the settings: the one place that imports what they name."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils import module_loading

from .display import describe, error_text, printable

_IMPORT_MACHINERY = {__file__, importlib.__file__, module_loading.__file__}


class DottedPathError(ImproperlyConfigured):
    """A setting names a class that cannot be used; ``hint`` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message} {hint}")
        self.message = message
        self.hint = hint


def import_class(setting: str, named: Any, base: type) -> Any:
    """Return the class that a setting names, by dotted path or as the class itself.

    Raises ``DottedPathError`` if it cannot be imported or is not a subclass of ``base``.
    """
    found = _import(setting, named) if isinstance(named, str) else named
    if not (isinstance(found, type) and issubclass(found, base)):
        message = f"{setting} is {_shown(named)}, which is not a subclass of {base.__module__}.{base.__qualname__}."
        raise DottedPathError(message, f"Name a subclass of {base.__name__}.")
    return found


def import_function(setting: str, named: Any) -> Callable[..., Any]:
    """Return the function that a setting names, by dotted path or as itself. Raises ``DottedPathError``."""
    found: Any = _import(setting, named) if isinstance(named, str) else named
    if not callable(found):
        raise DottedPathError(f"{setting} is {_shown(named)}, which cannot be called.", "Name a function.")
    function: Callable[..., Any] = found
    return function


def _import(setting: str, path: str) -> Any:
    try:
        return module_loading.import_string(path)
    except Exception as error:  # whatever the site's module raises while it is imported
        where = _place(error)
        # The text of a syntax error has several lines; the place is named here.
        text = f"{type(error).__name__}: {error.msg}" if isinstance(error, SyntaxError) else error_text(error)
        reason = f"{text}{where and f' ({where})'}"
        message = f"{setting} is {_shown(path)}, which cannot be imported: {reason}."
        hint = f"Fix the error at {where}." if where else "Correct the path, or the module that it names."
        raise DottedPathError(message, hint) from error


def _place(error: Exception) -> str:
    """Return the file and line of the site's own code that failed; empty if only the path is wrong."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename not in _IMPORT_MACHINERY and not frame.filename.startswith("<")]
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else ""


def _shown(named: Any) -> str:
    return repr(printable(named)) if isinstance(named, str) else describe(named)
