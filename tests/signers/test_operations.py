"""What the commands, the inspector and the audit trail tell of a key in a vault, before and after its rotation."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import time
from collections.abc import Callable
from typing import NamedTuple

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from tests.helpers.command import run
from tests.helpers.keys import rsa_key
from tests.helpers.tokens import issued_token
from tests.sites.with_admin import settings as with_admin

from .kms import ACCOUNT, CREDENTIALS
from .softhsm import KEY_LABEL, PIN

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.with_admin.urls")]


class Vault(NamedTuple):
    """A site's signer, what must not be shown of it, and its public key, which the vault's administrator rotates."""

    backend: str
    options: dict
    secrets: list
    public_key: object
    rotate: Callable


@pytest.fixture
def softhsm_vault(token):
    new_key = token.import_key(rsa_key("2027"), "tiny-2027")

    def rotate():
        token.rename_keys(KEY_LABEL, "tiny-2026", "tiny-2027", KEY_LABEL)
        # A signer notices it within a second.
        time.sleep(1.1)
        return new_key

    return Vault("pkcs11.PKCS11Signer", token.options(), [PIN], token.public_key, rotate)


@pytest.fixture
def kms_vault(moto, credentials):
    def rotate():
        key = moto.make_key()
        moto.point_alias("alias/operations", key)
        return load_der_public_key(moto.client().get_public_key(KeyId=key)["PublicKey"])

    secrets = [*(CREDENTIALS[f"AWS_{name}"] for name in ("SECRET_ACCESS_KEY", "SESSION_TOKEN")), ACCOUNT]
    return Vault("aws_kms.AWSKMSSigner", moto.options("alias/operations"), secrets, rotate(), rotate)


@pytest.fixture(params=["softhsm_vault", "kms_vault"])
def vault(request, settings):
    vault = request.getfixturevalue(request.param)
    for name in ("INSTALLED_APPS", "MIDDLEWARE", "TEMPLATES", "STATIC_URL"):
        setattr(settings, name, getattr(with_admin, name))
    settings.TINYMCE_JWT = {
        "SIGNER": {"BACKEND": f"django_tinymce_jwt.signers.{vault.backend}", "OPTIONS": vault.options}
    }
    return vault


@pytest.fixture
def told(vault, client, admin_user, caplog):
    """A function that returns the texts which tell of the key, by where they are from."""
    caplog.set_level(logging.INFO, logger="django_tinymce_jwt.audit")
    client.force_login(admin_user)

    def texts():
        caplog.clear()
        assert client.post("/tinymce/jwt/").status_code == 200
        [record] = [record for record in caplog.records if record.name == "django_tinymce_jwt.audit"]
        return {
            "keys public": run("keys", "public").out,
            "keys inspect": run("keys", "inspect").out,
            "doctor": run("doctor", "--user", admin_user.username).out,
            "inspector": client.get("/admin/tokens/").content.decode(),
            "audit": record.key_fingerprint,
        }

    return texts


def assert_all_tell_of(texts, key):
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    portal_line, fingerprint = base64.b64encode(der).decode(), hashlib.sha256(der).hexdigest()
    assert portal_line in texts["keys public"]
    assert f"Fingerprint  {fingerprint} " in texts["keys inspect"]
    assert f"Its SHA-256 is {fingerprint}." in texts["doctor"]
    assert portal_line in texts["inspector"]
    assert texts["audit"] == fingerprint


def test_commands_inspector_and_audit_tell_of_the_key_that_signs(vault, told):
    before = told()
    assert_all_tell_of(before, vault.public_key)
    new_key = vault.rotate()
    after = told()
    assert_all_tell_of(after, new_key)
    for secret in vault.secrets:
        assert secret not in f"{before}{after}"


def test_doctor_makes_a_signature_and_tells_its_time_and_the_key(vault, admin_user):
    def signature():
        result = run("doctor", "--user", admin_user.username)
        assert result.status == 0
        return re.search(r"the signer made a valid RS256 signature with the key (\S+) in \d+ ms\.", result.out)[1]

    old = signature()
    assert signature() == old
    vault.rotate()
    assert signature() != old


def test_inspect_names_the_signer(vault):
    facts = run("keys", "inspect", "--format", "json").facts
    assert facts["private"]["origin"] == vault.backend.partition(".")[2]
    assert (facts["private"]["form"], facts["private"]["mode"]) == (None, None)


def test_printed_key_verifies_a_token(vault):
    pem = run("keys", "public", "--format", "json").facts["pem"]
    assert jwt.decode(issued_token(), pem, ["RS256"])["sub"] == "7"
