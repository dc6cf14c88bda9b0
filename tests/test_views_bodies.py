"""The request bodies that the token endpoint accepts and refuses."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.handlers.asgi import ASGIRequest

from django_tinymce_jwt.views import TokenView

from .helpers.endpoint import ask, each_server, error_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.endpoint_urls")]

LIMIT = 64 * 1024
INVALID, TOO_LARGE = (400, "invalid_request"), (413, "request_too_large")

each_json_type = pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/vnd.api+json", "Application/JSON", "application/json; charset=utf-8"],
)
each_other_type = pytest.mark.parametrize(
    "content_type", ["text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)

TAKEN = {
    "none": "",
    "blank": " \r\n\t",
    "empty-object": "{}",
    "object": ' {"document": 7, "\u00fc": ["\\ud800"]} ',
    "byte-order-mark": b"\xef\xbb\xbf{}",
    "at-the-limit": '{"long": "' + "x" * (LIMIT - 12) + '"}',
}
REFUSED = {
    "array": "[]",
    "null": "null",
    "true": "true",
    "number": "7",
    "string": '"{}"',
    "cut-off": '{"a": ',
    "two-objects": "{} {}",
    "python": "{'a': 1}",
    "form": "a=1&b=2",
    "ten-thousand-brackets": "[" * 10_000,
    "ten-thousand-objects": '{"a":' * 10_000,
    "six-thousand-digits": '{"n": ' + "9" * 6_000 + "}",
    "nan": '{"n": NaN}',
    "infinity": '{"n": Infinity}',
    "minus-infinity": '{"n": -Infinity}',
    "not-utf-8": b'{"n": "\xff"}',
    "utf-16": "{}".encode("utf-16-le"),
    "surrogate-in-utf-8": b'{"n": "\xed\xa0\x80"}',
    "binary": b"\0",
}


def hung_up(*args):
    raise OSError("the client is gone")


class HungUp:
    read = readline = staticmethod(hung_up)


def reading_middleware(get_response):
    def middleware(request):
        request.read()
        return get_response(request)

    return middleware


@each_server
@each_json_type
@pytest.mark.parametrize("body", TAKEN.values(), ids=TAKEN)
def test_json_object_or_empty_body_is_accepted(site, user, client_class, body, content_type):
    assert ask(user, body, client_class=client_class, content_type=content_type).status_code == 200


@each_server
@each_json_type
@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_json_that_is_not_an_object_is_refused(site, user, client_class, body, content_type):
    assert error_of(ask(user, body, client_class=client_class, content_type=content_type)) == INVALID


@each_server
@each_other_type
@pytest.mark.parametrize("body", ["[", "a=1", b"\xff", "{}"])
def test_body_of_another_type_is_ignored(site, user, client_class, body, content_type):
    assert ask(user, body, client_class=client_class, content_type=content_type).status_code == 200


@each_other_type
@pytest.mark.parametrize("site_limit", [None, 2_621_440, 10])
def test_body_over_the_limit_is_refused(site, user, site_limit, content_type):
    site.DATA_UPLOAD_MAX_MEMORY_SIZE = site_limit
    assert error_of(ask(user, "x" * (LIMIT + 1), content_type=content_type)) == TOO_LARGE


def test_body_declared_over_the_limit_is_not_read(site, user):
    assert error_of(ask(user, CONTENT_LENGTH=str(LIMIT + 1), **{"wsgi.input": HungUp()})) == TOO_LARGE


@each_server
def test_lower_limit_of_the_site_applies(site, user, client_class):
    site.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert ask(user, '{"abc": 1}', client_class=client_class).status_code == 200
    assert error_of(ask(user, '{"abcd": 1}', client_class=client_class)) == TOO_LARGE


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
def test_limit_applies_to_a_chunked_body_under_asgi(site, user, size, status):
    headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
    request = ASGIRequest({"type": "http", "method": "POST", "path": "/", "headers": headers}, BytesIO(b" " * size))
    request.user = user
    assert TokenView.as_view()(request).status_code == status


def test_chunked_body_is_empty_under_wsgi(site, user):
    assert ask(user, "[", CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked").status_code == 200


@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
def test_body_of_a_client_that_hangs_up_is_refused(site, user, content_type):
    response = ask(user, "{}", content_type=content_type, **{"wsgi.input": HungUp()})
    assert error_of(response) == INVALID


@pytest.mark.parametrize("length", ["two", "2, 2", "9" * 5_000], ids=["word", "twice", "five-thousand-digits"])
def test_length_that_is_not_a_number_is_refused(site, user, length):
    assert error_of(ask(user, CONTENT_LENGTH=length)) == INVALID


@pytest.mark.parametrize("body", ["{}", "["])
def test_body_read_by_middleware_is_accepted(site, user, body):
    site.MIDDLEWARE = [*site.MIDDLEWARE, f"{__name__}.reading_middleware"]
    assert ask(user, body).status_code == 200
