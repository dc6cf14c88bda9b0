from __future__ import annotations

import os

import pkcs11
import pytest

from .kms import CREDENTIALS, Moto
from .softhsm import SoftHSM


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory):
    """SoftHSM, configured for this process and those that it starts."""
    hsm = SoftHSM(tmp_path_factory.mktemp("softhsm"))
    os.environ.update(hsm.environment)
    return hsm


@pytest.fixture
def load_tokens(softhsm):
    """Show the module in this process the tokens that other processes have made or changed."""

    def load():
        pkcs11.lib(softhsm.module_path).reinitialize()

    return load


@pytest.fixture
def make_token(softhsm, load_tokens):
    """Make a token with an RSA key that is labelled KEY_LABEL, unless ``key`` is None."""

    def make(**kwargs):
        token = softhsm.make_token(kwargs.get("label"))
        token.public_key = token.import_key() if kwargs.get("key", True) else None
        load_tokens()
        return token

    return make


@pytest.fixture
def token(make_token):
    return make_token()


@pytest.fixture(scope="session")
def moto():
    """moto's server, which answers as AWS KMS does."""
    server = Moto()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def credentials(monkeypatch):
    """Credentials for boto3, and nothing of the machine's own configuration."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
