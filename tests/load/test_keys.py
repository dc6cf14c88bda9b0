"""Key files and the clock change under load, and no request fails."""

from __future__ import annotations

import time
from functools import partial

import pytest

from tests.helpers.keys import private_pem, public_pem, rsa_key
from tests.helpers.load import LONG, serving

ROUNDS = 40 if LONG else 4
REFUSED = "The previous key stays in use"
DAY = 24 * 60 * 60
JUMPS = {"a-year-ahead": 365 * DAY, "a-year-back": -365 * DAY}


def replace(path, text):
    """Replace a file in one step, as tools for secrets do."""
    new = path.with_name(f".{path.name}.new")
    new.touch(mode=0o600)
    new.write_text(text)
    new.replace(path)


def publish(secrets, name):
    """Return the key of that name, after its public half is known to the test."""
    key = rsa_key(name)
    replace(secrets / f"{name}.pub.pem", public_pem(key))
    return key


def signs_with(visitors, key):
    return visitors.claims(public_pem(key)) is not None


def change_pair(visitors, secrets, name):
    """Replace the site's key pair, and send requests until it signs. Return the outcomes."""
    key = publish(secrets, name)
    replace(secrets / "tiny.pem", private_pem(key))
    replace(secrets / "tiny.pub.pem", public_pem(key))
    return visitors.until(partial(signs_with, visitors, key))


@pytest.fixture
def public_keys_stay(secrets):
    """Keep the first public key, because it verifies tokens that were signed before the change."""
    replace(secrets / "first.pub.pem", (secrets / "tiny.pub.pem").read_text())


def test_key_pair_changes_fail_no_request(visitors, secrets, public_keys_stay):
    for number in range(ROUNDS):
        assert change_pair(visitors, secrets, f"pair{number % 4}").keys() == {"token"}
    assert visitors.errors() == []


def test_half_replaced_key_pair_fails_no_request(visitors, secrets, public_keys_stay):
    for number in range(ROUNDS):
        key = publish(secrets, f"pair{number % 4}")
        seen = visitors.times_logged(REFUSED)
        replace(secrets / "tiny.pem", private_pem(key))
        assert visitors.until(lambda seen=seen: visitors.times_logged(REFUSED) > seen).keys() == {"token"}
        replace(secrets / "tiny.pub.pem", public_pem(key))
        assert visitors.until(partial(signs_with, visitors, key)).keys() == {"token"}


def test_damaged_key_fails_no_request(visitors, secrets, public_keys_stay):
    path = secrets / "tiny.pem"
    for damage in ["", "-----BEGIN PRIVATE KEY-----\nMIIEvQ", None]:
        seen = visitors.times_logged(REFUSED)
        if damage is None:
            path.unlink()
        else:
            replace(path, damage)
        assert visitors.until(lambda seen=seen: visitors.times_logged(REFUSED) > seen).keys() == {"token"}
    assert change_pair(visitors, secrets, "mended").keys() == {"token"}


def test_clock_jump_fails_no_request_and_keys_still_change(kind, example, log, secrets, public_keys_stay):
    clock = log.with_name("clock")
    clock.write_text("0")
    with serving(kind, example, log, LOAD_CLOCK=str(clock)) as visitors:
        for name, jump in JUMPS.items():
            replace(clock, str(jump))
            assert change_pair(visitors, secrets, name).keys() == {"token"}
            claims = visitors.claims(public_pem(rsa_key(name)))
            assert claims["exp"] - claims["iat"] == 600
            # The server's clock did jump.
            assert abs(claims["iat"] - time.time() - jump) < DAY
        assert visitors.errors() == []
