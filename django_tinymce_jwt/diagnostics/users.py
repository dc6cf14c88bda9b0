"""Users by the names that people type."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError


def find_user(name: str) -> Any:
    """Return the user with that username, otherwise the one with that primary key, otherwise None."""
    model = get_user_model()
    for field in (model.USERNAME_FIELD, "pk"):
        try:
            user = model._default_manager.filter(**{field: name}).first()
        except (ValueError, ValidationError):
            continue  # Not every text can be a primary key.
        if user is not None:
            return user
    return None
