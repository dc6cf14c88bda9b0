"""``manage.py tinymce_jwt keys generate``: the first key, and the next."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_private_key, load_pem_public_key

from django_tinymce_jwt import issue_token
from django_tinymce_jwt.management.commands.tinymce_jwt import Command

from .helpers.command import assert_nothing_private, run


def mode_of(path):
    return f"{path.stat().st_mode & 0o777:o}"


@pytest.mark.usefixtures("db")
def test_generated_pair_issues_tokens_that_its_public_half_verifies(settings, tmp_path, user):
    assert run("keys", "generate", tmp_path / "secrets" / "tiny.pem").status == 0
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": tmp_path / "secrets" / "tiny.pem"}
    public = (tmp_path / "secrets" / "tiny.pub.pem").read_bytes()
    assert jwt.decode(issue_token(user), public, ["RS256"])["name"] == "Ada Lovelace"


def test_generate_works_before_there_are_settings(settings, tmp_path):
    assert not hasattr(settings, "TINYMCE_JWT")
    assert run("keys", "generate", tmp_path / "tiny.pem").status == 0
    assert Command.requires_system_checks == []


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_generated_private_key_is_its_owners_alone_whatever_the_umask(tmp_path, monkeypatch, mask):
    monkeypatch.chdir(tmp_path)
    before = os.umask(mask)
    try:
        run("keys", "generate", "secrets/tiny.pem")
    finally:
        os.umask(before)
    secrets = tmp_path / "secrets"
    assert (mode_of(secrets), mode_of(secrets / "tiny.pem")) == ("700", "600")
    assert mode_of(secrets / "tiny.pub.pem") == ("600" if mask else "644")


def test_generated_private_key_is_pkcs8(tmp_path):
    run("keys", "generate", tmp_path / "tiny.pem")
    assert (tmp_path / "tiny.pem").read_text().startswith("-----BEGIN PRIVATE KEY-----\n")


def test_generate_prints_the_public_key_as_pem_and_as_the_portals_line(tmp_path):
    out = run("keys", "generate", tmp_path / "tiny.pem").out
    public = load_pem_private_key((tmp_path / "tiny.pem").read_bytes(), None).public_key()
    pem = (tmp_path / "tiny.pub.pem").read_text()
    line = next(line for line in out.splitlines() if line.startswith("MII") and len(line) > 64)
    assert pem in out
    assert load_pem_public_key(pem.encode()) == public == load_der_public_key(base64.b64decode(line))


def test_generate_prints_nothing_private(tmp_path):
    result = run("keys", "generate", tmp_path / "tiny.pem")
    assert "PRIVATE KEY-----" not in result.out
    assert_nothing_private(result.out + result.err, tmp_path / "tiny.pem")


def test_generate_as_json_tells_files_and_public_key(tmp_path):
    facts = run("keys", "generate", tmp_path / "tiny.pem", "--bits", "3072", "--format", "json").facts
    assert facts["private_key"] == str(tmp_path / "tiny.pem")
    assert facts["public_key"] == str(tmp_path / "tiny.pub.pem")
    assert facts["bits"] == load_pem_public_key(facts["pem"].encode()).key_size == 3072
    assert len(facts["fingerprint"]) == 64


@pytest.mark.parametrize("existing", ["tiny.pem", "tiny.pub.pem"])
def test_generate_never_overwrites_a_file_and_leaves_none_beside_it(tmp_path, existing):
    (tmp_path / existing).write_text("precious")
    result = run("keys", "generate", tmp_path / "tiny.pem")
    assert result.status == 1
    assert result.err == f"{tmp_path / existing} exists already, and nothing is ever overwritten. Name another file."
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {existing: "precious"}


def test_generate_does_not_write_through_a_dangling_link(tmp_path):
    (tmp_path / "tiny.pem").symlink_to(tmp_path / "elsewhere")
    assert run("keys", "generate", tmp_path / "tiny.pem").status == 1
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("limit", [0, 1000], ids=["public half", "private half"])
def test_pair_that_cannot_be_written_whole_leaves_nothing(tmp_path, limit):
    resource = pytest.importorskip("resource", reason="a limit to the size of files stands for a full disk")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        result = run("keys", "generate", tmp_path / "tiny.pem")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (result.status, list(tmp_path.iterdir())) == (1, [])
    assert result.err == f"{tmp_path / 'tiny.pem'} cannot be written: File too large."


def test_generate_into_what_is_no_folder_is_told(tmp_path):
    (tmp_path / "file").touch()
    result = run("keys", "generate", tmp_path / "file" / "secrets" / "tiny.pem")
    assert result.status == 1
    assert "cannot be written: Not a directory." in result.err


@pytest.mark.parametrize("path", ["", "/", "."])
def test_generate_with_a_folder_for_a_name_is_refused(path):
    result = run("keys", "generate", path)
    assert (result.status, result.err) == (1, f"{Path(path).absolute()} is a folder. Name a file in it.")


def test_generate_writes_where_the_settings_say(settings, tmp_path):
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": tmp_path / "tiny.pem"}
    result = run("keys", "generate")
    assert (tmp_path / "tiny.pem").exists()
    assert "The settings name this file already" in result.out


def test_generate_writes_where_the_settings_of_a_service_say(settings, tmp_path):
    sections = {"tinydrive": {}, "exportpdf": {"PRIVATE_KEY_PATH": tmp_path / "pdf.pem", "API_KEY": "key"}}
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": tmp_path / "tiny.pem", "SERVICES": sections}
    run("keys", "generate", "--service", "exportpdf")
    assert {path.name for path in tmp_path.iterdir()} == {"pdf.pem", "pdf.pub.pem"}


def test_generate_without_a_path_anywhere_is_a_usage_error_that_shows_one():
    result = run("keys", "generate")
    assert result.status == 2
    assert "keys generate secrets/tiny.pem" in result.err


def test_generate_encrypts_with_the_passphrase_of_the_settings(settings, tmp_path):
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": tmp_path / "tiny.pem", "PRIVATE_KEY_PASSPHRASE": "a long one"}
    result = run("keys", "generate")
    assert "encrypted with PRIVATE_KEY_PASSPHRASE" in result.out
    assert "a long one" not in result.out
    load_pem_private_key((tmp_path / "tiny.pem").read_bytes(), b"a long one")
    assert run("keys", "public").status == 0


def test_generate_prints_the_settings_line_that_names_the_key(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    out = run("keys", "generate", tmp_path / "secrets" / "tiny.pem").out
    line = next(line for line in out.splitlines() if "TINYMCE_JWT = " in line).partition(": ")[2]
    assert line == 'TINYMCE_JWT = {"PRIVATE_KEY_PATH": BASE_DIR / "secrets" / "tiny.pem"}'


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("secrets/tiny.pem", " (for git: echo secrets/tiny.pem >> .gitignore)"),
        ("tiny.pem", " (for git: echo tiny.pem >> .gitignore)"),
        ("my keys/tiny.pem", " (for git: echo 'my keys/tiny.pem' >> .gitignore)"),
        ("../tiny.pem", ""),
    ],
)
def test_generate_tells_git_to_ignore_the_key_and_nothing_else(tmp_path, monkeypatch, path, ignored):
    (tmp_path / "site").mkdir()
    monkeypatch.chdir(tmp_path / "site")
    out = run("keys", "generate", path).out
    assert f"  1. Keep the private key out of version control{ignored}.\n" in out


@pytest.mark.parametrize("base", [None, "text", "elsewhere"])
def test_settings_line_has_the_whole_path_where_there_is_no_base_dir_to_begin_with(settings, tmp_path, base):
    settings.BASE_DIR = {None: None, "text": str(tmp_path), "elsewhere": tmp_path / "other"}[base]
    out = run("keys", "generate", tmp_path / "tiny.pem").out
    assert f'{{"PRIVATE_KEY_PATH": "{tmp_path / "tiny.pem"}"}}' in out


def test_generate_beside_a_key_in_use_tells_to_import_the_new_one_first(site, key_path):
    out = run("keys", "generate", key_path.with_name("tiny-2027.pem")).out
    assert f"The key in use is {key_path}: import this public key (3) before you move this pair over that one." in out
