"""A signer of the site's own in the setting SIGNER, from the checks to a verified token."""

from __future__ import annotations

import copy
import gc
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import override_settings

from django_tinymce_jwt import conf, signers, verify_token
from django_tinymce_jwt.exceptions import SigningKeyError
from django_tinymce_jwt.secret import Secret
from django_tinymce_jwt.signers.key_files import WatchedKeys

from .helpers.checks import ids, messages
from .helpers.command import run
from .helpers.endpoint import ask, error_of
from .helpers.errors import key_error, settings_error
from .helpers.keys import fingerprint, private_pem, public_pem, rsa_key
from .helpers.tokens import assert_signed_with, assert_site_signs_with, issued_header, issued_token
from .sites import signers as site_signers

BACKEND = "tests.sites.signers.NamedKeySigner"
ROTATED = "tests.sites.signers.RotatedKeySigner"


def signer(backend=BACKEND, **options):
    return {"SIGNER": {"BACKEND": backend, "OPTIONS": options}}


@pytest.fixture
def calls(monkeypatch):
    """What the site's signer is asked for, counted from zero."""
    for name in ("made", "asked_to_sign", "asked_for_public_key"):
        monkeypatch.setattr(site_signers.NamedKeySigner, name, 0)
    return site_signers.NamedKeySigner


@pytest.fixture
def vault_is_down(monkeypatch):
    monkeypatch.setattr(site_signers.NamedKeySigner, "is_reachable", False)


@pytest.mark.parametrize("backend", [BACKEND, site_signers.NamedKeySigner], ids=["dotted-path", "class"])
def test_signer_signs_the_tokens(settings, backend):
    settings.TINYMCE_JWT = signer(backend, key="vault")
    assert_site_signs_with("vault")
    assert verify_token(issued_token())["sub"] == "7"


def test_signer_without_options_is_accepted(settings):
    settings.TINYMCE_JWT = {"SIGNER": {"BACKEND": BACKEND}}
    assert_site_signs_with("site")


@pytest.mark.parametrize(
    ("algorithms", "chosen"), [(("RS256",), "RS256"), (("PS256", "ES256", "RS512"), "RS512")], ids=["one", "several"]
)
def test_signer_signs_with_the_first_algorithm_of_the_service_that_it_has(settings, algorithms, chosen):
    backend = type("Signer", (site_signers.NamedKeySigner,), {"algorithms": algorithms})
    settings.TINYMCE_JWT = signer(backend)
    assert issued_header()["alg"] == chosen


def test_signer_of_one_service_leaves_the_key_of_the_others(settings):
    services = {"tinydrive": {}, "exportpdf": signer(key="vault")}
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "KEY_ID": "top", "API_KEY": "key", "SERVICES": services}
    assert_site_signs_with("site", "tinydrive")
    assert_site_signs_with("vault", "exportpdf")
    assert "kid" not in issued_header("exportpdf")


def test_signer_of_the_top_level_leaves_a_service_with_its_own_key(settings):
    services = {"tinydrive": {}, "exportpdf": {"PRIVATE_KEY": private_pem()}}
    settings.TINYMCE_JWT = {**signer(key="vault"), "API_KEY": "key", "SERVICES": services}
    assert_site_signs_with("vault", "tinydrive")
    assert_site_signs_with("site", "exportpdf")


@pytest.mark.parametrize("name", ["PRIVATE_KEY", "PRIVATE_KEY_PATH"])
def test_signer_beside_a_private_key_is_refused(settings, key_path, name):
    settings.TINYMCE_JWT = {**signer(), name: {"PRIVATE_KEY": private_pem(), "PRIVATE_KEY_PATH": key_path}[name]}
    assert settings_error() == (
        f'TINYMCE_JWT["{name}"] and TINYMCE_JWT["SIGNER"] are both set. Keep one of them: a key has one source.'
    )


# What a signer is asked for


def test_signer_is_not_asked_when_it_is_configured_or_checked(settings, calls):
    settings.TINYMCE_JWT = signer(key="unasked")
    assert ids() == []
    assert conf.read().services.keys() == {"tinydrive"}
    assert (calls.asked_to_sign, calls.asked_for_public_key) == (0, 0)


def test_signer_is_made_once_for_many_tokens(settings, calls):
    settings.TINYMCE_JWT = signer(key="made-once")
    for _ in range(3):
        issued_token()
    assert (calls.made, calls.asked_to_sign) == (1, 3)


def test_signer_is_asked_for_the_public_key_once(settings, calls):
    settings.TINYMCE_JWT = signer(key="public-once")
    for _ in range(3):
        verify_token(issued_token())
    assert calls.asked_for_public_key == 1


def test_signer_is_not_asked_for_the_public_key_without_an_audit_trail(settings, calls):
    settings.TINYMCE_JWT = signer(key="unaudited")
    issued_token()
    assert calls.asked_for_public_key == 0


def test_signer_is_not_asked_for_a_public_key_in_the_settings(settings, calls):
    settings.TINYMCE_JWT = {**signer(key="vault"), "PUBLIC_KEY": public_pem(rsa_key("vault"))}
    assert verify_token(issued_token())["sub"] == "7"
    assert calls.asked_for_public_key == 0


def test_signers_with_other_options_are_other_signers(settings):
    for key in ("first", "second", "first"):
        settings.TINYMCE_JWT = signer(key=key, endpoints=[{"region": "eu", "ports": [1]}])
        assert_site_signs_with(key)


def test_option_that_cannot_be_hashed_is_accepted(settings, calls):
    regions = {"eu", "us"}
    for _ in range(2):
        settings.TINYMCE_JWT = signer(key="unhashable", endpoints=regions)
        issued_token()
    assert calls.made == 1


@pytest.mark.parametrize("values", [(1, True), ("a", b"a"), ([1], [1.0]), ({"a": [1]}, {"a": [True]})], ids=repr)
def test_options_that_compare_equal_are_not_the_same(settings, calls, values):
    for value in values:
        settings.TINYMCE_JWT = signer(key="typed", endpoints=value)
        issued_token()
    assert calls.made == 2


def test_replaced_key_is_noticed(settings, monkeypatch):
    settings.TINYMCE_JWT = signer(ROTATED)
    old = issued_token()
    assert verify_token(old)["sub"] == "7"
    monkeypatch.setattr(site_signers.RotatedKeySigner, "current", "new")
    assert verify_token(issued_token())["sub"] == "7"
    assert_site_signs_with("new")


class ReplacedMeanwhileSigner(site_signers.NamedKeySigner):
    """Its key is replaced just after it was asked for the public half."""

    @property
    def key_version(self):
        return self.key

    def get_public_key(self):
        public = super().get_public_key()
        self.key = "new"
        return public


def test_key_replaced_while_its_public_half_is_read_is_noticed(settings):
    settings.TINYMCE_JWT = signer(ReplacedMeanwhileSigner, key="old")
    for name in ("old", "new"):
        token = issued_token()
        assert verify_token(token)["sub"] == "7"
        assert_signed_with(token, rsa_key(name))


def test_audit_record_has_the_fingerprint_of_the_key_that_signed(settings, monkeypatch, caplog):
    caplog.set_level("INFO", logger="django_tinymce_jwt.audit")
    settings.TINYMCE_JWT = signer(ROTATED)
    for name in ("old", "new"):
        monkeypatch.setattr(site_signers.RotatedKeySigner, "current", name)
        issued_token()
    assert [record.key_fingerprint for record in caplog.records] == [fingerprint(rsa_key(n)) for n in ("old", "new")]


def test_threads_share_a_signer(settings, calls):
    rsa_key("threads")
    settings.TINYMCE_JWT = signer(key="threads")
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: issued_token(), range(40)))
    assert {verify_token(token)["sub"] for token in tokens} == {"7"}
    assert calls.made == 1


# Faults


@pytest.mark.django_db
def test_unreachable_vault_is_an_answer_in_json(settings, user, vault_is_down):
    settings.TINYMCE_JWT = signer(key="down")
    assert error_of(ask(user)) == (500, "token_unavailable")


def test_unreachable_vault_is_asked_again_for_the_next_token(settings, monkeypatch):
    settings.TINYMCE_JWT = signer(key="again")
    with monkeypatch.context() as down:
        down.setattr(site_signers.NamedKeySigner, "is_reachable", False)
        assert key_error() == "The vault does not answer. Check the network."
    assert_site_signs_with("again")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (signer("tests.nowhere.Signer"), "cannot be imported: ModuleNotFoundError"),
        (signer("tests.sites.broken.Signer"), "the site's module is broken"),
        (signer("tests.helpers.keys.rsa_key"), "is not a subclass of django_tinymce_jwt.signers.base.Signer"),
        (signer(keyname="site"), "got an unexpected keyword argument 'keyname'"),
        (signer(key=5), "key is the name of a key"),
    ],
    ids=["path", "module", "class", "option", "value"],
)
def test_unusable_signer_is_reported(settings, value, reason):
    settings.TINYMCE_JWT = value
    [(code, message, hint)] = messages()
    assert (code, hint) == ("E016", "No token can be issued for: tinydrive.")
    assert reason in message


def test_public_key_verifies_beside_an_unusable_signer(settings):
    settings.TINYMCE_JWT = signer(key="vault")
    token = issued_token()
    settings.TINYMCE_JWT = {**signer("tests.nowhere.Signer"), "PUBLIC_KEY": public_pem(rsa_key("vault"))}
    assert verify_token(token)["sub"] == "7"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a.b.C", "of the type str"),
        ({}, "a dict of another form"),
        ({"OPTIONS": {}}, "a dict of another form"),
        ({"BACKEND": "nodots"}, "a dict of another form"),
        ({"BACKEND": BACKEND, "OPTION": {}}, "a dict of another form"),
        ({"BACKEND": BACKEND, "OPTIONS": ["key"]}, "a dict of another form"),
        ({"BACKEND": BACKEND, "OPTIONS": {5: "key"}}, "a dict of another form"),
    ],
    ids=repr,
)
def test_signer_of_another_form_is_reported(settings, value, found):
    settings.TINYMCE_JWT = {"SIGNER": value}
    assert messages()[0] == (
        "E003",
        f'TINYMCE_JWT["SIGNER"] is {found}.',
        'Make it a dict such as {"BACKEND": "dotted.path.of.a.Signer", "OPTIONS": {...}}.',
    )


def test_signer_without_an_algorithm_of_the_service_is_reported(settings):
    settings.TINYMCE_JWT = signer("tests.sites.signers.EllipticSigner")
    [(code, message, _)] = messages()
    assert code == "E013"
    assert message.startswith("The signer EllipticSigner signs with ES256; wanted: RS256, RS384,")


def test_algorithm_that_the_signer_does_not_have_is_reported(settings):
    settings.TINYMCE_JWT = {**signer(), "ALGORITHM": "PS256"}
    assert "signs with RS256; wanted: PS256" in messages()[0][1]


def test_options_are_in_no_message_and_no_repr(settings):
    secret = "correct horse battery staple"
    settings.TINYMCE_JWT = signer(keyname=secret)
    assert secret not in str(messages())
    settings.TINYMCE_JWT = signer(password=secret)
    assert secret not in repr(conf.read().services)


# The people who run the site


def test_public_key_of_a_signer_is_printed(settings):
    settings.TINYMCE_JWT = signer(key="vault")
    assert run("keys", "public", "--format", "json").facts["pem"] == public_pem(rsa_key("vault"))


def test_facts_of_a_signer_name_its_class(settings):
    settings.TINYMCE_JWT = signer(key="vault")
    text = run("keys", "inspect").out
    assert "Signs with   RSA, 2048 bits\nFrom         NamedKeySigner\n" in text
    assert fingerprint(rsa_key("vault")) in text


def test_doctor_reports_a_signer(settings):
    settings.TINYMCE_JWT = signer(key="vault")
    assert "tinydrive: RSA, 2048 bits, from NamedKeySigner." in run("doctor").out


def test_doctor_makes_a_signature(settings, calls):
    settings.TINYMCE_JWT = signer(ROTATED)
    assert "tinydrive: the signer made a valid RS256 signature with the key old in " in run("doctor").out
    assert calls.asked_to_sign == 1


def test_doctor_reports_a_wrong_signature(settings):
    settings.TINYMCE_JWT = signer("tests.sites.signers.OtherKeySigner")
    assert "tinydrive: the signer made no valid signature: Signature verification failed" in run("doctor").out


def test_doctor_reports_an_unreachable_vault(settings, vault_is_down):
    settings.TINYMCE_JWT = signer(key="vault-of-the-doctor")
    result = run("doctor")
    assert result.status == 1
    assert "tinydrive: The vault does not answer. Check the network." in result.out


def test_doctor_reports_a_public_key_of_another_pair(settings):
    settings.TINYMCE_JWT = {**signer(key="vault"), "PUBLIC_KEY": public_pem(rsa_key("other"))}
    assert "the key that signs does not belong to the public key in the settings" in run("doctor").out


# What every signer promises


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_signer_cannot_be_pickled_or_copied(duplicate):
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        duplicate(site_signers.NamedKeySigner())


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_secret_cannot_be_pickled_or_copied(duplicate):
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        duplicate(Secret("horse"))


def test_secret_is_equal_to_the_same_secret_alone():
    assert Secret("horse") == Secret(b"horse")
    assert Secret("horse") != Secret("cow")
    assert Secret("horse") != b"horse"
    assert len({Secret("horse"), Secret("horse")}) == 1


@pytest.mark.parametrize("show", [repr, str, "{}".format, lambda secret: f"{secret!r:>20}"])
def test_secret_shows_nothing(show):
    assert show(Secret("horse")).strip() == "<secret>"


def kept_keys():
    gc.collect()
    return sum(type(thing) is WatchedKeys for thing in gc.get_objects())


def test_loaded_keys_are_bounded():
    before = kept_keys()
    for number in range(signers.MAX_KEPT + 100):
        with (
            override_settings(TINYMCE_JWT={"PUBLIC_KEY": public_pem(), "KEY_ID": str(number)}),
            pytest.raises(SigningKeyError),
        ):
            issued_token()
    assert 0 < kept_keys() - before <= signers.MAX_KEPT
