"""A browser that visits the site and collects the errors of its pages."""

from __future__ import annotations

from playwright.sync_api import expect

from .servers import static_file

CDN = "https://cdn.tiny.cloud/1/no-api-key/tinymce/8/"
# Tiny's cloud sets defaults of its own, which the providers must leave in place.
CLOUD_DEFAULTS = 'tinymce.overrideDefaults({ referrer_policy: "origin" });'
# The browser itself writes only some of the violations to the console.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (violation) => {
  console.error(`Content-Security-Policy: ${violation.effectiveDirective} blocks ${violation.blockedURI}`);
});
"""


class Visitor:
    """One browser context of the site. ``problems`` are all console errors and uncaught errors of its pages."""

    def __init__(self, context, site):
        self.context = context
        self.site = site
        self.problems = []
        context.set_default_timeout(15_000)
        context.add_init_script(REPORT_VIOLATIONS)
        self.page = self.new_page()

    def new_page(self):
        page = self.context.new_page()
        page.on("console", self._note_line)
        page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        return page

    def serve_cdn(self, defaults=CLOUD_DEFAULTS):
        """Answer for Tiny's CDN with the TinyMCE of django-tinymce. Returns a list that grows by every request."""
        requests = []

        def answer(route):
            requests.append(route.request)
            _answer_for_cdn(route, defaults)

        self.context.route(f"{CDN}**", answer)
        return requests

    def sign_in(self, username="ada"):
        # As in another tab: the open page does not notice.
        assert self.context.request.get(f"{self.site}/sign-in/{username}/").text() == "signed in"

    def sign_out(self):
        assert self.context.request.get(f"{self.site}/sign-out/").text() == "signed out"

    def open(self, path, editors=1):
        """Load a page, and wait until all its editors have started."""
        self.page.goto(path if "://" in path else f"{self.site}{path}")
        self.wait_for_editors(editors)

    def wait_for_editors(self, count):
        ready = "count => window.tinymce && tinymce.get().filter(editor => editor.initialized).length === count"
        self.page.wait_for_function(ready, arg=count)

    def click(self, name, editor=0):
        """Press the toolbar button of an editor."""
        self.page.locator(".tox-tinymce").nth(editor).get_by_role("button", name=name).click()

    def wire(self, count):
        """What the plugins have sent to Tiny's services, once it is ``count`` requests."""
        self.page.wait_for_function("count => window.wire && window.wire.length >= count", arg=count)
        return self.page.evaluate("window.wire")

    def token(self):
        """The token that the only request to Tiny's services carried."""
        (request,) = self.wire(1)
        return request["authorization"].removeprefix("Bearer ")

    def sees(self, *messages):
        """Assert that the notifications are these, each once and in any order, now and a moment later."""
        shown = self.page.locator(".tox-notification")
        expect(shown).to_have_count(len(messages))
        self.page.wait_for_timeout(300)
        assert sorted(shown.all_inner_texts()) == sorted(messages)

    def count_requests(self, path):
        """Return a list that grows by every request for this path of the site."""
        urls = []
        self.page.on("request", lambda request: request.url == f"{self.site}{path}" and urls.append(request.url))
        return urls

    def take_problems(self):
        found, self.problems[:] = list(self.problems), []
        return found

    def _note_line(self, line):
        if line.type in {"error", "warning"}:
            self.problems.append(f"{line.type}: {line.text} [{line.location['url']}]")


def _answer_for_cdn(route, defaults):
    path = static_file(f"tinymce/{route.request.url.removeprefix(CDN).split('?')[0]}")
    text = path.read_text(encoding="utf-8")
    route.fulfill(
        body=text + defaults if path.name == "tinymce.min.js" else text,
        content_type={".css": "text/css", ".js": "text/javascript"}[path.suffix],
        headers={"Access-Control-Allow-Origin": "*"},
    )
