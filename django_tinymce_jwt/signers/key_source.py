"""What the settings say of a key: where it comes from and how it signs. Used as the key of the cache of signers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..secret import Secret


class SignerSource:
    """The setting ``SIGNER``: a class, or its dotted path, with its options. No ``repr`` shows their values."""

    def __init__(self, backend: str | type, options: Mapping[str, Any]) -> None:
        self.backend = backend
        self.options = dict(options)
        self._content = (backend, _frozen(self.options))
        self._hash = hash(self._content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SignerSource) and self._content == other._content

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"<SignerSource {self.backend!r} with {', '.join(self.options) or 'no options'}>"


class KeySource(NamedTuple):
    """Where the key of a service comes from; it signs with the first of ``algorithms`` that the signer has."""

    algorithms: tuple[str, ...]
    key_id: str | None
    private_path: Path | None = None
    private_text: Secret | None = None
    passphrase: Secret | None = None
    public_paths: tuple[Path, ...] = ()
    public_texts: tuple[Secret, ...] = ()
    api_secret: Secret | None = None
    signer: SignerSource | None = None

    @property
    def has_public(self) -> bool:
        return bool(self.public_paths or self.public_texts)


def _frozen(value: Any) -> Any:
    """Return a hashable stand-in for the value, equal only for equal content of the same types."""
    if isinstance(value, Mapping):
        return (Mapping, frozenset((key, _frozen(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return (type(value), tuple(map(_frozen, value)))
    try:
        hash(value)
    except TypeError:
        # The options hold the object, so that its id stays its own.
        return (type(value), id(value))
    return (type(value), Secret(value) if isinstance(value, (str, bytes)) else value)
