"""A token for a user as the endpoint would issue it: who the user is, and what stands in the way."""

from __future__ import annotations

from traceback import format_exception_only
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError

from ..claims import get_claim_mapper_class
from ..conf import ServiceConfig
from ..exceptions import TinymceJwtError
from ..tokens import hold_to_contract, stamp_claims


def find_user(name: str) -> Any:
    """Return the user with that username, else the one with that primary key, else None."""
    model = get_user_model()
    for field in (model.USERNAME_FIELD, "pk"):
        try:
            user = model._default_manager.filter(**{field: name}).first()
        except (ValueError, ValidationError):
            continue  # Not every text can be a primary key.
        if user is not None:
            return user
    return None


def refusal_reason(user: Any, config: ServiceConfig) -> str | None:
    """Return why the endpoint would refuse the user before the claim mapper is asked, or None."""
    if not user.is_active:
        return f"The user {user.get_username()} is not active."
    permission = config.required_permission
    if permission is not None and not user.has_perm(permission):
        return f"The user {user.get_username()} lacks REQUIRED_PERMISSION {permission!r}; grant it."
    return None


def claims_of(user: Any, config: ServiceConfig) -> dict[str, Any]:
    """Return the claims that a token for the user would have now. Raises what ``issue_token`` raises."""
    claims = stamp_claims(get_claim_mapper_class(config)(user).get_claims(), config)
    hold_to_contract(claims, config)
    return claims


def failure_text(error: Exception) -> str:
    """Return what to tell of an error of this package's, or of whatever the site's claim mapper raised."""
    if isinstance(error, (TinymceJwtError, ImproperlyConfigured)):
        return str(error)
    text = "".join(format_exception_only(error)).strip()
    if isinstance(error, PermissionDenied):
        return f"The claim mapper refuses the user: {text}."
    return f"The claim mapper failed: {text}."
