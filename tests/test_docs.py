"""The documentation says what the code does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from docutils.core import publish_doctree
from docutils.nodes import literal_block, table

import django_tinymce_jwt
from django_tinymce_jwt import claims, endpoint, exceptions, ninja, rest_framework, views
from django_tinymce_jwt.conf.defaults import SETTINGS
from django_tinymce_jwt.services import SERVICES

ROOT = Path(__file__).parent.parent
PACKAGE = Path(django_tinymce_jwt.__file__).parent


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def readme():
    return publish_doctree(read("README.rst"), settings_overrides={"halt_level": 2})


def code_blocks(readme, language):
    return [block.astext() for block in readme.findall(literal_block) if language in block["classes"]]


def test_readme_settings_table_has_every_setting_and_no_other(readme):
    tables = [node.astext() for node in readme.findall(table)]
    settings_table = next(text for text in tables if "PRIVATE_KEY_PASSPHRASE" in text)
    names = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", settings_table))
    assert names >= {*SETTINGS, "SERVICES"}


def test_settings_page_has_a_heading_for_every_setting_and_no_other():
    headings = re.findall(r"^([A-Z_, ]+)\n-+$", read("docs/settings.rst"), re.MULTILINE)
    names = {name for heading in headings for name in heading.split(", ")}
    assert names == {*SETTINGS, "SERVICES"}


@pytest.mark.parametrize("page", ["README.rst", "docs/endpoint.rst"])
def test_answers_table_has_every_answer(page):
    rows = [(answer.status, answer.error) for answer in vars(endpoint).values() if isinstance(answer, endpoint.Answer)]
    documented = re.findall(r" (\d{3}) +``([a-z_]+)``", read(page))
    assert {(int(status), error) for status, error in documented} == set(rows)


def test_checks_page_has_every_id_and_no_other():
    sources = "".join((PACKAGE / name).read_text(encoding="utf-8") for name in ("checks.py", "problems.py", "conf.py"))
    used = set(re.findall(r'"(?:W|E)\d{3}"', sources)) | set(re.findall(r"\.((?:W|E)\d{3})\"", sources))
    documented = re.findall(r"^([WE]\d{3}) ", read("docs/checks.rst"), re.MULTILINE)
    assert sorted(documented) == sorted({name.strip('"') for name in used})


def test_every_service_has_a_page():
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "services").glob("*.rst"))
    assert [service for service in SERVICES if f"``{service}``" not in pages] == []


@pytest.mark.parametrize(
    "module", [claims, exceptions, ninja, rest_framework, views, django_tinymce_jwt], ids=lambda module: module.__name__
)
def test_reference_page_has_the_public_names(module):
    page = read("docs/api.rst")
    members = re.search(rf"automodule:: {module.__name__}\n   :members:(.*)", page)
    assert members
    assert not members[1].strip() or set(members[1].strip().split(", ")) == set(module.__all__)


def test_supported_versions_are_those_of_the_metadata():
    metadata = read("pyproject.toml")
    for version in re.findall(r'"Framework :: Django :: ([\d.]+)"', metadata):
        assert version in read("README.rst")


TRIAL = """
import os, sys
import django

os.environ["DJANGO_SETTINGS_MODULE"] = "intranet.settings"
django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

call_command("check", fail_level="WARNING")
call_command("migrate", verbosity=0)
user = get_user_model().objects.create_user("ada")
user.team_id = 7
client = Client(enforce_csrf_checks=True)
client.force_login(user)
answer = client.post(sys.argv[1], {}, content_type="application/json", headers={"host": "localhost"})
print(answer.status_code, list(answer.json()))
from django_tinymce_jwt.claims import TinyDriveClaims
try:
    from intranet.tiny import DriveClaims
except ImportError:
    sys.exit()
assert issubclass(DriveClaims, TinyDriveClaims)
print(DriveClaims(user).get_claims())
"""


def run_trial(site, *arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
    trial = subprocess.run(
        [sys.executable, "-c", TRIAL, *arguments],
        cwd=site,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return trial.stdout + trial.stderr


@pytest.fixture
def new_site(tmp_path, key_path):
    """A project as ``django-admin startproject intranet`` makes it, with the key where the README has it."""
    site = tmp_path / "site"
    site.mkdir()
    # In a process of its own: Django refuses the name of a module that other tests have imported.
    subprocess.run([sys.executable, "-m", "django", "startproject", "intranet", site], check=True, cwd=site)
    (site / "secrets").mkdir()
    key_path.rename(site / "secrets" / "tiny.pem")
    return site


def append(path, text):
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" + text + "\n")


def test_readme_first_screen_makes_a_new_project_answer_with_a_token(readme, new_site):
    of_settings, of_urls = code_blocks(readme, "python")[0].split("# urls.py")
    append(new_site / "intranet" / "settings.py", of_settings)
    append(new_site / "intranet" / "urls.py", of_urls)
    url = re.search(r'tinydrive_token_provider: "([^"]+)"', code_blocks(readme, "javascript")[0])[1]
    assert "200 ['token']" in run_trial(new_site, url)


def test_readme_claim_mapper_gives_the_root(readme, new_site):
    first, mapper, mapper_settings = code_blocks(readme, "python")[:3]
    of_settings, of_urls = first.split("# urls.py")
    append(new_site / "intranet" / "tiny.py", mapper)
    append(new_site / "intranet" / "settings.py", of_settings + mapper_settings)
    append(new_site / "intranet" / "urls.py", of_urls)
    assert "'https://claims.tiny.cloud/drive/root': '/teams/7'" in run_trial(new_site, "/tinymce/jwt/")
