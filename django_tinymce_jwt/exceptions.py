"""The errors that this package raises. Wrong settings raise Django's ``ImproperlyConfigured`` instead."""

from __future__ import annotations

__all__ = ["InvalidClaims", "InvalidToken", "SigningKeyError", "TinymceJwtError"]


class TinymceJwtError(Exception):
    """The base class of the errors below."""


class InvalidClaims(TinymceJwtError):
    """The claims break the service's contract. Tiny would refuse the token, so none is signed.

    ``claim`` is the name of the claim; the message says what was found and what the contract wants.
    """

    def __init__(self, message: str, claim: str) -> None:
        super().__init__(message)
        self.claim = claim


class InvalidToken(TinymceJwtError):
    """The service would not accept the token.

    ``claim`` is the name of the wrong claim, or None if the fault is in the token's form, algorithm
    or signature.
    """

    def __init__(self, message: str, claim: str | None = None) -> None:
        super().__init__(message)
        self.claim = claim


class SigningKeyError(TinymceJwtError):
    """The key of a service cannot be used: it cannot be read or reached, or is not the right kind of key."""
