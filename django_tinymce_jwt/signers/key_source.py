"""What the settings say of a key: where it comes from and how it signs. Used as the key of the cache of signers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..content import Content
from ..secret import Secret


class SignerSource(Content):
    """The setting ``SIGNER``: a class, or its dotted path, with its options. No ``repr`` shows their values."""

    __slots__ = ()

    def __init__(self, backend: str | type, options: Mapping[str, Any]) -> None:
        super().__init__((backend, dict(options)))

    @property
    def backend(self) -> str | type:
        backend: str | type = self.value[0]
        return backend

    @property
    def options(self) -> dict[str, Any]:
        options: dict[str, Any] = self.value[1]
        return options

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
