"""Run a command of the demo with its key in a vault: ``vault.py softhsm manage.py runserver``, or with ``kms``."""

import json
import os
import secrets
import shutil
import subprocess  # nosec B404
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ImproperlyConfigured

PROJECT = Path(__file__).resolve().parent.parent

SOFTHSM_MODULES = [
    os.environ.get("SOFTHSM2_MODULE", ""),
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
]
TOKEN_LABEL, KEY_LABEL = "demo", "tiny"

# Any values will do for moto. With these, boto3 does not use the developer's own account.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "demo", "AWS_SECRET_ACCESS_KEY": "demo", "AWS_SESSION_TOKEN": "demo"}
# Ends when the pipe is closed, which happens with the last process of the demo.
MOTO_SERVER = """
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


def use_vault(settings):
    """Change the settings, a dictionary, in place."""
    vault = json.loads(os.environ["DEMO_VAULT"])
    del settings["TINYMCE_JWT"]["PRIVATE_KEY_PATH"]
    settings["TINYMCE_JWT"]["SIGNER"] = vault["SIGNER"]
    if "TINY_STAND_IN" in settings:
        settings["TINY_STAND_IN"]["PUBLIC_KEY"] = vault["PUBLIC_KEY"]


def softhsm():
    """Return a signer whose key is in a token of SoftHSM2. The token is made where it is missing."""
    module_path = next((path for path in SOFTHSM_MODULES if path and Path(path).exists()), None)
    if module_path is None or shutil.which("softhsm2-util") is None:
        sys.exit(
            "SoftHSM2 is not installed. Hint: on Debian and Ubuntu, apt-get install softhsm2. "
            "If its libsofthsm2.so is in another folder, set the environment variable SOFTHSM2_MODULE to its path."
        )
    from django_tinymce_jwt.signers.pkcs11 import PKCS11Signer

    folder = PROJECT / "secrets" / "softhsm"
    tokens, pin_path = folder / "tokens", folder / "pin"
    configuration = folder / "softhsm2.conf"
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    # The PIN is written last: without it, nothing here is of use.
    if not pin_path.exists():
        shutil.rmtree(folder, ignore_errors=True)
        tokens.mkdir(parents=True, mode=0o700)
    configuration.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    if not pin_path.exists():
        make_token(module_path, pin_path)
    options = {
        "module_path": module_path,
        "token_label": TOKEN_LABEL,
        "key_label": KEY_LABEL,
        "pin_path": str(pin_path),
    }
    return PKCS11Signer, options


def make_token(module_path, pin_path):
    import pkcs11

    pin = secrets.token_hex(8)
    pins = ["--pin", pin, "--so-pin", secrets.token_hex(8)]
    command = ["softhsm2-util", "--init-token", "--free", "--label", TOKEN_LABEL, *pins]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # nosec B603
    token = pkcs11.lib(module_path).get_token(token_label=TOKEN_LABEL)
    with token.open(rw=True, user_pin=pin) as session:
        session.generate_keypair(pkcs11.KeyType.RSA, 2048, store=True, label=KEY_LABEL)
    pin_path.touch(mode=0o600)
    pin_path.write_text(f"{pin}\n")
    print(f"Created a SoftHSM2 token in {pin_path.parent}", flush=True)


def kms():
    """Return a signer whose key is in a new server of moto, which answers as AWS KMS does."""
    from django_tinymce_jwt.signers.aws_kms import AWSKMSSigner

    server = subprocess.Popen(  # nosec B603
        [sys.executable, "-c", MOTO_SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    port = server.stdout.readline().strip()
    if not port:
        sys.exit("moto's server does not start. Hint: python -m pip install --group demo-kms")
    # The demo's own processes inherit the pipe.
    os.set_inheritable(server.stdin.fileno(), True)
    os.environ.update(CREDENTIALS)
    options = {"region_name": "eu-central-1", "endpoint_url": f"http://127.0.0.1:{port}"}
    import boto3

    client = boto3.session.Session().client("kms", **options)
    metadata = client.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]
    print(f"Started moto's server at {options['endpoint_url']}", flush=True)
    return AWSKMSSigner, {"key_id": metadata["Arn"], **options}


VAULTS = {"softhsm": softhsm, "kms": kms}


def main(name="", *command):
    if name not in VAULTS:
        sys.exit(f"The demo has no vault {name!r}. Hint: set SIGNER to one of {', '.join(VAULTS)}.")
    try:
        signer_class, options = VAULTS[name]()
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    public_key = signer_class(**options).get_public_key()
    vault = {
        "SIGNER": {"BACKEND": f"{signer_class.__module__}.{signer_class.__qualname__}", "OPTIONS": options},
        "PUBLIC_KEY": public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    }
    os.environ["DEMO_VAULT"] = json.dumps(vault)
    os.execv(sys.executable, [sys.executable, *command])  # nosec B606


if __name__ == "__main__":
    main(*sys.argv[1:])
