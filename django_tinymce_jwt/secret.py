"""A value that no message, log or error report may show."""

from __future__ import annotations

import hashlib
import hmac
from typing import NoReturn


class Secret:
    """Holds bytes that only ``reveal()`` shows: not ``repr``, ``str``, slicing, formatting or pickling."""

    __slots__ = ("_hash", "_value")

    def __init__(self, value: str | bytes) -> None:
        self._value = value.encode() if isinstance(value, str) else bytes(value)
        self._hash = hash(hashlib.sha256(self._value).digest())

    def reveal(self) -> bytes:
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return "<secret>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Secret cannot be pickled or copied.")
