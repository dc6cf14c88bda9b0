"""The servers of the browser tests: the site in its own process, and a page on another origin."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import tinymce

from . import react_page
from .keys import private_pem

ROOT = Path(__file__).parent.parent.parent
SITES = ROOT / "tests" / "sites"
# As for a site with the premium plugins: they lie beside those of the open-source TinyMCE.
STATIC = [SITES / "website" / "static", Path(tinymce.__file__).parent / "static"]


def static_file(path):
    """The static file of that path below ``/static/``, or None."""
    return next((folder / path for folder in STATIC if (folder / path).is_file()), None)


@contextmanager
def website(other_origin="https://www.example.com", prefix="", settings="settings"):
    """Yield the base URL of a running site, and a function that stops it early."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": f"tests.sites.website.{settings}",
        "WEBSITE_PRIVATE_KEY": private_pem(),
        "WEBSITE_OTHER_ORIGIN": other_origin,
        "WEBSITE_PREFIX": prefix,
        "WEBSITE_BUNDLES": str(react_page.STATIC),
    }
    command = [sys.executable, "-m", "tests.sites.website.serve"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as site:

        def stop():
            site.stdin.close()
            site.wait(timeout=30)

        port = site.stdout.readline().strip()
        assert port, "The site did not start: what it said is above."
        try:
            yield f"http://localhost:{port}{prefix}", stop
        finally:
            stop()


class OtherOrigin(SimpleHTTPRequestHandler):
    """A page on another origin, with its own copy of TinyMCE. ``api`` returns the site's URL."""

    def __init__(self, *args, api, **kwargs):
        self.api = api
        super().__init__(*args, directory=SITES / "other_origin", **kwargs)

    def do_GET(self):
        if self.path != "/":
            super().do_GET()
            return
        text = (SITES / "other_origin" / "index.html").read_text(encoding="utf-8")
        body = text.replace("https://api.example.com", self.api()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def translate_path(self, path):
        return str(static_file(path.split("?")[0].lstrip("/")) or super().translate_path(path))

    def log_message(self, *args):
        pass


@contextmanager
def serving(handler):
    """Yield the origin of a server with this handler of requests."""
    with ThreadingHTTPServer(("localhost", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def other_origin(api):
    """Yield the origin of a page that gets its tokens from the site whose URL ``api()`` returns."""
    return serving(partial(OtherOrigin, api=api))
