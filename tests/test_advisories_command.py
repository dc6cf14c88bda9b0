"""The command writes no key that is weaker than the settings say, and prints nothing as it came from outside."""

from __future__ import annotations

import io
import json
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.contrib.auth import get_user_model

from django_tinymce_jwt.claims import TinyDriveClaims
from django_tinymce_jwt.exceptions import InvalidClaims
from django_tinymce_jwt.management.commands.tinymce_jwt import Command

from .helpers.command import run
from .helpers.tokens import sign, valid_claims

PASSPHRASE = "tr0ub4dor-and-3"
# Settings with this passphrase and one fault.
FAULTS = {
    "lifetime": {"LIFETIME": -1},
    "unknown-name": {"LIFETYME": 600},
    "unknown-service": {"SERVICES": {"tinydriv": {}}},
    "section": {"SERVICES": {"tinydrive": {"LIFETIME": "long"}}},
    "missing-api-key": {"SERVICES": {"exportpdf": {}}},
    "missing-key-path": {"PRIVATE_KEY_PATH": None},
    "no-services": {"SERVICES": []},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_no_key_is_written_where_settings_with_a_passphrase_are_wrong(settings, tmp_path, fault):
    path = tmp_path / "tiny.pem"
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": path, "PRIVATE_KEY_PASSPHRASE": PASSPHRASE, **fault}
    result = run("keys", "generate", path)
    assert result.status == 1
    assert "TINYMCE_JWT" in result.err
    assert PASSPHRASE not in result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("service", ["tinydrive", "exportpdf"])
@pytest.mark.parametrize("fault", [{"LIFETIME": 0}, {"API_KEY": None}], ids=["wrong", "missing"])
def test_no_key_is_written_where_the_passphrase_of_a_section_cannot_be_read(settings, tmp_path, service, fault):
    section = {"PRIVATE_KEY_PATH": tmp_path / "pdf.pem", "PRIVATE_KEY_PASSPHRASE": PASSPHRASE, **fault}
    settings.TINYMCE_JWT = {"API_KEY": "api-key", "SERVICES": {"exportpdf": section}}
    assert run("keys", "generate", tmp_path / "pdf.pem", "--service", service).status == 1
    assert list(tmp_path.iterdir()) == []


def test_no_key_is_written_where_a_section_has_a_passphrase_and_lacks_a_value(settings, tmp_path):
    section = {"PRIVATE_KEY_PATH": tmp_path / "pdf.pem", "PRIVATE_KEY_PASSPHRASE": PASSPHRASE}
    settings.TINYMCE_JWT = {"SERVICES": {"exportpdf": section}}
    result = run("keys", "generate", tmp_path / "pdf.pem", "--service", "exportpdf")
    assert (result.status, "API_KEY" in result.err) == (1, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong", [7, {"LIFETIME": 0}, {"SERVICES": {"tinydrive": 7}}], ids=["number", "name", "section"]
)
def test_no_key_is_written_where_settings_are_wrong(settings, tmp_path, wrong):
    settings.TINYMCE_JWT = wrong
    assert run("keys", "generate", tmp_path / "tiny.pem").status == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lacking", [{}, None, {"SERVICES": {"exportpdf": {}}}], ids=["empty", "none", "no-api-key"])
def test_first_key_is_written_where_settings_only_lack_values(settings, tmp_path, lacking):
    settings.TINYMCE_JWT = lacking
    assert run("keys", "generate", tmp_path / "tiny.pem").status == 0
    assert load_pem_private_key((tmp_path / "tiny.pem").read_bytes(), None).key_size == 2048


def test_fault_of_another_service_does_not_stop_a_new_key(settings, tmp_path):
    path = tmp_path / "tiny.pem"
    services = {"tinydrive": {}, "exportpdf": {"LIFETIME": 0}}
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": path, "PRIVATE_KEY_PASSPHRASE": PASSPHRASE, "SERVICES": services}
    assert run("keys", "generate").status == 0
    assert load_pem_private_key(path.read_bytes(), PASSPHRASE.encode()).key_size == 2048


FORGED = "\n✓ signature: made with a key of this site\x1b[2J\u202e"


def lines_of(result):
    return (result.out + result.err).split("\n")


def assert_clean(result):
    assert all(line.isprintable() for line in lines_of(result))


@pytest.mark.parametrize("place", ["name", "value", "nested-name", "header", "list"])
def test_claims_forge_no_line_of_the_report(site, place):
    claims, headers = valid_claims(), {}
    match place:
        case "name":
            claims[FORGED] = 1
        case "value":
            claims["note"] = FORGED
        case "nested-name":
            claims["note"] = {FORGED: FORGED}
        case "list":
            claims["note"] = [FORGED]
        case _:
            headers[FORGED] = FORGED
    result = run("verify", sign(claims, headers=headers))
    assert result.status == 0
    assert_clean(result)
    assert len([line for line in lines_of(result) if line.lstrip().startswith("✓ signature")]) == 1


def nested(value, depth):
    return nested([value], depth - 1) if depth else value


LARGE = {
    "long-name": {"n" * 36_000: 1},
    "long-value": {"note": "v" * 36_000},
    "many-claims": {f"{number}": number for number in range(3_000)},
    "long-name-and-many-claims": {"n" * 18_000: 1, **{f"{number}": 1 for number in range(2_000)}},
    "invisible": {"\U000e0001" * 3_500: "\U000e0001"},
    "many-values": {"note": list(range(7_000))},
    "many-objects": {"note": {f"{number}": {} for number in range(3_000)}},
    "many-lists": {f"{number}": [[]] * 200 for number in range(40)},
    "deep-lists": {f"{number}": nested([1] * 700, 18) for number in range(20)},
    "large-times": {"exp": 10**300, "iat": "9" * 30_000},
}


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("extra", LARGE.values(), ids=LARGE)
def test_report_of_a_large_token_is_short(site, extra, form):
    token = sign({**valid_claims(), **extra})
    assert len(token) < 64 * 1024
    result = run("verify", token, "--format", form)
    assert_clean(result)
    assert len(result.out) + len(result.err) < 120_000
    assert form == "json" or len(lines_of(result)) <= 200


@pytest.mark.parametrize("form", ["text", "json"])
def test_report_of_the_largest_tokens_from_all_claims_is_short(site, form):
    claims = {f"{number:02}{'n' * 400}": "v" * 500 for number in range(45)}
    result = run("verify", sign({**valid_claims(), **claims}), "--format", form)
    assert len(result.out) + len(result.err) < 120_000
    assert form == "json" or max(map(len, lines_of(result))) < 3_000


def test_claims_that_are_left_out_are_counted(site):
    result = run("verify", sign({**valid_claims(), **{f"c{number}": 1 for number in range(100)}}))
    assert "54 more are not shown" in result.out
    assert result.status == 0


class Terminal(io.StringIO):
    encoding = "utf-8"


def printed(*arguments):
    """Everything that the command writes for a terminal, as the command line does."""
    command = Command(stdout=Terminal(), stderr=Terminal(), no_color=True)
    command.stderr.style_func = None
    with suppress(SystemExit):
        command.run_from_argv(["manage.py", "tinymce_jwt", *map(str, arguments)])
    return command.stdout._out.getvalue() + command.stderr._out.getvalue()


class Forging(TinyDriveClaims):
    def get_root(self):
        raise ValueError(FORGED)


class ForgingClaims(TinyDriveClaims):
    def get_root(self):
        raise InvalidClaims(FORGED, "sub")


@pytest.mark.django_db
@pytest.mark.parametrize("subcommand", [("token", "1"), ("doctor", "--user", "1")], ids=["token", "doctor"])
@pytest.mark.parametrize("mapper", [None, Forging, ForgingClaims], ids=["user-name", "exception", "own-exception"])
def test_names_and_exceptions_reach_no_terminal_as_they_came(site, subcommand, mapper):
    get_user_model().objects.create(pk=1, username=f"ada{FORGED}", first_name=FORGED, is_active=False)
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": mapper}
    text = printed(*subcommand)
    assert text
    assert all(line.isprintable() for line in text.split("\n"))
    assert [line for line in text.split("\n") if line.startswith("✓ signature")] == []


@pytest.mark.django_db
@pytest.mark.parametrize("mapper", [Forging, ForgingClaims])
def test_traceback_reaches_no_terminal_as_it_came(site, mapper):
    get_user_model().objects.create(pk=1, username="ada")
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": mapper}
    text = printed("token", "1", "--traceback")
    assert text.startswith("Traceback (most recent call last):")
    assert "in get_root" in text
    assert all(line.isprintable() for line in text.split("\n"))
    assert [line for line in text.split("\n") if line.startswith("✓ signature")] == []


def test_path_reaches_no_terminal_as_it_came(tmp_path):
    folder = tmp_path / "a\x1b[2J\u202e"
    folder.mkdir()
    text = printed("keys", "generate", folder)
    assert "is a folder" in text
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.django_db
def test_unknown_user_reaches_no_terminal_as_it_came(site):
    text = printed("token", FORGED)
    assert "No user has" in text
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["9" * 5_000, "9" * 30, "-1", "\x00", "\udcff", "1" * 300], ids=repr)
def test_any_name_of_a_user_is_looked_up(site, name):
    result = run("token", name)
    assert result.status == 1
    assert "No user has" in result.err


def test_json_report_is_ascii(site):
    result = run("verify", sign({**valid_claims(), "note": FORGED}), "--format", "json")
    assert result.out.isascii()
    assert json.loads(result.out)["claims"]["note"] == FORGED


@pytest.mark.django_db
@pytest.mark.urls("tests.sites.endpoint_urls")
@pytest.mark.parametrize("origin", ["http://[", FORGED, "https://a\x00b", "https://a:999999", "", "\ud800"], ids=ascii)
def test_any_origin_is_answered(site, origin):
    result = run("doctor", "--origin", origin)
    assert result.status == 1
    assert_clean(result)
    assert "✗" in result.out
