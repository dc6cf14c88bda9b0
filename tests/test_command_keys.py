"""``manage.py tinymce_jwt keys public`` and ``keys inspect``: the keys in use."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from .helpers.command import assert_nothing_private, run
from .helpers.keys import OPENSSH, PKCS1, PKCS8, private_pem, public_pem, rsa_key
from .helpers.services import API_SECRET, on_premises


def test_public_prints_the_key_in_use(site):
    out = run("keys", "public").out
    assert public_pem() in out
    assert run("keys", "public", "--format", "json").facts["pem"] == public_pem()


def test_public_is_that_of_tiny_drive_wherever_it_is_listed(settings):
    services = {"exportpdf": {"PRIVATE_KEY": private_pem(rsa_key("other"))}, "tinydrive": {}}
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "API_KEY": "key", "SERVICES": services}
    assert run("keys", "public", "--format", "json").facts["service"] == "tinydrive"


def test_public_prints_the_one_of_several_keys_that_signs(settings):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "PUBLIC_KEY": [public_pem(rsa_key("old")), public_pem()]}
    assert run("keys", "public", "--format", "json").facts["pem"] == public_pem()


def test_public_prints_the_first_key_where_none_signs(settings):
    settings.TINYMCE_JWT = {"PUBLIC_KEY": [public_pem(rsa_key("old")), public_pem()]}
    assert run("keys", "public", "--format", "json").facts["pem"] == public_pem(rsa_key("old"))


def test_portal_line_is_base64_of_the_subject_public_key_info(site):
    line = run("keys", "public", "--format", "json").facts["portal_line"]
    assert base64.b64decode(line, validate=True) == rsa_key().public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )


def test_portal_line_is_accepted_as_a_public_key(site, settings):
    line = run("keys", "public", "--format", "json").facts["portal_line"]
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "PUBLIC_KEY": line}
    assert run("keys", "inspect").status == 0


def test_public_of_a_secret_is_refused(settings):
    settings.TINYMCE_JWT = on_premises()
    result = run("keys", "public")
    assert (result.status, result.out) == (1, "")
    assert result.err == "The service signs with API_SECRET (HS256), which has no public half."


@pytest.mark.parametrize("subcommand", [("keys", "public"), ("keys", "inspect"), ("token", "ada")])
@pytest.mark.usefixtures("db")
def test_unusable_key_is_reported(settings, user, subcommand):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem()[:300]}
    result = run(*subcommand)
    assert (result.status, result.out) == (1, "")
    assert "The text in PRIVATE_KEY is cut off: it has no END line. Copy the whole key." in result.err


@pytest.mark.parametrize("subcommand", [("keys", "public"), ("keys", "inspect"), ("token", "ada")])
def test_settings_that_stop_the_service_are_reported(settings, subcommand):
    settings.TINYMCE_JWT = {"PRIVAT_KEY_PATH": "tiny.pem"}
    result = run(*subcommand)
    assert (result.status, result.out) == (1, "")
    assert "Did you mean PRIVATE_KEY_PATH?" in result.err


FORMS = {"PKCS#1": PKCS1, "PKCS#8": PKCS8, "OpenSSH": OPENSSH}


@pytest.mark.parametrize("passphrase", [None, "a long one"])
@pytest.mark.parametrize("form", FORMS)
def test_inspect_shows_form_and_encryption(settings, key_path, form, passphrase):
    key_path.write_text(private_pem(form=FORMS[form], passphrase=passphrase))
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "PRIVATE_KEY_PASSPHRASE": passphrase}
    facts = run("keys", "inspect", "--format", "json").facts["private"]
    assert (facts["form"], facts["encrypted"], facts["bits"]) == (form, passphrase is not None, 2048)
    assert (facts["origin"], facts["mode"]) == (str(key_path), "600")
    text = run("keys", "inspect").out
    assert f"RSA, 2048 bits, {form}, {'encrypted' if passphrase else 'not encrypted'}\n" in text
    assert f"{key_path}, mode 600\n" in text
    assert_nothing_private(text, key_path)


def test_inspect_shows_the_fingerprint_as_openssl_does(site, key_path, tmp_path):
    public = load_pem_private_key(key_path.read_bytes(), None).public_key()
    facts = run("keys", "inspect", "--format", "json").facts
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert facts["private"]["fingerprint"] == hashlib.sha256(der).hexdigest() == facts["public"][0]["fingerprint"]


def test_inspect_shows_where_each_key_is_from(settings, tmp_path):
    (tmp_path / "tiny.pub.pem").write_text(public_pem())
    settings.TINYMCE_JWT = {
        "PRIVATE_KEY": private_pem(),
        "PUBLIC_KEY_PATH": [tmp_path / "tiny.pub.pem", tmp_path / "tiny.pub.pem"],
        "KEY_ID": "2026",
    }
    facts = run("keys", "inspect", "--format", "json").facts
    assert (facts["private"]["origin"], facts["private"]["mode"], facts["key_id"]) == ("PRIVATE_KEY", None, "2026")
    assert [key["origin"] for key in facts["public"]] == [str(tmp_path / "tiny.pub.pem")] * 2
    text = run("keys", "inspect").out
    assert "Algorithm    RS256, kid 2026\n" in text
    assert "From         PRIVATE_KEY\n" in text


def test_inspect_of_a_public_key_alone_says_nothing_signs(settings):
    settings.TINYMCE_JWT = {"PUBLIC_KEY": public_pem()}
    result = run("keys", "inspect")
    assert "Signs with   nothing: there is only a public key\n" in result.out
    assert "2048 bits, PUBLIC_KEY\n" in result.out


def test_inspect_of_a_secret_shows_its_length_only(settings):
    settings.TINYMCE_JWT = on_premises()
    out = run("keys", "inspect").out
    assert "API_SECRET, 41 bytes" in out
    assert API_SECRET[:5] not in out
