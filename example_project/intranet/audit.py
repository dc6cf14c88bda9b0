"""Two ways to store the audit log of django-tinymce-jwt: as JSON lines, and in the database."""

import json
import logging
from datetime import datetime, timezone

from django.apps import apps
from django.db import transaction


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object on a line, in printable ASCII only."""

    FIELDS = ["user_pk", "service", "expires", "key_fingerprint", "reason", "remote_addr", "inspected_user_pk"]

    def format(self, record):
        time = datetime.fromtimestamp(record.created, timezone.utc)
        entry = {"time": time.isoformat(timespec="milliseconds"), "message": record.getMessage()}
        entry |= {name: getattr(record, name, None) for name in self.FIELDS}
        return json.dumps(entry, ensure_ascii=True, default=str)


class ToDatabase(logging.Handler):
    """Saves a record as a row. If the database fails, the row is lost and the request goes on."""

    def emit(self, record):
        try:
            # Django configures logging before it loads the models, so the model is looked up here.
            entries = apps.get_model("audit_trail.Entry").objects
            # With this savepoint, the transaction of the request can go on after a failure.
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
