"""The API of the browser tests in its own process, and pages on other origins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler

from .keys import private_pem
from .servers import ROOT, SITES, serving, static_file

PAGE = SITES / "api" / "page"


class API:
    """The running API; ``change`` changes its settings."""

    def __init__(self, process):
        self.process = process
        self.url = f"http://localhost:{self.answer()}"

    def answer(self):
        line = self.process.stdout.readline().strip()
        assert line, "The API has ended: what it said is above."
        return line

    def change(self, **settings):
        self.process.stdin.write(json.dumps(settings) + "\n")
        self.process.stdin.flush()
        assert self.answer() == "changed"


@contextmanager
def api():
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.sites.api.settings", "API_PRIVATE_KEY": private_pem()}
    command = [sys.executable, "-m", "tests.sites.api.serve"]
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield API(process)
        finally:
            process.stdin.close()
            process.wait(timeout=30)


class Page(SimpleHTTPRequestHandler):
    """The files of the application, with the URL of the API in them, and those of TinyMCE."""

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
        return str(static_file(path.split("?")[0].lstrip("/")) or super().translate_path(path))

    def log_message(self, *args):
        pass


def page(api):
    """Yield the origin of the application, which uses the API at that URL."""
    return serving(partial(Page, api=api))
