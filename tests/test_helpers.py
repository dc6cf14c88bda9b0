"""Helpers of the tests whose failures must be seen: a missing program, and the count of the answers under load."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from benchmarks.client import Answer

from .helpers.keys import public_pem, rsa_key
from .helpers.load import KINDS, Visitors, outcome
from .helpers.requirements import program
from .helpers.tokens import sign, unsaved_user


def test_path_of_a_program_is_found():
    assert program("sh", "dash").endswith("/sh")


@pytest.mark.parametrize(("where", "failure"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_missing_program_fails_in_ci_and_skips_elsewhere(monkeypatch, where, failure):
    monkeypatch.setenv("CI", where)
    # Either of them would end this test, so both are caught.
    with pytest.raises((pytest.fail.Exception, pytest.skip.Exception)) as caught:
        program("no-such-program", "no-such-package")
    assert isinstance(caught.value, failure)
    assert str(caught.value) == "No no-such-program. On Debian: apt-get install no-such-package"


ERROR = {"error": "token_unavailable", "message": "The service is not available."}
OUTCOMES = {
    "token": (200, lambda: {"token": sign()}),
    "the token of another user": (200, lambda: {"token": sign({"sub": "8"})}),
    "the token of an unknown key": (200, lambda: {"token": sign(key=rsa_key("stranger"))}),
    "500 token_unavailable": (500, lambda: ERROR),
    "200 that is not the endpoint's": (200, dict),
    "502 that is not the endpoint's": (502, lambda: "Bad Gateway"),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcome_of_an_answer_is_told_apart(name):
    status, content = OUTCOMES[name]
    answer = Answer(0, status, json.dumps(content()).encode(), 0.0)
    assert outcome(answer, unsaved_user(), [public_pem(rsa_key("old")), public_pem()]) == name


class Server:
    address = ("127.0.0.1", 8000)


class HelplessVisitors(Visitors):
    """Visitors whose requests all fail."""

    def outcomes(self, number, clients=8):
        return Counter({"500 token_unavailable": number})


def test_waiting_for_tokens_ends_with_the_outcomes_and_the_log(tmp_path):
    log = tmp_path / "server.log"
    log.write_text("KeyError: 'team'")
    visitors = HelplessVisitors(None, KINDS["gunicorn"], Server, log)
    with pytest.raises(AssertionError, match=r"10,000 requests did not help: .*: 10020\}\)\nKeyError: 'team'"):
        visitors.until_tokens_come()
