"""SoftHSM tokens for the tests. Administration runs in other processes: a login would count for the tests' process."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption

from tests.helpers.keys import PKCS1, private_pem, rsa_key
from tests.helpers.requirements import cannot_run

PIN = "hsm-pin-4711"
SECURITY_OFFICER_PIN = "so-pin-0815"
KEY_LABEL = "tiny"

MODULE_PATHS = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
]

FIND = """
import sys
import pkcs11
from pkcs11 import Attribute, KeyType, ObjectClass

module_path, token_label, pin, label, *arguments = sys.argv[1:]
session = pkcs11.lib(module_path).get_token(token_label=token_label).open(rw=True, user_pin=pin)
keys = list(session.get_objects({Attribute.LABEL: label}))
"""
RENAME = """
for old, new in zip(arguments[::2], arguments[1::2]):
    keys = list(session.get_objects({Attribute.LABEL: old}))
    assert keys
    for key in keys:
        key[Attribute.LABEL] = new
"""
DELETE = "assert keys\nfor key in keys: key.destroy()"
GENERATE_SLOW_KEY = """
session.generate_keypair(
    KeyType.RSA, 2048, store=True, label=label, private_template={Attribute.ALWAYS_AUTHENTICATE: True}
)
"""
GENERATE_DECRYPTION_KEY = """
session.generate_keypair(
    KeyType.RSA, 2048, store=True, label=label,
    capabilities=pkcs11.MechanismFlag.ENCRYPT | pkcs11.MechanismFlag.DECRYPT,
)
"""
GENERATE_EC_KEY = """
from pkcs11.util.ec import encode_named_curve_parameters
parameters = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
session.create_domain_parameters(KeyType.EC, parameters, local=True).generate_keypair(store=True, label=label)
"""
IMPORT_WITHOUT_EXPONENT = """
from pkcs11.util.rsa import decode_rsa_private_key
attributes = decode_rsa_private_key(bytes.fromhex(arguments[0]))
del attributes[Attribute.PUBLIC_EXPONENT]
session.create_object({**attributes, Attribute.TOKEN: True, Attribute.LABEL: label})
"""
LOGIN = ""

# SoftHSM's own attribute for the flags of a token, in token.object: type, kind, value.
TOKEN_FLAGS_ATTRIBUTE = (0x8000_534B).to_bytes(8, "big")


def find_module():
    candidates = [os.environ["SOFTHSM2_MODULE"]] if "SOFTHSM2_MODULE" in os.environ else MODULE_PATHS
    found = [path for path in candidates if Path(path).exists()]
    if not found or shutil.which("softhsm2-util") is None:  # pragma: no cover
        cannot_run(
            "needs SoftHSM2: apt-get install softhsm2. "
            "If its libsofthsm2.so is in another folder, set the environment variable SOFTHSM2_MODULE to its path."
        )
    return found[0]


class SoftHSM:
    """A folder of tokens with a configuration of its own."""

    def __init__(self, folder):
        self.module_path = find_module()
        self.tokens = folder / "tokens"
        self.tokens.mkdir()
        self.configuration = folder / "softhsm2.conf"
        self.configuration.write_text(
            f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        self.environment = {"SOFTHSM2_CONF": str(self.configuration)}
        self._numbers = itertools.count(1)

    def make_token(self, label=None):
        """Make a token and return it. A process that has loaded the module must initialise it to see the token."""
        label = label or f"token {next(self._numbers)}"
        before = set(self.tokens.iterdir())
        self._util("--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", SECURITY_OFFICER_PIN)
        (folder,) = set(self.tokens.iterdir()) - before
        return Token(self, label, folder)

    def _util(self, *arguments):
        self.run(["softhsm2-util", "--module", self.module_path, *arguments])

    def run(self, command, **kwargs):
        done = subprocess.run(
            command, env={**os.environ, **self.environment}, capture_output=True, text=True, check=False, **kwargs
        )
        assert done.returncode == 0, f"{command[:3]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout


class Token:
    def __init__(self, hsm, label, folder):
        self.hsm, self.label, self.folder = hsm, label, folder

    def options(self, **changes):
        """The options of a PKCS11Signer for this token."""
        return {
            "module_path": self.hsm.module_path,
            "token_label": self.label,
            "key_label": KEY_LABEL,
            "pin_secret": PIN,
        } | changes

    def import_key(self, key=None, label=KEY_LABEL):
        """Import the key, and return its public half."""
        key = key or rsa_key()
        path = self.folder.parent.parent / "import.pem"
        path.touch(mode=0o600)
        path.write_text(private_pem(key))
        identifier = f"{key.public_key().public_numbers().n % 2**64:016x}"
        self.hsm._util("--import", str(path), "--token", self.label, "--label", label, "--id", identifier, "--pin", PIN)
        path.unlink()
        return key.public_key()

    def rename_keys(self, *names):
        """Rename keys one after the other: old name, new name, and so on."""
        self._administer(RENAME, "", *names)

    def delete_key(self, label=KEY_LABEL):
        self._administer(DELETE, label)

    def generate(self, script, label=KEY_LABEL):
        self._administer(script, label)

    def import_key_without_exponent(self, key, label):
        """Import the private half alone, without its public exponent, as PKCS#11 allows it."""
        der = key.private_bytes(Encoding.DER, PKCS1, NoEncryption())
        self._administer(IMPORT_WITHOUT_EXPONENT, label, der.hex())

    def log_in(self):
        """Log in with the right PIN, which resets the count of wrong ones."""
        self._administer(LOGIN, "")

    def _administer(self, script, label, *arguments):
        self.hsm.run([sys.executable, "-c", FIND + script, self.hsm.module_path, self.label, PIN, label, *arguments])

    def remove(self):
        self.folder.rename(self.hsm.tokens.parent / self.folder.name)

    def put_back(self):
        (self.hsm.tokens.parent / self.folder.name).rename(self.folder)

    def set_flag(self, flag):
        """Set a flag as a token with a count of wrong PINs does, which SoftHSM does not have."""
        path = self.folder / "token.object"
        content = path.read_bytes()
        start = content.index(TOKEN_FLAGS_ATTRIBUTE) + 16
        flags = int.from_bytes(content[start : start + 8], "big") | flag
        path.write_bytes(content[:start] + flags.to_bytes(8, "big") + content[start + 8 :])
