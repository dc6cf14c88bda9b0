"""No key, passphrase, API secret or token is ever shown, whatever fails."""

from __future__ import annotations

import base64
import logging
import re
from traceback import TracebackException

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ImproperlyConfigured
from django.test import AsyncClient, Client, RequestFactory
from django.utils.log import AdminEmailHandler
from django.views.debug import ExceptionReporter

from django_tinymce_jwt import issue_token, verify_token
from django_tinymce_jwt.claims import TinyAIClaims
from django_tinymce_jwt.exceptions import InvalidToken, SigningKeyError, TinymceJwtError

from .helpers.endpoint import PATH, ask, each_server, error_of
from .helpers.key_damage import without_a_line
from .helpers.keys import OPENSSH, PKCS1, PKCS8, private_pem, public_pem, rsa_key
from .helpers.services import API_SECRET, on_premises
from .helpers.tokens import sign, unsaved_user, valid_claims

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.endpoint_urls")]


class FailingClaims(TinyAIClaims):
    def get_name(self):
        raise LookupError("no such person")


class UnwritableClaims(TinyAIClaims):
    def get_claims(self):
        return {**super().get_claims(), "name": "Ada", "teams": {1, 2}}


def encrypted(form, passphrase):
    pem = private_pem(form=form, passphrase=PASSPHRASE)
    return {"PRIVATE_KEY": pem, "PRIVATE_KEY_PASSPHRASE": passphrase}


def base64_of(pem):
    return base64.b64encode(pem.encode()).decode()


def body_of(pem):
    return "".join(pem.splitlines()[1:-1])


# Not near the mappers: Django's reports show the source lines around a frame.
PASSPHRASE = "tr0ub4dor-and-3"
WRONG_PASSPHRASE = "tr0ub4dor-and-4"


# Settings that hold a secret, and with which no token can be issued.
FAILURES = {
    "wrong-passphrase-pkcs1": lambda: encrypted(PKCS1, WRONG_PASSPHRASE),
    "wrong-passphrase-pkcs8": lambda: encrypted(PKCS8, WRONG_PASSPHRASE),
    "wrong-passphrase-openssh": lambda: encrypted(OPENSSH, WRONG_PASSPHRASE),
    "no-passphrase": lambda: encrypted(PKCS8, None),
    "needless-passphrase": lambda: {"PRIVATE_KEY": private_pem(), "PRIVATE_KEY_PASSPHRASE": PASSPHRASE},
    "damaged-pkcs1": lambda: {"PRIVATE_KEY": without_a_line(private_pem(form=PKCS1))},
    "damaged-pkcs8": lambda: {"PRIVATE_KEY": without_a_line(private_pem())},
    "damaged-openssh": lambda: {"PRIVATE_KEY": without_a_line(private_pem(form=OPENSSH))},
    "damaged-base64": lambda: {"PRIVATE_KEY": base64_of(without_a_line(private_pem()))},
    "damaged-bytes": lambda: {"PRIVATE_KEY": without_a_line(private_pem()).encode()},
    "cut-off": lambda: {"PRIVATE_KEY": private_pem()[:-40]},
    "body-alone": lambda: {"PRIVATE_KEY": body_of(private_pem())},
    "not-rsa": lambda: {"PRIVATE_KEY": private_pem(ec.generate_private_key(ec.SECP256R1()))},
    "too-short": lambda: {"PRIVATE_KEY": private_pem(rsa_key("short", 1024))},
    "mismatch": lambda: {"PRIVATE_KEY": private_pem(), "PUBLIC_KEY": public_pem(rsa_key("other"))},
    "private-as-public": lambda: {"PRIVATE_KEY": private_pem(), "PUBLIC_KEY": [private_pem()]},
    "private-body-as-public": lambda: {"PRIVATE_KEY": private_pem(), "PUBLIC_KEY": body_of(private_pem())[:-3]},
    "text-as-path": lambda: {"PRIVATE_KEY_PATH": private_pem()},
    "one-line-as-path": lambda: {"PRIVATE_KEY_PATH": private_pem().replace("\n", "\\n")},
    "base64-as-path": lambda: {"PRIVATE_KEY_PATH": base64_of(private_pem())},
    "base64-after-an-empty-line-as-path": lambda: {"PRIVATE_KEY_PATH": base64_of("\n" + private_pem())},
    "body-as-path": lambda: {"PRIVATE_KEY_PATH": body_of(private_pem(form=PKCS1))},
    "text-as-key-id": lambda: {"PRIVATE_KEY": private_pem(), "KEY_ID": private_pem()},
    "two-sources": lambda: {"PRIVATE_KEY": private_pem(), "PRIVATE_KEY_PATH": "tiny.pem"},
    "signer-options": lambda: {
        "SIGNER": {"BACKEND": "tests.sites.signers.NamedKeySigner", "OPTIONS": {"key": 5, "password": PASSPHRASE}}
    },
    "mapper-fails": lambda: {"PRIVATE_KEY": private_pem(), "CLAIM_MAPPER": FailingClaims},
    "no-json": lambda: {"PRIVATE_KEY": private_pem(), "CLAIM_MAPPER": UnwritableClaims},
    "api-secret-too-short": lambda: {**on_premises(), "API_SECRET": API_SECRET[:30]},
    "key-as-api-secret": lambda: {**on_premises(), "API_SECRET": private_pem()},
    "mapper-fails-on-premises": lambda: on_premises(CLAIM_MAPPER=FailingClaims),
    "no-json-on-premises": lambda: on_premises(CLAIM_MAPPER=UnwritableClaims),
}
each_failure = pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)


def pieces(key_text):
    """Parts of a key that no line break of a report divides, without the start that all keys share."""
    body = re.sub(r"-----[A-Z ]+-----|\\n|\s", "", key_text)
    return [body[start : start + 16] for start in range(64, len(body) - 15, 16)]


def shown_secrets(text, config):
    texts = [value.decode() if isinstance(value, bytes) else value for value in config.values()]
    keys = [value for value in texts if isinstance(value, str) and len(value) > 100 and "PUBLIC" not in value]
    secrets = [PASSPHRASE, WRONG_PASSPHRASE, API_SECRET[:30], *(piece for key in keys for piece in pieces(key))]
    return [secret for secret in [*secrets, *pieces(private_pem())] if secret in text]


class Outbox(AdminEmailHandler):
    def __init__(self):
        super().__init__(include_html=True)
        self.mails = []

    def send_mail(self, subject, message, *args, html_message, **kwargs):
        self.mails.append(f"{subject}\n{message}\n{html_message}")


@pytest.fixture
def outbox():
    handler = Outbox()
    loggers = [logging.getLogger(name) for name in ("django.request", "django_tinymce_jwt")]
    for logger in loggers:
        logger.addHandler(handler)
    yield handler.mails
    for logger in loggers:
        logger.removeHandler(handler)


def service_of(config):
    return "tinymceai-onprem" if "API_SECRET" in config else "tinydrive"


def page_of_escaped_error(user, service):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client.get(f"/issue/{service}/").content.decode()


def report_of(error):
    """All that a report can show of an error, with the variables of all frames but the test's."""
    chain = TracebackException(type(error), error, error.__traceback__.tb_next, capture_locals=True)
    return f"{error} {error!r} {''.join(chain.format())}"


@each_failure
def test_secrets_are_not_in_an_error_or_its_frames(settings, failure):
    settings.TINYMCE_JWT = config = failure()
    with pytest.raises((TinymceJwtError, ImproperlyConfigured, LookupError)) as caught:
        issue_token(unsaved_user(), service_of(config))
    report = report_of(caught.value)
    assert "in issue_token" in report
    assert "user = <User: ada>" in report
    assert shown_secrets(report, config) == []


def test_private_key_as_public_key_is_not_in_the_frames(settings):
    settings.TINYMCE_JWT = config = FAILURES["private-body-as-public"]()
    refused = sign()
    with pytest.raises(SigningKeyError) as caught:
        verify_token(refused)
    assert shown_secrets(report_of(caught.value), config) == []


@each_failure
def test_secrets_are_not_on_djangos_debug_page(settings, user, failure):
    settings.DEBUG = True
    settings.TINYMCE_JWT = config = failure()
    page = page_of_escaped_error(user, service_of(config))
    assert "TINYMCE_JWT" in page
    assert "issue_token" in page
    assert shown_secrets(page, config) == []


@each_failure
def test_secrets_are_not_in_djangos_error_mail(settings, user, outbox, failure):
    settings.TINYMCE_JWT = config = failure()
    page_of_escaped_error(user, service_of(config))
    [mail] = outbox
    assert "TINYMCE_JWT" in mail
    assert "issue_token" in mail
    assert shown_secrets(mail, config) == []


@pytest.mark.parametrize(
    ("client_class", "debug"), [(Client, True), (AsyncClient, False)], ids=["wsgi-debug", "asgi-production"]
)
@each_failure
def test_secrets_are_not_in_answer_log_or_mail(settings, user, outbox, caplog, failure, client_class, debug):
    caplog.set_level(logging.DEBUG)
    settings.DEBUG = debug
    settings.TINYMCE_JWT = config = failure()
    response = ask(user, path=f"{PATH}{service_of(config)}/", client_class=client_class)
    assert error_of(response) == (500, "token_unavailable")
    assert any("Traceback" in mail for mail in outbox)
    shown = [response.content.decode(), caplog.text, *(str(vars(record)) for record in caplog.records), *outbox]
    assert shown_secrets("\n".join(shown), config) == []


@each_server
def test_token_is_in_no_log(site, user, caplog, client_class):
    caplog.set_level(logging.DEBUG)
    token = ask(user, client_class=client_class).json()["token"]
    verify_token(token)
    logged = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert "token issued" in logged
    assert [part for part in token.split(".") if part in logged] == []


TOKENS = {
    "garbage": lambda: "x.y.z",
    "cut-off": lambda: jwt.encode({}, API_SECRET, "HS256")[:-1],
    "of-another-secret": lambda: jwt.encode({}, API_SECRET[::-1], "HS256"),
    "of-another-algorithm": lambda: jwt.encode({}, rsa_key(), "RS256"),
    "of-no-claims": lambda: jwt.encode({}, API_SECRET, "HS256"),
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_secrets_are_not_in_the_error_of_a_refused_token(settings, token):
    settings.TINYMCE_JWT = config = on_premises()
    refused = token()
    with pytest.raises(InvalidToken) as caught:
        verify_token(refused, "tinymceai-onprem")
    assert refused not in f"{caught.value} {caught.value!r}"
    report = report_of(caught.value)
    assert "in verify_token" in report
    assert shown_secrets(report, config) == []


def of_ada(key, algorithm):
    return sign(valid_claims(name="Ada Lovelace"), key, algorithm)


def of_this_site():
    return of_ada(rsa_key(), "RS256")


# Settings, and a token that is not accepted with them. The last three tokens are valid elsewhere.
UNACCEPTED = {
    "changed": (lambda: {"PRIVATE_KEY": private_pem()}, lambda: of_this_site()[:-8] + "changed8"),
    "cut-off": (lambda: {"PRIVATE_KEY": private_pem()}, lambda: of_this_site()[:-1]),
    "of-another-algorithm": (lambda: {"PRIVATE_KEY": private_pem()}, lambda: of_ada(API_SECRET, "HS256")),
    "of-another-key": (lambda: {"PUBLIC_KEY": public_pem(rsa_key("other"))}, of_this_site),
    "without-a-key": (lambda: {"PRIVATE_KEY": "broken"}, of_this_site),
    "without-settings": (lambda: {"SERVICES": {}}, of_this_site),
}


@pytest.mark.parametrize(("config", "token"), UNACCEPTED.values(), ids=UNACCEPTED)
def test_refused_token_is_not_in_djangos_error_report(settings, config, token):
    settings.TINYMCE_JWT = config()
    refused = token()
    with pytest.raises((TinymceJwtError, ImproperlyConfigured)) as caught:
        verify_token(refused)
    reporter = ExceptionReporter(RequestFactory().get("/"), caught.type, caught.value, caught.tb.tb_next)
    report = reporter.get_traceback_html() + reporter.get_traceback_text()
    assert "in verify_token" in report
    # The first part is the same in all tokens.
    assert [part for part in refused.split(".")[1:] if part[:32] in report] == []
