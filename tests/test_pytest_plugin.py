"""The pytest plugin, and the page "Testing your site": both in a project of their own."""

from __future__ import annotations

import re
import shutil

import pytest

from .helpers.testing_page import Project, files

each_runner = pytest.mark.parametrize("runner", ["unittest", "pytest"])


@pytest.fixture(scope="module")
def new_project(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("new_project"))
    project.make()
    return project


@pytest.fixture
def project(new_project, tmp_path):
    """A copy that the test may change."""
    return Project(shutil.copytree(new_project.folder, tmp_path / "project"))


def run(project, runner):
    result = project.run_unittest() if runner == "unittest" else project.run_pytest()
    return result.returncode, result.stdout + result.stderr


# The page


@each_runner
def test_page_alone_makes_a_project_whose_five_tests_pass(project, runner):
    status, output = run(project, runner)
    assert status == 0, output
    assert re.search(r"Ran 6 tests|6 passed", output), output
    assert list(project.folder.rglob("*.pem")) == []


SETTINGS = "intranet/settings.py"
FAULTS = {
    "no folder": ("intranet/tiny.py", "def get_root", "def root", "test_user_has_their_own_folder", "get_root()"),
    "wrong mapper": (
        SETTINGS,
        "tiny.DriveClaims",
        "tiny.DriveClaim",
        "test_deployment_checks_pass",
        "tiny.DriveClaim'",
    ),
    "mapper of another service": (
        SETTINGS,
        "tiny.DriveClaims",
        "tiny.AIClaims",
        "test_user_with_the_permission_gets_a_token",
        "It comes from get_name() of the claim mapper intranet.tiny.AIClaims.",
    ),
    "permission not required": (
        SETTINGS,
        '"REQUIRED_PERMISSION": "auth.view_user",',
        "",
        "test_user_without_the_permission_gets_no_token",
        "REQUIRED_PERMISSION must refuse the guest.",
    ),
    "permission removed": (
        "intranet/tiny.py",
        ', "ai:models:agent"',
        "",
        "test_assistant_has_the_permissions_of_the_site",
        "The claim 'auth.ai.permissions' is ['ai:conversations:*']; wanted: ['ai:conversations:*', 'ai:models:agent'].",
    ),
    "service not listed": (
        SETTINGS,
        '"tinymceai": {"CLAIM_MAPPER": "intranet.tiny.AIClaims", "LIFETIME": 900},',
        "",
        "test_assistant_has_the_permissions_of_the_site",
        "The answer for 'tinymceai' is 404, not a token: unknown_service.",
    ),
    "lifetime too short": (
        SETTINGS,
        '"LIFETIME": 900',
        '"LIFETIME": 60',
        "test_deployment_checks_pass",
        "LIFETIME is 60 s for the service 'tinymceai'.",
    ),
}


@each_runner
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_of_the_site_fails_a_test_that_names_it(project, runner, fault):
    path, old, new, test, message = FAULTS[fault]
    project.change(path, old, new)
    status, output = run(project, runner)
    assert status == 1, output
    # `manage.py test` runs the checks itself, and with an error starts no test.
    found = re.findall(r"FAIL: (\w+)|FAILED .*::(\w+)|^(SystemCheckError)", output, re.MULTILINE)
    stopped = runner == "unittest" and test == "test_deployment_checks_pass"
    assert ("SystemCheckError" if stopped else test) in {"".join(names) for names in found}, output
    assert message in output


@pytest.mark.parametrize("path", [".github/workflows/tests.yml", ".gitlab-ci.yml"])
def test_job_runs_the_tests_as_the_page_does(path):
    job = files()[path]
    commands = re.findall(r"^\s*- (?:run: )?(python .*)$", job, re.MULTILINE)
    assert commands == ["python -m pip install -r requirements.txt", "python manage.py test"]
    assert "secret" not in job.lower()


# The fixture

TESTS = """
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django_tinymce_jwt import issue_token

pytestmark = pytest.mark.django_db
BEFORE = django_settings.TINYMCE_JWT


def is_untouched():
    return django_settings.TINYMCE_JWT is BEFORE


def lifetime(fixture):
    claims = fixture.assert_token(issue_token(User.objects.create_user("ada")))
    return claims["exp"] - claims["iat"]


def test_without_the_fixture_the_settings_are_the_sites():
    assert is_untouched()


def test_fixture_gives_the_key(tinymce_jwt):
    assert lifetime(tinymce_jwt) == 600


def test_override_lasts_until_the_end_of_the_test(tinymce_jwt):
    tinymce_jwt.override(LIFETIME=60)
    tinymce_jwt.override(REQUIRED_PERMISSION=None)
    assert lifetime(tinymce_jwt) == 60


def test_other_settings_before(settings, tinymce_jwt):
    settings.TINYMCE_JWT = {**settings.TINYMCE_JWT, "LIFETIME": 61}
    tinymce_jwt.override()
    assert lifetime(tinymce_jwt) == 61


def test_other_settings_after(tinymce_jwt, settings):
    tinymce_jwt.override(LIFETIME=60)
    settings.TINYMCE_JWT = {**settings.TINYMCE_JWT, "LIFETIME": 61}
    assert lifetime(tinymce_jwt) == 61


def test_setting_that_the_site_does_not_have(settings, tinymce_jwt):
    del settings.TINYMCE_JWT
    tinymce_jwt.override()
    assert lifetime(tinymce_jwt) == 600


def test_failure_is_shown(tinymce_jwt, client):
    with pytest.raises(AssertionError, match="401, not a token: not_authenticated"):
        tinymce_jwt.assert_token(client.post("/tinymce/jwt/"))


def test_at_the_end_the_settings_are_the_sites():
    assert is_untouched()
"""


def test_fixture_in_a_project_of_its_own(project):
    (project.folder / "test_fixture.py").write_text(TESTS)
    result = project.run_pytest("test_fixture.py")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "8 passed" in result.stdout


def test_fixture_is_only_there_for_those_who_ask_for_it(project):
    (project.folder / "conftest.py").write_text("")
    result = project.run_pytest()
    assert result.returncode == 1
    assert "fixture 'tinymce_jwt' not found" in result.stdout
