"""Local keys: parsed once, matched with their public half, and used to verify."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from django_tinymce_jwt import conf, signers, verify_token
from django_tinymce_jwt.exceptions import InvalidToken, SigningKeyError

from .helpers.errors import key_error
from .helpers.key_damage import DAMAGES, each_damage
from .helpers.keys import private_pem, public_pem, rsa_key
from .helpers.tokens import assert_site_signs_with, issued_token

LOADERS = ("load_pem_private_key", "load_ssh_private_key", "load_pem_public_key")


@pytest.fixture
def parses():
    """A function that counts how often a key was parsed, in this thread and those that it starts."""
    called = []

    # In one line, because coverage does not measure a profile function.
    note = lambda frame, event, function: called.append((event, getattr(function, "__name__", "")))  # noqa: E731
    threading.setprofile(note)
    sys.setprofile(note)
    yield lambda: sum(called.count(("c_call", loader)) for loader in LOADERS)
    sys.setprofile(None)
    threading.setprofile(None)


@pytest.fixture
def token(settings):
    """A token of this site."""
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem()}
    return issued_token()


def test_key_is_parsed_once_for_many_requests(site, passing_time, parses):
    for _ in range(5):
        issued_token()
    assert parses() == 1


def test_key_of_several_services_is_parsed_once(settings, key_path, parses):
    services = {"tinydrive": {"LIFETIME": 60}, "exportpdf": {"API_KEY": "key"}}
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "SERVICES": services}
    issued_token()
    issued_token("exportpdf")
    assert parses() == 1


def test_damaged_file_is_not_parsed_at_each_request(site, key_path, passing_time, parses):
    assert_site_signs_with("site")
    DAMAGES["damaged"](key_path)
    for _ in range(5):
        issued_token()
    assert parses() == 2


def test_unusable_key_is_parsed_once(site, key_path, parses):
    DAMAGES["damaged"](key_path)
    assert key_error() == key_error()
    assert parses() == 1


def test_key_is_parsed_once_by_eight_threads(token, settings, parses, request):
    request.addfinalizer(partial(sys.setswitchinterval, sys.getswitchinterval()))
    sys.setswitchinterval(1e-6)
    gate, before, rounds = threading.Barrier(8), parses(), range(100)
    with ThreadPoolExecutor(8) as pool:
        for number in rounds:
            settings.TINYMCE_JWT = {"PUBLIC_KEY": public_pem(), "KEY_ID": f"key of round {number}"}
            verified = list(pool.map(lambda _: (gate.wait(), verify_token(token))[1], range(8)))
            assert [claims["sub"] for claims in verified] == ["7"] * 8
    assert parses() - before == len(rounds)


def test_public_key_that_does_not_match_is_refused(settings, key_path):
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "PUBLIC_KEY": [public_pem(rsa_key("other"))]}
    assert key_error() == (
        f"The key in {key_path} (PRIVATE_KEY_PATH) does not belong to the public key in the settings. Set "
        "PUBLIC_KEY_PATH (or PUBLIC_KEY) to the public half of this key, or remove it: "
        "the public key is then derived from the private key."
    )


@pytest.mark.parametrize("as_list", [list, tuple])
def test_tokens_of_all_listed_public_keys_verify(settings, as_list):
    tokens = []
    for name in ("old", "new", "stranger"):
        settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(rsa_key(name))}
        tokens.append(issued_token())
    public = as_list(public_pem(rsa_key(name)) for name in ("old", "new"))
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(rsa_key("new")), "PUBLIC_KEY": public}
    assert [verify_token(token)["sub"] for token in tokens[:2]] == ["7", "7"]
    with pytest.raises(InvalidToken, match="not signed with a key of this site"):
        verify_token(tokens[2])
    assert_site_signs_with("new")


@each_damage
def test_public_key_verifies_beside_an_unusable_private_key(token, settings, key_path, damage):
    damage(key_path)
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "PUBLIC_KEY": public_pem()}
    assert verify_token(token)["sub"] == "7"


def test_public_key_verifies_beside_an_unrelated_private_key(token, settings):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(rsa_key("other")), "PUBLIC_KEY": public_pem()}
    assert verify_token(token)["sub"] == "7"


def test_public_key_alone_verifies_and_does_not_sign(token, settings):
    settings.TINYMCE_JWT = {"PUBLIC_KEY": public_pem()}
    assert verify_token(token)["sub"] == "7"
    assert key_error() == "There is no private key to sign with. Set PRIVATE_KEY_PATH, PRIVATE_KEY or SIGNER."


@each_damage
def test_unusable_private_key_alone_does_not_verify(token, settings, key_path, damage):
    damage(key_path)
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path}
    with pytest.raises(SigningKeyError, match="PRIVATE_KEY_PATH"):
        verify_token(token)


def test_repr_of_a_loaded_key_shows_no_secret(settings):
    settings.TINYMCE_JWT = {
        "PRIVATE_KEY": private_pem(),
        "ENVIRONMENT_ID": "env",
        "API_SECRET": "an-api-secret-of-forty-characters-or-more",
        "SERVICES": {"tinydrive": {}, "tinymceai-onprem": {}},
    }
    loaded = [signers.load(config.key) for config in conf.read().services.values()]
    shown = f"{loaded} {[{**vars(keys.signing_key), **vars(keys.signing_key.signer)} for keys in loaded]}"
    lines = [line for line in private_pem().splitlines() if "-----" not in line]
    assert "SecretSigner" in shown
    assert [secret for secret in (*lines, "an-api-secret") if secret in shown] == []
