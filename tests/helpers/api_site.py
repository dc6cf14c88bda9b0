"""The API of the browser tests in its own process, and pages on other origins."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler

from . import react_page
from .servers import SITES, serving, static_file
from .small_site import small_site

PAGE = SITES / "api" / "page"


def api():
    return small_site("tests.sites.api.settings")


class Page(SimpleHTTPRequestHandler):
    """The files of the application, with the URL of the API in them, those of TinyMCE, and React's bundle."""

    def __init__(self, *args, api, **kwargs):
        self.api = api
        super().__init__(*args, directory=PAGE, **kwargs)

    def do_GET(self):
        path = PAGE / (self.path.lstrip("/") or "index.html")
        if not path.is_file():
            super().do_GET()
            return
        body = path.read_text(encoding="utf-8").replace("https://api.example.com", self.api).encode()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def translate_path(self, path):
        name = path.split("?")[0].lstrip("/")
        bundle = react_page.STATIC / name
        return str(bundle if bundle.is_file() else static_file(name) or super().translate_path(path))

    def log_message(self, *args):
        pass


def page(api):
    """Yield the origin of the application, which uses the API at that URL."""
    return serving(partial(Page, api=api))
