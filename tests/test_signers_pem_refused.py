"""Keys and key files that cannot be used: the message names the setting, what was found, and what to do."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .helpers.errors import key_error
from .helpers.key_damage import without_a_line
from .helpers.keys import OPENSSH, PKCS1, PKCS8, private_pem, public_pem, rsa_key

PASSPHRASE = "tr0ub4dor-and-3"
FORMS = {"pkcs1": PKCS1, "pkcs8": PKCS8, "openssh": OPENSSH}
NOBODY = 65534
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)

NOT_PEM = "is not PEM (-----BEGIN PRIVATE KEY-----). Put the RSA private key there, as PEM."
CUT_OFF = (
    "is cut off: it has no END line. Copy the whole key. In an environment variable, write each line break "
    "as \\n in two characters, or use base64 of the whole PEM text."
)
DAMAGED = "is damaged. Generate or copy it again."
PUBLIC = "is a public key. The private key is the other file of the pair."
NO_PUBLIC = "is not a public key: neither PEM (-----BEGIN PUBLIC KEY-----) nor the one line that Tiny's portal shows."
PRIVATE = "is a private key. Put its public half there."


def of_the_kind(kind):
    return f"is a key of the kind {kind}. Tiny accepts only RSA keys: generate one with 2048 bits or more."


def ssh_line(key):
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def certificate():
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ada")])
    builder = x509.CertificateBuilder(name, name, rsa_key().public_key(), 1, datetime(2026, 1, 1), datetime(2027, 1, 1))
    return builder.sign(rsa_key(), SHA256()).public_bytes(Encoding.PEM).decode()


def with_a_cipher_of_ssh_keygen():
    """An OpenSSH key as ``ssh-keygen -Z chacha20-poly1305@openssh.com`` writes it, which cryptography cannot read."""
    first, *lines, last = private_pem(form=OPENSSH, passphrase=PASSPHRASE).splitlines()
    data = base64.b64decode("".join(lines)).replace(b"\x0aaes256-ctr", b"\x1dchacha20-poly1305@openssh.com")
    return "\n".join([first, base64.b64encode(data).decode(), last])


def ec_key():
    return ec.generate_private_key(ec.SECP256R1())


REFUSED = {
    "empty": (str, "is empty. Put the RSA private key there, as PEM."),
    "blank": (lambda: " \n", "is empty. Put the RSA private key there, as PEM."),
    "byte-order-mark-alone": (lambda: "\ufeff", "is empty. Put the RSA private key there, as PEM."),
    "other-text": (lambda: "PRIVATE KEY", NOT_PEM),
    "path": (lambda: "/srv/intranet/secrets/tiny.pem\n", "is the path of a file. Put it in PRIVATE_KEY_PATH."),
    "body-alone": (lambda: "".join(private_pem().splitlines()[1:-1]), NOT_PEM),
    "end-alone": (lambda: private_pem()[200:], NOT_PEM),
    "cut-off": (lambda: private_pem()[:600], CUT_OFF),
    "cut-off-openssh": (lambda: private_pem(form=OPENSSH)[:-20], CUT_OFF),
    "another-end": (lambda: private_pem().replace("END PRIVATE", "END RSA PRIVATE"), CUT_OFF),
    "damaged-pkcs1": (lambda: without_a_line(private_pem(form=PKCS1)), DAMAGED),
    "damaged-pkcs8": (lambda: without_a_line(private_pem(form=PKCS8)), DAMAGED),
    "damaged-openssh": (lambda: without_a_line(private_pem(form=OPENSSH)), DAMAGED),
    "no-base64": (lambda: "\n???\n".join(private_pem().splitlines()[:: len(private_pem().splitlines()) - 1]), DAMAGED),
    "public": (public_pem, PUBLIC),
    "public-ssh": (lambda: ssh_line(rsa_key()), PUBLIC),
    "certificate": (certificate, "is a certificate. The private key is in another file."),
    "ec": (lambda: private_pem(ec_key()), of_the_kind("EC")),
    "ec-pkcs1": (lambda: private_pem(ec_key(), PKCS1), of_the_kind("EC")),
    "ec-openssh": (lambda: private_pem(ec_key(), OPENSSH), of_the_kind("EC")),
    "ed25519": (lambda: private_pem(ed25519.Ed25519PrivateKey.generate()), of_the_kind("Ed25519")),
    "dsa": (lambda: private_pem(dsa.generate_private_key(1024)), of_the_kind("DSA")),
    "rsa-1024": (
        lambda: private_pem(rsa_key("short", 1024)),
        "has 1024 bits. Tiny wants 2048 or more: generate a new key.",
    ),
    "rsa-2047": (
        lambda: private_pem(rsa_key("shorter", 2047)),
        "has 2047 bits. Tiny wants 2048 or more: generate a new key.",
    ),
    "encrypted-pkcs1": (lambda: private_pem(form=PKCS1, passphrase="a"), "is encrypted. Set PRIVATE_KEY_PASSPHRASE."),
    "encrypted-pkcs8": (lambda: private_pem(form=PKCS8, passphrase="a"), "is encrypted. Set PRIVATE_KEY_PASSPHRASE."),
    "encrypted-openssh": (
        lambda: private_pem(form=OPENSSH, passphrase="a"),
        "is encrypted. Set PRIVATE_KEY_PASSPHRASE.",
    ),
}
REFUSED_PUBLIC = {
    "empty": (str, "is empty. Put the RSA public key there, as PEM."),
    "other-text": (lambda: "PUBLIC KEY", NO_PUBLIC),
    "cut-off": (lambda: public_pem()[:-20], NO_PUBLIC),
    "damaged": (lambda: without_a_line(public_pem() * 2), NO_PUBLIC),
    "cut-off-body": (lambda: "".join(public_pem().splitlines()[1:-2]), NO_PUBLIC),
    "cut-off-ssh": (lambda: ssh_line(rsa_key())[:-20], NO_PUBLIC),
    "private": (private_pem, PRIVATE),
    "private-openssh": (lambda: private_pem(form=OPENSSH), PRIVATE),
    "certificate": (certificate, "is a certificate. Put only its public key there."),
    "ec": (lambda: public_pem(ec_key()), of_the_kind("EC")),
    "ed25519-ssh": (lambda: ssh_line(ed25519.Ed25519PrivateKey.generate()), of_the_kind("Ed25519")),
    "rsa-1024": (
        lambda: public_pem(rsa_key("short", 1024)),
        "has 1024 bits. Tiny wants 2048 or more: generate a new key.",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_unusable_private_key_file_is_refused(site, key_path, make, message):
    key_path.write_text(make())
    assert key_error() == f"The key in {key_path} (PRIVATE_KEY_PATH) {message}"


@pytest.mark.parametrize("case", [case for case in REFUSED if case not in ("empty", "blank")])
def test_unusable_private_key_text_is_refused(settings, case):
    make, message = REFUSED[case]
    settings.TINYMCE_JWT = {"PRIVATE_KEY": make()}
    assert key_error() == f"The text in PRIVATE_KEY {message}"


@pytest.mark.parametrize(("make", "message"), REFUSED_PUBLIC.values(), ids=REFUSED_PUBLIC)
def test_unusable_public_key_file_is_refused(settings, tmp_path, make, message):
    path = tmp_path / "tiny.pub"
    path.write_text(make())
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "PUBLIC_KEY_PATH": [path]}
    assert key_error() == f"The key in {path} (PUBLIC_KEY_PATH) {message}"


def test_unusable_public_key_text_is_refused(settings):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "PUBLIC_KEY": [public_pem(), private_pem()]}
    assert key_error() == f"The text in PUBLIC_KEY {PRIVATE}"


@each_form
def test_wrong_passphrase_is_refused(settings, form):
    key = private_pem(form=form, passphrase=PASSPHRASE)
    settings.TINYMCE_JWT = {"PRIVATE_KEY": key, "PRIVATE_KEY_PASSPHRASE": PASSPHRASE.upper()}
    assert key_error() == (
        "The text in PRIVATE_KEY cannot be decrypted: PRIVATE_KEY_PASSPHRASE is wrong, or the key is damaged."
    )


@each_form
def test_needless_passphrase_is_refused(settings, form):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(form=form), "PRIVATE_KEY_PASSPHRASE": PASSPHRASE}
    assert key_error() == (
        "The text in PRIVATE_KEY is not encrypted. Remove PRIVATE_KEY_PASSPHRASE, or encrypt the key."
    )


def test_unsupported_cipher_is_refused(settings):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": with_a_cipher_of_ssh_keygen(), "PRIVATE_KEY_PASSPHRASE": PASSPHRASE}
    assert key_error() == (
        "The text in PRIVATE_KEY is damaged, or in a form that cannot be read. "
        "Convert it: ssh-keygen -p -m PEM -f FILE."
    )


@pytest.fixture
def open_folder():
    """A folder that every user can enter, unlike those of pytest."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


@pytest.fixture
def as_nobody():
    """Run as a user who may not read everything, as root may."""
    before = os.geteuid()
    os.seteuid(NOBODY if before == 0 else before)
    yield
    os.seteuid(before)


def test_missing_file_is_refused(settings, tmp_path):
    path = tmp_path / "tiny.pem"
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": path}
    assert key_error() == (
        f"PRIVATE_KEY_PATH names {path}, which does not exist. Correct the path, or make a key pair: "
        "manage.py tinymce_jwt keys generate"
    )


def test_dangling_link_is_refused_as_a_missing_file(site, key_path):
    key_path.unlink()
    key_path.symlink_to("nowhere")
    assert "which does not exist" in key_error()


def test_folder_is_refused(settings, tmp_path):
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": tmp_path}
    assert key_error() == f"PRIVATE_KEY_PATH names {tmp_path}, which is a directory. Name the key file in it."


def test_device_is_refused(settings):
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": os.devnull}
    assert key_error() == (f"PRIVATE_KEY_PATH names {os.devnull}, which is not a regular file. Name the key file.")


def test_file_over_the_maximum_size_is_refused(site, key_path):
    key_path.write_text(private_pem().ljust(64 * 1024 + 1))
    assert key_error() == f"PRIVATE_KEY_PATH names {key_path}, which is too large for a key (65537 bytes)."


@pytest.mark.parametrize("closed", ["tiny.pem", "."], ids=["file", "folder"])
def test_file_without_read_permission_is_refused(settings, open_folder, request, closed):
    path = open_folder / "tiny.pem"
    path.write_text(private_pem())
    (open_folder / closed).chmod(0)
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": path}
    request.getfixturevalue("as_nobody")
    assert key_error() == (
        f"PRIVATE_KEY_PATH names {path}, which this process may not read. Give the file to the user that runs the site."
    )


@pytest.mark.parametrize("name", ["a-" * 150, "tiny.pem/tiny.pem"], ids=["too-long", "no-folder"])
def test_impossible_path_is_refused(settings, key_path, name):
    path = key_path.parent / name
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": str(path)}
    assert key_error().startswith(f"PRIVATE_KEY_PATH names {path}, which cannot be read: ")


def test_circle_of_links_is_refused(site, key_path):
    key_path.unlink()
    key_path.symlink_to(key_path)
    assert key_error().startswith(f"PRIVATE_KEY_PATH names {key_path}, which cannot be read: ")


def test_missing_public_key_file_is_refused(settings, tmp_path):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "PUBLIC_KEY_PATH": tmp_path / "tiny.pub"}
    assert key_error().startswith(f"PUBLIC_KEY_PATH names {tmp_path / 'tiny.pub'}, which does not exist.")


CHECK = """
import sys
{first}
import django
from django.conf import settings
from django.core.management import call_command
settings.configure(
    INSTALLED_APPS=["django_tinymce_jwt"],
    TINYMCE_JWT={{"PRIVATE_KEY_PATH": sys.argv[1], "PRIVATE_KEY_PASSPHRASE": sys.argv[2]}},
)
django.setup()
call_command("check")
"""


def check_in_a_process(path, passphrase="", first=""):
    """The output of ``manage.py check`` in a new process, which can time out or lack a package."""
    command = [sys.executable, "-c", CHECK.format(first=first), path, passphrase]
    return subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=60).stderr


def test_pipe_is_refused_and_does_not_block(tmp_path):
    path = tmp_path / "tiny.pem"
    os.mkfifo(path, 0o600)
    assert f"PRIVATE_KEY_PATH names {path}, which is not a regular file. Name the key file." in check_in_a_process(path)


def test_encrypted_openssh_key_without_bcrypt_is_refused(key_path):
    key_path.write_text(private_pem(form=OPENSSH, passphrase=PASSPHRASE))
    report = check_in_a_process(key_path, PASSPHRASE, 'sys.modules["bcrypt"] = None')
    assert f"The key in {key_path} (PRIVATE_KEY_PATH) cannot be decrypted: " in report
    assert 'Install the extra: pip install "django-tinymce-jwt[ssh]".' in report


def test_unencrypted_openssh_key_needs_no_bcrypt(key_path):
    key_path.write_text(private_pem(form=OPENSSH))
    assert check_in_a_process(key_path, first='sys.modules["bcrypt"] = None') == ""
