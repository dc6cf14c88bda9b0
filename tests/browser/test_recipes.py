"""In a real browser, a plugin gets a token for its user in every way that a page may start its editor."""

from __future__ import annotations

import jwt
import pytest

from tests.helpers.keys import public_pem
from tests.helpers.servers import website


@pytest.fixture(scope="module")
def site_under_prefix():
    with website(prefix="/intranet") as (site, _stop):
        yield site


def claims(token):
    return jwt.decode(token, public_pem(), ["RS256"], audience="no-api-key")


def drive_claims(token):
    return jwt.decode(token, public_pem(), ["RS256"])


def test_page_of_the_sites_own(visitor):
    visitor.sign_in()
    visitor.open("/page/")
    visitor.click("PDF")
    assert set(claims(visitor.token())) == {"aud", "iat", "exp"}


def test_page_of_the_sites_own_with_tiny_drive(visitor):
    visitor.sign_in()
    visitor.open("/page/")
    visitor.click("Drive")
    assert drive_claims(visitor.token())["name"] == "Ada Lovelace"


def test_page_whose_scripts_need_a_nonce_and_that_starts_its_editor_inline(visitor):
    visitor.sign_in()
    visitor.open("/nonce/")
    visitor.click("PDF")
    assert claims(visitor.token())
    assert "'nonce-" in visitor.page.reload().header_value("Content-Security-Policy")


def test_form_with_django_tinymce(visitor):
    visitor.sign_in()
    visitor.open("/form/")
    visitor.click("PDF")
    assert claims(visitor.token())


def test_admin_with_django_tinymce(visitor):
    visitor.sign_in()
    visitor.open("/admin/website/article/add/")
    visitor.click("PDF")
    assert claims(visitor.token())


def test_admin_inlines_that_are_added_later(visitor):
    visitor.sign_in()
    visitor.open("/admin/website/article/add/")
    for count in (2, 3):
        visitor.page.get_by_text("Add another Note").click()
        visitor.wait_for_editors(count)
        visitor.click("PDF", editor=count - 1)
    assert [request["editor"] for request in visitor.wire(2)] == ["id_note_set-0-text", "id_note_set-1-text"]


def test_page_with_tinymce_of_the_cloud(visitor):
    visitor.serve_cdn()
    visitor.sign_in()
    visitor.open("/cdn/")
    visitor.click("PDF")
    assert claims(visitor.token())
    assert visitor.page.evaluate("tinymce.baseURI.source").startswith("https://cdn.tiny.cloud/")


def test_defaults_of_the_cloud_stay(visitor):
    visitor.serve_cdn()
    visitor.open("/cdn/")
    assert visitor.page.evaluate("tinymce.activeEditor.options.get('referrer_policy')") == "origin"


def test_form_with_django_tinymce_and_the_cloud(make_visitor):
    with website(settings="settings_cdn") as (site, _stop):
        visitor = make_visitor(site)
        requests = visitor.serve_cdn(defaults="")
        visitor.sign_in()
        visitor.open("/form/")
        visitor.click("PDF")
        assert claims(visitor.token())
    # Tiny looks there for the site that its API key belongs to; Django's own policy would leave it out.
    assert {request.headers.get("referer") for request in requests} == {f"{site}/"}
    assert {".js", ".css"} <= {request.url[request.url.rindex(".") :] for request in requests}


def test_page_with_defaults_of_its_own(visitor):
    visitor.sign_in()
    visitor.open("/own-defaults/")
    visitor.click("PDF")
    assert claims(visitor.token())
    assert visitor.page.evaluate("tinymce.activeEditor.options.get('skin')") == "oxide-dark"


@pytest.mark.parametrize("button", ["PDF", "Drive"])
def test_page_that_imports_tinymce(visitor, button):
    visitor.sign_in()
    visitor.open("/module/")
    visitor.click(button)
    assert visitor.token()
    (line,) = visitor.take_problems()
    assert line.startswith("warning: django-tinymce-jwt sets no provider: TinyMCE is not loaded yet.")


@pytest.mark.parametrize("button", ["PDF", "Drive"])
def test_page_on_another_origin(visitor, elsewhere, button):
    visitor.sign_in()
    visitor.open(elsewhere)
    visitor.click(button)
    assert visitor.token()


def test_page_on_another_origin_shows_a_refusal(visitor, elsewhere):
    visitor.open(elsewhere)
    visitor.click("PDF")
    visitor.sees("You are not logged in. Log in and try again.")
    assert len(visitor.take_problems()) == 1


def test_page_on_an_origin_that_the_site_does_not_trust(make_visitor, elsewhere):
    with website("https://www.example.com") as (site, _stop):
        visitor = make_visitor(site)
        visitor.sign_in()
        visitor.page.goto(elsewhere)
        message = visitor.page.evaluate(
            "url => djangoTinymceJwt.provider(url)().catch(error => error.message)", f"{site}/tinymce/jwt/"
        )
    assert message == "The server could not be reached. Check your connection and try again."
    assert visitor.take_problems()


@pytest.mark.parametrize("path", ["/page/", "/form/", "/admin/website/article/add/"])
def test_site_under_a_prefix(make_visitor, site_under_prefix, path):
    visitor = make_visitor(site_under_prefix)
    visitor.sign_in()
    visitor.open(path)
    visitor.click("PDF")
    assert claims(visitor.token())


def test_browser_asks_for_the_script_again_and_is_not_sent_the_same(visitor):
    # The page itself is shown what the browser has kept: only its network log tells of the 304.
    visitor.open("/page/")
    log = visitor.context.new_cdp_session(visitor.page)
    log.send("Network.enable")
    statuses = []
    log.on("Network.responseReceivedExtraInfo", lambda answer: statuses.append(answer["statusCode"]))
    for _ in range(2):
        script = visitor.page.evaluate("fetch('/tinymce/jwt/providers.js').then(answer => answer.text())")
        assert "djangoTinymceJwt" in script
    assert statuses == [304, 304]
