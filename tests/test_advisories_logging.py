"""Logging and audit change no answer, show no token, and pass on nothing from outside as it came."""

from __future__ import annotations

import logging
import re
import subprocess
import sys

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.urls import path
from django.utils.log import AdminEmailHandler

from django_tinymce_jwt import verify_token
from django_tinymce_jwt.claims import TinyDriveClaims
from django_tinymce_jwt.views import TokenView

from .helpers.endpoint import PATH, ask, each_server, error_of
from .helpers.keys import private_pem, rsa_key
from .helpers.tokens import assert_site_signs_with, issued_token

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.endpoint_urls")]
LOGGERS = ("django_tinymce_jwt", "django_tinymce_jwt.audit")
each_logger = pytest.mark.parametrize("name", LOGGERS)


class FailingFilter(logging.Filter):
    """A documented filter with a typo. Each test has a text of its own, because a fault is reported once."""

    def __init__(self, text):
        super().__init__()
        self.text = text

    def filter(self, record):
        raise AttributeError(self.text)


class FilteredHandler(logging.Handler):
    """A handler of which a filter raises; ``emit`` is not reached."""

    def __init__(self, text):
        super().__init__()
        self.addFilter(FailingFilter(text))


class RaisingHandler(logging.Handler):
    """A trail that cannot be written, and says so by raising."""

    def __init__(self, text):
        super().__init__()
        self.text = text

    def emit(self, record):
        raise ConnectionError(self.text)


class ReportingHandler(RaisingHandler):
    """A trail that cannot be written, and says so as ``logging`` wants it."""

    def emit(self, record):
        try:
            super().emit(record)
        except ConnectionError:
            self.handleError(record)


class Mails(AdminEmailHandler):
    def __init__(self):
        super().__init__(include_html=True)
        # As in Django's own configuration.
        self.setLevel(logging.ERROR)
        self.texts = []

    def send_mail(self, subject, message, *args, html_message=None, **kwargs):
        self.texts.append(f"{subject}\n{message}\n{html_message}")


@pytest.fixture
def attach(request):
    """A function that gives a logger a handler or a filter until the end of the test."""

    def add(name, part):
        logger = logging.getLogger(name)
        before = logger.level
        logger.setLevel(logging.INFO)
        change, undo = (
            (logger.addHandler, logger.removeHandler)
            if isinstance(part, logging.Handler)
            else (logger.addFilter, logger.removeFilter)
        )
        change(part)
        request.addfinalizer(lambda: (undo(part), logger.setLevel(before)))
        return part

    return add


@pytest.fixture
def mails(attach):
    attach("django.request", handler := Mails())
    return handler.texts


def fault(request):
    return f"fault of {request.node.name}"


PARTS = {"filter": FailingFilter, "filter-of-handler": FilteredHandler, "handler": RaisingHandler}
each_part = pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)


@each_server
@each_logger
@each_part
def test_failing_logging_changes_no_answer(site, user, attach, mails, request, name, part, client_class, capsys):
    attach(name, part(fault(request)))
    token = ask(user, client_class=client_class).json()["token"]
    assert verify_token(token)["sub"] == str(user.pk)
    assert error_of(ask(None, client_class=client_class)) == (401, "not_authenticated")
    assert error_of(ask(user, path=f"{PATH}exportpdf/", client_class=client_class)) == (404, "unknown_service")
    site.TINYMCE_JWT = {"PRIVATE_KEY": "broken"}
    assert error_of(ask(user, client_class=client_class)) == (500, "token_unavailable")
    shown = "\n".join([*mails, capsys.readouterr().err])
    assert [part for part in token.split(".") if part in shown] == []


@each_part
def test_failing_audit_is_reported_once(site, user, attach, request, part, caplog, capsys):
    attach("django_tinymce_jwt.audit", part(fault(request)))
    for _ in range(3):
        assert ask(user).status_code == 200
    reports = [record for record in caplog.records if fault(request) in record.getMessage()]
    assert [(record.name, record.levelname) for record in reports] == [("django_tinymce_jwt", "ERROR")]
    assert "The answer to the request is not affected." in reports[0].getMessage()
    assert capsys.readouterr().err.count(fault(request)) == 1


def test_failing_audit_is_silent_on_stderr_where_logging_is(site, user, attach, request, monkeypatch, caplog, capsys):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    attach("django_tinymce_jwt.audit", RaisingHandler(fault(request)))
    assert ask(user).status_code == 200
    assert fault(request) in caplog.text
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("stderr", ["closed", None])
def test_failing_audit_changes_no_answer_without_stderr(site, user, attach, request, monkeypatch, stderr, tmp_path):
    file = None
    if stderr == "closed":
        file = (tmp_path / "stderr").open("w")
        file.close()
    attach("django_tinymce_jwt.audit", RaisingHandler(fault(request)))
    monkeypatch.setattr("sys.stderr", file)
    assert ask(user).status_code == 200


def test_handler_that_reports_its_own_fault_changes_no_answer(site, user, attach, request, capsys):
    attach("django_tinymce_jwt.audit", ReportingHandler(fault(request)))
    assert ask(user).status_code == 200
    assert fault(request) in capsys.readouterr().err


@each_part
def test_failing_logging_does_not_keep_a_new_key_from_use(site, key_path, attach, request, part, passing_time):
    assert_site_signs_with("site")
    attach("django_tinymce_jwt", part(fault(request)))
    key_path.write_text(private_pem(rsa_key("other")))
    issued_token()
    assert_site_signs_with("other")
    key_path.write_text("broken")
    assert_site_signs_with("other")


def fail_afterwards(get_response):
    """Middleware with a fault, which the error report shows with the variables of its frame."""

    def middleware(request):
        response = get_response(request)
        raise LookupError(f"after {response.status_code}")

    return middleware


class FailingView(TokenView):
    def get_reply(self):
        reply = super().get_reply()
        raise LookupError(f"after {int(reply.status)}")


urlpatterns = [
    path("tinymce/jwt/", TokenView.as_view()),
    path("failing/", FailingView.as_view()),
]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("url", [PATH, "/failing/"], ids=["middleware", "view"])
def test_token_is_in_no_frame_of_an_error_report(site, user, mails, caplog, url):
    caplog.set_level(logging.INFO, logger="django_tinymce_jwt.audit")
    if url == PATH:
        site.MIDDLEWARE = [*site.MIDDLEWARE, f"{__name__}.fail_afterwards"]
    client = Client(raise_request_exception=False)
    client.force_login(user)
    assert client.post(url, "{}", "application/json").status_code == 500
    assert "token issued" in caplog.messages
    [mail] = mails
    assert "after 200" in mail
    # The first characters of every JWT with such a header.
    assert issued_token()[:20] not in mail


FORGED = "x\n\x1b[31mERROR \u202eforged\r\x9b"


class Forging(TinyDriveClaims):
    def get_root(self):
        raise ValueError(f"{FORGED}{'y' * 70_000}")


def logged(caplog):
    formatter = logging.Formatter("%(name)s %(message)s")
    return [formatter.format(record) for record in caplog.records if record.name.startswith("django_tinymce_jwt")]


def is_clean(text):
    return all(character.isprintable() or character == "\n" for character in text)


@each_server
def test_exception_text_forges_nothing_in_the_log(site, user, caplog, client_class):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": Forging}
    assert error_of(ask(user, client_class=client_class)) == (500, "token_unavailable")
    [text] = logged(caplog)
    assert "Traceback (most recent call last):" in text
    assert "in get_root" in text
    assert is_clean(text)
    starts = {line.partition(" ")[0] for line in text.split("\n") if "forged" in line}
    assert starts == {"django_tinymce_jwt", "ValueError:"}
    assert len(text) < 10_000


@each_server
def test_service_of_the_url_forges_nothing_in_log_and_audit(site, user, caplog, client_class):
    caplog.set_level(logging.INFO, logger="django_tinymce_jwt.audit")
    url = f"{PATH}%0A%1B%5B31mforged{'z' * 60_000}/"
    assert error_of(ask(user, path=url, client_class=client_class)) == (404, "unknown_service")
    [warning, audited] = [record for record in caplog.records if record.name.startswith("django_tinymce_jwt")]
    assert len(warning.getMessage()) < 1000
    assert is_clean(warning.getMessage().replace("\n", "\x00"))
    assert len(audited.service) < 150
    assert audited.service.isprintable()


@each_server
def test_method_forges_nothing_in_the_log(site, user, caplog, client_class):
    assert error_of(ask(user, method=f"G\x1b[31mET{'Z' * 60_000}", client_class=client_class))[0] == 405
    [text] = logged(caplog)
    assert text.isprintable()
    assert len(text) < 1000


def test_address_forges_nothing_in_the_audit(site, client, user, caplog):
    caplog.set_level(logging.INFO, logger="django_tinymce_jwt.audit")
    client.force_login(user)
    client.post(PATH, REMOTE_ADDR=FORGED * 100)
    [audited] = [record for record in caplog.records if record.name == "django_tinymce_jwt.audit"]
    assert audited.remote_addr.isprintable()
    assert len(audited.remote_addr) <= 103
    assert audited.user_pk == user.pk


def test_body_and_origin_forge_nothing_in_the_log(site, client, user, caplog):
    client.force_login(user)
    assert error_of(client.post(PATH, f'{{"a": {FORGED}', "application/json"))[0] == 400
    assert error_of(client.post(PATH, headers={"Origin": f"http://{FORGED}"}))[0] == 403
    assert len(logged(caplog)) == 2
    assert all(text.isprintable() for text in logged(caplog))


class Writing(TinyDriveClaims):
    """Notes who asked, then decides by ``outcome``."""

    outcome = None

    def get_root(self):
        get_user_model().objects.create_user("written")
        if self.outcome is not None:
            raise self.outcome
        return "/written"


class Trail(logging.Handler):
    """Writes each record to the database."""

    def emit(self, record):
        get_user_model().objects.create_user(f"trail {record.getMessage()}")


class FailingTrail(logging.Handler):
    """Breaks the database transaction that it writes in, and reports the fault as ``logging`` wants it."""

    def emit(self, record):
        try:
            get_user_model().objects.create_user("ada")
        except Exception:
            self.handleError(record)


def names():
    return set(get_user_model().objects.values_list("username", flat=True)) - {"ada"}


@pytest.fixture
def atomic(site, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    return site


def use_mapper(site, error):
    mapper = type("Mapper", (Writing,), {"outcome": error})
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": mapper}


@each_server
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [ValueError("late"), PermissionError("late")], ids=["error", "other-error"])
def test_failed_request_leaves_nothing_written_but_the_audit(atomic, user, attach, error, client_class):
    attach("django_tinymce_jwt.audit", Trail())
    use_mapper(atomic, error)
    assert error_of(ask(user, client_class=client_class)) == (500, "token_unavailable")
    assert names() == {"trail token refused"}


@each_server
@pytest.mark.django_db(transaction=True)
def test_request_with_a_token_keeps_what_was_written(atomic, user, attach, client_class):
    attach("django_tinymce_jwt.audit", Trail())
    use_mapper(atomic, None)
    assert ask(user, client_class=client_class).status_code == 200
    assert names() == {"written", "trail token issued"}


@pytest.mark.django_db(transaction=True)
def test_audit_that_fails_in_the_database_loses_nothing_else(atomic, user, attach, capsys):
    attach("django_tinymce_jwt.audit", FailingTrail())
    use_mapper(atomic, None)
    assert ask(user).status_code == 200
    assert names() == {"written"}
    assert "IntegrityError" in capsys.readouterr().err


# In a process of its own, because the reports of a process are counted.
MANY_FAULTS = """
import logging, django
from django.conf import settings

settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_tinymce_jwt"])
django.setup()
from django.test import RequestFactory
from django_tinymce_jwt.views import TokenView


class FailingHandler(logging.Handler):
    number = 0

    def emit(self, record):
        self.number += 1
        raise ConnectionError(f"fault {self.number}")


trail = logging.getLogger("django_tinymce_jwt.audit")
trail.setLevel(logging.INFO)
trail.addHandler(FailingHandler())
for _ in range(150):
    assert TokenView.as_view()(RequestFactory().get("/")).status_code == 405
"""


def test_different_faults_of_the_logging_are_reported_a_hundred_times_at_most():
    done = subprocess.run([sys.executable, "-c", MANY_FAULTS], capture_output=True, text=True, check=True)
    assert len(set(re.findall(r"fault \d+", done.stderr))) == 100
