"""Two ways to keep the audit trail of django-tinymce-jwt: as JSON lines, and in the database."""

import json
import logging
from datetime import datetime, timezone

from django.apps import apps
from django.db import transaction


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object on a line."""

    FIELDS = ["user_pk", "service", "expires", "key_fingerprint", "reason", "remote_addr"]

    def format(self, record):
        time = datetime.fromtimestamp(record.created, timezone.utc)
        entry = {"time": time.isoformat(timespec="milliseconds"), "message": record.getMessage()}
        entry |= {name: getattr(record, name, None) for name in self.FIELDS}
        return json.dumps(entry, ensure_ascii=False, default=str)


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
