"""``manage.py tinymce_jwt keys generate``: files, modes and output."""

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
from .helpers.keys import private_pem


def mode_of(path):
    return f"{path.stat().st_mode & 0o777:o}"


@pytest.mark.usefixtures("db")
def test_generated_key_pair_signs_and_verifies(settings, tmp_path, user):
    assert run("keys", "generate", tmp_path / "secrets" / "tiny.pem").status == 0
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": tmp_path / "secrets" / "tiny.pem"}
    public = (tmp_path / "secrets" / "tiny.pub.pem").read_bytes()
    assert jwt.decode(issue_token(user), public, ["RS256"])["name"] == "Ada Lovelace"


def test_generate_works_before_there_are_settings(settings, tmp_path):
    assert not hasattr(settings, "TINYMCE_JWT")
    assert run("keys", "generate", tmp_path / "tiny.pem").status == 0
    assert Command.requires_system_checks == []


def test_generate_for_a_service_that_is_not_listed_makes_no_unencrypted_key(settings, tmp_path):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(passphrase="secret"), "PRIVATE_KEY_PASSPHRASE": "secret"}
    result = run("keys", "generate", tmp_path / "tiny.pem", "--service", "exportpdf")
    assert result.status == 1
    assert "'exportpdf' is not configured" in result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_generated_private_key_is_its_owners_alone(tmp_path, monkeypatch, mask):
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


def test_generate_prints_public_key_as_pem_and_portal_line(tmp_path):
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


def test_generate_as_json_has_files_and_public_key(tmp_path):
    facts = run("keys", "generate", tmp_path / "tiny.pem", "--bits", "3072", "--format", "json").facts
    assert facts["private_key"] == str(tmp_path / "tiny.pem")
    assert facts["public_key"] == str(tmp_path / "tiny.pub.pem")
    assert facts["bits"] == load_pem_public_key(facts["pem"].encode()).key_size == 3072
    assert len(facts["fingerprint"]) == 64


@pytest.mark.parametrize("existing", ["tiny.pem", "tiny.pub.pem"])
def test_generate_never_overwrites_a_file(tmp_path, existing):
    (tmp_path / existing).write_text("precious")
    result = run("keys", "generate", tmp_path / "tiny.pem")
    assert result.status == 1
    assert (
        result.err
        == f"{tmp_path / existing} exists already, and this command never overwrites a file. Name another file."
    )
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {existing: "precious"}


def test_generate_does_not_write_through_a_dangling_link(tmp_path):
    (tmp_path / "tiny.pem").symlink_to(tmp_path / "elsewhere")
    assert run("keys", "generate", tmp_path / "tiny.pem").status == 1
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("limit", [0, 1000], ids=["public half", "private half"])
def test_generate_on_a_full_disk_leaves_no_file(tmp_path, limit):
    resource = pytest.importorskip("resource", reason="a limit to the size of files stands for a full disk")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        result = run("keys", "generate", tmp_path / "tiny.pem")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (result.status, list(tmp_path.iterdir())) == (1, [])
    assert result.err == f"{tmp_path / 'tiny.pem'} cannot be written: File too large."


def test_generate_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    result = run("keys", "generate", tmp_path / "file" / "secrets" / "tiny.pem")
    assert result.status == 1
    assert "cannot be written: Not a directory." in result.err


@pytest.mark.parametrize("path", ["", "/", "."])
def test_generate_with_a_folder_as_name_is_refused(path):
    result = run("keys", "generate", path)
    assert (result.status, result.err) == (1, f"{Path(path).absolute()} is a folder. Name a file in it.")


def test_generate_writes_where_the_settings_say(settings, tmp_path):
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": tmp_path / "tiny.pem"}
    result = run("keys", "generate")
    assert (tmp_path / "tiny.pem").exists()
    assert "The settings already name this file" in result.out


def test_generate_writes_where_a_services_settings_say(settings, tmp_path):
    sections = {"tinydrive": {}, "exportpdf": {"PRIVATE_KEY_PATH": tmp_path / "pdf.pem", "API_KEY": "key"}}
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": tmp_path / "tiny.pem", "SERVICES": sections}
    run("keys", "generate", "--service", "exportpdf")
    assert {path.name for path in tmp_path.iterdir()} == {"pdf.pem", "pdf.pub.pem"}


def test_generate_without_a_path_is_a_usage_error():
    result = run("keys", "generate")
    assert result.status == 2
    assert "keys generate secrets/tiny.pem" in result.err


def test_generate_encrypts_with_the_passphrase_in_settings(settings, tmp_path):
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": tmp_path / "tiny.pem", "PRIVATE_KEY_PASSPHRASE": "a long one"}
    result = run("keys", "generate")
    assert "encrypted with PRIVATE_KEY_PASSPHRASE" in result.out
    assert "a long one" not in result.out
    load_pem_private_key((tmp_path / "tiny.pem").read_bytes(), b"a long one")
    assert run("keys", "public").status == 0


def test_generate_prints_the_line_for_the_settings(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    out = run("keys", "generate", tmp_path / "secrets" / "tiny.pem").out
    line = next(line for line in out.splitlines() if "TINYMCE_JWT = " in line).partition(": ")[2]
    assert line == 'TINYMCE_JWT = {"PRIVATE_KEY_PATH": BASE_DIR / "secrets" / "tiny.pem"}'


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("secrets/tiny.pem", " (for git: echo secrets/ >> .gitignore)"),
        ("filled/tiny.pem", " (for git: echo filled/tiny.pem >> .gitignore)"),
        ("tiny.pem", " (for git: echo tiny.pem >> .gitignore)"),
        ("my keys/tiny.pem", " (for git: echo 'my keys/' >> .gitignore)"),
        ("../tiny.pem", ""),
    ],
)
def test_generate_shows_how_git_ignores_the_key(tmp_path, monkeypatch, path, ignored):
    (tmp_path / "site" / "filled").mkdir(parents=True)
    (tmp_path / "site" / "filled" / "views.py").touch()
    monkeypatch.chdir(tmp_path / "site")
    out = run("keys", "generate", path).out
    assert f"  1. Keep the private key out of version control{ignored}.\n" in out


@pytest.mark.parametrize("base", [None, "text", "elsewhere"])
def test_generate_prints_the_full_path_without_base_dir(settings, tmp_path, base):
    settings.BASE_DIR = {None: None, "text": str(tmp_path), "elsewhere": tmp_path / "other"}[base]
    out = run("keys", "generate", tmp_path / "tiny.pem").out
    assert f'{{"PRIVATE_KEY_PATH": "{tmp_path / "tiny.pem"}"}}' in out


def test_generate_beside_a_used_key_says_what_to_do_first(site, key_path):
    out = run("keys", "generate", key_path.with_name("tiny-2027.pem")).out
    assert f"The key in use is {key_path}: import this public key (3) before this pair replaces that one." in out
