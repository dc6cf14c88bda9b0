"""The report of a token: a verdict for every rule, in agreement with ``verify_token``, for any input."""

from __future__ import annotations

import base64
import json
import re
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import override_settings
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from django_tinymce_jwt.diagnostics.explain import explain, guess_service, time_in_words

from .helpers.keys import fingerprint, private_pem, public_pem, rsa_key
from .helpers.services import API_SECRET, SERVICES, all_services
from .helpers.tokens import is_valid, sign, valid_claims
from .helpers.vectors import ACCEPTED, VECTORS, sign_vector, vector_id


def broken(report):
    return [verdict.subject for verdict in report.verdicts if not verdict.accepted]


def verdict_of(report, subject):
    return next(verdict for verdict in report.verdicts if verdict.subject == subject and not verdict.accepted)


@pytest.mark.parametrize("vector", VECTORS, ids=vector_id)
def test_vector_report_agrees_with_verify_token(every_service, vector):
    report = explain(sign_vector(vector), vector["service"])
    assert report.accepted == (vector["verdict"] == "accept") == is_valid(sign_vector(vector), vector["service"])


@pytest.mark.parametrize("vector", VECTORS, ids=vector_id)
def test_broken_rules_have_a_hint_and_kept_rules_none(every_service, vector):
    verdicts = explain(sign_vector(vector), vector["service"]).verdicts
    assert [bool(verdict.hint) for verdict in verdicts] == [not verdict.accepted for verdict in verdicts]
    assert all(verdict.wanted and verdict.found for verdict in verdicts)


def test_valid_token_has_header_claims_and_key(site):
    report = explain(sign(headers={"kid": "2026"}))
    assert report.accepted
    assert report.header == {"alg": "RS256", "typ": "JWT", "kid": "2026"}
    assert report.claims == valid_claims(iat=report.claims["iat"], exp=report.claims["exp"])
    assert report.fingerprint == fingerprint()


def test_signature_shows_the_key_that_made_it(settings):
    settings.TINYMCE_JWT = {"PUBLIC_KEY": [public_pem(rsa_key("new")), public_pem()]}
    assert explain(sign()).fingerprint == fingerprint()


def test_signature_by_the_api_secret_shows_no_key(every_service):
    now = int(time.time())
    claims = {"aud": "test-environment", "sub": "7", "iat": now, "exp": now + 600}
    claims["auth"] = {"ai": {"permissions": ["ai:models:agent"]}}
    report = explain(sign(claims, API_SECRET, "HS256"), "tinymceai-onprem")
    assert (report.accepted, report.fingerprint) == (True, None)
    assert "made with API_SECRET" in [verdict.found for verdict in report.verdicts]


def test_all_broken_rules_are_reported(site):
    claims = valid_claims(sub=7, exp=time.time() - 900, iat=time.time() + 900)
    assert broken(explain(sign(claims, rsa_key("stranger")))) == ["signature", "sub", "iat", "exp"]


def test_token_of_another_key_has_its_claims_judged(site):
    report = explain(sign(key=rsa_key("stranger")))
    assert broken(report) == ["signature"]
    assert "not signed with a key of this site" in verdict_of(report, "signature").found
    assert "PUBLIC_KEY_PATH" in verdict_of(report, "signature").hint


@pytest.mark.parametrize("algorithm", ["HS256", "ES256", "none"])
def test_token_of_another_algorithm_has_its_claims_judged(site, algorithm):
    key = {"HS256": "s" * 32, "ES256": ec.generate_private_key(ec.SECP256R1()), "none": ""}[algorithm]
    report = explain(sign(valid_claims(name=""), key, algorithm))
    assert broken(report) == ["alg", "signature", "name"]
    assert verdict_of(report, "alg").found == f"'{algorithm}' (str)"


def test_token_without_an_algorithm_is_refused(site):
    header = base64.urlsafe_b64encode(b'{"typ":"JWT"}').rstrip(b"=").decode()
    assert broken(explain(header + "." + sign().partition(".")[2])) == ["alg", "signature"]


def test_service_without_settings_has_its_claims_judged(site):
    now = int(time.time())
    report = explain(sign({"aud": "other-site", "iat": now, "exp": now + 600}), "exportpdf")
    assert broken(report) == ["signature", "aud"]
    assert "The service 'exportpdf' is not configured" in verdict_of(report, "signature").found
    assert "API_KEY" in verdict_of(report, "aud").hint


def test_unusable_key_is_reported_and_claims_are_judged(settings):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem()[:300]}
    report = explain(sign())
    assert broken(report) == ["signature"]
    assert "is cut off" in verdict_of(report, "signature").found
    assert "doctor" in verdict_of(report, "signature").hint


def test_clock_skew_of_a_minute_is_allowed(site):
    claims = valid_claims(iat=time.time() + 50)
    assert explain(sign(claims)).accepted
    assert broken(explain(sign({**claims, "iat": time.time() + 70}))) == ["iat"]


def test_times_are_given_in_words(site):
    found = verdict_of(explain(sign(valid_claims(exp=946684800, iat=946684000))), "exp").found
    assert re.fullmatch(r"946684800 \(int\), that is 2000-01-01 00:00:00 UTC, \d+ years(, \d+ months?)? ago", found)


GOOD = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9"


@pytest.mark.parametrize(
    "token",
    [
        None, 7, b"", "", ".", "..", "a.b.c", f"{GOOD}..", "\ud800", "ä" * 50, "x" * 1_000_000,
        f"{GOOD}.{'A' * 60_000}.AAAA", [], "null.e30.e30", "W10.e30.e30", b"\xff\xfe\x00", f"{'W1tb' * 3000}.e30.e30",
    ],
    ids=lambda token: repr(token)[:20],
)  # fmt: skip
def test_report_of_any_input_has_no_exception(site, token):
    report = explain(token)
    assert (report.accepted, report.claims) == (False, {})
    assert broken(report)[0] in {"form", "signature"}


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (b"", "JSONDecodeError"),
        (b"[1]", "[1] (list)"),
        (b"\xff", "UnicodeDecodeError"),
        (b'{"exp":' + b"9" * 6000 + b"}", "ValueError"),
    ],
)
def test_signed_payload_that_is_not_claims_is_reported(site, payload, found):
    report = explain(sign(payload))
    assert broken(report) == ["payload"]
    assert found in verdict_of(report, "payload").found


def test_unknown_critical_header_is_reported(site):
    report = explain(sign(headers={"crit": ["exp2"], "exp2": 1}))
    assert not report.accepted
    assert "exp2" in verdict_of(report, "form").found


def test_claim_nested_too_deeply_is_not_shown(site):
    deep = [[]]
    for _ in range(200):
        deep = [{"inner": deep}]
    report = explain(sign(valid_claims(deep=deep, flat=[{"a": [1.5]}])))
    assert (report.accepted, report.claims["deep"], report.claims["flat"]) == (True, "(not shown)", [{"a": [1.5]}])


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": -float("inf")}])
def test_number_that_is_not_json_is_not_shown(site, value):
    assert explain(sign(valid_claims(odd=value))).claims["odd"] == "(not shown)"


segments = st.binary(max_size=40).map(lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode())
objects = st.dictionaries(st.sampled_from(["alg", "exp", "sub", "crit", "b64", "kid", "typ"]), st.none() | st.text())
written = objects.map(lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode())
tokens = (
    st.text(st.characters(), max_size=60)
    | st.binary(max_size=60)
    | st.tuples(segments | written, segments | written, segments).map(".".join)
)


@given(token=tokens, service=st.sampled_from(SERVICES))
def test_report_of_any_input_agrees_with_verify_token(token, service):
    with override_settings(TINYMCE_JWT=all_services()):
        assert explain(token, service).accepted == is_valid(token, service)


@given(
    claims=st.dictionaries(
        st.sampled_from(["sub", "name", "aud", "iat", "exp", "nbf"]),
        st.text(max_size=3) | st.integers(int(time.time()) - 200, int(time.time()) + 900) | st.just("test-api-key"),
    ),
    service=st.sampled_from(SERVICES),
)
def test_report_of_any_claims_agrees_with_verify_token(claims, service):
    with override_settings(TINYMCE_JWT=all_services()):
        token = sign({**valid_claims(aud="test-api-key"), **claims})
        assert explain(token, service).accepted == is_valid(token, service)


NOW = 1_795_500_000


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (0, "2026-11-24 06:00:00 UTC, 0 seconds ago"),
        (1, "2026-11-24 06:00:01 UTC, in 1 second"),
        (-1, "2026-11-24 05:59:59 UTC, 1 second ago"),
        (59, "2026-11-24 06:00:59 UTC, in 59 seconds"),
        (600, "2026-11-24 06:10:00 UTC, in 10 minutes"),
        (-90_000, "2026-11-23 05:00:00 UTC, 1 day, 1 hour ago"),
    ],
)
def test_time_in_words_is_utc_and_from_now(away, words):
    assert time_in_words("exp", NOW + away, NOW) == words


def test_time_in_words_is_english_in_every_language():
    with translation.override("de"):
        assert time_in_words("iat", NOW - 600, NOW).endswith("10 minutes ago")


@pytest.mark.parametrize("value", ["soon", True, None, -1, 10**20, float("nan")])
def test_time_in_words_of_other_values_is_none(value):
    assert time_in_words("exp", value, NOW) is None


def test_time_in_words_of_another_claim_is_none():
    assert time_in_words("team", NOW, NOW) is None


@pytest.mark.parametrize("vector", ACCEPTED, ids=vector_id)
def test_guessed_service_accepts_the_token(every_service, vector):
    service, _ = guess_service(sign_vector(vector))
    assert explain(sign_vector(vector), service).accepted


def test_guessed_service_of_an_expired_token_is_right(every_service):
    now = int(time.time())
    permissions = {"ai": {"permissions": ["ai:models:agent"]}}
    claims = {"aud": "old-key", "sub": "7", "iat": now - 9000, "exp": now - 8000, "auth": permissions}
    assert guess_service(sign(claims)) == ("tinymceai", "")
    assert guess_service(sign(claims, API_SECRET, "HS256")) == ("tinymceai-onprem", "")


def test_guess_among_services_with_one_contract_says_so(every_service):
    now = int(time.time())
    service, note = guess_service(sign({"aud": "test-api-key", "iat": now, "exp": now + 600}))
    assert service == "exportpdf"
    assert note == (
        "The token is judged as one for exportpdf. "
        "--service names another service with the same contract: exportword, importword."
    )


def test_guess_without_evidence_is_the_default_and_says_so(every_service):
    service, note = guess_service(sign(b"[]"))
    assert service == "tinydrive"
    assert "does not say its service" in note


def test_guess_is_the_only_configured_service(settings):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "API_KEY": "key", "SERVICES": {"importword": {}}}
    assert guess_service("garbage") == ("importword", "")


def test_guess_is_among_all_services_if_none_is_configured(settings):
    settings.TINYMCE_JWT = {"SERVICES": {}}
    assert guess_service(sign())[0] == "tinydrive"


def test_rules_after_the_first_broken_one_have_no_verdict(site):
    verdicts = explain(sign(valid_claims(sub=7))).verdicts
    assert [verdict.accepted for verdict in verdicts if verdict.subject == "sub"] == [False]
