"""The audit trail: one record of the logger ``django_tinymce_jwt.audit`` for every token and every refusal.

The facts are fields of the record; the token is not among them. All records have the level INFO, so
a site gets them only if it configures the logger. A fault in the site's logging never changes an answer.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

from django.db import connections, transaction

from .display import error_text, printable, traceback_text

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


def log_safely(target: logging.Logger, level: int, message: str, *args: Any, error: Exception | None = None) -> None:
    """Log, with the traceback of ``error``; report what the site's own logging raises instead of raising it."""
    if target.isEnabledFor(level):
        info = None if error is None else (type(error), error, error.__traceback__)
        record = target.makeRecord(target.name, level, __file__, 0, message, args, info)
        # Formatters take this text instead of making their own.
        record.exc_text = None if error is None else traceback_text(error)
        _guard(target, lambda: target.handle(record))


@contextmanager
def savepoints() -> Iterator[None]:
    """Undo, under ``ATOMIC_REQUESTS``, what was written inside if it fails, and keep the request's transaction."""
    with ExitStack() as stack:
        for connection in connections.all(initialized_only=True):
            if connection.settings_dict["ATOMIC_REQUESTS"] and connection.in_atomic_block:
                stack.enter_context(transaction.atomic(using=connection.alias))
        yield


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
    def log() -> None:
        facts = {
            "service": service,
            "user_pk": getattr(user, "pk", None),
            "remote_addr": None if request is None else request.META.get("REMOTE_ADDR"),
            "expires": expires,
            "key_fingerprint": None if key is None else key.fingerprint,
            "reason": reason,
            **more,
        }
        shown = {name: printable(fact, 100) if isinstance(fact, str) else fact for name, fact in facts.items()}
        logger.info(message, extra=shown)

    _guard(logger, log)


def _guard(target: logging.Logger, log: Callable[[], None]) -> None:
    try:
        # A handler may write to the database, and fail.
        with savepoints():
            log()
    except Exception as error:
        _report(target, error)


_reported: set[str] = set()


def _report(target: logging.Logger, error: Exception) -> None:
    """Report a fault of the site's logging once: to the package's logger, or to stderr if that one is broken too."""
    fault = f"Logging to {target.name} failed: {error_text(error)}"
    if fault in _reported or len(_reported) >= 100:
        return
    _reported.add(fault)
    with suppress(Exception):
        _package_logger.error("%s. The answer to the request is not affected.", fault)
    # As logging itself reports a handler that fails; some servers close or remove stderr.
    with suppress(AttributeError, OSError, ValueError):
        if logging.raiseExceptions:
            sys.stderr.write(f"{fault}\n")
