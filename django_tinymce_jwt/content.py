"""A value as the key of a cache."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import PurePath
from typing import Any
from uuid import UUID


class Content:
    """A copy of a value that is equal only to one of the same content and the same types. No ``repr`` shows it.

    Mappings, lists, tuples and sets are copied. An object that may change while it stays equal counts as itself.
    """

    __slots__ = ("_frozen", "_hash")

    def __init__(self, value: Any) -> None:
        self._frozen = _frozen(value)
        self._hash = hash(self._frozen)

    @property
    def value(self) -> Any:
        """The copy, made anew. The value itself may have changed since."""
        return _thawed(self._frozen)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Content) and self._frozen == other._frozen

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class _Itself:
    """An object, compared by its identity. It is kept, so that no other one gets its id."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


# Objects of these types themselves never change; a class derived from them may add what does.
_CONSTANT = frozenset({str, bytes, int, bool, float, type(None), date, timedelta, UUID})


def _frozen(value: Any) -> tuple[type, Any]:
    """Return a hashable stand-in for the value. Its order counts: the first of two services gets their option."""
    kind = type(value)
    if kind in _CONSTANT:
        return (kind, value)
    if isinstance(value, Mapping):
        return (dict, tuple([(_frozen(key), _frozen(item)) for key, item in value.items()]))
    if isinstance(value, (list, tuple)):
        copied = list if isinstance(value, list) else kind if hasattr(kind, "_make") else tuple
        return (copied, tuple(map(_frozen, value)))
    if isinstance(value, (set, frozenset)):
        return (set if isinstance(value, set) else frozenset, frozenset(map(_frozen, value)))
    if isinstance(value, PurePath):
        return (kind, value)
    return (_Itself, _Itself(value))


def _thawed(frozen: tuple[type, Any]) -> Any:
    kind, content = frozen
    if kind is dict:
        return {_thawed(key): _thawed(item) for key, item in content}
    if kind in (list, tuple, set, frozenset):
        return kind(map(_thawed, content))
    if hasattr(kind, "_make"):  # a named tuple
        return kind._make(map(_thawed, content))
    return content.value if kind is _Itself else content
