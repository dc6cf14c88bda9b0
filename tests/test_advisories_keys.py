"""Secrets show themselves to nobody, and no key keeps the process busy."""

from __future__ import annotations

import base64
import copy
import pickle
import random
import re
import struct
import subprocess
import sys
from traceback import TracebackException

import pytest

from django_tinymce_jwt import conf
from django_tinymce_jwt.exceptions import SigningKeyError
from django_tinymce_jwt.secret import Secret
from django_tinymce_jwt.signers.pem import load_private_key

from .helpers.command import run
from .helpers.errors import key_error
from .helpers.keys import OPENSSH, PKCS1, PKCS8, private_pem
from .helpers.requirements import program
from .helpers.tokens import issued_token

TEXT = "tr0ub4dor-and-3"
SHOWINGS = {
    "str": str,
    "repr": repr,
    "format": "{}".format,
    "padded": "{!s:>30}".format,
    "percent": "%s".__mod__,
    "list": lambda secret: repr([secret]),
    "ascii": ascii,
}


@pytest.mark.parametrize("show", SHOWINGS.values(), ids=SHOWINGS)
def test_secret_shows_itself_to_nobody(show):
    assert TEXT not in show(Secret(TEXT))
    assert Secret(TEXT).reveal() == TEXT.encode()


OPENINGS = {
    "slice": lambda secret: secret[:4],
    "item": lambda secret: secret[0],
    "iteration": lambda secret: list(secret),
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "decode": lambda secret: secret.decode(),
    "concatenation": lambda secret: b"" + secret,
    "pickle": pickle.dumps,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "dict": vars,
}


@pytest.mark.parametrize("open_secret", OPENINGS.values(), ids=OPENINGS)
def test_secret_is_opened_only_by_name(open_secret):
    with pytest.raises((TypeError, AttributeError)) as caught:
        open_secret(Secret(TEXT))
    assert TEXT not in str(caught.value)


def test_secrets_are_equal_by_their_value():
    assert Secret(TEXT) == Secret(TEXT.encode())
    assert hash(Secret(TEXT)) == hash(Secret(TEXT.encode()))
    assert Secret(TEXT) != Secret(TEXT[:-1])
    assert Secret(TEXT) != TEXT.encode()
    assert Secret(TEXT) != TEXT
    assert len({Secret(TEXT), Secret(TEXT), Secret("other")}) == 2


def test_configuration_with_secrets_shows_none(settings):
    pem = private_pem(passphrase=TEXT)
    settings.TINYMCE_JWT = {"PRIVATE_KEY": pem, "PRIVATE_KEY_PASSPHRASE": TEXT}
    assert issued_token()
    text = repr(conf.read())
    assert TEXT not in text
    assert [line for line in pem.splitlines()[1:-1] if line in text] == []


def test_every_new_folder_is_its_owners_alone(tmp_path):
    path = tmp_path / "a" / "b" / "c" / "tiny.pem"
    tmp_path.chmod(0o755)
    assert run("keys", "generate", path).status == 0
    assert [folder.stat().st_mode & 0o777 for folder in list(path.parents)[:4]] == [0o700, 0o700, 0o700, 0o755]


def armored(data, title):
    lines = re.findall(".{1,70}", base64.b64encode(data).decode())
    return "\n".join([f"-----BEGIN {title}-----", *lines, f"-----END {title}-----", ""])


def openssh_with(rounds):
    """An encrypted key that says this number of bcrypt rounds."""
    pem = private_pem(form=OPENSSH, passphrase=TEXT)
    data = base64.b64decode("".join(pem.splitlines()[1:-1]))
    start = data.index(b"bcrypt") + len(b"bcrypt") + 4 + 4 + 16
    return armored(data[:start] + struct.pack(">I", rounds) + data[start + 4 :], "OPENSSH PRIVATE KEY")


def element(tag, *contents):
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def integer(number):
    return element(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


SALT = element(0x04, b"saltsalt")
PBES2 = bytes.fromhex("06092a864886f70d01050d")
PBKDF2 = bytes.fromhex("06092a864886f70d01050c")
SCRYPT = bytes.fromhex("06092b06010401da47040b")
PKCS12 = bytes.fromhex("060a2a864886f70d010c0103")
AES = element(0x30, bytes.fromhex("060960864801650304012a"), element(0x04, b"i" * 16))


def pkcs8(algorithm):
    return armored(element(0x30, algorithm, element(0x04, b"c" * 1200)), "ENCRYPTED PRIVATE KEY")


def derived(function, *numbers):
    parameters = element(0x30, SALT, *map(integer, numbers))
    return pkcs8(element(0x30, PBES2, element(0x30, element(0x30, function, parameters), AES)))


SLOW = {
    "bcrypt": lambda: openssh_with(2**32 - 1),
    "bcrypt-1200": lambda: openssh_with(1200),
    "pbkdf2": lambda: derived(PBKDF2, 2**31 - 1),
    "pbkdf2-with-length": lambda: derived(PBKDF2, 10**8, 32),
    "scrypt-n": lambda: derived(SCRYPT, 2**30, 8, 1),
    "scrypt-r": lambda: derived(SCRYPT, 2**14, 2**20, 1),
    "scrypt-p": lambda: derived(SCRYPT, 2**14, 8, 2**20),
    "pkcs12": lambda: pkcs8(element(0x30, PKCS12, element(0x30, SALT, integer(2**31 - 1)))),
    "nested": lambda: armored(b"\x30\x84\x00\xff\xff\xff" * 8_000, "ENCRYPTED PRIVATE KEY"),
}
# In a process of its own, with a limit: code that cannot be interrupted would keep the tests for hours.
LOAD = """
import sys
from django_tinymce_jwt.exceptions import SigningKeyError
from django_tinymce_jwt.secret import Secret
from django_tinymce_jwt.signers.pem import load_private_key
try:
    load_private_key(Secret(sys.stdin.read()), Secret("tr0ub4dor-and-3"), "The key")
except SigningKeyError as error:
    print(error)
else:
    print("loaded")
"""


def outcome_of(pem):
    done = subprocess.run(
        [sys.executable, "-c", LOAD], input=pem, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize("make", SLOW.values(), ids=SLOW)
def test_key_with_a_huge_amount_of_work_is_refused(make):
    hint = "Encrypt it again: ssh-keygen -p -f FILE."
    assert outcome_of(make()) == f"The key would take too long to decrypt, or is damaged. {hint}"


FAST = {
    "bcrypt-17": lambda: openssh_with(17),
    "bcrypt-24": lambda: openssh_with(24),
    "bcrypt-300": lambda: openssh_with(300),
    "pbkdf2-600000": lambda: derived(PBKDF2, 600_000),
    "pbkdf2-1000000-with-length": lambda: derived(PBKDF2, 1_000_000, 32),
    "scrypt": lambda: derived(SCRYPT, 2**14, 8, 1),
}


@pytest.mark.parametrize("make", FAST.values(), ids=FAST)
def test_key_with_the_usual_amount_of_work_is_decrypted(make):
    # With the numbers changed, the passphrase fits no more; that is found by decrypting.
    assert "is wrong, or the key is damaged" in outcome_of(make())


@pytest.mark.parametrize("form", [OPENSSH, PKCS8, PKCS1])
def test_key_as_tools_encrypt_it_is_loaded(form):
    assert outcome_of(private_pem(form=form, passphrase=TEXT)) == "loaded"


def test_key_with_a_huge_amount_of_work_is_in_no_message(settings):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": openssh_with(2**31), "PRIVATE_KEY_PASSPHRASE": TEXT}
    text = key_error()
    assert text.startswith("The text in PRIVATE_KEY would take too long")
    assert TEXT not in text


@pytest.mark.parametrize("passphrase", [TEXT, "wrong"])
@pytest.mark.parametrize("cipher", ["aes256-gcm@openssh.com", "aes256-ctr", "aes256-cbc"])
def test_openssh_key_of_every_cipher_is_loaded_or_refused(settings, tmp_path, cipher, passphrase):
    path, keygen = tmp_path / "tiny", program("ssh-keygen", "openssh-client")
    command = [keygen, "-q", "-t", "rsa", "-b", "2048", "-a", "1", "-N", TEXT, "-Z", cipher, "-f", path]
    subprocess.run(command, check=True, capture_output=True)
    settings.TINYMCE_JWT = {"PRIVATE_KEY": path.read_text(), "PRIVATE_KEY_PASSPHRASE": passphrase}
    if passphrase == TEXT:
        assert issued_token()
    else:
        with pytest.raises(SigningKeyError) as caught:
            issued_token()
        # What an error report shows: the cause, and the variables of each frame.
        report = TracebackException.from_exception(caught.value, capture_locals=True)
        assert "PRIVATE_KEY_PASSPHRASE is wrong, or the key is damaged" in str(caught.value)
        assert "b'wrong'" not in "".join(report.format())


FORMS = {
    "pkcs1": ("RSA PRIVATE KEY", PKCS1, None),
    "pkcs8": ("PRIVATE KEY", PKCS8, None),
    "pkcs8-encrypted": ("ENCRYPTED PRIVATE KEY", PKCS8, TEXT),
    "openssh": ("OPENSSH PRIVATE KEY", OPENSSH, None),
    "openssh-encrypted": ("OPENSSH PRIVATE KEY", OPENSSH, TEXT),
}


def mutated(data, chance):
    """The bytes with one to four changes, most of them near the beginning, where the structure is."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(min(len(data), chance.choice([40, 200, len(data)])))
        match chance.randrange(3):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.randint(1, 8)]
            case _:
                data[place:place] = chance.randbytes(chance.randint(1, 8))
    return bytes(data)


@pytest.mark.parametrize(("title", "form", "passphrase"), FORMS.values(), ids=FORMS)
def test_mutated_key_is_loaded_or_refused_and_never_shown(title, form, passphrase):
    chance = random.Random(title)
    pem = private_pem(form=form, passphrase=passphrase)
    data = base64.b64decode("".join(pem.splitlines()[1:-1]))
    secret = None if passphrase is None else Secret(passphrase)
    refused = 0
    for _ in range(200):
        text = armored(mutated(data, chance), title)
        try:
            load_private_key(Secret(text), secret, "The key")
        except SigningKeyError as error:
            refused += 1
            report = "".join(
                TracebackException(type(error), error, error.__traceback__.tb_next, capture_locals=True).format()
            )
            assert TEXT not in report
            # A last line of two letters stands in many an English word.
            lines = [line for line in text.splitlines()[1:-1] if len(line) >= 16]
            assert [line for line in lines if line in report] == []
    assert refused > 100
