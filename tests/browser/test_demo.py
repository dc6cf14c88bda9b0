"""The demo in a real browser, as a new user tries it: pictures, documents, two users, the admin."""

from __future__ import annotations

import base64
import io
import re
import sqlite3
import time
from contextlib import closing
from functools import cache

import jwt
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.demo import Browser, set_up
from tests.helpers.servers import static_file

EDIT = "/articles/1/edit/"
NEW = "/articles/new/"
ADMIN = "/admin/articles/article/1/change/"
INSPECTOR = "/admin/tokens/?user=alice"

# The events of a browser when a person drops or pastes a file; `kind` is the name of the last one.
GIVE = """
([bytes, name, kind]) => {
  const { document, DataTransfer, File, DragEvent, ClipboardEvent } = tinymce.activeEditor.getWin();
  const dataTransfer = new DataTransfer();
  const data = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  dataTransfer.items.add(new File([data], name, { type: "image/png" }));
  const place = document.body.lastElementChild;
  const { left: clientX, top: clientY } = place.getBoundingClientRect();
  const init = { bubbles: true, cancelable: true, dataTransfer, clipboardData: dataTransfer, clientX, clientY };
  if (kind === "paste") {
    place.dispatchEvent(new ClipboardEvent("paste", init));
  } else {
    ["dragenter", "dragover", "drop"].forEach((type) => place.dispatchEvent(new DragEvent(type, init)));
  }
}
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = set_up(tmp_path_factory.mktemp("demo"))
    with demo.serving():
        yield demo


class Person:
    """A user who is logged in to the demo with a browser."""

    def __init__(self, visitor):
        self.visitor = visitor
        self.page = visitor.page

    def edit(self, path=EDIT):
        self.visitor.open(path)
        return self

    def look_at(self, path):
        self.page.goto(f"{self.visitor.site}{path}")
        self.page.wait_for_load_state("networkidle")

    def log_out_elsewhere(self):
        self.visitor.context.clear_cookies(name="sessionid")

    def give(self, kind="drop", name="soup.png", data=None):
        """Drop or paste a picture into the article."""
        self.page.evaluate(GIVE, [base64.b64encode(data or picture()).decode(), name, kind])

    def article(self):
        """What the editor shows."""
        return self.page.frame_locator(".tox-edit-area__iframe").locator("body")

    def picture(self, name="soup.png"):
        """The pictures in the article that are in the drive under that name."""
        return self.article().locator(f'img[data-mce-src^="/tiny-stand-in/drive/"][data-mce-src$="/{name}"]')

    def press(self, button):
        self.page.locator(".tox-editor-header").get_by_role("button", name=button, exact=True).click()

    def dialog(self, name):
        return self.page.get_by_role("dialog", name=name)

    def message(self):
        """A message or question of TinyMCE over a dialog."""
        return self.page.locator(".tox-alert-dialog, .tox-confirm-dialog")

    def open_drive(self):
        self.press("Drive")
        return self.dialog("Drive")

    def download(self, button):
        with self.page.expect_download() as download:
            self.press(button)
        return download.value

    def upload(self, name, data):
        """Upload a file in the drive's dialog."""
        with self.page.expect_file_chooser() as chooser:
            self.dialog("Drive").get_by_role("button", name="Upload a file…").click()
        chooser.value.set_files({"name": name, "mimeType": "application/octet-stream", "buffer": data})

    def empty_drive(self):
        drive = self.open_drive()
        expect(drive).to_be_visible()
        while drive.get_by_role("button", name=re.compile("^Delete")).count():
            before = drive.get_by_role("button", name=re.compile("^Delete")).count()
            drive.get_by_role("button", name=re.compile("^Delete")).first.click()
            self.page.get_by_role("button", name="Yes", exact=True).click()
            expect(drive.get_by_role("button", name=re.compile("^Delete"))).to_have_count(before - 1)
        drive.get_by_role("button", name="Close").last.click()
        return self


@pytest.fixture(scope="module")
def session():
    """A function that returns the cookie of a user's session. It is cached, because password hashing is slow."""

    @cache
    def cookie(address, username):
        value = Browser(address).log_in(username).cookie("sessionid")
        return {"name": "sessionid", "value": value, "url": address}

    return cookie


@pytest.fixture
def log_in(make_visitor, demo, session):
    def make(username):
        visitor = make_visitor(demo.address)
        visitor.context.add_cookies([session(demo.address, username)])
        return Person(visitor)

    return make


@pytest.fixture
def alice(log_in):
    return log_in("alice")


def picture():
    return png(Image.new("RGB", (64, 36), "darkgreen"))


def bowl_of_soup():
    image = Image.new("RGB", (960, 400), "#e9dcc5")
    for margin, colour in [(0, "#fbfaf7"), (22, "#d9d4c9"), (34, "#c8642b")]:
        ImageDraw.Draw(image).ellipse((280 + margin, 20 + margin, 680 - margin, 380 - margin), colour)
    for x, y in [(400, 130), (520, 110), (560, 240), (430, 270), (480, 190)]:
        ImageDraw.Draw(image).ellipse((x, y, x + 34, y + 20), "#6f8f3a")
    return png(image.resize((480, 200)))


def png(image):
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


# What a new user tries


def test_user_logs_in_as_the_login_page_says(make_visitor, demo):
    page = make_visitor(demo.address).page
    page.goto(f"{demo.address}{EDIT}")
    username, password, role = page.locator(".demo-users tbody tr").first.locator("td").all_inner_texts()
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Edit the article")).to_be_visible()
    assert role == "editor"


@pytest.mark.parametrize("path", [EDIT, ADMIN])
@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_picture_goes_to_the_drive_with_a_token(alice, path, kind):
    alice.edit(path)
    alice.give(kind, f"{kind}ped.png")
    expect(alice.picture(f"{kind}ped.png").last).to_be_visible()
    row = alice.open_drive().locator(".demo-file").first
    expect(row).to_contain_text(f"{kind}ped.png")
    expect(row).to_contain_text("uploaded by Alice Lindström")


def test_saved_article_shows_the_picture(alice):
    alice.edit(NEW)
    alice.page.get_by_label("Title").fill("Soup again")
    alice.give()
    expect(alice.picture().last).to_be_visible()
    alice.page.get_by_role("button", name="Save").click()
    shown = alice.page.locator(".article-body img").last
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 64


WRITTEN = (
    '<h2>Soup</h2><p><strong>Hot</strong> <em>and</em> <span style="text-decoration: underline;">good</span>, '
    '<a href="https://example.com/" target="_blank" rel="noopener">see</a> <a href="mailto:a@example.com">mail</a></p>'
    "<ul><li>one<ol><li>two</li></ol></li></ul><blockquote><p>three</p></blockquote><pre>f  o</pre><hr>"
    '<table style="width: 100%;"><colgroup><col style="width: 40%;"><col style="width: 60%;"></colgroup>'
    '<thead><tr><th scope="col">a</th><th>b</th></tr></thead><tbody><tr><td colspan="2">c</td></tr></tbody></table>'
    '<p><img src="/static/articles/icon.svg" alt="An icon" width="32" height="32"></p>'
)


def test_saved_article_keeps_what_the_editor_writes(alice):
    alice.edit(NEW)
    alice.page.get_by_label("Title").fill("All of it")
    set_content(alice, WRITTEN)
    before = content(alice)
    alice.page.get_by_role("button", name="Save").click()
    alice.page.get_by_role("link", name="Edit").click()
    alice.visitor.wait_for_editors(1)
    assert content(alice) == before


@pytest.mark.parametrize("path", [EDIT, ADMIN])
def test_pdf_button_gives_a_pdf_of_the_article_with_its_pictures(alice, path):
    alice.edit(path)
    alice.give()
    expect(alice.picture().last).to_be_visible()
    download = alice.download("Export to PDF")
    assert download.suggested_filename == "Soup on Wednesdays.pdf"
    pdf = PdfReader(download.path())
    assert "Soup on Wednesdays" in pdf.pages[0].extract_text()
    assert sum(len(page.images) for page in pdf.pages) >= 1


def test_word_round_trip_in_the_editor(alice):
    alice.edit()
    alice.give()
    expect(alice.picture().last).to_be_visible()
    document = alice.download("Export to Word")
    assert document.suggested_filename == "Soup on Wednesdays.docx"
    alice.edit(NEW)
    alice.page.get_by_label("Title").fill("From Word")
    with alice.page.expect_file_chooser() as chooser:
        alice.press("Import from Word")
    chooser.value.set_files(document.path())
    text = alice.article()
    expect(text).to_contain_text("Žurek, with or without the egg")
    expect(text.locator('img[src^="/tiny-stand-in/drive/"]').last).to_be_visible()
    alice.page.get_by_role("button", name="Save").click()
    shown = alice.page.locator(".article-body img").last
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 64


@pytest.mark.parametrize(("first", "second", "path"), [("alice", "bob", NEW), ("alice", "ada", ADMIN)])
def test_drive_shows_each_user_another_folder(log_in, first, second, path):
    for username in (first, second):
        log_in(username).edit(path).empty_drive()
    person = log_in(first).edit(path)
    person.open_drive()
    person.upload("mine.png", picture())
    expect(person.dialog("Drive")).to_contain_text("mine.png")
    expect(person.dialog("Drive")).to_contain_text("Your folder: /users/1")
    drive = log_in(second).edit(path).open_drive()
    if second == "bob":
        expect(drive).to_contain_text("Your folder: /users/2")
        expect(drive).not_to_contain_text("mine.png")
    else:
        expect(drive).to_contain_text("The whole drive")
        expect(drive.locator(".demo-file")).to_contain_text("/users/1")
        expect(drive.locator(".demo-file")).to_contain_text("uploaded by Alice Lindström")


def test_author_edits_own_article_only(log_in):
    bob = log_in("bob").edit(NEW)
    bob.page.get_by_label("Title").fill("Łódź & <so on>")
    bob.give()
    expect(bob.picture().last).to_be_visible()
    bob.page.get_by_role("button", name="Save").click()
    expect(bob.page.get_by_role("heading", name="Łódź & <so on>")).to_be_visible()
    bob.page.get_by_role("link", name="Edit").click()
    bob.visitor.wait_for_editors(1)
    assert bob.download("Export to PDF").suggested_filename == "Łódź  so on.pdf"
    bob.page.goto(f"{bob.visitor.site}/articles/2/")
    expect(bob.page.get_by_role("link", name="Edit")).to_have_count(0)


# The drive's dialog


def test_drive_dialog_uploads_inserts_and_deletes(alice):
    alice.edit(NEW).empty_drive()
    drive = alice.open_drive()
    expect(drive).to_contain_text("It is empty")
    alice.upload("notes.txt", b"Salt")
    drive.get_by_role("button", name="Insert notes.txt").click()
    expect(drive).to_have_count(0)
    link = alice.article().get_by_role("link", name="notes.txt")
    expect(link).to_have_attribute("href", re.compile(r"/notes\.txt$"))
    alice.open_drive().get_by_role("button", name="Delete notes.txt").click()
    alice.page.get_by_role("button", name="No", exact=True).click()
    expect(drive).to_contain_text("notes.txt")
    drive.get_by_role("button", name="Delete notes.txt").click()
    alice.page.get_by_role("button", name="Yes", exact=True).click()
    expect(drive).to_contain_text("It is empty")


def test_drive_dialog_works_by_keyboard(alice):
    alice.edit(NEW).empty_drive()
    page, drive = alice.page, alice.open_drive()
    alice.upload("soup.png", picture())
    expect(drive.get_by_role("button", name="Upload a file…")).to_be_focused()
    for name in ["Insert soup.png", "Delete soup.png"][::-1]:
        page.keyboard.press("Shift+Tab")
        expect(drive.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Yes", exact=True)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(drive.get_by_role("button", name="Upload a file…")).to_be_focused()
    page.keyboard.press("Escape")
    expect(drive).to_have_count(0)


def test_drive_dialog_shows_a_refused_upload(alice):
    alice.edit(NEW)
    drive = alice.open_drive()
    alice.upload("program.exe", b"MZ\0\xff")
    expect(alice.message()).to_contain_text("The drive does not take files of this kind.")
    alice.page.keyboard.press("Enter")
    expect(drive.get_by_role("button", name="Upload a file…")).to_be_focused()
    assert len(alice.visitor.take_problems()) == 1  # the browser's own line about the status


def test_file_name_is_never_html(alice):
    alice.edit(NEW).empty_drive()
    name = "<img src=x onerror=alert(1)>&.<u>"
    drive = alice.open_drive()
    alice.upload(name, b"x")
    expect(drive.locator(".demo-file b")).to_have_text(name)
    expect(drive.locator(".demo-file > span")).to_have_text("<U>")
    drive.get_by_role("button", name=f"Delete {name}").hover()
    drive.get_by_role("button", name=f"Delete {name}").click()
    expect(alice.message()).to_contain_text(f"Delete {name}?")
    alice.page.get_by_role("button", name="No", exact=True).click()
    drive.get_by_role("button", name=f"Insert {name}").click()
    frame = alice.article()
    expect(frame.get_by_role("link")).to_have_text(name)
    expect(frame.locator("img")).to_have_count(0)


def test_user_name_is_never_html(demo, alice):
    name = "<img src=x onerror=alert(1)> & Sons"
    claims = {
        "sub": "1",
        "name": name,
        "exp": int(time.time()) + 60,
        "https://claims.tiny.cloud/drive/root": "/users/1",
    }
    token = jwt.encode(claims, (demo.folder / "secrets" / "tiny.pem").read_text(), "RS256")
    alice.edit(NEW).empty_drive()
    file = {"name": "soup.txt", "mimeType": "text/plain", "buffer": b"Salt"}
    headers = {"Authorization": f"Bearer {token}"}
    alice.visitor.context.request.post(
        f"{demo.address}/tiny-stand-in/drive/", multipart={"file": file}, headers=headers
    )
    drive = alice.open_drive()
    expect(drive).to_contain_text(f"uploaded by {name}")
    expect(drive.locator("img")).to_have_count(0)


# Tokens


def test_drive_keeps_its_token_until_the_service_refuses_it(alice):
    # The token panel does not count: it uses the URL with the service's name.
    asked = alice.visitor.count_requests("/tinymce/jwt/")
    alice.edit(NEW)
    for count in (1, 2):
        alice.open_drive().get_by_role("button", name="Close").last.click()
        assert len(asked) == 1, count
    alice.page.route(
        "**/tiny-stand-in/drive/", lambda route: route.fulfill(status=401, json={"message": "old"}), times=1
    )
    expect(alice.open_drive()).to_be_visible()
    assert len(asked) == 2
    assert len(alice.visitor.take_problems()) == 1


def test_drive_shows_a_second_refusal(alice):
    alice.edit(NEW)
    message = "The claim 'aud' is <missing>."
    alice.page.route("**/tiny-stand-in/drive/", lambda route: route.fulfill(status=401, json={"message": message}))
    alice.press("Drive")
    alice.visitor.sees(message)
    assert len(alice.visitor.take_problems()) == 2


@pytest.mark.parametrize("button", ["Drive", "Export to PDF", "Export to Word"])
def test_session_ended_is_shown_once(alice, button):
    alice.edit()
    alice.log_out_elsewhere()
    alice.press(button)
    alice.visitor.sees("You are not logged in. Log in and try again.")
    assert len(alice.visitor.take_problems()) == 1


def test_picture_refused_leaves_the_article(alice):
    alice.edit(NEW)
    alice.log_out_elsewhere()
    alice.give()
    alice.visitor.sees("Failed to upload image: You are not logged in. Log in and try again.")
    expect(alice.article().locator("img")).to_have_count(0)
    assert len(alice.visitor.take_problems()) == 1


def test_service_unreachable_is_shown(alice):
    alice.edit()
    alice.page.route("**/tiny-stand-in/exportpdf/", lambda route: route.abort())
    alice.press("Export to PDF")
    alice.visitor.sees("The service could not be reached.")
    assert len(alice.visitor.take_problems()) == 1


ROUGH = "<h2>Soup</h2><p>Hot , <strong>and and</strong> <em>good</em>...</p>"
BETTER = "<h2>Soup</h2><p>Hot, <strong>and</strong> <em>good</em>&hellip;</p>"


def set_content(person, html):
    person.page.evaluate(
        "html => { tinymce.activeEditor.setContent(html); tinymce.activeEditor.undoManager.add(); }", html
    )


def content(person):
    return person.page.evaluate("tinymce.activeEditor.getContent()").replace("\n", "")


def test_assistant_improves_the_article_in_its_place(alice):
    alice.edit(NEW)
    set_content(alice, ROUGH)
    ask(alice, "Improve the writing")
    expect(alice.article()).to_contain_text("good…")
    assert content(alice) == BETTER
    alice.press("Undo")
    assert content(alice) == ROUGH


def test_assistant_improves_the_selection_and_nothing_else(alice):
    alice.edit(NEW)
    set_content(alice, "<p>a <em>b , c</em></p><p>d , e</p>")
    alice.page.evaluate("tinymce.activeEditor.selection.select(tinymce.activeEditor.dom.select('em')[0])")
    ask(alice, "Improve the writing")
    expect(alice.article()).to_contain_text("b, c")
    assert content(alice) == "<p>a <em>b, c</em></p><p>d , e</p>"


def test_assistant_adds_a_summary_below_the_article(alice):
    alice.edit(NEW)
    set_content(alice, "<h2>Soup</h2><p>It is <em>hot</em>. Eat.</p>")
    ask(alice, "Summarize")
    expect(alice.article().locator("p").last).to_have_text("In short: It is hot.")
    assert content(alice) == "<h2>Soup</h2><p>It is <em>hot</em>. Eat.</p><p>In short: It is hot.</p>"


def test_assistant_takes_an_editors_prompt(alice):
    alice.edit(NEW)
    ask(alice, "Send my own prompt", "<b>Rhyme</b>")
    expect(alice.article()).to_contain_text("Your prompt was “<b>Rhyme</b>”.")
    expect(alice.dialog("Assistant")).to_have_count(0)


def test_assistant_names_the_missing_permission(log_in):
    bob = log_in("bob").edit(NEW)
    ask(bob, "Send my own prompt", "Say it in rhyme")
    expect(bob.message()).to_contain_text("wanted: 'ai:actions:custom'")
    bob.page.keyboard.press("Enter")
    expect(bob.dialog("Assistant").get_by_role("button", name="Ask")).to_be_focused()
    assert len(bob.visitor.take_problems()) == 1
    bob.dialog("Assistant").get_by_label("Action").select_option("Summarize")
    bob.page.get_by_role("button", name="Ask", exact=True).click()
    expect(bob.article()).to_contain_text("In short:")


def ask(person, action, prompt=""):
    person.press("Assistant")
    person.dialog("Assistant").get_by_label("Action").select_option(action)
    person.dialog("Assistant").get_by_label("Prompt").fill(prompt)
    person.page.get_by_role("button", name="Ask", exact=True).click()


@pytest.mark.parametrize("path", ["/articles/2/", EDIT, ADMIN])
def test_token_panel_shows_a_valid_token_of_each_service(alice, path):
    alice.page.goto(f"{alice.visitor.site}{path}")
    expect(alice.page.locator(".token-verdict[data-state=valid]")).to_have_count(6)
    alice.page.get_by_role("button", name=re.compile("Alter it.*Tiny Drive")).click()
    expect(alice.page.locator(".token-verdict").first).to_contain_text("The altered token is refused")


# Attacks

FORGED_CARD = """
<section class="token-card" data-service="tinydrive" data-token-url="/tinymce/jwt/" data-verify-url="{url}">
<p data-part="verdict"></p><p data-part="countdown"></p><details data-part="contents"><p data-part="header"></p>
<p data-part="claims"></p><p data-part="token"></p></details><p data-part="alter"></p></section>
<img name="currentScript" src="/static/articles/icon.svg" data-token-url="/tinymce/jwt/" data-verify-url="{url}">
"""


@pytest.mark.parametrize("stored", ["by the form", "in the database"])
def test_forged_token_card_sends_no_request(log_in, demo, stored):
    """An author's article must not make a reader's browser post to an address that the author chose."""
    html = FORGED_CARD.format(url="/admin/auth/user/2/delete/")
    author = Browser(demo.address).log_in("bob")
    url = author.post_form("/articles/new/", title="Forged", summary="", body=html).url
    if stored == "in the database":  # where save() has not cleaned it
        with closing(sqlite3.connect(demo.folder / "db.sqlite3", timeout=10)) as database, database:
            database.execute("UPDATE articles_article SET body = ? WHERE title = 'Forged'", [html])
    reader = log_in("ada")
    posted = []
    reader.page.on("request", lambda request: request.method == "POST" and posted.append(request.url))
    reader.look_at(url.removeprefix(demo.address))
    expect(reader.page.locator(".token-panel .token-verdict[data-state=valid]")).to_have_count(6)
    allowed = re.compile(rf"{demo.address}/(tinymce/jwt/[a-z-]+/|tokens/verify/)")
    assert [address for address in posted if not allowed.fullmatch(address)] == []
    author.open("/articles/1/")
    assert author.open("/").url == f"{demo.address}/"  # Bob is still a user


# How it looks


PAGES = ["/", "/articles/2/", EDIT, NEW, "/login/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_follow_the_color_scheme(log_in, scheme):
    admin = log_in("ada")
    admin.page.emulate_media(color_scheme=scheme)
    for path in [*PAGES, ADMIN, INSPECTOR, "/admin/audit_trail/entry/"]:
        admin.look_at(path)
        red, green, blue = background(admin.page)
        assert (red + green + blue < 3 * 80) == (scheme == "dark"), path
        assert admin.visitor.problems == [], path


def background(page):
    return map(int, re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))[:3])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_editor_follows_the_scheme(alice, scheme):
    alice.page.emulate_media(color_scheme=scheme)
    alice.edit()
    assert (
        alice.page.evaluate("tinymce.activeEditor.options.get('skin')")
        == {"light": "oxide", "dark": "oxide-dark"}[scheme]
    )


@pytest.mark.parametrize(("scheme", "switch", "skin"), [("light", "dark", "oxide-dark"), ("dark", "light", "oxide")])
def test_editor_follows_the_switch_of_the_admin(alice, scheme, switch, skin):
    alice.page.emulate_media(color_scheme=scheme)
    alice.look_at("/admin/")
    alice.page.evaluate("switch_ => localStorage.setItem('theme', switch_)", switch)
    alice.edit(ADMIN)
    assert alice.page.evaluate("tinymce.activeEditor.options.get('skin')") == skin


def test_pages_fit_a_narrow_screen(alice):
    alice.page.set_viewport_size({"width": 320, "height": 640})
    for path in PAGES:
        alice.look_at(path)
        assert alice.page.evaluate("document.documentElement.scrollWidth") <= 320, path


PHONE = {"width": 390, "height": 844}
# How many lines the browser makes of each number of at least ten digits in an element.
LINES_OF_NUMBERS = """
(element) => {
  const text = element.firstChild;
  return Array.from(text.data.matchAll(/\\d{10,}/g), ({ index, 0: { length } }) => {
    const range = document.createRange();
    range.setStart(text, index);
    range.setEnd(text, index + length);
    return range.getClientRects().length;
  });
}
"""


@pytest.mark.parametrize("path", [*PAGES, ADMIN])
def test_page_is_short_on_a_phone(log_in, path):
    ada = log_in("ada")
    ada.page.set_viewport_size(PHONE)
    ada.look_at(path)
    assert ada.page.evaluate("document.documentElement.scrollHeight") <= 4 * PHONE["height"]


def test_token_panel_keeps_numbers_in_one_line_on_a_phone(alice):
    alice.page.set_viewport_size(PHONE)
    alice.look_at("/articles/2/")
    for card in alice.page.locator(".token-card").all():
        card.get_by_text("Header and claims").click()
        claims = card.locator("[data-part=claims]")
        expect(claims).to_be_visible()
        assert set(claims.evaluate(LINES_OF_NUMBERS)) == {1}


def test_drive_fits_a_narrow_screen(alice):
    alice.page.set_viewport_size({"width": 320, "height": 640})
    alice.edit(NEW)
    drive = alice.open_drive()
    alice.upload("a-name-without-any-place-to-break-it-" * 2 + ".png", picture())
    for button in drive.get_by_role("button").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320


def test_controls_have_accessible_names(alice):
    for path in [*PAGES, ADMIN]:
        alice.look_at(path)
        for role in ("button", "link", "textbox", "combobox"):
            named = alice.page.get_by_role(role, name=re.compile(r"\S"))
            assert named.count() == alice.page.get_by_role(role).count(), (path, role)


def test_inspector_shows_the_claims_of_a_user(log_in):
    admin = log_in("ada")
    admin.look_at("/admin/")
    admin.page.get_by_role("link", name="Token inspector").click()
    admin.page.get_by_label("Username or primary key").fill("alice")
    admin.page.keyboard.press("Enter")
    expect(admin.page.get_by_role("heading", name="Claims of alice")).to_have_count(6)
    expect(admin.page.locator("tr.broken")).to_have_count(0)


def test_inspector_is_not_linked_without_permission(alice):
    alice.look_at("/admin/")
    expect(alice.page.get_by_role("link", name="Token inspector")).to_have_count(0)


def test_inspector_fits_a_narrow_screen(log_in):
    admin = log_in("ada")
    admin.page.set_viewport_size({"width": 360, "height": 640})
    admin.look_at(INSPECTOR)
    for section in admin.page.locator(".token-inspector section").all():
        assert section.evaluate("section => section.scrollWidth - section.clientWidth") == 0


# Pictures for the documentation


def test_picture_of_the_editor_and_of_its_drive(alice, screenshot):
    alice.page.set_viewport_size({"width": 1100, "height": 1045})
    alice.edit().empty_drive()
    alice.page.evaluate("tinymce.activeEditor.setContent(tinymce.activeEditor.getContent() + '<p></p>')")
    alice.give(data=bowl_of_soup())
    expect(alice.picture().last).to_be_visible()
    screenshot(alice.page, "demo-editor")
    expect(alice.open_drive()).to_be_visible()
    screenshot(alice.page, "demo-drive")


def test_picture_of_the_token_panel(alice, screenshot):
    alice.page.emulate_media(color_scheme="dark")
    alice.page.set_viewport_size({"width": 1100, "height": 775})
    alice.look_at("/articles/2/")
    expect(alice.page.locator(".token-verdict[data-state=valid]")).to_have_count(6)
    alice.page.get_by_role("heading", name="Your tokens").evaluate(
        "heading => scrollTo(0, heading.getBoundingClientRect().top - 24)"
    )
    screenshot(alice.page, "demo-tokens")


def test_picture_of_the_inspector(log_in, screenshot):
    admin = log_in("ada")
    admin.page.set_viewport_size({"width": 1100, "height": 800})
    admin.look_at(INSPECTOR)
    expect(admin.page.get_by_role("heading", name="Claims of alice").first).to_be_visible()
    screenshot(admin.page, "inspector")


# With an account at Tiny

KEY = "a-key-of-the-users-own"
CDN = f"https://cdn.tiny.cloud/1/{KEY}/tinymce/8/"


@pytest.fixture(scope="module")
def demo_with_account(tmp_path_factory):
    demo = set_up(tmp_path_factory.mktemp("account"), TINY_API_KEY=KEY)
    with demo.serving():
        yield demo


@pytest.fixture
def customer(make_visitor, demo_with_account, session):
    """Alice on a site with an account. Instead of Tiny's CDN, django-tinymce's TinyMCE and test plugins are served."""
    visitor = make_visitor(demo_with_account.address)
    visitor.asked = []

    def answer(route):
        visitor.asked.append(route.request)
        path = static_file(f"tinymce/{route.request.url.removeprefix(CDN).split('?')[0]}")
        body = path.read_text(encoding="utf-8") if path else ""
        if path and path.name == "tinymce.min.js":
            # On the CDN, the API key is the license. Defaults that the cloud has set must stay in place.
            body += 'tinymce.overrideDefaults({ license_key: "gpl" });'
        content_type = "text/css" if route.request.url.split("?")[0].endswith(".css") else "text/javascript"
        headers = {"Access-Control-Allow-Origin": "*"}
        route.fulfill(body=body, content_type=content_type, headers=headers)

    visitor.context.route("https://cdn.tiny.cloud/**", answer)
    visitor.context.add_cookies([session(demo_with_account.address, "alice")])
    return Person(visitor)


@pytest.mark.parametrize("path", [EDIT, ADMIN])
def test_account_loads_editor_and_plugins_from_tiny(customer, path):
    customer.edit(path)
    urls = {request.url.split("?")[0] for request in customer.visitor.asked}
    plugins = ["tinydrive", "exportpdf", "exportword", "importword", "tinymceai"]
    assert {f"{CDN}tinymce.min.js", *(f"{CDN}plugins/{name}/plugin.min.js" for name in plugins)} <= urls
    assert "license_key" not in customer.page.locator("[data-mce-conf]").get_attribute("data-mce-conf")
    assert "tinyStandIn" not in customer.page.evaluate("Object.keys(window)")


def test_account_tells_tiny_which_site_asks(customer):
    customer.edit()
    scripts = [request for request in customer.visitor.asked if ".js" in request.url]
    assert {request.all_headers().get("referer") for request in scripts} == {f"{customer.visitor.site}/"}


def test_account_keeps_the_defaults_of_tinys_cloud(customer):
    customer.page.emulate_media(color_scheme="dark")
    customer.edit()
    option = "name => tinymce.activeEditor.options.get(name)"
    assert customer.page.evaluate(option, "license_key") == "gpl"
    assert customer.page.evaluate(option, "skin") == "oxide-dark"
    assert customer.page.evaluate("typeof tinymce.defaultOptions.tinydrive_token_provider") == "function"


@pytest.mark.parametrize("button", ["Drive", "PDF"])
def test_account_gets_tokens_for_the_real_plugins(customer, button):
    customer.edit()
    customer.visitor.wire(1)  # TinyMCE AI asks when the editor starts
    customer.press(button)
    _, request = customer.visitor.wire(2)
    claims = request["authorization"].removeprefix("Bearer ").split(".")[1]
    text = base64.urlsafe_b64decode(claims + "==").decode()
    assert ("Alice Lindström" if button == "Drive" else KEY) in text


def test_policy_names_tinys_hosts_only_with_an_account(demo, demo_with_account, make_visitor):
    for site, expected in ((demo, False), (demo_with_account, True)):
        response = make_visitor(site.address).page.goto(f"{site.address}/login/")
        assert ("tiny.cloud" in response.header_value("Content-Security-Policy")) is expected
