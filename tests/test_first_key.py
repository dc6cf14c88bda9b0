"""A newcomer's way: from a new project and no key at all to a verified token, by what the command says itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from django_tinymce_jwt import endpoint

from .helpers.command import SUBCOMMANDS

ROOT = Path(__file__).parent.parent


def page(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


class NewProject:
    """A project as ``django-admin startproject`` makes it, with the app installed."""

    def __init__(self, folder):
        self.folder = folder
        # In a process of its own: Django refuses the name of a module that other tests have imported.
        subprocess.run([sys.executable, "-m", "django", "startproject", "intranet", folder], check=True, cwd=folder)
        self.append("settings.py", 'INSTALLED_APPS += ["django_tinymce_jwt"]')

    def append(self, name, text):
        with (self.folder / "intranet" / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")

    def manage(self, *arguments, given="", **variables):
        """Return the exit status and all that was printed."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **variables}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, input=given, capture_output=True, encoding="utf-8", check=False
        )
        return done.returncode, done.stdout + done.stderr

    def command(self, *arguments, **more):
        return self.manage("tinymce_jwt", *arguments, **more)


@pytest.fixture
def project(tmp_path):
    return NewProject(tmp_path)


def suggested(pattern, printed):
    return re.search(pattern, printed)[1]


def test_newcomer_gets_from_no_key_to_a_verified_token_by_the_commands_own_guidance(project):
    _, printed = project.command("--help")
    status, printed = project.command(suggested(r"Begin with ([a-z]+)", printed))
    assert status == 1
    keys_generate = suggested(r"A key pair is made by: manage.py tinymce_jwt (.+)", printed).split()

    status, printed = project.command(*keys_generate)
    assert status == 0
    project.append("settings.py", suggested(r"In the settings: (.+)", printed))

    status, printed = project.command(*suggested(r"all is well: manage.py tinymce_jwt (.+)", printed).split())
    assert status == 0
    added = suggested(r"Add (path.+) to the urlpatterns", printed)
    project.append("urls.py", f"{suggested(r'(from django.urls import .+)[)]', printed)}\nurlpatterns += [{added}]")
    option = suggested(r"try the claim mapper: (--user)", printed)

    status, printed = project.command("doctor", option, "ada")
    assert status == 1
    project.manage(suggested(r"Is it there, and (migrate)d", printed))

    status, printed = project.command("doctor", option, "ada")
    assert status == 1
    make_user = suggested(r"\(manage.py (createsuperuser) makes one", printed)
    project.manage(make_user, "--noinput", "--username=ada", "--email=", DJANGO_SUPERUSER_PASSWORD="only for tests")

    status, printed = project.command("doctor", option, "ada")
    assert (status, printed.splitlines()[-1]) == (0, "Nothing is wrong.")
    _, token = project.command("token", "ada")
    status, printed = project.command("verify", given=token)
    assert (status, printed.splitlines()[-1]) == (0, "The service would accept the token.")


def test_command_works_in_a_project_whose_checks_fail(project):
    project.append("settings.py", 'TINYMCE_JWT = {"PRIVAT_KEY_PATH": "x"}')
    assert project.manage("check")[0] == 1
    assert project.command("keys", "generate", "secrets/tiny.pem")[0] == 0


def test_page_lists_every_subcommand():
    listed = re.findall(r"^``([a-z]+(?: [a-z]+)?)", page("first_key.rst"), re.MULTILINE)
    assert set(listed) == {" ".join(name) for name in SUBCOMMANDS}


def test_troubleshooting_has_every_answer_with_its_text():
    text = page("troubleshooting.rst")
    shown_to_users = re.findall(r"^\*(.+)\*$", text, re.MULTILINE)
    for answer in vars(endpoint).values():
        if isinstance(answer, endpoint.Answer):
            assert f"``{answer.error}``" in text
    for answer in (
        endpoint.NOT_AUTHENTICATED,
        endpoint.PERMISSION_DENIED,
        endpoint.CROSS_SITE,
        endpoint.TOKEN_UNAVAILABLE,
    ):
        assert str(answer.message) in shown_to_users
