"""Mistakes that people make while they set the package up: each message says what, where, and what to do."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Engine

from django_tinymce_jwt.claims import TinyDriveClaims
from django_tinymce_jwt.exceptions import InvalidClaims
from django_tinymce_jwt.views import TokenView

from .helpers.checks import messages
from .helpers.command import run
from .helpers.keys import private_pem, public_pem
from .helpers.tokens import issued_token

WITHOUT_THE_APP = """
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=[
        "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
        "django.contrib.messages", "django.contrib.sessions",
    ]
)
django.setup()
import django_tinymce_jwt.{module}
"""


class NamelessClaims(TinyDriveClaims):
    def get_name(self):
        return None


class TeamClaims(TinyDriveClaims):
    def get_root(self):
        return f"/teams/{getattr(self.user, 'team_id', None)}"


@pytest.mark.parametrize("module", ["urls", "inspector.urls"])
def test_app_that_is_not_installed_is_named(module):
    # In a process of its own, because the app is installed in this one.
    script = WITHOUT_THE_APP.format(module=module)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'Add "django_tinymce_jwt" to INSTALLED_APPS.' in done.stderr


@pytest.mark.parametrize("given", ["tinydriv", "TinyDrive", "drive"])
def test_view_of_an_unknown_service_is_refused_at_once(given):
    with pytest.raises(ImproperlyConfigured, match=r"TokenView\.service is .* Did you mean"):
        TokenView.as_view(service=given)


def test_view_class_of_an_unknown_service_is_refused_at_once():
    view = type("DriveView", (TokenView,), {"service": "tinydriv"})
    with pytest.raises(ImproperlyConfigured, match=r"DriveView.service is 'tinydriv'.* Did you mean tinydrive\?"):
        view.as_view()


@pytest.mark.urls("tests.sites.without_urls")
def test_tag_without_the_urls_says_what_to_include(site):
    template = Engine(libraries={"tinymce_jwt": "django_tinymce_jwt.templatetags.tinymce_jwt"}).from_string(
        "{% load tinymce_jwt %}{% tinymce_jwt_providers %}"
    )
    with pytest.raises(ImproperlyConfigured) as caught:
        template.render(Context())
    assert str(caught.value) == (
        "{% tinymce_jwt_providers %} needs the URLs of django_tinymce_jwt. "
        'Add path("tinymce/jwt/", include("django_tinymce_jwt.urls")) to the urlpatterns '
        "(from django.urls import include, path)."
    )


def test_root_of_a_user_without_a_team_is_refused(site):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": TeamClaims}
    with pytest.raises(InvalidClaims) as caught:
        issued_token()
    assert str(caught.value) == (
        "The claim 'https://claims.tiny.cloud/drive/root' is '/teams/None' (str); wanted: no segment 'None', which a "
        f"missing value becomes in an f-string. It comes from get_root() of the claim mapper {__name__}.TeamClaims."
    )


def test_claim_of_none_names_mapper_and_hook(site):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": NamelessClaims}
    with pytest.raises(InvalidClaims, match=rf"It comes from get_name\(\) of the claim mapper {__name__}.Nameless"):
        issued_token()


def test_mapper_that_fails_to_import_names_file_and_line(settings, tmp_path, monkeypatch):
    (tmp_path / "mapper_of_the_site.py").write_text("from datetime import timezone\n\nimport a_missing_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "CLAIM_MAPPER": "mapper_of_the_site.Claims"}
    [(code, message, hint)] = messages()
    place = f"{tmp_path / 'mapper_of_the_site.py'}, line 3"
    assert code == "E014"
    assert message == (
        "CLAIM_MAPPER is 'mapper_of_the_site.Claims', which cannot be imported: "
        f"ModuleNotFoundError: No module named 'a_missing_package' ({place})."
    )
    assert hint == f"Fix the error at {place}. It is the claim mapper of the service 'tinydrive'."


def test_mapper_with_a_syntax_error_names_file_and_line(settings, tmp_path, monkeypatch):
    path = tmp_path / "mapper_with_a_typo.py"
    path.write_text("class Claims\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "CLAIM_MAPPER": "mapper_with_a_typo.Claims"}
    [(_, message, hint)] = messages()
    assert message.endswith(f"which cannot be imported: SyntaxError: expected ':' ({path}, line 1).")
    assert hint.startswith(f"Fix the error at {path}, line 1.")


def test_public_key_in_the_place_of_the_private_key_is_named(settings, tmp_path):
    path = tmp_path / "tiny.pub.pem"
    path.write_text(public_pem())
    path.chmod(0o644)
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": path}
    texts = {code: message for code, message, _ in messages()}
    assert texts["E013"] == (
        f"The key in {path} (PRIVATE_KEY_PATH) is a public key. The private key is the other file of the pair."
    )
    assert texts["W001"].startswith(f"The key file {path} (PRIVATE_KEY_PATH) can be read by others")


def test_doctor_says_that_every_user_sees_the_whole_drive(site):
    assert "every user with a token sees and may change the whole drive" in run("doctor").out
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": TeamClaims}
    assert "whole drive" not in run("doctor").out


@pytest.mark.parametrize(
    ("origin", "hosts", "trusted", "text"),
    [
        ("https://www.example.com", ["www.example.com"], [], "✓ https://www.example.com is this site's own origin"),
        ("https://www.example.com", ["other.example"], [], "✗ The endpoint answers 403 to pages of https://www.exam"),
        ("https://www.example.com", ["other.example"], ["https://*.example.com"], "is a trusted origin"),
        ("null", ["www.example.com"], [], "✗ The endpoint answers 403 to pages of null"),
    ],
    ids=["own", "other", "trusted", "null"],
)
def test_doctor_says_what_an_origin_would_get(site, origin, hosts, trusted, text):
    site.ALLOWED_HOSTS, site.CSRF_TRUSTED_ORIGINS = hosts, trusted
    assert text in run("doctor", "--origin", origin).out


def test_doctor_names_the_proxy_setting_for_the_sites_own_origin(site):
    site.ALLOWED_HOSTS = ["www.example.com"]
    assert "SECURE_PROXY_SSL_HEADER is not set" in run("doctor", "--origin", "https://www.example.com").out
    site.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert "SECURE_PROXY_SSL_HEADER" not in run("doctor", "--origin", "https://www.example.com").out
