"""Ways to keep the audit trail of django-tinymce-jwt: as JSON lines, and in the database."""

import atexit
import json
import logging
from contextlib import suppress
from datetime import datetime, timezone
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue

from django.apps import apps
from django.db import Error, close_old_connections, transaction


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object on a line, in printable ASCII only."""

    FIELDS = ["user_pk", "service", "expires", "key_fingerprint", "reason", "remote_addr", "inspected_user_pk"]

    def format(self, record):
        time = datetime.fromtimestamp(record.created, timezone.utc)
        entry = {"time": time.isoformat(timespec="milliseconds"), "message": record.getMessage()}
        entry |= {name: getattr(record, name, None) for name in self.FIELDS}
        # The one control character of ASCII that JSON leaves as it is.
        return json.dumps(entry, default=str).replace("\x7f", "\\u007f")


class ToDatabase(logging.Handler):
    """Saves a record as a row. A database that fails costs the row, and never the request."""

    def emit(self, record):
        try:
            # Looked up here: logging is configured before there are any models.
            entries = apps.get_model("audit_trail.Entry").objects
            # A savepoint, so that a failure leaves the request's own transaction usable.
            with transaction.atomic():
                entries.create(
                    time=datetime.fromtimestamp(record.created, timezone.utc),
                    message=record.getMessage(),
                    user_pk="" if record.user_pk is None else str(record.user_pk),
                    service=record.service[:100],
                    expires=record.expires and datetime.fromtimestamp(record.expires, timezone.utc),
                    key_fingerprint=record.key_fingerprint or "",
                    reason=record.reason or "",
                    remote_addr=record.remote_addr or None,
                )
        except Exception:
            self.handleError(record)


class Listener(QueueListener):
    """Hands on what is in the queue, in a thread of its own."""

    def handle(self, record):
        super().handle(record)
        # As Django does at the end of a request, of which this thread has none.
        with suppress(Error):
            close_old_connections()


def queued():
    """Make a handler for ASGI: the event loop may not use the ORM, so ``ToDatabase`` runs in another thread."""
    listener = Listener(SimpleQueue(), ToDatabase())
    listener.start()
    atexit.register(listener.stop)
    return QueueHandler(listener.queue)
