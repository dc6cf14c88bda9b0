"""The audit trail: one record of the logger ``django_tinymce_jwt.audit`` for every token and every refusal.

The facts are fields of the record; the token is not among them. All records have the level INFO, so
a site gets them only if it configures the logger. A fault in the site's logging never changes an answer.
"""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from .display import printable

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger("django_tinymce_jwt.audit")
_package_logger = logging.getLogger("django_tinymce_jwt")


class _Key(Protocol):
    @property
    def fingerprint(self) -> str | None: ...


def record_issued(service: str, user: Any, request: HttpRequest | None, *, expires: int, key: _Key) -> None:
    """Record a token; ``expires`` in seconds since the epoch, ``key`` is what signed it."""
    if logger.isEnabledFor(logging.INFO):
        _record("token issued", service, user, request, expires=expires, key=key)


def record_refused(service: str, user: Any, request: HttpRequest | None, *, reason: str) -> None:
    """Record a refusal; ``reason`` is the ``error`` of the answer."""
    if logger.isEnabledFor(logging.INFO):
        _record("token refused", service, user, request, reason=reason)


def record_inspected(staff: Any, user: Any, request: HttpRequest) -> None:
    """Record that a member of the staff looked at the claims of a user; no token was made."""
    _record("claims inspected", "", staff, request, inspected_user_pk=user.pk)


def log_safely(target: logging.Logger, level: int, message: str, *args: Any, **options: Any) -> None:
    """Log; report what the site's own filters and handlers raise instead of raising it."""
    try:
        target.log(level, message, *args, **options)
    except Exception as error:
        _report(target, error)


def _record(
    message: str,
    service: str,
    user: Any,
    request: HttpRequest | None,
    *,
    expires: int | None = None,
    key: _Key | None = None,
    reason: str | None = None,
    **more: Any,
) -> None:
    try:
        facts = {
            "service": printable(service, 100),
            "user_pk": getattr(user, "pk", None),
            "remote_addr": None if request is None else request.META.get("REMOTE_ADDR"),
            "expires": expires,
            "key_fingerprint": None if key is None else key.fingerprint,
            "reason": reason,
            **more,
        }
        logger.info(message, extra=facts)
    except Exception as error:
        _report(logger, error)


_reported: set[str] = set()


def _report(target: logging.Logger, error: Exception) -> None:
    """Report a fault of the site's logging once: to the package's logger, or to stderr if that one is broken too."""
    reason = printable("".join(traceback.format_exception_only(error)).strip())
    fault = f"Logging to {target.name} failed: {reason}"
    if fault in _reported or len(_reported) >= 100:
        return
    _reported.add(fault)
    with suppress(Exception):
        _package_logger.error("%s. The answer to the request is not affected.", fault)
    if logging.raiseExceptions and sys.stderr is not None:
        # As logging itself reports a handler that fails.
        sys.stderr.write(f"{fault}\n")
