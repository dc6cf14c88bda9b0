"""The recipe of the ASGI page: its asgi.py serves a new project under a real uvicorn."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from http.cookies import SimpleCookie
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import jwt
import pytest

from benchmarks.asgi_recipe import block
from benchmarks.client import ask, post
from benchmarks.servers import UVICORN, running

ROOT = Path(__file__).parent.parent
USERS = 40
CLIENTS = 32
PASSWORD = "only for tests"
NEW_SITE_ASGI = (*UVICORN[:-1], "intranet.new_site_asgi:application")

SETTINGS = """
import os

ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS += ["django_tinymce_jwt"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TINYMCE_JWT = {"PRIVATE_KEY_PATH": BASE_DIR / "secrets" / "tiny.pem"}
if "TEST_FORCE_SCRIPT_NAME" in os.environ:
    FORCE_SCRIPT_NAME = os.environ["TEST_FORCE_SCRIPT_NAME"]
"""

URLS = """
import threading

from django.http import JsonResponse
from django.urls import include, reverse
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def show_request(request):
    return JsonResponse(
        {
            "class": type(request).__name__,
            "thread": threading.current_thread().name.partition("_")[0],
            "user": request.user.get_username(),
            "path": request.path,
            "token_url": reverse("django_tinymce_jwt:token"),
            "is_secure": request.is_secure(),
        }
    )


urlpatterns += [
    path("request/", show_request),
    path("tinymce/jwt/request/", show_request),
    path("tinymce/jwt/", include("django_tinymce_jwt.urls")),
]
"""

MAKE_USERS = """
import json, sys
import django

django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command

from benchmarks.sessions import session_key

call_command("migrate", verbosity=0)
users = get_user_model().objects
users.create_user("ada", password=sys.argv[2], is_staff=True)
users.bulk_create(users.model(username=f"editor{number}", password=str(number)) for number in range(int(sys.argv[1])))
print(json.dumps({user.pk: session_key(user, "db") for user in users.exclude(username="ada")}))
"""


class Site(NamedTuple):
    """A project of ``startproject``, with the session of each of its users by their primary key."""

    folder: Path
    environment: dict[str, str]
    sessions: dict[str, str]


class Answer(NamedTuple):
    status: int
    content_type: str
    content: dict
    cookies: dict[str, str]


class Visitor:
    """Asks a running server of the site."""

    def __init__(self, site, server):
        self.site = site
        self.server = server
        self.host = "{}:{}".format(*server.address)

    def ask(self, path, *, method="POST", user=None, body="{}", cookies=(), headers=()):
        """Send one request over a connection of its own."""
        cookies = dict(cookies)
        if user is not None:
            cookies["sessionid"] = self.site.sessions[user]
        sent = {"Content-Type": "application/json", **dict(headers)}
        if cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        connection = http.client.HTTPConnection(*self.server.address, timeout=30)
        connection.request(method, path, body if method == "POST" else None, sent)
        response = connection.getresponse()
        text = response.read().decode()
        received = SimpleCookie()
        for value in response.headers.get_all("Set-Cookie", []):
            received.load(value)
        content_type = response.headers.get_content_type()
        content = json.loads(text) if content_type == "application/json" else {}
        connection.close()
        return Answer(response.status, content_type, content, {name: morsel.value for name, morsel in received.items()})

    def show_request(self, path, **more):
        """Return what the site's view sees of a request."""
        answer = self.ask(path, method="GET", **more)
        assert answer.status == 200, answer
        return answer.content

    def many(self, number, path="/tinymce/jwt/"):
        """Send that many requests, ``CLIENTS`` at once; yield each user with the content of the answer."""
        users = [*self.site.sessions] * (number // USERS)
        requests = [post(path, self.host, {"Cookie": f"sessionid={self.site.sessions[user]}"}) for user in users]
        for answer in ask(self.server.address, iter(requests), CLIENTS):
            assert answer.status == 200, answer
            yield users[answer.number], json.loads(answer.body)

    def sub(self, token):
        """Return the ``sub`` of a token that the site's key signed."""
        public_key = (self.site.folder / "secrets" / "tiny.pub.pem").read_bytes()
        return jwt.decode(token, public_key, ["RS256"])["sub"]

    def threads(self):
        return len([*Path(f"/proc/{self.server.process.pid}/task").iterdir()])

    def database_connections(self):
        """The number of times that the server's process has the database open."""
        names = []
        for path in Path(f"/proc/{self.server.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed since
                names.append(path.readlink().name)
        return names.count("db.sqlite3")

    def wait_for_threads(self, number):
        """Wait until the process has so many threads; a request may end after its answer has been sent."""
        assert any(self.threads() == number or time.sleep(0.05) for _ in range(600))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("asgi") / "site"
    folder.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        "DJANGO_SETTINGS_MODULE": "intranet.settings",
    }

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE, check=True, text=True
        )
        return done.stdout

    run("-m", "django", "startproject", "intranet", ".")
    project = folder / "intranet"
    (project / "asgi.py").rename(project / "new_site_asgi.py")
    (project / "asgi.py").write_text(block("intranet/asgi.py"))
    for name, text in [("settings.py", SETTINGS + block("intranet/settings.py")), ("urls.py", URLS)]:
        with (project / name).open("a") as file:
            file.write(text)
    run("manage.py", "tinymce_jwt", "keys", "generate", "secrets/tiny.pem")
    sessions = json.loads(run("-c", MAKE_USERS, str(USERS), PASSWORD))
    return Site(folder, environment, sessions)


@pytest.fixture(scope="module")
def visitor(site):
    with running(UVICORN, site.folder, site.environment) as server:
        yield Visitor(site, server)


@pytest.fixture
def new_visitor(site):
    """A visitor of a server that has answered no request yet."""
    with running(UVICORN, site.folder, site.environment) as server:
        yield Visitor(site, server)


@pytest.fixture
def user(site):
    return min(site.sessions)


def test_user_who_logs_in_gets_a_token(visitor):
    form = visitor.ask("/admin/login/", method="GET")
    fields = {"username": "ada", "password": PASSWORD, "csrfmiddlewaretoken": form.cookies["csrftoken"]}
    login = visitor.ask(
        "/admin/login/?next=/request/",
        body=urlencode(fields),
        cookies=form.cookies,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert login.status == 302
    assert visitor.show_request("/request/", cookies=login.cookies)["user"] == "ada"
    answer = visitor.ask("/tinymce/jwt/", cookies=login.cookies)
    assert (answer.status, visitor.sub(answer.content["token"])) == (200, "1")


def test_anonymous_user_gets_401_in_json(visitor):
    answer = visitor.ask("/tinymce/jwt/")
    assert (answer.status, answer.content_type) == (401, "application/json")
    assert answer.content["error"] == "not_authenticated"


def test_token_urls_are_served_by_the_wsgi_handler_in_the_lasting_threads(visitor):
    shown = visitor.show_request("/tinymce/jwt/request/")
    assert (shown["class"], shown["thread"]) == ("WSGIRequest", "WSGI")


def test_other_urls_are_served_by_the_asgi_handler(visitor):
    shown = visitor.show_request("/request/")
    assert shown["class"] == "ASGIRequest"
    assert shown["thread"] != "WSGI"


def test_page_that_does_not_exist_below_the_token_urls_is_404(visitor):
    assert visitor.ask("/tinymce/jwt/nothing/here/").status == 404


@pytest.mark.parametrize("size", [64 * 1024 + 1, 5_000_000])
def test_large_body_gets_413(visitor, user, size):
    answer = visitor.ask("/tinymce/jwt/", user=user, body=json.dumps("x" * (size - 2)))
    assert (answer.status, answer.content["error"]) == (413, "request_too_large")


def test_body_of_64_kib_arrives_whole(visitor, user):
    # A body that lost its end would not be JSON.
    body = json.dumps({"x": "y" * (64 * 1024 - len('{"x": ""}'))})
    assert len(body) == 64 * 1024
    assert visitor.ask("/tinymce/jwt/", user=user, body=body).status == 200
    assert visitor.ask("/tinymce/jwt/", user=user, body=body[:-1]).status == 400


def test_each_of_many_users_at_once_gets_their_own_token(visitor):
    subs = [(user, visitor.sub(content["token"])) for user, content in visitor.many(10 * USERS)]
    assert Counter(subs) == {(user, user): 10 for user in visitor.site.sessions}


def test_both_handlers_keep_users_apart_at_the_same_time(visitor):
    seen = []
    for path in ("/tinymce/jwt/request/", "/request/"):
        names = [(user, content["user"]) for user, content in visitor.many(2 * USERS, path)]
        seen.append(Counter(names))
    assert len(seen[0]) == USERS
    assert seen[0] == seen[1]


def test_tokens_take_a_bounded_number_of_threads_and_connections(new_visitor):
    threads = max(new_visitor.threads() for _ in new_visitor.many(5 * USERS))
    # Four, and the one of the event loop.
    assert threads == 5
    new_visitor.wait_for_threads(5)
    # The threads keep their connections. There would be none if each request closed its own.
    assert new_visitor.database_connections() == 4


def test_other_urls_leave_no_thread_and_no_connection_behind(new_visitor):
    names = {content["user"] for _, content in new_visitor.many(5 * USERS, "/request/")}
    # The view reads the session and the user, so each request had a connection.
    assert len(names) == USERS
    new_visitor.wait_for_threads(1)
    assert new_visitor.database_connections() == 0


@pytest.mark.parametrize(("header", "is_secure"), [("X-Forwarded-Proto", True), ("X_Forwarded_Proto", False)])
def test_header_name_with_an_underscore_is_ignored(visitor, header, is_secure):
    shown = visitor.show_request("/tinymce/jwt/request/", headers={header: "https"})
    assert (shown["class"], shown["is_secure"]) == ("WSGIRequest", is_secure)


def test_anonymous_clients_that_send_no_body_do_not_keep_the_threads(visitor, user):
    head = post("/tinymce/jwt/", visitor.host, {}, b"x" * 100)[:-100]
    waiting = [socket.create_connection(visitor.server.address, timeout=30) for _ in range(CLIENTS)]
    for client in waiting:
        client.sendall(head)
    assert visitor.ask("/tinymce/jwt/", user=user).status == 200
    for client in waiting:
        assert client.recv(100).startswith(b"HTTP/1.1 401 ")
        client.close()


def test_root_path_of_the_server_is_the_script_name_of_both_handlers(site, user):
    with running((*UVICORN, "--root-path", "/app"), site.folder, site.environment) as server:
        visitor = Visitor(site, server)
        for path in ("/request/", "/tinymce/jwt/request/"):
            shown = visitor.show_request(path)
            assert (shown["path"], shown["token_url"]) == (f"/app{path}", "/app/tinymce/jwt/")
        assert shown["class"] == "WSGIRequest"
        assert visitor.ask("/tinymce/jwt/", user=user).status == 200


def test_force_script_name_applies_to_both_handlers(site, user):
    environment = {**site.environment, "TEST_FORCE_SCRIPT_NAME": "/forced"}
    with running(UVICORN, site.folder, environment) as server:
        visitor = Visitor(site, server)
        # A proxy may remove the prefix or leave it there: Django's ASGI handler takes both.
        for prefix in ("", "/forced"):
            for path, name in [("/request/", "ASGIRequest"), ("/tinymce/jwt/request/", "WSGIRequest")]:
                shown = visitor.show_request(prefix + path)
                assert (shown["class"], shown["token_url"]) == (name, "/forced/tinymce/jwt/")
            assert visitor.ask(f"{prefix}/tinymce/jwt/", user=user).status == 200


def test_start_and_end_of_the_server_are_those_of_a_new_site(site, user, tmp_path):
    logs = []
    for command in (UVICORN, NEW_SITE_ASGI):
        path = tmp_path / "server.log"
        with (
            path.open("wb") as log,
            running((*command, "--log-level", "info"), site.folder, site.environment, log=log) as server,
        ):
            assert Visitor(site, server).ask("/tinymce/jwt/", user=user).status == 200
        logs.append(re.sub(r"\d+", "N", path.read_text()))
    # Uvicorn asks for lifespan events, which Django does not know.
    assert "'lifespan' protocol appears unsupported" in logs[0]
    assert "Finished server process" in logs[0]
    assert logs[0] == logs[1]
