"""The audit trail: one record of the logger ``django_tinymce_jwt.audit`` for every token and every refusal.

The facts are fields of the record, never the token. All records have the level INFO, so a site
hears of them only if it configures the logger.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger("django_tinymce_jwt.audit")


def record_issued(
    service: str, user: Any, request: HttpRequest | None, *, expires: int, key_fingerprint: str | None
) -> None:
    """Record a token; ``expires`` in seconds since the epoch."""
    if logger.isEnabledFor(logging.INFO):
        facts = {"expires": expires, "key_fingerprint": key_fingerprint, "reason": None}
        logger.info("token issued", extra={**_common(service, user, request), **facts})


def record_refused(service: str, user: Any, request: HttpRequest | None, *, reason: str) -> None:
    """Record a refusal; ``reason`` is the ``error`` of the answer."""
    if logger.isEnabledFor(logging.INFO):
        facts = {"expires": None, "key_fingerprint": None, "reason": reason}
        logger.info("token refused", extra={**_common(service, user, request), **facts})


def record_inspected(staff: Any, user: Any, request: HttpRequest) -> None:
    """Record that a member of the staff looked at the claims of a user; no token was made."""
    facts = {"expires": None, "key_fingerprint": None, "reason": None, "inspected_user_pk": user.pk}
    logger.info("claims inspected", extra={**_common("", staff, request), **facts})


def _common(service: str, user: Any, request: HttpRequest | None) -> dict[str, Any]:
    return {
        "service": service,
        "user_pk": getattr(user, "pk", None),
        "remote_addr": None if request is None else request.META.get("REMOTE_ADDR"),
    }
