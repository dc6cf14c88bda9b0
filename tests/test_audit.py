"""The audit trail: one record for every token and every refusal, and never the token itself."""

from __future__ import annotations

import logging
import time

import pytest
from django.contrib.auth import get_user_model

from django_tinymce_jwt import issue_token

from .helpers.keys import fingerprint

FIELDS = ("user_pk", "service", "expires", "key_fingerprint", "reason", "remote_addr")


@pytest.fixture
def trail(caplog):
    caplog.set_level(logging.INFO, logger="django_tinymce_jwt.audit")

    def records():
        return [record for record in caplog.records if record.name == "django_tinymce_jwt.audit"]

    return records


def facts(record):
    return {field: getattr(record, field) for field in FIELDS}


@pytest.mark.django_db
def test_endpoint_token_is_one_complete_record(site, client, user, trail):
    client.force_login(user)
    before = int(time.time())
    client.post("/tinymce/jwt/")
    [record] = trail()
    assert record.getMessage() == "token issued"
    assert facts(record) == {
        "user_pk": user.pk,
        "service": "tinydrive",
        "expires": record.expires,
        "key_fingerprint": fingerprint(),
        "reason": None,
        "remote_addr": "127.0.0.1",
    }
    assert before + 600 <= record.expires <= time.time() + 600


def test_token_issued_by_code_is_recorded_without_address(site, trail):
    issue_token(get_user_model()(pk=7, username="ada"))
    [record] = trail()
    assert (record.user_pk, record.remote_addr) == (7, None)


def test_api_secret_has_no_fingerprint(settings, trail):
    section = {"API_SECRET": "s" * 32, "ENVIRONMENT_ID": "environment"}
    settings.TINYMCE_JWT = {"SERVICES": {"tinymceai-onprem": section}}
    issue_token(get_user_model()(pk=7, username="ada"), "tinymceai-onprem")
    assert trail()[0].key_fingerprint is None


@pytest.mark.django_db
def test_record_never_holds_the_token(site, client, user, trail):
    client.force_login(user)
    token = client.post("/tinymce/jwt/").json()["token"]
    assert token not in str([vars(record) for record in trail()])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "headers", "reason"),
    [
        ("/tinymce/jwt/", {}, "not_authenticated"),
        ("/tinymce/jwt/", {"Origin": "https://elsewhere.example"}, "cross_site"),
        ("/tinymce/jwt/exportpdf/", {}, "unknown_service"),
    ],
)
def test_refusal_is_one_record_with_the_reason(site, client, trail, url, headers, reason):
    client.post(url, headers=headers)
    [record] = trail()
    assert record.getMessage() == "token refused"
    assert facts(record) == {
        "user_pk": None,
        "service": "exportpdf" if "exportpdf" in url else "tinydrive",
        "expires": None,
        "key_fingerprint": None,
        "reason": reason,
        "remote_addr": "127.0.0.1",
    }


@pytest.mark.django_db
def test_refusal_of_a_logged_in_user_names_the_user(site, client, user, trail):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "REQUIRED_PERMISSION": "auth.add_user"}
    client.force_login(user)
    client.post("/tinymce/jwt/")
    assert [(record.user_pk, record.reason) for record in trail()] == [(user.pk, "permission_denied")]


@pytest.mark.django_db
def test_failure_is_recorded_as_a_refusal(settings, client, user, trail):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": "broken"}
    client.force_login(user)
    client.post("/tinymce/jwt/")
    assert [record.reason for record in trail()] == ["token_unavailable"]


@pytest.mark.django_db
def test_unconfigured_trail_logs_nothing(site, client, user, caplog):
    client.force_login(user)
    client.post("/tinymce/jwt/")
    assert [record for record in caplog.records if record.name.startswith("django_tinymce_jwt")] == []
