"""Claim mappers: which claims a user gets. Subclass one and override the hooks that you need."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import contracts
from .dotted_paths import import_class
from .exceptions import InvalidClaims
from .rules import Contract

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest

    from .conf import ServiceConfig

__all__ = [
    "ClaimMapper",
    "DocumentConverterClaims",
    "TinyAIClaims",
    "TinyAIOnPremisesClaims",
    "TinyDriveClaims",
]

# An address, whose local part may be quoted and then hold spaces.
_EMAIL = re.compile(r'(?:".*"|\S+)@\S+', re.DOTALL)


class ClaimMapper:
    """The base: maps ``user`` (and ``request``, None outside of a view) to claims.

    ``iat``, ``exp`` and ``aud`` are stamped afterwards. A hook may raise Django's
    ``PermissionDenied`` to refuse this user a token.
    """

    def __init__(self, user: AbstractBaseUser | AnonymousUser, request: HttpRequest | None = None) -> None:
        # Any: a site's own mapper reads the fields of the site's own user model.
        self.user: Any = user
        self.request = request

    def get_claims(self) -> dict[str, Any]:
        """Return the claims that depend on the user, as a new dict."""
        return {"sub": self.get_sub()}

    def get_sub(self) -> str:
        """Return a stable string that no other user has; Tiny keeps the user's data under it.

        Raises ``InvalidClaims`` for an anonymous or unsaved user, because all such users would share it.
        """
        require_identity(self.user)
        return str(self.user.pk)


class TinyDriveClaims(ClaimMapper):
    """The claims of Tiny Drive."""

    def get_claims(self) -> dict[str, Any]:
        claims = super().get_claims()
        claims["name"] = self.get_name()
        root = self.get_root()
        if root is not None:
            claims[contracts.ROOT_CLAIM] = root
        return claims

    def get_name(self) -> str:
        """Return the name that Tiny Drive shows as the creator of the user's files."""
        return display_name(self.user)

    def get_root(self) -> str | None:
        """Return the absolute path of the only folder that the user can see, or None for the whole drive.

        Build it from values that cannot be ``..`` or None, such as a primary key: Django's default
        username validator accepts ``..``.
        """
        return None


class DocumentConverterClaims(ClaimMapper):
    """The claims of Export to PDF, Export to Word and Import from Word. They say nothing about the user."""

    def get_claims(self) -> dict[str, Any]:
        return {}


class TinyAIClaims(ClaimMapper):
    """The claims of TinyMCE AI in the cloud."""

    permissions: tuple[str, ...] = (
        "ai:conversations:read",
        "ai:conversations:write",
        "ai:models:agent",
        "ai:actions:system:*",
        "ai:reviews:system:*",
    )

    def get_claims(self) -> dict[str, Any]:
        claims = {**super().get_claims(), "auth": {"ai": {"permissions": self.get_permissions()}}}
        about = {"name": self.get_name(), "email": self.get_email()}
        user = {key: value for key, value in about.items() if value is not None}
        return {**claims, "user": user} if user else claims

    def get_permissions(self) -> list[str]:
        """Return what the user may do with the AI service; by default the set that Tiny's documentation starts with."""
        return list(self.permissions)

    def get_name(self) -> str | None:
        """Return the user's name for the AI service, or None to keep it on the site."""
        return display_name(self.user)

    def get_email(self) -> str | None:
        """Return the user's e-mail address for the AI service; None, the default, keeps it on the site."""
        return None


class TinyAIOnPremisesClaims(TinyAIClaims):
    """The claims of the on-premises AI service, whose permissions differ from those of the cloud."""

    permissions = (
        "ai:conversations:*",
        "ai:models:agent",
        "ai:actions:system:*",
        "ai:reviews:system:*",
    )


DEFAULT_CLAIM_MAPPERS: dict[Contract, type[ClaimMapper]] = {
    contracts.DRIVE: TinyDriveClaims,
    contracts.DOCUMENT_CONVERTER: DocumentConverterClaims,
    contracts.AI: TinyAIClaims,
    contracts.AI_ON_PREMISES: TinyAIOnPremisesClaims,
}


# The hook that a claim comes from, for messages.
HOOKS = {
    "sub": "get_sub",
    "name": "get_name",
    contracts.ROOT_CLAIM: "get_root",
    "auth.ai.permissions": "get_permissions",
    "user.name": "get_name",
    "user.email": "get_email",
}


def require_identity(user: Any) -> None:
    """Raise ``InvalidClaims`` for a user who is anonymous or was never saved."""
    if getattr(user, "pk", None) is None or not getattr(user, "is_authenticated", True):
        raise InvalidClaims(
            f"The claim 'sub' has no value: the user ({type(user).__name__}) is anonymous or not saved, "
            "and all such users would share it. Issue tokens for saved users only.",
            "sub",
        )


def display_name(user: Any) -> str:
    """Return the user's full name, otherwise the username; of an e-mail address only the part before the ``@``."""
    get_full_name = getattr(user, "get_full_name", None)
    name = str((get_full_name and get_full_name()) or "").strip() or str(user.get_username()).strip()
    while _EMAIL.fullmatch(name):
        name = name.rpartition("@")[0].strip('"@ ')
    return name or str(user.pk)


def get_claim_mapper_class(config: ServiceConfig) -> type[ClaimMapper]:
    """Return the claim mapper of a service: the one in the settings, otherwise the default of its contract.

    Raises ``ImproperlyConfigured`` if the setting does not name a subclass of ``ClaimMapper``.
    """
    if config.claim_mapper is None:
        return DEFAULT_CLAIM_MAPPERS[config.service.contract]
    mapper_class: type[ClaimMapper] = import_class("CLAIM_MAPPER", config.claim_mapper, ClaimMapper)
    return mapper_class
