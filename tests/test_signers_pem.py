"""The forms of RSA keys, and what environments and editors do to them: all are accepted."""

from __future__ import annotations

import base64
from functools import lru_cache

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from django_tinymce_jwt import verify_token

from .helpers.command import run
from .helpers.keys import OPENSSH, PKCS1, PKCS8, private_pem, public_pem, rsa_key
from .helpers.tokens import assert_signed_with, assert_site_signs_with, issued_token

PASSPHRASE = "tr0ub4dor-and-3-é"
FORMS = {"pkcs1": PKCS1, "pkcs8": PKCS8, "openssh": OPENSSH}
SPELLINGS = {
    "as-it-is": str,
    "without-the-last-newline": str.rstrip,
    "newlines-as-two-characters": lambda text: text.replace("\n", "\\n"),
    "crlf-as-four-characters": lambda text: text.replace("\n", "\\r\\n"),
    "newlines-as-two-characters-in-quotes": lambda text: '"{}"'.format(text.replace("\n", "\\n")),
    "base64-on-one-line": lambda text: base64.b64encode(text.encode()).decode(),
    "base64-on-lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "byte-order-mark": lambda text: f"\ufeff{text}",
    "space-around": lambda text: f" \n\t{text} \n",
    "text-around": lambda text: f"Made in 2026:\n{text}\nKeep it secret.",
    "newlines-as-spaces": lambda text: text.replace("\n", " "),
}
PUBLIC_FORMS = {
    "pem": (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "pkcs1": (Encoding.PEM, PublicFormat.PKCS1),
    "der": (Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    "ssh": (Encoding.OpenSSH, PublicFormat.OpenSSH),
}
CARRIERS = {
    "str": lambda name, text, path: {name: text},
    "bytes": lambda name, text, path: {name: text.encode()},
    "path": lambda name, text, path: {f"{name}_PATH": path},
    "path-as-str": lambda name, text, path: {f"{name}_PATH": str(path)},
}
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
each_spelling = pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
each_carrier = pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)


@lru_cache
def encrypted_pem(form):
    # Cached, because OpenSSH's encryption is slow.
    return private_pem(form=form, passphrase=PASSPHRASE)


def public_text(form, key=None):
    """A public key in text form; DER as Tiny's portal shows it, in base64 on one line."""
    data = (key or rsa_key()).public_key().public_bytes(*PUBLIC_FORMS[form])
    return (base64.b64encode(data) if form == "der" else data).decode()


@pytest.fixture
def token(settings):
    """A token of this site, to be verified with the public key alone."""
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem()}
    return issued_token()


@each_spelling
@each_form
def test_private_key_of_every_form_and_spelling_signs(settings, form, spelling):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": spelling(private_pem(form=form))}
    assert_site_signs_with("site")


@pytest.mark.parametrize(
    ("form", "spelling"),
    # An encrypted PKCS#1 key has header lines, which this would destroy.
    [
        (form, spelling)
        for form in FORMS
        for spelling in SPELLINGS
        if (form, spelling) != ("pkcs1", "newlines-as-spaces")
    ],
)
def test_encrypted_private_key_of_every_form_signs(settings, form, spelling):
    text = SPELLINGS[spelling](encrypted_pem(FORMS[form]))
    settings.TINYMCE_JWT = {"PRIVATE_KEY": text, "PRIVATE_KEY_PASSPHRASE": PASSPHRASE}
    assert_site_signs_with("site")


@each_carrier
@each_spelling
def test_private_key_is_accepted_as_text_and_as_file(settings, key_path, spelling, carrier):
    text = spelling(private_pem())
    key_path.write_bytes(text.encode())
    settings.TINYMCE_JWT = carrier("PRIVATE_KEY", text, key_path)
    assert_site_signs_with("site")


@pytest.mark.parametrize("passphrase", [PASSPHRASE, PASSPHRASE.encode()], ids=["str", "bytes"])
@each_form
def test_passphrase_is_accepted_as_str_and_as_bytes(settings, form, passphrase):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": encrypted_pem(form), "PRIVATE_KEY_PASSPHRASE": passphrase}
    assert_site_signs_with("site")


@pytest.mark.parametrize("passphrase", [None, "", b""], ids=repr)
def test_empty_passphrase_is_none(settings, passphrase):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "PRIVATE_KEY_PASSPHRASE": passphrase}
    assert_site_signs_with("site")


def test_private_key_is_found_beside_a_public_one(settings):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": public_pem() + private_pem()}
    assert_site_signs_with("site")


def test_file_of_the_maximum_size_is_read(site, key_path):
    key_path.write_text(private_pem().ljust(64 * 1024))
    assert_site_signs_with("site")


def test_key_of_more_bits_signs(settings):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(rsa_key("long", 3072))}
    assert_signed_with(issued_token(), rsa_key("long", 3072))


@each_spelling
@pytest.mark.parametrize("form", ["pem", "pkcs1"])
def test_public_key_as_pem_of_every_spelling_verifies(settings, token, form, spelling):
    settings.TINYMCE_JWT = {"PUBLIC_KEY": spelling(public_text(form))}
    assert verify_token(token)["sub"] == "7"


@each_carrier
@pytest.mark.parametrize("form", PUBLIC_FORMS)
def test_public_key_is_accepted_as_text_and_as_file(settings, token, tmp_path, form, carrier):
    path = tmp_path / "tiny.pub"
    path.write_text(public_text(form))
    settings.TINYMCE_JWT = carrier("PUBLIC_KEY", public_text(form), path)
    assert verify_token(token)["sub"] == "7"


@pytest.mark.parametrize("spelling", ["byte-order-mark", "space-around", "without-the-last-newline"])
@pytest.mark.parametrize("form", ["der", "ssh"])
def test_public_key_on_one_line_of_every_spelling_verifies(settings, token, form, spelling):
    settings.TINYMCE_JWT = {"PUBLIC_KEY": SPELLINGS[spelling](public_text(form))}
    assert verify_token(token)["sub"] == "7"


def test_public_key_as_base64_may_be_broken_into_lines(settings, token):
    text = public_text("der")
    settings.TINYMCE_JWT = {"PUBLIC_KEY": f"{text[:64]}\r\n{text[64:]}"}
    assert verify_token(token)["sub"] == "7"


def test_comment_of_an_ssh_line_is_ignored(settings, token):
    settings.TINYMCE_JWT = {"PUBLIC_KEY": f"{public_text('ssh')} ada@example.com"}
    assert verify_token(token)["sub"] == "7"


@pytest.mark.parametrize(
    ("make", "passphrase", "name"),
    [
        (lambda: private_pem(form=PKCS1), None, "PKCS#1"),
        (lambda: encrypted_pem(PKCS1), PASSPHRASE, "PKCS#1"),
        (lambda: private_pem(form=PKCS8), None, "PKCS#8"),
        (lambda: encrypted_pem(PKCS8), PASSPHRASE, "PKCS#8"),
        (lambda: private_pem(form=OPENSSH), None, "OpenSSH"),
        (lambda: SPELLINGS["base64-on-one-line"](private_pem(form=OPENSSH)), None, "OpenSSH"),
    ],
)
def test_form_of_a_private_key_is_recognized(settings, make, passphrase, name):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": make(), "PRIVATE_KEY_PASSPHRASE": passphrase}
    assert run("keys", "inspect", "--format", "json").facts["private"]["form"] == name
