"""The example project in a fresh copy, so that the data of the developer's own demo stays as it is."""

from __future__ import annotations

import http.cookiejar
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent / "example_project"
SERVICES = ["tinydrive", "exportpdf", "exportword", "importword", "tinymceai", "tinymceai-onprem"]
MADE_BY_USE = ["secrets", "db.sqlite3*", "tiny_stand_in_files", "__pycache__"]


class Demo:
    """A copy of the example project. ``environment`` is added to the environment of its processes."""

    def __init__(self, folder, **environment):
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        # The demo must use neither the settings of the tests nor the developer's account at Tiny.
        self.environment = {**os.environ, **environment}
        del self.environment["DJANGO_SETTINGS_MODULE"]
        if "TINY_API_KEY" not in environment:
            self.environment.pop("TINY_API_KEY", None)

    def manage(self, *arguments):
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, encoding="utf-8", env=self.environment
        )

    def command(self, *arguments):
        return [sys.executable, str(self.folder / "manage.py"), *arguments]

    @property
    def log(self):
        return (self.folder.parent / "server.log").read_text()

    @contextmanager
    def serving(self):
        with (self.folder.parent / "server.log").open("w") as log:
            server = subprocess.Popen(
                self.command("runserver", "--noreload", str(self.port)), stdout=log, stderr=log, env=self.environment
            )
            try:
                wait_for(self.port)
                yield
            finally:
                server.terminate()
                server.wait(10)


def set_up(folder, **environment):
    """Return a demo that has been set up in the folder. ``first_setup`` is the result of that command."""
    shutil.copytree(EXAMPLE, folder / "example_project", ignore=shutil.ignore_patterns(*MADE_BY_USE))
    demo = Demo(folder / "example_project", **environment)
    demo.first_setup = demo.manage("demo_setup")
    assert demo.first_setup.returncode == 0, demo.first_setup.stderr
    return demo


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port):
    deadline = time.monotonic() + 20
    while not is_listening(port):
        assert time.monotonic() < deadline, "the demo's server did not start"
        time.sleep(0.1)


def is_listening(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class Browser:
    """Keeps cookies, gets pages, posts forms and JSON. ``open`` follows redirects."""

    def __init__(self, address):
        self.address = address
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def open(self, path, data=None, method=None, **headers):
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            response = self.opener.open(request, timeout=10)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            response.data = response.read()
        response.text = response.data.decode(errors="replace")
        return response

    def cookie(self, name):
        return next((cookie.value for cookie in self.cookies if cookie.name == name), "")

    def post_form(self, path, **fields):
        return self.open(path, urllib.parse.urlencode(fields).encode(), **{"X-CSRFToken": self.cookie("csrftoken")})

    def token(self, service):
        headers = {"Content-Type": "application/json", "Origin": self.address}
        response = self.open(f"/tinymce/jwt/{service}/", b"{}", **headers)
        assert response.status == 200, response.text
        return json.loads(response.text)["token"]

    def verify(self, service, token):
        return self.post_form("/tokens/verify/", service=service, token=token)

    def log_in(self, username):
        self.open("/login/")
        response = self.post_form("/login/", username=username, password=f"demo-{username}")
        assert response.url == self.address + "/", response.text
        return self
