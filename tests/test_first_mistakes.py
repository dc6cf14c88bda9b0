"""Mistakes of the first hour: each ends in a message that says what is wrong, where, and what to do."""

from __future__ import annotations

import shutil

import pytest

from .helpers.documents import blocks
from .helpers.projects import Project


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The project of a reader who has followed the first page."""
    project = Project(tmp_path_factory.mktemp("finished"))
    for block in blocks("docs/start.rst"):
        project.follow(block)
    return project


@pytest.fixture
def project(finished, tmp_path):
    """A copy of it."""
    shutil.copytree(finished.folder, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path)


def settings(**values):
    """A change of the settings; what is not in quotes is Python."""
    return "".join(f"TINYMCE_JWT[{name!r}] = {value}\n" for name, value in values.items())


CHECKED = {
    "wrong-path": (
        settings(PRIVATE_KEY_PATH='BASE_DIR / "secrets" / "tiny.key"'),
        0,
        ["W008", "secrets/tiny.key, which does not exist", "Correct the path"],
    ),
    "folder": (settings(PRIVATE_KEY_PATH='BASE_DIR / "secrets"'), 1, ["E013", "a directory", "Name the key file"]),
    "no-key": ("TINYMCE_JWT = {}\n", 0, ["W008", "PRIVATE_KEY", "keys generate"]),
    "public-for-private": (
        settings(PRIVATE_KEY_PATH='BASE_DIR / "secrets" / "tiny.pub.pem"'),
        1,
        ["E013", "tiny.pub.pem", "is a public key", "the other file of the pair"],
    ),
    "typo": (
        settings(PRIVAT_KEY_PATH='"x"'),
        1,
        ["E002", 'TINYMCE_JWT["PRIVAT_KEY_PATH"]', "PRIVATE_KEY_PATH"],
    ),
    "path-in-private-key": (
        'TINYMCE_JWT = {"PRIVATE_KEY": "secrets/tiny.pem"}\n',
        1,
        ["E013", "PRIVATE_KEY", "is the path of a file", "PRIVATE_KEY_PATH"],
    ),
    "first-line-of-the-key": (
        'TINYMCE_JWT = {"PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----"}\n',
        1,
        ["E013", "PRIVATE_KEY", "no END line", "\\n in two characters", "base64"],
    ),
    "two-sources": (
        settings(PRIVATE_KEY='"x"'),
        1,
        ["E004", "PRIVATE_KEY_PATH", "PRIVATE_KEY", "Keep one of them"],
    ),
    "wrong-dotted-path": (
        settings(CLAIM_MAPPER='"intranet.tiny.DriveClaims"'),
        1,
        ["E014", "CLAIM_MAPPER", "intranet.tiny"],
    ),
    "class-that-is-not-a-mapper": (
        settings(CLAIM_MAPPER='"django.views.View"'),
        1,
        ["E014", "CLAIM_MAPPER", "View", "ClaimMapper"],
    ),
    "unknown-service": (settings(SERVICES='{"tinydriv": {}}'), 1, ["E008", "tinydriv", "tinydrive"]),
    "no-api-key": (settings(SERVICES='{"exportpdf": {}}'), 0, ["W008", "API_KEY", "exportpdf"]),
    "lifetime-as-text": (settings(LIFETIME='"10 minutes"'), 1, ["E003", "LIFETIME", "timedelta"]),
    "lifetime-too-short": (
        settings(API_KEY='"x"', SERVICES='{"tinymceai": {"LIFETIME": 60}}'),
        1,
        ["E010", "LIFETIME", "tinymceai", "600 s"],
    ),
    "symmetric-algorithm": (settings(ALGORITHM='"HS256"'), 1, ["E007", "ALGORITHM", "HS256", "RS256"]),
    "list-of-services": (settings(SERVICES='["tinydrive"]'), 1, ["E003", "SERVICES"]),
    "signer-that-does-not-exist": (
        'TINYMCE_JWT = {"SIGNER": {"BACKEND": "intranet.signing.Signer"}}\n',
        1,
        ["E016", "BACKEND", "intranet.signing"],
    ),
}


@pytest.mark.parametrize(("change", "status", "said"), CHECKED.values(), ids=CHECKED)
def test_check_says_what_is_wrong_and_what_to_do(project, change, status, said):
    project.write("intranet/settings.py", change)
    printed = project.manage("check", status=status)
    assert [text for text in said if text not in printed] == [], printed
    assert "HINT" in printed


def test_mapper_whose_module_fails_is_named_with_file_and_line(project):
    project.write("intranet/tiny.py", "import math\n\nimport nothing_of_that_name\n")
    project.write("intranet/settings.py", settings(CLAIM_MAPPER='"intranet.tiny.DriveClaims"'))
    printed = project.manage("check", status=1)
    for text in ("E014", "intranet.tiny.DriveClaims", "nothing_of_that_name", "tiny.py", "line 3", "HINT"):
        assert text in printed


def test_urls_that_are_not_included_are_named(project):
    path = project.folder / "intranet" / "urls.py"
    path.write_text(path.read_text().replace('urlpatterns += [path("tinymce/jwt/"', 'unused = [path("tinymce/jwt/"'))
    printed = project.manage("check")
    for text in ("W004", 'Add path("tinymce/jwt/", include("django_tinymce_jwt.urls")) to the urlpatterns'):
        assert text in printed


def test_app_that_is_not_installed_is_named(project):
    path = project.folder / "intranet" / "settings.py"
    path.write_text(path.read_text().replace('INSTALLED_APPS += ["django_tinymce_jwt"]', ""))
    printed = project.manage("check", status=1)
    for text in ("ImproperlyConfigured", "django_tinymce_jwt", "INSTALLED_APPS"):
        assert text in printed


def test_database_without_tables_is_named(project):
    (project.folder / "db.sqlite3").unlink()
    assert "migrate" in project.manage("tinymce_jwt", "doctor", "--user", "ada", status=1)


def test_user_that_does_not_exist_is_named(project):
    printed = project.manage("tinymce_jwt", "token", "bob", status=1)
    assert "bob" in printed


def test_mapper_that_gives_no_name_is_named_with_its_hook(project):
    project.write(
        "intranet/tiny.py",
        "from django_tinymce_jwt.claims import TinyDriveClaims\n\n\n"
        "class DriveClaims(TinyDriveClaims):\n    def get_name(self):\n        return None\n",
    )
    project.write("intranet/settings.py", settings(CLAIM_MAPPER='"intranet.tiny.DriveClaims"'))
    printed = project.manage("tinymce_jwt", "doctor", "--user", "ada", status=1)
    assert "DriveClaims" in printed
    assert "get_name" in printed


def test_line_ends_in_two_characters_are_understood(project):
    text = (project.folder / "secrets" / "tiny.pem").read_text().replace("\n", "\\n")
    project.variables["TINY_KEY"] = text
    project.write("intranet/settings.py", 'import os\nTINYMCE_JWT = {"PRIVATE_KEY": os.environ["TINY_KEY"]}\n')
    project.manage("check", "--fail-level", "WARNING")
    assert "Nothing is wrong." in project.manage("tinymce_jwt", "doctor", "--user", "ada")


def test_missing_key_lets_everything_else_run_and_stops_a_deployment(project):
    (project.folder / "secrets" / "tiny.pem").unlink()
    for command in (["migrate"], ["test"], ["check"]):
        project.manage(*command)
    printed = project.manage("check", "--deploy", status=1)
    assert "E015" in printed
    assert "PRIVATE_KEY_PATH" in printed
