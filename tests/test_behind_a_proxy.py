"""The page "Behind a proxy": a real nginx over TLS in front of gunicorn, both as the page says."""

from __future__ import annotations

import configparser
import grp
import json
import os
import pwd
import re
import shutil
import socket
import ssl
import sys
from contextlib import ExitStack, contextmanager
from http.cookiejar import CookieJar
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPSHandler, Request, build_opener

import jwt
import pytest

from .helpers.documents import blocks
from .helpers.projects import PASSWORD, Project, free_port, running

MAIN = """
user {user} {group};
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/deploy/intranet.conf;
}}
"""


class Site(NamedTuple):
    """The project of a reader whose host is localhost, and whose ports are free ones."""

    project: Project
    http: int
    https: int
    gunicorn: int

    def path(self, name):
        return self.project.folder / name


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxy")
    site = Site(Project(folder), free_port(), free_port(), free_port())
    replaced = {
        "www.example.com": "localhost",
        "/srv/intranet": str(folder),
        "listen 80;": f"listen 127.0.0.1:{site.http};",
        "listen 443 ssl;": f"listen 127.0.0.1:{site.https} ssl;",
        "127.0.0.1:8001": f"127.0.0.1:{site.gunicorn}",
    }
    for block in [*blocks("docs/start.rst"), *blocks("docs/proxy.rst")]:
        text = block.text
        for old, new in replaced.items():
            text = text.replace(old, new)
        site.project.follow(block._replace(text=text))
    return site


@contextmanager
def changed(site, name, old, new):
    """The same site, whose owner has written something else in that file."""
    path = site.path(name)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    try:
        yield
    finally:
        path.write_text(text)


@contextmanager
def moved(site, other):
    """The same files with the ports of another site, so that both can run."""
    with ExitStack() as changes:
        for name in ("deploy/intranet.conf", "deploy/intranet.service"):
            for old, new in zip(site[1:], other[1:], strict=True):
                if f":{old}" in site.path(name).read_text():
                    changes.enter_context(changed(site, name, f":{old}", f":{new}"))
        yield


@contextmanager
def both_servers(site, *more):
    """gunicorn as the unit starts it, with more arguments, and nginx with the page's file."""
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    unit = configparser.ConfigParser()
    unit.read(site.path("deploy/intranet.service"))
    program, *arguments = unit["Service"]["ExecStart"].split()
    assert program.endswith("/.venv/bin/gunicorn")
    names = {"user": pwd.getpwuid(os.getuid())[0], "group": grp.getgrgid(os.getgid())[0]}
    site.path("nginx.conf").write_text(MAIN.format(folder=site.project.folder, **names))
    with ExitStack() as servers:
        command = [sys.executable, "-m", "gunicorn", *more, *arguments]
        servers.enter_context(running(site.project, site.gunicorn, *command))
        command = [nginx, "-p", site.project.folder, "-c", site.path("nginx.conf"), "-g", "daemon off;"]
        servers.enter_context(running(site.project, site.https, *map(str, command)))
        yield


@pytest.fixture(scope="module")
def served(site):
    """The site as the page has it, served for as long as nobody changes it."""
    with both_servers(site):
        yield site


class Browser:
    """Keeps cookies, and trusts the certificate of the page."""

    def __init__(self, site):
        context = ssl.create_default_context(cafile=site.path("secrets/localhost.crt"))
        self.jar = CookieJar()
        self.opener = build_opener(HTTPSHandler(context=context), HTTPCookieProcessor(self.jar))
        self.site = f"https://localhost:{site.https}"

    def open(self, path, data=None, **headers):
        """Return the status and the body."""
        request = Request(f"{self.site}{path}", data, {"Referer": f"{self.site}/", **headers})
        try:
            with self.opener.open(request, timeout=30) as response:
                return response.status, response.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def log_in(self):
        _, page = self.open("/admin/login/")
        csrf = re.search(r'name="csrfmiddlewaretoken" value="(.+?)"', page)[1]
        form = {"csrfmiddlewaretoken": csrf, "username": "ada", "password": PASSWORD, "next": "/admin/"}
        _, page = self.open("/admin/login/", urlencode(form).encode(), Origin=self.site)
        assert "Log out" in page

    def ask(self, origin=None, **headers):
        """Ask for a token as Tiny Drive does."""
        headers |= {"Origin": origin or self.site, "Content-Type": "application/json"}
        status, body = self.open("/tinymce/jwt/", b"{}", **headers)
        return status, json.loads(body)


def test_page_of_the_site_gets_a_token(served):
    browser = Browser(served)
    browser.log_in()
    status, answer = browser.ask()
    assert status == 200
    claims = jwt.decode(answer["token"], served.path("secrets/tiny.pub.pem").read_text(), ["RS256"])
    assert claims["name"] == "ada"
    assert {cookie.secure for cookie in browser.jar} == {True}


def test_static_file_is_served(served):
    assert Browser(served).open("/static/admin/css/base.css")[0] == 200


@pytest.mark.parametrize("origin", ["http://localhost:{https}", "https://localhost", "https://evil.example", "null"])
def test_other_origin_is_refused(served, origin):
    status, answer = Browser(served).ask(origin.format(https=served.https))
    assert (status, answer["error"]) == (403, "cross_site")


def test_answer_without_a_login_is_the_one_of_the_page(served):
    status, answer = Browser(served).ask()
    assert (status, answer["error"]) == (401, "not_authenticated")


def test_scheme_that_a_client_claims_is_replaced(served):
    assert Browser(served).ask(**{"X-Forwarded-Proto": "http"})[0] == 401


def test_request_over_http_is_sent_to_https(served):
    with socket.create_connection(("127.0.0.1", served.http), timeout=30) as connection:
        connection.sendall(b"GET /admin/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = connection.recv(10_000)
    assert b" 301 " in answer
    assert b"Location: https://localhost/admin/" in answer


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("proxy_set_header X-Forwarded-Proto $scheme;", ""),
        ("proxy_set_header Host $http_host;", "proxy_set_header Host $host;"),
    ],
    ids=["scheme", "port"],
)
def test_line_that_is_left_out_ends_in_the_refusal_of_the_page(site, old, new):
    other = site._replace(https=free_port(), gunicorn=free_port(), http=free_port())
    with moved(site, other), changed(site, "deploy/intranet.conf", old, new), both_servers(other):
        status, answer = Browser(other).ask()
    assert (status, answer["error"]) == (403, "cross_site")


@pytest.mark.parametrize("setting", ["SECURE_PROXY_SSL_HEADER", "UNUSED"])
def test_setting_decides_where_gunicorn_does_not_trust_the_proxy(site, setting):
    other = site._replace(https=free_port(), gunicorn=free_port(), http=free_port())
    with (
        moved(site, other),
        changed(site, "intranet/settings.py", "SECURE_PROXY_SSL_HEADER =", f"{setting} ="),
        both_servers(other, "--forwarded-allow-ips", "192.0.2.1"),
    ):
        _, answer = Browser(other).ask()
    assert answer["error"] == ("cross_site" if setting == "UNUSED" else "not_authenticated")
