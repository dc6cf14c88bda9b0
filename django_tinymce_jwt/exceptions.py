"""The errors of django-tinymce-jwt. Wrong settings raise Django's ``ImproperlyConfigured`` instead."""

from __future__ import annotations

__all__ = ["InvalidClaims", "InvalidToken", "SigningKeyError", "TinymceJwtError"]


class TinymceJwtError(Exception):
    """The root of the errors that this package raises."""


class InvalidClaims(TinymceJwtError):
    """The claims break the contract of the service: Tiny would refuse the token, so none is signed.

    ``claim`` is the name of the claim; the message says what it was and what the contract wants.
    """

    def __init__(self, message: str, claim: str) -> None:
        super().__init__(message)
        self.claim = claim


class InvalidToken(TinymceJwtError):
    """The token is not one that the service would accept.

    ``claim`` is the name of the claim that is wrong, or None where it is the token's form,
    algorithm or signature.
    """

    def __init__(self, message: str, claim: str | None = None) -> None:
        super().__init__(message)
        self.claim = claim


class SigningKeyError(TinymceJwtError):
    """The key of a service cannot be read, is not of the right kind, or does not fit its public key."""
