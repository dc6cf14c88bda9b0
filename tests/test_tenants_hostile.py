"""What a tenant's settings can do to others, to the cache and to error reports: values that lie, change or raise."""

from __future__ import annotations

import gc
import logging
from collections.abc import Mapping

import jwt
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

from django_tinymce_jwt import issue_token
from django_tinymce_jwt.content import Content

from .helpers.endpoint import ask, error_of
from .helpers.keys import private_pem, rsa_key
from .helpers.mappers import FailingClaims
from .helpers.tokens import assert_signed_with, unsaved_user

MARK = "4f1d-secret-of-a-tenant"


class Raising:
    def __eq__(self, other):
        raise ZeroDivisionError

    def __hash__(self):
        raise ZeroDivisionError

    def __repr__(self):
        raise ZeroDivisionError


class Equal:
    """As the objects of a Django model: equal and of one hash whatever their fields are."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Equal)

    def __hash__(self):
        return 1


class Turns(Mapping):
    """Other settings each time that somebody looks, as when another thread changes the mapping meanwhile."""

    def __init__(self, *turns):
        self.turns = list(turns)

    def items(self):
        return (self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]).items()

    def __iter__(self):
        return iter(dict(self.items()))

    def __len__(self):
        return len(self.turns[0])

    def __getitem__(self, name):
        return dict(self.items())[name]


class RaisingMapping(Turns):
    def items(self):
        raise ZeroDivisionError


class Deep(dict):
    """Nested far deeper than Python may recurse. Without its own end, the end of the test would recurse too."""

    def __init__(self):
        super().__init__()
        inner = self
        for _ in range(50_000):
            inner["SERVICES"] = {}
            inner = inner["SERVICES"]


def key_of(name):
    return {"PRIVATE_KEY": private_pem(rsa_key(name))}


def containing_itself():
    settings = {}
    settings["SERVICES"] = settings
    return settings


async def asynchronous(request):
    return {}


def generator(request):
    yield {}


HOSTILE = {
    "raising-value": lambda: {"KEY_ID": Raising()},
    "raising-in-a-list": lambda: {"PUBLIC_KEY": [Raising()]},
    "raising-in-options": lambda: {"SIGNER": {"BACKEND": "x.Y", "OPTIONS": {"a": Raising()}}},
    "raising-mapping": lambda: RaisingMapping({}),
    "containing-itself": containing_itself,
    "deep": Deep,
    "unhashable": lambda: {"KEY_ID": {"a", "b"}, "LIFETIME": bytearray(b"60")},
    "names": lambda: {1: 2, None: 3, ("a",): 4, b"KEY_ID": "x", Equal(1): 5},
    "surrogate": lambda: {"API_KEY": "\ud800", "KEY_ID": "\ud800"},
    "huge-number": lambda: {"LIFETIME": 10**5000},
    "tenant-settings": lambda: {"TENANT_SETTINGS": "x.y"},
    "text": lambda: "PRIVATE_KEY",
    "list": lambda: [("KEY_ID", "x")],
    "number": lambda: 1,
    "user": unsaved_user,
    "class": lambda: dict,
}


@pytest.fixture
def tenant(site):
    """A site whose function returns what the test puts into the list."""
    returned = []
    site.TINYMCE_JWT = {**key_of("site"), "TENANT_SETTINGS": lambda request: returned[-1]}
    return returned


def issue(settings):
    return issue_token(unsaved_user(), tenant_settings=settings)


def kid_of(token):
    return jwt.get_unverified_header(token).get("kid")


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_settings_are_wrong_settings(tenant, case):
    settings = HOSTILE[case]()
    with pytest.raises(ImproperlyConfigured):
        issue(settings)
    # The next tenant is served.
    assert_signed_with(issue(key_of("other")), rsa_key("other"))


@pytest.mark.django_db
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_settings_are_answered(tenant, user, case):
    tenant.append(HOSTILE[case]())
    assert error_of(ask(user)) == (500, "token_unavailable")
    assert error_of(ask(None)) == (401, "not_authenticated")
    tenant.append({})
    assert ask(user).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("function", [asynchronous, generator])
def test_function_that_is_not_a_plain_one_is_answered(site, user, function):
    site.TINYMCE_JWT = {**key_of("site"), "TENANT_SETTINGS": function}
    # A coroutine that nobody awaits ends in a warning, which fails the test.
    assert error_of(ask(user)) == (500, "token_unavailable")
    gc.collect()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        ("a", b"a"),
        ([1], (1,)),
        ({"a": 1}, {"a": True}),
        ({1: "a"}, {True: "a"}),
        ({"a": [1, 0]}, {"a": [1, False]}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ([], {}),
        ({1}, {True}),
        (frozenset({1}), {1}),
        (None, "None"),
        ([("a", 1)], {"a": 1}),
        (Equal(1), Equal(1)),
        ([Equal(1)], [Equal(2)]),
    ],
)
def test_content_of_another_type_or_order_is_another(one, other):
    assert Content(one) != Content(other)
    assert Content(one) == Content(one)
    assert hash(Content(one)) == hash(Content(one))


@pytest.mark.parametrize(
    "value", [{"a": [1, (2, {3}), {"b": None}], 4: b"c"}, [], (), {}, set(), frozenset({(1,)}), "text", 1.5]
)
def test_content_has_a_copy_of_its_value(value):
    copy = Content(value).value
    assert copy == value
    assert type(copy) is type(value)


def test_content_keeps_the_object_whose_identity_it_compares():
    content = Content([object()])
    assert all(Content([object()]) != content for _ in range(1000))


def test_true_is_not_taken_for_a_lifetime_of_one_second(tenant):
    assert issue({"LIFETIME": 1})
    with pytest.raises(ImproperlyConfigured, match="LIFETIME"):
        issue({"LIFETIME": True})
    assert issue({"LIFETIME": 1})


@pytest.mark.django_db
def test_mapping_changed_in_place_is_noticed(tenant, user):
    settings = {**key_of("site"), "KEY_ID": "first", "SERVICES": {"tinydrive": {}}}
    tenant.append(settings)
    assert kid_of(ask(user).json()["token"]) == "first"
    settings["KEY_ID"] = "second"
    assert kid_of(ask(user).json()["token"]) == "second"
    settings["SERVICES"]["tinydrive"]["KEY_ID"] = "third"
    settings["SERVICES"]["tinydrive"].update(key_of("other"))
    token = ask(user).json()["token"]
    assert kid_of(token) == "third"
    assert_signed_with(token, rsa_key("other"))
    del settings["SERVICES"]["tinydrive"]
    assert error_of(ask(user)) == (404, "unknown_service")


def test_mapping_that_changes_meanwhile_is_not_kept_as_what_it_was(tenant):
    """The key of one tenant would be found under the content of another."""
    one, other = key_of("one"), key_of("other")
    issue(Turns(one, other))
    assert_signed_with(issue(one), rsa_key("one"))
    assert_signed_with(issue(other), rsa_key("other"))


def test_equal_objects_are_not_the_same_option(tenant):
    """A row of a Django model is equal to itself with other fields."""
    signer = {"BACKEND": "tests.sites.signers.ObjectSigner"}
    for name in ("one", "other"):
        token = issue({"SIGNER": {**signer, "OPTIONS": {"row": Equal(name)}}})
        assert_signed_with(token, rsa_key(name))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host",
    ["testserver:8000", "TESTSERVER", "testserver.", "testserver\x00", "tést", "a b", "[::1]", "", "x" * 5000, "%0a"],
)
def test_odd_hosts_get_an_answer(site, user, caplog, host):
    def tenant_settings(request):
        return {"testserver": {}}[request.get_host()]

    site.ALLOWED_HOSTS = ["testserver"]
    site.TINYMCE_JWT = {**key_of("site"), "TENANT_SETTINGS": tenant_settings}
    # Without CommonMiddleware nothing else has asked for the host.
    site.MIDDLEWARE = [name for name in site.MIDDLEWARE if "CommonMiddleware" not in name]
    assert error_of(ask(user, HTTP_HOST=host)) == (500, "token_unavailable")
    # One record of the package, on lines that no host can end.
    (record,) = [record for record in caplog.records if record.name == "django_tinymce_jwt"]
    assert len(record.getMessage()) < 3000
    assert record.getMessage().isprintable()


@pytest.mark.django_db
def test_host_cannot_forge_a_log_line(site, user, caplog):
    site.TINYMCE_JWT = {**key_of("site"), "TENANT_SETTINGS": "nowhere.function"}
    site.ALLOWED_HOSTS = ["*"]
    ask(user, HTTP_HOST="a\nERROR forged")
    assert all("\nERROR forged" not in record.getMessage() for record in caplog.records)


def report_of(error):
    """Django's report of an error on a site in production, with the variables of all frames but the test's own."""
    request = RequestFactory().get("/")
    reporter = ExceptionReporter(request, type(error), error, error.__traceback__.tb_next)
    return reporter.get_traceback_html() + reporter.get_traceback_text()


def secrets_of(settings):
    """Lines of the key that no report may have."""
    lines = settings["PRIVATE_KEY"].splitlines()[1:-1]
    return [MARK, *lines, *(line[:40] for line in lines)]


def failing_settings():
    options = {"key": "site", "password": MARK}
    return {
        "API_KEY": "tenant-api-key",
        "SIGNER": {"BACKEND": "tests.sites.signers.NamedKeySigner", "OPTIONS": options},
        "CLAIM_MAPPER": FailingClaims,
    }


def raising_with_locals(request):
    row = {**key_of("site"), "PRIVATE_KEY_PASSPHRASE": MARK}
    raise LookupError(len(row))


def returning_hostile(request):
    return {**key_of("site"), "PRIVATE_KEY_PASSPHRASE": MARK, "KEY_ID": Raising()}


def wrong_settings(request):
    return {**key_of("site"), "PRIVATE_KEY_PASSPHRASE": MARK, "LIFETIME": -1}


def failing_mapper(request):
    return {**key_of("site"), "CLAIM_MAPPER": FailingClaims}


FUNCTIONS = [raising_with_locals, returning_hostile, wrong_settings, failing_mapper]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("how", ["request", "tenant_settings"])
def test_report_of_issue_token_shows_no_secret(site, function, how):
    site.DEBUG = False
    site.TINYMCE_JWT = {**key_of("site"), "PRIVATE_KEY_PASSPHRASE": "", "TENANT_SETTINGS": function}
    request = RequestFactory().get("/")
    if how == "request":
        arguments = {"request": request}
    elif function is raising_with_locals:
        arguments = {"tenant_settings": {**key_of("site"), "PRIVATE_KEY_PASSPHRASE": MARK}}
    else:
        arguments = {"tenant_settings": function(request)}
    with pytest.raises(Exception) as caught:  # noqa: PT011
        issue_token(unsaved_user(), **arguments)
    report = report_of(caught.value)
    assert "issue_token" in report
    assert not [secret for secret in secrets_of(key_of("site")) if secret in report]


def test_report_shows_no_option_of_a_signer(site):
    site.DEBUG = False
    site.TINYMCE_JWT = {"TENANT_SETTINGS": lambda request: failing_settings()}
    with pytest.raises(KeyError) as caught:
        issue_token(unsaved_user(), request=RequestFactory().get("/"))
    assert MARK not in report_of(caught.value)


@pytest.mark.django_db
@pytest.mark.parametrize("function", [*FUNCTIONS, lambda request: failing_settings()])
@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
def test_answers_and_logs_show_no_secret(site, user, caplog, function, debug):
    site.DEBUG = debug
    site.TINYMCE_JWT = {**key_of("site"), "TENANT_SETTINGS": function}
    caplog.set_level(logging.DEBUG)
    response = ask(user)
    assert error_of(response) == (500, "token_unavailable")
    secrets = secrets_of(key_of("site"))
    assert not [secret for secret in secrets if secret in response.content.decode()]
    formatter = logging.Formatter()
    assert not [secret for secret in secrets if secret in "\n".join(map(formatter.format, caplog.records))]
    if debug:
        return
    # What AdminEmailHandler makes of the record.
    for record in caplog.records:
        if record.exc_info:
            reporter = ExceptionReporter(None, *record.exc_info)
            assert not [secret for secret in secrets if secret in reporter.get_traceback_html()]
