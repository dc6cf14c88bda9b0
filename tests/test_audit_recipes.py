"""The two ways to keep the audit trail that docs/audit.rst shows: JSON lines, and rows in the database."""

from __future__ import annotations

import json
import logging
import logging.config
import re
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest
from django.contrib.auth.models import AnonymousUser

from django_tinymce_jwt import issue_token
from django_tinymce_jwt.views import TokenView

from .demo import EXAMPLE, Browser, set_up

AUDIT = "django_tinymce_jwt.audit"


# JSON lines


@pytest.fixture
def json_lines(tmp_path, monkeypatch):
    """A function that returns the lines of a log configured as in the documentation."""
    monkeypatch.syspath_prepend(EXAMPLE)
    path = tmp_path / "audit.jsonl"
    logger = logging.getLogger(AUDIT)
    level, propagate = logger.level, logger.propagate
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": "intranet.audit.JsonLines"}},
            "handlers": {"audit": {"class": "logging.FileHandler", "filename": path, "formatter": "json"}},
            "loggers": {AUDIT: {"handlers": ["audit"], "level": "INFO", "propagate": False}},
        }
    )
    yield lambda: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    # Not `level =`: only setLevel() clears what a logger has cached for isEnabledFor().
    logger.setLevel(level)
    logger.propagate = propagate


def test_token_is_one_line_of_json(site, user, rf, json_lines):
    token = issue_token(user, request=rf.post("/"))
    (line,) = json_lines()
    fields = ["time", "message", "user_pk", "service", "expires", "key_fingerprint", "reason", "remote_addr"]
    assert list(line) == [*fields, "inspected_user_pk"]
    assert (line["message"], line["user_pk"], line["service"]) == ("token issued", user.pk, "tinydrive")
    assert (line["reason"], line["remote_addr"]) == (None, "127.0.0.1")
    assert len(line["key_fingerprint"]) == 64
    moment = datetime.fromisoformat(line["time"])
    assert abs(datetime.now(timezone.utc) - moment) < timedelta(minutes=1)
    assert abs(line["expires"] - moment.timestamp() - 600) < 60
    assert token not in json.dumps(line)


def test_refusal_is_one_line_of_json(site, rf, json_lines):
    request = rf.post("/")
    request.user = AnonymousUser()
    assert TokenView.as_view()(request).status_code == 401
    (line,) = json_lines()
    assert (line["message"], line["reason"], line["user_pk"]) == ("token refused", "not_authenticated", None)


def test_line_break_in_a_value_stays_on_one_line(site, rf, json_lines):
    request = rf.post("/", REMOTE_ADDR='127.0.0.1\n{"message": "forged"}')
    request.user = AnonymousUser()
    TokenView.as_view()(request)
    (line,) = json_lines()
    # The package escapes it before the formatter does.
    assert line["remote_addr"] == '127.0.0.1\\n{"message": "forged"}'


# The database


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = set_up(tmp_path_factory.mktemp("demo"))
    with demo.serving():
        yield demo


def run_sql(demo, statement, *parameters):
    with closing(sqlite3.connect(demo.folder / "db.sqlite3", timeout=10)) as database, database:
        return database.execute(statement, parameters).fetchall()


def rows_of(demo, message, service):
    return run_sql(
        demo,
        "SELECT user_pk, reason, remote_addr, key_fingerprint, expires FROM audit_trail_entry"
        " WHERE message = ? AND service = ?",
        message,
        service,
    )


def test_token_is_a_row(demo):
    before = len(rows_of(demo, "token issued", "exportword"))
    bob = Browser(demo.address).log_in("bob")
    bob.token("exportword")
    *_, (user_pk, reason, remote_addr, key_fingerprint, expires) = rows_of(demo, "token issued", "exportword")
    assert len(rows_of(demo, "token issued", "exportword")) == before + 1
    assert (user_pk, reason, remote_addr, len(key_fingerprint)) == ("2", "", "127.0.0.1", 64)
    end = datetime.fromisoformat(expires).replace(tzinfo=timezone.utc)
    assert timedelta(minutes=9) < end - datetime.now(timezone.utc) <= timedelta(minutes=10)


@pytest.mark.parametrize(("service", "reason"), [("exportpdf", "not_authenticated"), ("x" * 300, "unknown_service")])
def test_refusal_is_a_row(demo, service, reason):
    Browser(demo.address).open(f"/tinymce/jwt/{service}/", b"")
    assert ("", reason, "127.0.0.1", "", None) in rows_of(demo, "token refused", service[:100])


def test_admin_shows_rows_read_only(demo):
    admin = Browser(demo.address).log_in("ada")
    admin.token("importword")
    assert "token issued" in admin.open("/admin/audit_trail/entry/?q=127.0.0.1").text
    ((pk,), *_) = run_sql(demo, "SELECT id FROM audit_trail_entry")
    page = admin.open(f"/admin/audit_trail/entry/{pk}/change/")
    assert page.status == 200
    assert '<input type="submit"' not in page.text
    for path in ["add/", f"{pk}/delete/"]:
        assert admin.open(f"/admin/audit_trail/entry/{path}").status == 403
    assert admin.post_form(f"/admin/audit_trail/entry/{pk}/change/", message="forged").status == 403


@pytest.fixture
def without_table(demo):
    """A database that the audit trail cannot be written to."""
    run_sql(demo, "ALTER TABLE audit_trail_entry RENAME TO hidden")
    yield
    run_sql(demo, "ALTER TABLE hidden RENAME TO audit_trail_entry")


@pytest.mark.usefixtures("without_table")
def test_database_failure_fails_no_request(demo):
    assert Browser(demo.address).log_in("alice").token("tinydrive")
    assert Browser(demo.address).open("/tinymce/jwt/", b"").status == 401
    assert "--- Logging error ---" in demo.log
    assert "no such table: audit_trail_entry" in demo.log


ISSUE_IN_A_TRANSACTION = """
from django.contrib.auth.models import User
from django.db import transaction
from django_tinymce_jwt import issue_token
with transaction.atomic():
    alice = User.objects.get(username="alice")
    issue_token(alice)
    alice.email = "alice@example.com"
    alice.save()
print(User.objects.get(username="alice").email)
"""


@pytest.mark.usefixtures("without_table")
def test_database_failure_leaves_the_transaction_usable(demo):
    result = demo.manage("shell", "-c", ISSUE_IN_A_TRANSACTION)
    assert result.returncode == 0, result.stderr
    assert "alice@example.com" in result.stdout
    assert "--- Logging error ---" in result.stderr


REFUSE_AND_ISSUE = """
import logging.config
from django.contrib.auth.models import AnonymousUser, User
from django.test import RequestFactory
from django_tinymce_jwt import issue_token
from django_tinymce_jwt.views import TokenView

logging.config.dictConfig({{
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {filters},
    "handlers": {{"audit": {{"()": "intranet.audit.ToDatabase", "filters": [*{filters}]}}}},
    "loggers": {{"django_tinymce_jwt.audit": {{"handlers": ["audit"], "level": "INFO", "propagate": False}}}},
}})

request = RequestFactory().post("/")
request.user = AnonymousUser()
status = TokenView.as_view()(request).status_code
token = issue_token(User.objects.get(username="alice"))
print(status, token.count("."))
"""


@pytest.mark.parametrize(
    ("filtered", "expected"), [(False, ["token refused", "token issued"]), (True, ["token issued"])]
)
def test_filter_leaves_out_refusals_of_unknown_users(demo, filtered, expected):
    page = (EXAMPLE.parent / "docs" / "audit.rst").read_text(encoding="utf-8")
    filters = re.search(r'"filters": (\{\n +"known": .+\n +\}),$', page, re.MULTILINE)[1] if filtered else "{}"
    run_sql(demo, "DELETE FROM audit_trail_entry")
    done = demo.manage("shell", "-c", REFUSE_AND_ISSUE.format(filters=filters))
    assert "401 2" in done.stdout, done.stderr
    rows = run_sql(demo, "SELECT message FROM audit_trail_entry ORDER BY id")
    assert [message for (message,) in rows] == expected
