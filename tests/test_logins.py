"""The table of docs/logins.rst: in each row, a user logs in over HTTP and gets a token as the row says."""

from __future__ import annotations

import re

import pytest
from docutils import nodes

from .helpers.documents import DOCS, read_page
from .helpers.http_client import HTTPClient
from .helpers.small_site import small_site

ROWS = [
    [entry.astext() for entry in row.findall(nodes.entry)]
    for body in read_page(DOCS / "logins.rst").findall(nodes.tbody)
    for row in body.findall(nodes.row)
]
INCLUDED = {
    "django_tinymce_jwt.urls": "/tinymce/jwt/",
    "django_tinymce_jwt.rest_framework_urls": "/drf/",
    "token_router(auth=...)": "/ninja/",
    "the view of guests": "/guests/",
}
ADA = {"username": "ada", "password": "countess"}
ORIGIN = "https://www.example.com"


def by_django(client):
    assert client.submit_form("/login/django/", **ADA).url == f"{client.site.url}/"


def by_allauth(client):
    answer = client.submit_form("/accounts/login/", login="ada", password="countess")
    assert answer.url == f"{client.site.url}/"


def by_dj_rest_auth(client):
    assert client.post_json("/dj-rest-auth/login/", **ADA).status == 200
    assert "access" in {cookie.name for cookie in client.cookies}


def not_at_all(client):
    pass


def key_of(client):
    return client.post_json("/login/token/", **ADA).json["token"]


def by_key(header, scheme):
    return lambda client: {header: f"{scheme}{key_of(client)}"}


def by_access_token(path):
    return lambda client: {"Authorization": f"Bearer {client.post_json(path, **ADA).json['access']}"}


# By the first column: the last part of the endpoint's path, and the login, which returns the headers of the editor.
LOGINS = {
    "Django's login": ("", by_django),
    "django-allauth": ("", by_allauth),
    "DRF's SessionAuthentication": ("session/", by_django),
    "DRF's TokenAuthentication": ("token/", by_key("Authorization", "Token ")),
    "djangorestframework-simplejwt, in a header": ("simplejwt/", by_access_token("/login/simplejwt/")),
    "djangorestframework-simplejwt, in the cookie of dj-rest-auth": ("cookie/", by_dj_rest_auth),
    "Ninja's HttpBearer": ("bearer/", by_key("Authorization", "Bearer ")),
    "Ninja's APIKeyHeader": ("api-key/", by_key("X-API-Key", "")),
    "Ninja's django_auth": ("session/", by_django),
    "django-ninja-jwt": ("ninja-jwt/", by_access_token("/login/ninja/pair")),
    "not at all: guests": ("", not_at_all),
}
each_row = pytest.mark.parametrize(("name", "included", "needs", "elsewhere"), ROWS, ids=[row[0] for row in ROWS])


@pytest.fixture(scope="module")
def site():
    with small_site("tests.sites.logins.settings") as site:
        yield site


@pytest.fixture
def client(site):
    return HTTPClient(site)


@pytest.fixture
def trust(site):
    yield lambda: site.change(CSRF_TRUSTED_ORIGINS=[ORIGIN])
    site.change(CSRF_TRUSTED_ORIGINS=[])


def path_of(name, included):
    return f"{INCLUDED[included]}{LOGINS[name][0]}"


def test_table_has_a_row_for_each_login():
    assert [row[0] for row in ROWS] == list(LOGINS)


@each_row
def test_row_gets_a_token(client, name, included, needs, elsewhere):
    headers = LOGINS[name][1](client) or {}
    # The cookies are those of the login alone, and the headers those of the row alone.
    assert ("headers" in needs) != bool(len(client.cookies)) or name == "not at all: guests"
    assert needs == written(headers)
    claims = client.post_json(path_of(name, included), headers).claims
    if name == "not at all: guests":
        assert claims["sub"].startswith("guest-")
    else:
        assert (claims["sub"], claims["name"]) == ("1", "Ada Lovelace")


@each_row
def test_row_needs_what_it_says(client, name, included, needs, elsewhere):
    answer = client.post_json(path_of(name, included))
    if name == "not at all: guests":
        assert answer.status == 200
    else:
        assert answer.error == (401, "not_authenticated")


@each_row
def test_page_on_another_origin_needs_what_the_row_says(client, trust, name, included, needs, elsewhere):
    headers = {"Origin": ORIGIN, **(LOGINS[name][1](client) or {})}
    path = path_of(name, included)
    if "CSRF_TRUSTED_ORIGINS" in elsewhere:
        assert client.post_json(path, headers).error == (403, "cross_site")
        trust()
    answer = client.post_json(path, headers)
    assert answer.claims
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert ("with credentials" in elsewhere) == ("headers" not in needs)


def written(headers):
    """The third column of a request with these headers."""
    if not headers:
        return "nothing"
    [(header, value)] = headers.items()
    return f"headers: {header}: {re.sub('[^ ]+$', '...', value)}"
