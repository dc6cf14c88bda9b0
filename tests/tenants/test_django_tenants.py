"""Organisations in schemas of PostgreSQL, each with an account at Tiny of its own: real requests to gunicorn."""

from __future__ import annotations

import json
import re
from itertools import chain, repeat

import jwt
import pytest

from tests.helpers.keys import portal_line, rsa_key

from .site import LIBRARY, MUSEUM, PUBLIC, UNKNOWN, claims_of, error_of, get, token_request

ROOT = "https://claims.tiny.cloud/drive/root"


@pytest.fixture(scope="session")
def librarian(site):
    return site.log_in("library", "lea")


@pytest.fixture(scope="session")
def curator(site):
    return site.log_in("museum", "max")


@pytest.fixture
def changed_library(site):
    """Change the row of the library; the first settings are restored at the end."""
    first = site.settings["library"]
    yield lambda **changes: site.change("library", **{**first, **changes})
    site.change("library", **first)


def options_of(script):
    """The editor options that providers.js sets, sorted: PostgreSQL does not keep the order of SERVICES."""
    assert script.status == 200, script.body
    return sorted(
        entry["option"] for entry in json.loads(re.search(r"const services = (\[.*\]);", script.body.decode())[1])
    )


def test_each_organisation_has_tokens_of_its_own(served, librarian, curator):
    requests = [token_request(librarian), token_request(curator)] * 50
    answers = served(requests)
    assert len(answers) == 100
    for answer in answers[::2]:
        claims = claims_of(answer, "library", "museum")
        assert (claims["sub"], claims["name"], claims[ROOT]) == (str(librarian.pk), "lea", "/library/lea")
        assert claims["exp"] - claims["iat"] == 300
        assert jwt.get_unverified_header(json.loads(answer.body)["token"])["kid"] == "library-key"
    for answer in answers[1::2]:
        claims = claims_of(answer, "museum", "library")
        assert (claims["sub"], claims["name"], claims[ROOT]) == (str(curator.pk), "max", "/museum/max")
        assert claims["exp"] - claims["iat"] == 900
        assert "kid" not in jwt.get_unverified_header(json.loads(answer.body)["token"])


def test_each_organisation_has_services_and_an_api_key_of_its_own(served, librarian, curator):
    pdf, word, no_pdf, no_word = served(
        [
            token_request(librarian, "exportpdf/"),
            token_request(curator, "importword/"),
            token_request(curator, "exportpdf/"),
            token_request(librarian, "importword/"),
        ]
    )
    assert claims_of(pdf, "library", "museum", audience="library-api-key")
    assert claims_of(word, "museum", "library", audience="museum-api-key")
    assert error_of(no_pdf) == error_of(no_word) == (404, "unknown_service")


def test_session_counts_in_its_own_schema_alone(served, librarian, curator):
    answers = served([token_request(librarian, host=MUSEUM), token_request(curator, host=LIBRARY)] * 10)
    assert {error_of(answer) for answer in answers} == {(401, "not_authenticated")}


def test_script_of_the_template_tag_follows_the_host(served):
    for host, options in {
        LIBRARY: ["exportpdf_token_provider", "tinydrive_token_provider"],
        MUSEUM: ["importword_token_provider", "tinydrive_token_provider"],
    }.items():
        [page] = served([get("/editor/", host)])
        url = re.search(rb'<script src="(/[^"]+)"></script>', page.body)[1].decode()
        [script] = served([get(url, host)])
        assert options_of(script) == options


def test_host_without_an_organisation_gets_404(served, librarian):
    answers = served([token_request(librarian, host=host) for host in (UNKNOWN, f"{UNKNOWN}:8000", UNKNOWN.upper())])
    assert [answer.status for answer in answers] == [404, 404, 404]


def test_public_schema_has_no_account(served, librarian):
    token, script = served([token_request(librarian, host=PUBLIC), get("/tinymce/jwt/providers.js", PUBLIC)])
    assert error_of(token) == (404, "unknown_service")
    assert options_of(script) == []


@pytest.mark.parametrize("host", [f"{LIBRARY}:8000", f"www.{LIBRARY}"])
def test_host_may_be_written_in_other_ways(served, librarian, host):
    [answer] = served([token_request(librarian, host=host)])
    assert claims_of(answer, "library", "museum")["sub"] == str(librarian.pk)


def test_changed_row_counts_from_the_next_request_on(served, librarian, curator, changed_library):
    lifetimes = []
    for lifetime in (300, 301, 302, 300):
        changed_library(LIFETIME=lifetime)
        answers = served([token_request(librarian), token_request(curator)] * 20)
        found = [claims_of(answer, "library", "museum") for answer in answers[::2]]
        lifetimes += [claims["exp"] - claims["iat"] for claims in found]
        assert all(claims_of(answer, "museum", "library") for answer in answers[1::2])
    assert lifetimes == list(chain.from_iterable(repeat(lifetime, 20) for lifetime in (300, 301, 302, 300)))


def test_organisation_that_takes_the_key_of_another_signs_with_it_from_the_next_request_on(
    site, served, librarian, changed_library
):
    signer = site.settings["museum"]["SIGNER"]
    served([token_request(librarian)] * 20)
    changed_library(PRIVATE_KEY_PATH=None, SIGNER=signer, KEY_ID=None)
    assert all(claims_of(answer, "museum", "library") for answer in served([token_request(librarian)] * 20))


def test_wrong_row_stops_its_organisation_alone(served, librarian, curator, changed_library):
    changed_library(LIFETIME=-1)
    answers = served([token_request(librarian), token_request(curator)] * 20)
    assert {error_of(answer) for answer in answers[::2]} == {(500, "token_unavailable")}
    assert all(claims_of(answer, "museum", "library") for answer in answers[1::2])


@pytest.mark.parametrize(("host", "name", "user"), [(LIBRARY, "library", "lea"), (MUSEUM, "museum", "max")])
def test_commands_with_a_host_are_about_its_organisation(site, librarian, curator, host, name, user):
    other = {"library": "museum", "museum": "library"}[name]
    assert portal_line(rsa_key(name)) in site.doctor("keys", "public", "--host", host)
    token = site.doctor("token", user, "--host", host, errors=False).strip()
    jwt.decode(token, rsa_key(name).public_key(), ["RS256"])
    assert "Nothing is wrong" in site.doctor("doctor", "--user", user, "--host", host)
    facts = json.loads(site.doctor("doctor", "--host", host, "--format", "json", errors=False))
    texts = " ".join(finding["text"] for finding in facts["findings"])
    assert ("exportpdf" in texts, "importword" in texts) == (name == "library", name == "museum")
    # The user of the other schema has no account here.
    unknown = {"lea": "max", "max": "lea"}[user]
    assert "No user has the username" in site.doctor("token", unknown, "--host", host, status=1)
    assert "would accept the token" in site.doctor("verify", token, "--host", host)
    assert "was not signed with a key of this site" in site.doctor(
        "verify", token, "--host", f"{other}.example.com", status=1
    )


def test_commands_say_that_a_host_has_no_organisation(site):
    assert UNKNOWN in site.doctor("keys", "public", "--host", UNKNOWN, status=1)
