"""A value as the key of a cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Content:
    """A value that is equal only to one of the same content and the same types. No ``repr`` shows it."""

    __slots__ = ("_frozen", "_hash", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self._frozen = _frozen(value)
        self._hash = hash(self._frozen)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Content) and self._frozen == other._frozen

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def _frozen(value: Any) -> Any:
    """Return a hashable stand-in for the value. Its order counts: the first of two services gets their option."""
    kind = type(value)
    if kind is str or kind is bytes:
        return value
    if isinstance(value, Mapping):
        return (Mapping, tuple([(type(key), key, _frozen(item)) for key, item in value.items()]))
    if isinstance(value, (list, tuple)):
        return (kind, tuple(map(_frozen, value)))
    try:
        hash(value)
    except TypeError:
        # Content holds the object, so that its id stays its own.
        return (kind, id(value))
    return (kind, value)
