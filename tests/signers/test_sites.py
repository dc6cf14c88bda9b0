"""Sites with two gunicorn workers whose key is in a vault. joserfc verifies their tokens."""

from __future__ import annotations

import signal

import pytest

from tests.helpers.keys import rsa_key
from tests.helpers.load import LONG

from .kms import CREDENTIALS
from .site import VaultSite, rotate_under_load, signer_of
from .softhsm import KEY_LABEL, PIN

PKCS11 = "django_tinymce_jwt.signers.pkcs11.PKCS11Signer"
AWS_KMS = "django_tinymce_jwt.signers.aws_kms.AWSKMSSigner"
# `make load` tries more.
REQUESTS = 10_000 if LONG else 1_000
SECONDS_AFTER_ROTATION = 20 if LONG else 3
THREADS = ("--worker-class", "gthread", "--threads", "4", "--keep-alive", "75")


@pytest.fixture
def softhsm_token(softhsm):
    token = softhsm.make_token()
    token.import_key()
    return token


@pytest.fixture
def softhsm_site(softhsm_token, tmp_path):
    pin_path = tmp_path / "pin"
    pin_path.write_text(f"{PIN}\n")
    options = softhsm_token.options(pin_path=str(pin_path))
    del options["pin_secret"]
    return VaultSite(tmp_path / "site", PKCS11, options, softhsm_token.hsm.environment)


@pytest.fixture
def kms_site(moto, credentials, tmp_path):
    moto.point_alias("alias/site", moto.make_key())
    return VaultSite(tmp_path / "site", AWS_KMS, moto.options("alias/site"), CREDENTIALS)


def assert_tokens_verify(site, get_tokens):
    key = site.printed_key()
    assert sum(signer_of(token, key) is key for token in get_tokens(range(REQUESTS))) == REQUESTS
    # The server and two workers.
    assert len(get_tokens.server.processes()) == 3


def test_tokens_of_a_pkcs11_token_verify_and_its_key_rotates_by_its_label_under_load(softhsm_site, softhsm_token):
    softhsm_token.import_key(rsa_key("2027"), "tiny-2027")

    def rotate():
        softhsm_token.rename_keys(KEY_LABEL, "tiny-2026", "tiny-2027", KEY_LABEL)

    with softhsm_site.serving(*THREADS) as get_tokens:
        assert_tokens_verify(softhsm_site, get_tokens)
        assert rotate_under_load(softhsm_site, get_tokens, rotate, SECONDS_AFTER_ROTATION) > 200


def test_pkcs11_key_rotates_by_the_setting_under_load(softhsm_site, softhsm_token):
    softhsm_token.import_key(rsa_key("2027"), "tiny-2027")
    with softhsm_site.serving() as get_tokens:

        def rotate():
            softhsm_site.write_settings(softhsm_token.options(key_label="tiny-2027"))
            get_tokens.server.process.send_signal(signal.SIGHUP)

        assert rotate_under_load(softhsm_site, get_tokens, rotate, seconds=8) > 200


def test_workers_that_are_forked_from_a_process_with_a_session_have_their_own(softhsm_site):
    key = softhsm_site.printed_key()
    with softhsm_site.serving("--preload", "--max-requests", "100", SIGN_BEFORE_FORK="1") as get_tokens:
        first_workers = set(get_tokens.server.processes())
        assert sum(signer_of(token, key) is key for token in get_tokens(range(1000))) == 1000
        assert len(first_workers & set(get_tokens.server.processes())) == 1, "gunicorn has replaced no worker"


def test_tokens_of_kms_verify_and_its_alias_rotates_under_load(kms_site, moto):
    def rotate():
        moto.point_alias("alias/site", moto.make_key())

    with kms_site.serving(*THREADS) as get_tokens:
        assert_tokens_verify(kms_site, get_tokens)
        assert rotate_under_load(kms_site, get_tokens, rotate, SECONDS_AFTER_ROTATION) > 20


LOADED = """
import sys
import django
django.setup()
import django_tinymce_jwt.urls, django_tinymce_jwt.tokens
print(sorted({"boto3", "botocore", "pkcs11"} & set(sys.modules)))
"""


def test_site_loads_no_library_of_a_vault_before_a_signer_needs_it(softhsm_site):
    assert softhsm_site.run("-c", LOADED).stdout == "[]\n"


@pytest.mark.parametrize("site", ["softhsm_site", "kms_site"])
def test_doctor_signs_and_verifies(site, request):
    done = request.getfixturevalue(site).manage("tinymce_jwt", "doctor", "--user", "ada")
    assert "✗" not in done.stdout


@pytest.mark.parametrize(("backend", "library", "extra"), [(PKCS11, "pkcs11", "pkcs11"), (AWS_KMS, "boto3", "aws")])
def test_check_gives_the_pip_command_where_the_library_is_missing(tmp_path, backend, library, extra):
    site = VaultSite(tmp_path / "site", backend, {}, {})
    (site.folder / "sitecustomize.py").write_text(f"import sys; sys.modules[{library!r}] = None")
    assert f'pip install "django-tinymce-jwt[{extra}]"' in site.manage("check", status=1).stderr
