"""A machine without the secrets: it can migrate, test and run everything but the endpoint."""

from __future__ import annotations

import io

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from .helpers.checks import messages
from .helpers.command import run
from .helpers.endpoint import ask, error_of
from .helpers.keys import private_pem
from .helpers.services import all_services

ENVIRONMENT = ("PRIVATE_KEY", "API_KEY", "ENVIRONMENT_ID", "API_SECRET")
absent = object()


@pytest.fixture(params=ENVIRONMENT)
def name(request):
    """A setting that comes from the environment."""
    return request.param


@pytest.fixture(params=[absent, None, "", b""], ids=["absent", "none", "empty", "empty-bytes"])
def missing(settings, name, request):
    """A site where that setting is missing in one of four ways."""
    site = {**all_services(), name: request.param}
    if request.param is absent:
        del site[name]
    settings.TINYMCE_JWT = site


def test_missing_value_is_a_warning(missing):
    found = [code for code, _, _ in messages() if code != "W005"]
    assert set(found) == {"W008"}


def test_missing_value_is_named(missing, name):
    text = "\n".join(f"{message} {hint}" for _, message, hint in messages())
    assert {"PRIVATE_KEY": "PRIVATE_KEY_PATH"}.get(name, name) in text


def test_missing_value_is_an_error_before_a_deployment(missing):
    with pytest.raises(SystemCheckError, match=r"E015\) Values that the tokens need are missing"):
        call_command("check", "--deploy", "--tag", "security", fail_level="ERROR", stderr=io.StringIO())


def test_value_of_a_section_is_missing_too(settings):
    services = {"exportpdf": {"API_KEY": ""}, "tinydrive": {"PRIVATE_KEY": ""}}
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "API_KEY": "key", "SERVICES": services}
    assert [code for code, _, _ in messages()] == ["W008", "W008"]


def test_empty_key_beside_a_path_is_not_a_second_source(settings, key_path):
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "PRIVATE_KEY": ""}
    assert messages() == []


def test_missing_key_file_is_a_warning(settings, tmp_path):
    path = tmp_path / "secrets" / "tiny.pem"
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": path}
    assert messages() == [
        (
            "W008",
            f"PRIVATE_KEY_PATH names {path}, which does not exist.",
            (
                "Correct the path, or make a key pair: manage.py tinymce_jwt keys generate. "
                "Until then, no token can be issued for: tinydrive."
            ),
        )
    ]


def test_missing_key_file_is_an_error_before_a_deployment(settings, tmp_path):
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": tmp_path / "tiny.pem"}
    with pytest.raises(SystemCheckError, match="E015"):
        call_command("check", "--deploy", "--tag", "security", stderr=io.StringIO())


def test_missing_values_are_counted_before_a_deployment(settings):
    settings.TINYMCE_JWT = {"SERVICES": {"tinydrive": {}, "exportpdf": {"PRIVATE_KEY": private_pem()}}}
    with pytest.raises(SystemCheckError, match="Values that the tokens need are missing: 2"):
        call_command("check", "--deploy", "--tag", "security", stderr=io.StringIO())


def test_missing_value_is_shown_by_the_checks_of_security(settings):
    settings.TINYMCE_JWT = {}
    assert "django_tinymce_jwt.W008" in [message.id for message in run_checks(tags=[Tags.security])]


def test_missing_public_key_file_is_an_error(settings, key_path):
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "PUBLIC_KEY_PATH": key_path.with_suffix(".pub")}
    assert [code for code, _, _ in messages()] == ["E013"]


def test_complete_site_passes_before_a_deployment(site):
    call_command("check", "--deploy", "--tag", "security", fail_level="ERROR", stderr=io.StringIO())


@pytest.mark.parametrize("value", [" ", "\n", b" "], ids=repr)
@pytest.mark.parametrize("setting", ENVIRONMENT)
def test_blank_value_is_an_error(settings, setting, value):
    settings.TINYMCE_JWT = {**all_services(), setting: value}
    assert "E003" in [code for code, _, _ in messages()]


@pytest.mark.django_db
def test_endpoint_without_its_values_answers_in_json(settings, user):
    settings.TINYMCE_JWT = {}
    assert error_of(ask(user)) == (500, "token_unavailable")


@pytest.mark.django_db
def test_endpoint_without_its_values_answers_anonymous_users_as_before(settings):
    settings.TINYMCE_JWT = {}
    assert error_of(ask(None)) == (401, "not_authenticated")


def test_doctor_calls_a_missing_value_an_error(settings):
    settings.TINYMCE_JWT = {}
    result = run("doctor")
    assert result.status == 1
    assert "  ✗ The service 'tinydrive' has no key to sign with. (django_tinymce_jwt.W008)" in result.out
