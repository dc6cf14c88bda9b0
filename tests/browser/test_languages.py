"""What an editor's user reads in a browser that is set to German, Arabic or Japanese, and the inspector in Hebrew."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

NOT_LOGGED_IN = {
    "de": "Sie sind nicht angemeldet. Melden Sie sich an und versuchen Sie es erneut.",
    "ar": "لم تقم بتسجيل الدخول. سجّل الدخول وحاول مرة أخرى.",
    "ja": "ログインしていません。ログインしてからもう一度お試しください。",
}
UNEXPECTED = {
    "de": "Der Server hat unerwartet geantwortet. Laden Sie die Seite neu und versuchen Sie es erneut.",
    "ar": "أرسل الخادم ردًا غير متوقع. أعد تحميل الصفحة وحاول مرة أخرى.",
    "ja": "サーバーから予期しない応答がありました。ページを再読み込みしてもう一度お試しください。",
}
INSPECTOR = "/admin/tokens/?user=ada"

each_language = pytest.mark.parametrize("language", NOT_LOGGED_IN)
each_direction = pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("he", "rtl"), ("de", "ltr")])


@each_language
@pytest.mark.parametrize("button", ["PDF", "Drive"])
def test_anonymous_visitor_is_told_to_log_in(visitor_in, language, button):
    visitor = visitor_in(language)
    visitor.open("/page/")
    visitor.click(button)
    visitor.sees(NOT_LOGGED_IN[language])
    assert all("401" in problem for problem in visitor.take_problems())


@each_language
def test_assistant_tells_an_anonymous_visitor_to_log_in(visitor_in, language):
    visitor = visitor_in(language)
    visitor.open("/all/", editors=2)
    # One each, by the plugin in both editors.
    visitor.sees(NOT_LOGGED_IN[language], NOT_LOGGED_IN[language])
    assert all("401" in problem for problem in visitor.take_problems())


def open_with_html_answers(visitor):
    visitor.open("/page/")
    visitor.page.route("**/tinymce/jwt/**", lambda route: route.fulfill(content_type="text/html", body="<h1>Oh</h1>"))


@each_language
@pytest.mark.parametrize("button", ["PDF", "Drive"])
def test_text_of_the_script_is_in_the_language_of_the_browser(visitor_in, language, button):
    visitor = visitor_in(language)
    open_with_html_answers(visitor)
    visitor.click(button)
    visitor.sees(UNEXPECTED[language])


def test_translation_of_the_site_wins(visitor_in):
    visitor = visitor_in("de")
    open_with_html_answers(visitor)
    text = "The server sent an unexpected answer. Reload the page and try again."
    visitor.page.evaluate("text => tinymce.addI18n('en', { [text]: 'Ups. Bitte neu laden.' })", text)
    visitor.click("PDF")
    visitor.sees("Ups. Bitte neu laden.")


@each_direction
def test_inspector_is_written_in_the_direction_of_the_language(visitor_in, language, direction):
    visitor = visitor_in(language)
    visitor.sign_in()
    page = visitor.page
    page.goto(f"{visitor.site}{INSPECTOR}")
    expect(page.locator("html")).to_have_attribute("dir", direction)
    direction_of = "element => getComputedStyle(element).direction"
    table = page.locator(".token-inspector table").first
    assert table.evaluate(direction_of) == direction
    # Code, keys and the English texts of the rules.
    for selector in ("code", "pre", "textarea", "td:nth-of-type(2)", "td:nth-of-type(3)"):
        elements = page.locator(f".token-inspector {selector}").all()
        assert elements
        assert {element.evaluate(direction_of) for element in elements} == {"ltr"}, selector


@each_direction
@pytest.mark.parametrize("width", [1200, 400])
def test_inspector_is_no_wider_than_the_window(visitor_in, language, direction, width):
    visitor = visitor_in(language)
    visitor.sign_in()
    visitor.page.set_viewport_size({"width": width, "height": 800})
    visitor.page.goto(f"{visitor.site}{INSPECTOR}")
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
    for section in visitor.page.locator(".token-inspector section").all():
        assert section.evaluate("section => section.scrollWidth - section.clientWidth") == 0


@pytest.mark.parametrize("language", ["ar", "de", "he", "ja"])
def test_inspector_has_no_english_word_of_its_own(visitor_in, language):
    visitor = visitor_in(language)
    visitor.sign_in()
    visitor.page.goto(f"{visitor.site}{INSPECTOR}")
    own = "element => { element.querySelectorAll('[lang=en], code, pre, textarea').forEach(e => e.remove()); }"
    content = visitor.page.locator(".token-inspector")
    content.evaluate(own)
    english = re.compile(r"\b(the|user|verdict|found|accepted|inspect|wanted|public)\b", re.IGNORECASE)
    assert english.findall(content.inner_text()) == []
