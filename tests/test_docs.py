"""The documentation names what the code has: settings, answers, checks, services, classes and versions."""

from __future__ import annotations

import re

import pytest
from docutils.core import publish_doctree

import django_tinymce_jwt
from django_tinymce_jwt import claims, endpoint, exceptions, ninja, rest_framework, signers, views
from django_tinymce_jwt.conf import validation
from django_tinymce_jwt.conf.defaults import TOP_LEVEL_SETTINGS
from django_tinymce_jwt.services import SERVICES

from .helpers.command import SUBCOMMANDS
from .helpers.documents import DOCS, ROOT, blocks, pages, read

ANSWERS = [answer for answer in vars(endpoint).values() if isinstance(answer, endpoint.Answer)]
WARNING_WITHOUT_ROOT = "**Without get_root, every user who gets a token sees the whole drive and may change it.**"
# What people search for, each word in lower case on one page.
SEARCHES = ["premium", "ci", "pytest", "nginx", "htmx", "rate limit", "multi-tenant", "guest", "upgrade"]
# style.md, section 5, and what the words of the design replaced.
STILTED = r"\bmends?\b|\bgoes before\b|\bwalks the whole way\b|\bis no (dictionary|setting|service|claim mapper|json)\b"


def words(text):
    """The text with its lines joined."""
    return re.sub(r"\s+", " ", text)


def test_readme_is_plain_rst():
    # What PyPI shows: no directive of Sphinx's, and no warning.
    assert publish_doctree(read("README.rst"), settings_overrides={"halt_level": 2})


def test_readme_has_at_most_120_lines_and_five_sentences_on_security():
    text = read("README.rst")
    assert len(text.splitlines()) <= 120
    security = text.split("Security\n========\n\n")[1].split("\n\n")[0]
    assert len(re.findall(r"\.(?:\s|$)", security)) == 5


def test_readme_has_its_parts_in_order():
    parts = [
        "pip install django-tinymce-jwt",
        "keys generate",
        "TINYMCE_JWT = ",
        'include("django_tinymce_jwt.urls")',
        "tinymce.init(",
        ".. image:: docs/images/",
        "$ make demo",
        "$ make test",
        "(TinyDriveClaims)",
        '["SERVICES"]',
        "Security\n====",
        "docs/index.rst",
    ]
    positions = [read("README.rst").index(part) for part in parts]
    assert positions == sorted(positions)


def test_readme_links_to_files_that_exist():
    links = re.findall(r"`[^`<]+<([^>:]+)>`_", words(read("README.rst")))
    assert len(links) >= 8
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_settings_page_has_a_heading_for_every_setting_and_no_other():
    headings = re.findall(r"^([A-Z_, ]+)\n-+$", read("docs/settings.rst"), re.MULTILINE)
    names = {name for heading in headings for name in heading.split(", ")}
    assert names == {*TOP_LEVEL_SETTINGS, "SERVICES"}


@pytest.mark.parametrize("page", pages())
def test_settings_of_a_page_exist(page):
    """Each name of TINYMCE_JWT in a block of Python is one that the package knows."""
    known = {*TOP_LEVEL_SETTINGS, "SERVICES"}
    for block in blocks(page):
        if "TINYMCE_JWT" not in block.text:
            continue
        for name in re.findall(r'^\s*(?:TINYMCE_JWT[^"]*)?"([A-Z][A-Z_]+)":', block.text, re.MULTILINE):
            assert name in known | {"BACKEND", "OPTIONS"}


def test_endpoint_page_has_every_answer_in_order():
    documented = re.findall(r" (\d{3}) +``([a-z_]+)``", read("docs/endpoint.rst"))
    assert {(int(status), error) for status, error in documented} == {(row.status, row.error) for row in ANSWERS}
    assert documented[0][1] == "method_not_allowed"
    assert documented[-1][1] == "token_unavailable"


def test_endpoint_page_shows_an_answer_of_the_endpoint():
    (block,) = [block for block in blocks("docs/endpoint.rst") if block.language == "json"]
    answer = endpoint.NOT_AUTHENTICATED
    assert block.text == f'{{"error": "{answer.error}", "message": "{answer.message}"}}\n'


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.error)
def test_troubleshooting_has_the_answer_with_its_status(answer):
    assert re.search(rf"^``{answer.error}`` +{answer.status:d} ", read("docs/troubleshooting.rst"), re.MULTILINE)


@pytest.mark.parametrize(
    "answer",
    [
        endpoint.CROSS_SITE,
        endpoint.NOT_AUTHENTICATED,
        endpoint.PERMISSION_DENIED,
        endpoint.TOKEN_UNAVAILABLE,
        endpoint.UNKNOWN_SERVICE,
    ],
    ids=lambda answer: answer.error,
)
def test_troubleshooting_has_the_text_that_a_user_sees(answer):
    assert str(answer.message) in re.findall(r"^\*(.+)\*$", read("docs/troubleshooting.rst"), re.MULTILINE)


@pytest.mark.parametrize(
    "message",
    [
        "is a public key",
        "is cut off: it has no END line",
        "is encrypted",
        "does not belong to the public key in the settings",
        "is the path of a file",
        "The key has changed and cannot be used. The previous key stays in use.",
    ],
)
def test_message_about_a_key_is_one_of_the_code(message):
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "django_tinymce_jwt" / "signers").glob("*.py"))
    assert f"``{message}``" in read("docs/troubleshooting.rst")
    assert message in code


def test_checks_page_has_every_id_and_no_other():
    used = {kind.id for kind in vars(validation).values() if isinstance(kind, validation.Kind)}
    table, retired = read("docs/checks.rst").split("Retired ids")
    documented = re.findall(r"^([WEI]\d{3}) ", table, re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert set(documented) == used
    assert not used & set(re.findall(r"^([WE]\d{3}) ", retired, re.MULTILINE))


def test_every_service_has_a_page():
    text = "".join(path.read_text(encoding="utf-8") for path in (DOCS / "services").glob("*.rst"))
    assert [name for name in SERVICES if f"``{name}``" not in text] == []


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.id)
def test_page_of_a_service_has_its_option_its_endpoint_and_its_algorithms(service):
    (text,) = [
        path.read_text(encoding="utf-8")
        for path in (DOCS / "services").glob("*.rst")
        if re.search(rf":ids?:.*``{service.id}``", path.read_text(encoding="utf-8"))
    ]
    path = "/tinymce/jwt/" if service.id == "tinydrive" else f"/tinymce/jwt/{service.id}/"
    assert f"``{service.option}``" in text
    assert f"``{path}``" in text
    (algorithms,) = re.findall(r"^:algorithms: (.+)$", text, re.MULTILINE)
    assert tuple(re.findall(r"[A-Z]{2}\d{3}", algorithms)) == tuple(service.contract.algorithms)


@pytest.mark.parametrize("page", ["README.rst", "docs/start.rst", "docs/claims.rst", "docs/services/tinydrive.rst"])
def test_page_warns_of_a_drive_without_a_root(page):
    assert WARNING_WITHOUT_ROOT in words(read(page))


@pytest.mark.parametrize(
    "module",
    [claims, exceptions, ninja, rest_framework, signers, views, django_tinymce_jwt],
    ids=lambda module: module.__name__,
)
def test_reference_page_has_the_public_names(module):
    members = re.search(rf"automodule:: {module.__name__}\n   :members:(.*)", read("docs/api.rst"))
    assert members
    assert not members[1].strip() or set(members[1].strip().split(", ")) == set(module.__all__)


def test_first_key_page_lists_every_subcommand():
    listed = re.findall(r"^``([a-z]+(?: [a-z]+)?)", read("docs/first_key.rst"), re.MULTILINE)
    assert set(listed) == {" ".join(name) for name in SUBCOMMANDS}


def test_supported_versions_are_those_of_the_metadata():
    metadata, (versions,) = read("pyproject.toml"), re.findall(r"It runs on (.+)\.$", read("README.rst"), re.MULTILINE)
    django = re.findall(r'"Framework :: Django :: ([\d.]+)"', metadata)
    python = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', metadata)
    assert re.findall(r"\d+\.\d+", versions) == [*django, python[0], python[-1]]


@pytest.mark.parametrize("search", SEARCHES)
def test_search_finds_a_page(search):
    found = [page for page in pages() if all(re.search(rf"\b{word}", read(page).lower()) for word in search.split())]
    assert [page for page in found if page.startswith("docs/")]


@pytest.mark.parametrize("page", pages())
def test_page_is_in_the_index(page):
    if page.startswith("docs/") and page != "docs/index.rst":
        name = page.removeprefix("docs/").removesuffix(".rst")
        assert re.search(rf"^   {name}$", read("docs/index.rst"), re.MULTILINE)


@pytest.mark.parametrize("page", pages())
def test_page_is_in_plain_english(page):
    assert re.findall(STILTED, words(read(page)), re.IGNORECASE) == []


@pytest.mark.parametrize("page", pages())
def test_file_that_a_page_names_exists(page):
    for path in re.findall(r"``((?:tests|example_project)/[\w/.]+)``", read(page)):
        assert (ROOT / path).exists(), path
