"""What the editor's user sees when there is no token: one clear message, and no other error."""

from __future__ import annotations

import pytest

from tests.helpers.servers import website

NOT_LOGGED_IN = "You are not logged in. Log in and try again."
NOT_ALLOWED = "You do not have permission to use this service."
NOT_NOW = "The service is not available at the moment. Try again later."
UNREACHABLE = "The server could not be reached. Check your connection and try again."
TOO_SLOW = "The server took too long to answer. Try again."
UNEXPECTED = "The server sent an unexpected answer. Reload the page and try again."
PDF = "/tinymce/jwt/exportpdf/"


def statuses(problems):
    """The statuses that the browser reported on the console, where it reports every failed request."""
    found = [problem.partition("responded with a status of ")[2].partition(" ")[0] for problem in problems]
    assert all(found), problems
    return found


@pytest.mark.parametrize("button", ["PDF", "Drive"])
def test_anonymous_visitor_is_reported_to_log_in(visitor, button):
    visitor.open("/page/")
    visitor.click(button)
    visitor.sees(NOT_LOGGED_IN)
    assert statuses(visitor.take_problems()) == ["401"]


@pytest.mark.parametrize("button", ["PDF", "Drive"])
def test_user_whose_session_ended_is_reported_to_log_in(visitor, button):
    visitor.sign_in()
    visitor.open("/all/", editors=2)
    visitor.click(button)
    visitor.wire(3)  # of these, two are of TinyMCE AI
    visitor.sign_out()
    visitor.click(button, editor=1)
    visitor.sees(NOT_LOGGED_IN)
    assert statuses(visitor.take_problems()) == ["401"]


def test_user_without_permission_is_reported_so(visitor):
    visitor.sign_in("guest")
    visitor.open("/page/")
    visitor.click("PDF")
    visitor.sees(NOT_ALLOWED)
    visitor.click("Drive")
    # TinyMCE shows the same text only once.
    visitor.sees(NOT_ALLOWED)
    assert statuses(visitor.take_problems()) == ["403", "403"]


def test_plugin_that_asks_at_start_shows_the_refusal_itself(visitor):
    visitor.open("/all/", editors=2)
    # One each, by the plugin in both editors.
    visitor.sees(NOT_LOGGED_IN, NOT_LOGGED_IN)
    assert set(statuses(visitor.take_problems())) == {"401"}


def test_unusable_key_shows_one_message(visitor):
    visitor.sign_in()
    visitor.open("/all/", editors=2)
    visitor.click("Word")
    # The first is the plugin's own.
    visitor.sees("Operation failed", NOT_NOW)
    assert statuses(visitor.take_problems()) == ["500"]


def test_two_editors_at_once_share_one_request(visitor):
    visitor.sign_in()
    visitor.open("/all/", editors=2)
    requests = visitor.count_requests(PDF)
    visitor.page.evaluate("tinymce.get().forEach(editor => editor.execCommand('mceExportPdf'))")
    assert len({request["authorization"] for request in visitor.wire(4)[2:]}) == 1
    assert len(requests) == 1
    visitor.click("PDF")
    visitor.wire(5)
    assert len(requests) == 2


def test_two_editors_at_once_show_one_refusal(visitor):
    visitor.sign_in()
    visitor.open("/all/", editors=2)
    visitor.wire(2)
    visitor.sign_out()
    visitor.page.evaluate("tinymce.get().forEach(editor => editor.execCommand('mceExportPdf'))")
    visitor.sees(NOT_LOGGED_IN)
    assert statuses(visitor.take_problems()) == ["401"]


def test_server_down_shows_one_message(make_visitor):
    with website() as (site, stop):
        visitor = make_visitor(site)
        visitor.sign_in()
        visitor.open("/page/")
        stop()
        visitor.click("PDF")
        visitor.sees(UNREACHABLE)
    assert "net::ERR_CONNECTION_REFUSED" in visitor.take_problems()[0]


@pytest.mark.parametrize("button", ["PDF", "Drive"])
def test_server_without_answer_shows_one_message(visitor, button):
    visitor.page.clock.install()
    visitor.page.route("**/tinymce/jwt/**", lambda route: None if route.request.method == "POST" else route.continue_())
    visitor.open("/page/")
    visitor.click(button)
    visitor.page.clock.fast_forward(29_000)
    visitor.sees()
    visitor.page.clock.fast_forward(1_000)
    visitor.sees(TOO_SLOW)


def test_slow_answer_is_waited_for(visitor):
    def answer_later(route):
        visitor.page.wait_for_timeout(1_500)
        route.continue_()

    visitor.page.route(f"**{PDF}", answer_later)
    visitor.sign_in()
    visitor.open("/page/")
    visitor.click("PDF")
    assert visitor.token()
    visitor.sees()


@pytest.mark.parametrize("status", [200, 403, 502])
@pytest.mark.parametrize("button", ["PDF", "Drive"])
def test_html_answer_shows_one_message(visitor, button, status):
    def answer(route):
        route.fulfill(status=status, content_type="text/html", body="<!doctype html><h1>Log in</h1>")

    visitor.open("/page/")
    visitor.page.route("**/tinymce/jwt/**", answer)
    visitor.click(button)
    visitor.sees(UNEXPECTED)
    assert statuses(visitor.take_problems()) == ([] if status == 200 else [str(status)])


def test_login_redirect_is_not_followed(visitor):
    visitor.open("/page/")
    requests = visitor.count_requests("/accounts/login/")
    ask = "djangoTinymceJwt.provider('/redirecting/')().catch(error => error.message)"
    assert visitor.page.evaluate(ask) == UNEXPECTED
    visitor.sees(UNEXPECTED)
    assert requests == []


def test_markup_in_a_message_is_shown_as_text(visitor):
    visitor.open("/page/")
    visitor.page.route(f"**{PDF}", lambda route: route.fulfill(status=403, json={"message": "<img src=x> & <b>no</b>"}))
    visitor.click("PDF")
    visitor.sees("img src=x b no /b")
    assert statuses(visitor.take_problems()) == ["403"]


def test_ignored_rejection_is_not_unhandled(visitor):
    visitor.open("/page/")
    visitor.page.evaluate("void djangoTinymceJwt.provider('/tinymce/jwt/')()")
    visitor.page.wait_for_timeout(500)
    assert statuses(visitor.take_problems()) == ["401"]


def test_script_before_tinymce_warns_and_changes_nothing(visitor):
    visitor.open("/too-early/")
    (line,) = visitor.take_problems()
    assert "Load this script after tinymce.min.js" in line
    assert visitor.page.evaluate("tinymce.defaultOptions") == {}
