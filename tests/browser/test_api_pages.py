"""Pages of another origin than the API: the recipe of docs/apis.rst, and what they can get with a user's cookies."""

from __future__ import annotations

import csv
import json
import os
from itertools import product

import jwt
import pytest

from tests.helpers import api_site, react_page
from tests.helpers.documents import blocks
from tests.helpers.keys import private_pem, public_pem
from tests.helpers.requirements import cannot_run
from tests.helpers.servers import ROOT
from tests.helpers.visitor import Visitor

TABLE = ROOT / "docs" / "cross_site.csv"
CLOSED = {
    "CORS_ALLOWED_ORIGINS": [],
    "CORS_ALLOW_ALL_ORIGINS": False,
    "CORS_ALLOW_CREDENTIALS": False,
    "CSRF_TRUSTED_ORIGINS": [],
}
# Tiny's cloud takes the API key for a license; this TinyMCE does not.
LICENSE = 'tinymce.overrideDefaults({ license_key: "gpl" });'
STAND_IN = ROOT / "example_project" / "tiny_stand_in" / "static" / "tiny_stand_in"
ENDPOINTS = ["/tinymce/jwt/", "/drf/tinymce/jwt/", "/ninja/tinymce/jwt/"]

# All that a page can send along. A browser ignores the headers that it writes itself, and asks the API
# before it sends any of the others.
ATTEMPTS = [
    {},
    {"Content-Type": "application/json"},
    {"Content-Type": "text/plain"},
    {"Authorization": "Bearer made-up"},
    {"Authorization": "Token made-up"},
    {"Authorization": "x"},
    {"Authorization": "Basic YWRhOm1hZGUtdXA="},
    {"Authorization": "Negotiate YII="},
    {"Authorization": ""},
    {"X-CSRFToken": "a" * 32},
    {"X-Requested-With": "XMLHttpRequest"},
    {"Origin": "API", "Referer": "API/", "Sec-Fetch-Site": "same-origin", "Cookie": "a=1", "Host": "localhost"},
]

ASK = """async ({url, attempts}) => {
  const asked = [];
  for (const headers of attempts) {
    for (const mode of ["cors", "no-cors"]) {
      for (const credentials of ["include", "omit"]) {
        const answer = fetch(url, { method: "POST", body: "{}", headers, mode, credentials });
        asked.push(answer.then((response) => response.text()).catch(() => ""));
      }
    }
  }
  return Promise.all(asked);
}"""


@pytest.fixture(scope="module")
def api():
    with api_site.api() as api:
        yield api


@pytest.fixture(scope="module")
def origin(api):
    with api_site.page(api.url) as origin:
        yield origin


@pytest.fixture
def visitor(browser, api):
    visitor = Visitor(browser.new_context(locale="en-US"), api.url)
    visitor.serve_cdn(defaults=LICENSE)
    yield visitor
    visitor.context.close()


@pytest.fixture
def application(api, origin, visitor):
    """The application with a user who has signed in, as docs/apis.rst has it."""
    api.change(**{**CLOSED, "CORS_ALLOWED_ORIGINS": [origin]})
    visitor.open(origin)
    sign_in(visitor.page)
    return visitor


def sign_in(page):
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("countess")
    page.get_by_role("button", name="Sign in").click()
    page.locator("#sign-in").wait_for(state="detached")


def claims(token):
    return jwt.decode(token, public_pem(), ["RS256"])


def test_application_gets_a_token(application):
    application.click("Drive")
    assert claims(application.token())["name"] == "Ada Lovelace"
    assert not application.problems


def test_expired_access_token_is_refreshed_in_between(application, api):
    refreshes = application.count_requests("/api/token/refresh/")
    provider = f"djangoTinymceJwt.provider('{api.url}/drf/tinymce/jwt/', {{ headers }})().then(({{ token }}) => token)"
    page = application.page
    assert claims(page.evaluate(provider))["name"] == "Ada Lovelace"
    assert len(refreshes) == 0
    expired = application.context.request.get(f"{api.url}/expired/").text()
    page.evaluate("expired => { tokens.access = expired; }", expired)
    application.click("Drive")
    assert claims(application.token())["name"] == "Ada Lovelace"
    assert len(refreshes) == 1
    assert page.evaluate("tokens.access") != expired
    assert not application.problems


@pytest.mark.parametrize("endpoint", ENDPOINTS[1:])
def test_expired_access_token_is_told_to_the_user(application, api, endpoint):
    expired = application.context.request.get(f"{api.url}/expired/").text()
    message = application.page.evaluate(
        """([url, expired]) => djangoTinymceJwt.provider(url, { headers: { Authorization: `Bearer ${expired}` } })()
             .catch(error => error.message)""",
        [api.url + endpoint, expired],
    )
    assert message == "You are not logged in. Log in and try again."


def test_failed_refresh_is_told_to_the_user(application, api):
    expired = application.context.request.get(f"{api.url}/expired/").text()
    application.page.evaluate("expired => { tokens = { access: expired, refresh: 'made-up' }; }", expired)
    application.click("Drive")
    application.sees("The request could not be prepared. Reload the page and try again.")


@pytest.fixture(scope="module")
def react_bundle():
    try:
        react_page.bundle("application.jsx", "react-application.js")
    except react_page.CannotBundle as error:
        cannot_run(str(error))


@pytest.fixture
def drive_visitor(browser, api, origin):
    """A visitor whose Tiny Drive is the stand-in's, and whose tokens for it last for a second."""
    api.change(
        **{**CLOSED, "CORS_ALLOWED_ORIGINS": [origin]}, TINYMCE_JWT={"PRIVATE_KEY": private_pem(), "LIFETIME": 1}
    )
    visitor = Visitor(browser.new_context(locale="en-US"), api.url)
    options = {"license_key": "gpl", "tinydrive_service_url": f"{api.url}/tiny/drive/"}
    scripts = [(STAND_IN / name).read_text(encoding="utf-8") for name in ("client.js", "drive-dialog.js", "drive.js")]
    visitor.serve_cdn(defaults="\n".join([f"tinymce.overrideDefaults({json.dumps(options)});", *scripts]))
    yield visitor
    visitor.context.close()
    api.change(TINYMCE_JWT={"PRIVATE_KEY": private_pem()})


def upload(visitor, name):
    """Upload a file in the drive's dialog, and wait until the dialog shows it with the user's name."""
    page = visitor.page
    with page.expect_file_chooser() as chooser:
        page.get_by_role("dialog").get_by_role("button", name="Upload a file…").click()
    chooser.value.set_files({"name": name, "mimeType": "text/plain", "buffer": b"Salt"})
    page.locator(".demo-file").filter(has_text=name).filter(has_text="uploaded by Ada Lovelace").wait_for()


@pytest.mark.parametrize(("kind", "file"), [("plain", "index.html"), ("react", "react.html")])
def test_application_uploads_before_and_after_its_access_token_expires(
    drive_visitor, api, origin, react_bundle, kind, file
):
    visitor, page = drive_visitor, drive_visitor.page
    tokens, refreshes = (visitor.count_requests(path) for path in ("/drf/tinymce/jwt/", "/api/token/refresh/"))
    page.goto(f"{origin}/{file}")
    sign_in(page)
    visitor.wait_for_editors(1)
    visitor.click("Drive")
    upload(visitor, f"first-{kind}.txt")
    assert (len(refreshes), len(tokens) > 0) == (0, True)
    before = len(tokens)
    expired = visitor.context.request.get(f"{api.url}/expired/").text()
    page.evaluate("expired => { tokens.access = expired; }", expired)
    # The stand-in refuses the token of the drive, so the editor asks for another one.
    page.wait_for_timeout(2000)
    upload(visitor, f"second-{kind}.txt")
    assert (len(refreshes), len(tokens) > before) == (1, True)


def outcome(visitor, api, attempts):
    """By endpoint: whether a page of another origin reads a token, with any of the attempts."""
    return {
        endpoint: any(
            '"token"' in answer
            for answer in visitor.page.evaluate(ASK, {"url": api.url + endpoint, "attempts": attempts})
        )
        for endpoint in ENDPOINTS
    }


def test_cross_site_table_is_what_a_browser_does(api, origin, visitor):
    visitor.page.goto(origin)
    api.change(**{**CLOSED, "CORS_ALLOWED_ORIGINS": [origin]})
    access = visitor.page.evaluate("signIn('ada', 'countess').then(() => tokens.access)")
    # Another port of localhost is another origin of the same site, to which a browser sends Lax cookies.
    assert visitor.context.request.get(f"{api.url}/sign-in/").text() == "signed in"
    attempts = [{name: value.replace("API", api.url) for name, value in headers.items()} for headers in ATTEMPTS]
    rows = []
    for listed, everyone, credentials, trusted in product([False, True], repeat=4):
        api.change(
            CORS_ALLOWED_ORIGINS=[origin] if listed else [],
            CORS_ALLOW_ALL_ORIGINS=everyone,
            CORS_ALLOW_CREDENTIALS=credentials,
            CSRF_TRUSTED_ORIGINS=[origin] if trusted else [],
        )
        with_cookies = set(outcome(visitor, api, attempts).values())
        by_token = outcome(visitor, api, [{"Authorization": f"Bearer {access}"}])
        # Django's own view knows no access tokens.
        del by_token["/tinymce/jwt/"]
        assert len(with_cookies) == len(set(by_token.values())) == 1
        found = [listed, everyone, credentials, trusted, *with_cookies, *set(by_token.values())]
        rows.append(["yes" if value else "no" for value in found])
    # What the documentation says of the table.
    assert [row[4] for row in rows] == [
        "yes" if "yes" in row[:2] and row[2:4] == ["yes", "yes"] else "no" for row in rows
    ]
    if os.environ.get("UPDATE_TABLES"):
        with TABLE.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    with TABLE.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == rows


def test_documentation_shows_the_application():
    shown = {block.file: block.text for block in blocks("docs/apis.rst") if block.language in {"html", "javascript"}}
    files = {path.name: path for path in api_site.PAGE.iterdir()}
    files["frontend/application.jsx"] = react_page.SOURCE / "application.jsx"
    assert shown == {name: path.read_text(encoding="utf-8") for name, path in files.items()}
