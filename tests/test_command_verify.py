"""``manage.py tinymce_jwt verify``: a token from any source, explained."""

from __future__ import annotations

import io
import os
import sys
import time

import pytest
from django.core.management import call_command

from .helpers.command import run
from .helpers.keys import private_pem, rsa_key
from .helpers.tokens import sign, valid_claims


@pytest.fixture
def standard_input(monkeypatch):
    def give(data):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


def test_verify_of_a_valid_token_shows_all_of_it(site):
    result = run("verify", sign())
    assert (result.status, result.err) == (0, "")
    assert "Service  tinydrive (Tiny Drive)\n" in result.out
    assert 'Header   {"alg": "RS256", "typ": "JWT"}\n' in result.out
    assert '  name  "Ada"\n' in result.out
    assert "UTC, in 9 minutes)\n" in result.out
    assert "  ✓ sub: a string, not blank, that no other user has\n" in result.out
    assert "      made with the key whose public half has the SHA-256 " in result.out
    assert "✗" not in result.out
    assert result.out.endswith("The service would accept the token.\n")


def test_verify_of_an_invalid_token_shows_each_hint(site):
    result = run("verify", sign({"sub": 7, "name": "Ada", "exp": 946684800}, rsa_key("stranger")))
    assert result.status == 1
    assert "  ✗ signature: made with a key of this site\n" in result.out
    assert "  ✗ sub: a string, not blank, that no other user has\n      found: 7 (int)\n      hint:  Let get_sub()" in (
        result.out
    )
    assert "that is 2000-01-01 00:00:00 UTC" in result.out
    assert result.err == "The service would refuse the token: 3 rules are broken."


def test_verify_counts_one_broken_rule(site):
    assert "1 rule is broken." in run("verify", sign(key=rsa_key("stranger"))).err


@pytest.mark.parametrize("argument", [("-",), ()])
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "\ufeff{}",
        "  {}\r\n",
        "Bearer {}",
        "Authorization: Bearer {}\n",
        '"{}"',
        "'Bearer {}'",
        'JSON{{"token": "{}"}}',
    ],
)
def test_verify_reads_the_token_from_standard_input(site, standard_input, argument, around):
    standard_input(around.format(sign()).removeprefix("JSON").encode())
    assert run("verify", *argument).status == 0


def test_verify_of_nothing_says_how_to_get_a_token(site, standard_input):
    standard_input(b" \n")
    result = run("verify")
    assert (result.status, result.out) == (1, "")
    assert result.err == "There is no token to explain. To get one: manage.py tinymce_jwt token USER"


def test_verify_at_a_terminal_asks_for_the_token(site, monkeypatch):
    ours, terminal = os.openpty()
    with os.fdopen(terminal) as typed, os.fdopen(ours, "wb") as keyboard:
        keyboard.write(f"{sign()}\n\x04".encode())
        keyboard.flush()
        monkeypatch.setattr(sys, "stdin", typed)
        result = run("verify")
    assert (result.status, result.err.partition(",")[0]) == (0, "Paste the token and press Enter")


def test_verify_without_a_standard_input_has_no_token(site, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert run("verify").err.startswith("There is no token to explain.")


@pytest.mark.parametrize(
    "garbage",
    [b"\xff\xfe\x00", b"{", b'{"tok": 1}', b"[" * 60_000, b"{" * 60_000, b'{"token": null}', b"x" * 1_000_000],
    ids=lambda garbage: repr(garbage[:12]),
)
def test_verify_of_any_input_has_no_traceback(site, standard_input, garbage):
    standard_input(garbage)
    result = run("verify")
    assert result.status == 1
    assert "  ✗ form: " in result.out


def test_verify_as_json_has_the_same_content(site):
    facts = run("verify", sign(key=rsa_key("stranger")), "--format", "json").facts
    assert (facts["accepted"], facts["service"], facts["claims"]["sub"]) == (False, "tinydrive", "7")
    assert [verdict["subject"] for verdict in facts["verdicts"] if not verdict["accepted"]] == ["signature"]
    assert facts["times"].keys() == {"iat", "exp"}


def test_verify_without_settings_judges_the_claims(settings):
    result = run("verify", sign(), "--service", "tinydrive")
    assert result.status == 1
    assert "✓ name" in result.out
    assert "✗ signature" in result.out


def test_verify_guesses_the_service_and_says_if_unsure(settings):
    sections = {"tinydrive": {}, "exportpdf": {}, "importword": {}}
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "API_KEY": "key", "SERVICES": sections}
    now = int(time.time())
    result = run("verify", sign({"aud": "key", "iat": now, "exp": now + 600}))
    assert result.status == 0
    assert "Service  exportpdf" in result.out
    assert "--service names another service with the same contract: importword" in result.err


def test_verify_prints_no_control_characters(site):
    result = run("verify", sign({"sub": "\x1b[2J\u202e\x9b", "name": "\ud800", "exp": 1}))
    assert all(character.isprintable() or character == "\n" for character in result.out)


def test_verify_works_without_unicode(site):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    call_command("tinymce_jwt", "verify", sign(), stdout=out)
    out.flush()
    assert b"\\u2713 sub: a string" in out.buffer.getvalue()


class Endless(io.RawIOBase):
    """Input that does not end before somebody reads far too much."""

    given = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        self.given += len(buffer)
        buffer[:] = b"x" * len(buffer)
        return len(buffer) if self.given <= 2**27 else 0


def test_verify_of_endless_input_ends(site, monkeypatch):
    endless = Endless()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(endless)))
    assert "  ✗ form: " in run("verify").out
    assert endless.given < 2**20


def test_verify_keeps_the_column_of_names_narrow(site):
    out = run("verify", sign(valid_claims(**{"x" * 60: 1}))).out
    assert f'  {"sub":40}  "7"\n' in out
