"""A newcomer's way: from a new project and no key to a verified token, by what the command itself says."""

from __future__ import annotations

import re
import sys

import pytest

from .helpers.projects import Project


@pytest.fixture
def project(tmp_path):
    """A project as ``django-admin startproject`` makes it, with the app installed."""
    project = Project(tmp_path)
    project.run(sys.executable, "-m", "django", "startproject", "intranet", ".")
    project.write("intranet/settings.py", 'INSTALLED_APPS += ["django_tinymce_jwt"]\n')
    return project


def suggested(pattern, printed):
    match = re.search(pattern, printed)
    assert match, printed
    return match[1]


def command(project, *arguments, **more):
    return project.manage("tinymce_jwt", *arguments, **more)


def test_newcomer_gets_from_no_key_to_a_verified_token_by_the_guidance_of_the_command(project):
    printed = command(project, "--help")
    printed = command(project, suggested(r"(doctor)", printed), status=1)
    keys_generate = suggested(r"manage.py tinymce_jwt (keys generate [\w/.]+)", printed).split()

    printed = command(project, *keys_generate)
    project.write("intranet/settings.py", suggested(r"(TINYMCE_JWT = .+)", printed) + "\n")

    printed = command(project, "doctor")
    include = suggested(r"Add (path.+) to the urlpatterns", printed)
    imports = suggested(r"(from django.urls import .+)[)]", printed)
    project.write("intranet/urls.py", f"{imports}\nurlpatterns += [{include}]\n")

    printed = command(project, "doctor", suggested(r"(--user)", printed), "ada", status=1)
    project.manage(suggested(r"(migrate)", printed))

    printed = command(project, "doctor", "--user", "ada", status=1)
    project.manage(suggested(r"(createsuperuser)", printed), "--noinput", "--username=ada", "--email=")

    assert command(project, "doctor", "--user", "ada").splitlines()[-1] == "Nothing is wrong."
    token = command(project, "token", "ada", errors=False)
    assert command(project, "verify", given=token).splitlines()[-1] == "The service would accept the token."


def test_command_generates_a_key_where_the_settings_lack_values(project):
    project.write("intranet/settings.py", 'TINYMCE_JWT = {"SERVICES": {"exportpdf": {}}}\n')
    command(project, "keys", "generate", "secrets/tiny.pem")


def test_command_generates_no_key_where_the_settings_are_wrong(project):
    # They might ask for a passphrase, and the key would be without one.
    project.write("intranet/settings.py", 'TINYMCE_JWT = {"PRIVAT_KEY_PATH": "x"}\n')
    printed = command(project, "keys", "generate", "secrets/tiny.pem", status=1)
    assert 'TINYMCE_JWT["PRIVAT_KEY_PATH"] is not a setting. Did you mean PRIVATE_KEY_PATH?' in printed
