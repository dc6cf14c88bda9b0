"""Key files are replaced and damaged under gunicorn with two workers, and no request fails."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from http.cookies import SimpleCookie
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from .helpers.keys import private_pem

ROOT = Path(__file__).parent.parent
WORKERS = 2
NOTICED_WITHIN = 5  # seconds, as the documentation promises

SITE = """
from pathlib import Path
from tests.settings import *

ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "site_urls"
INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin", "django.contrib.messages"]
MIDDLEWARE = ["site_urls.name_the_worker", *MIDDLEWARE, "django.contrib.messages.middleware.MessageMiddleware"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).with_name("db.sqlite3")}}
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
STATIC_URL = "static/"
TINYMCE_JWT = {"PRIVATE_KEY_PATH": Path(__file__).parent / "secrets" / "tiny.pem"}
"""

DATA = """
import django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
call_command("migrate", verbosity=0)
User.objects.create_superuser("ada", password="only for tests")
"""

URLS = """
import os
from django.contrib import admin
from django.urls import include, path

def name_the_worker(get_response):
    def middleware(request):
        response = get_response(request)
        response["X-Worker"] = str(os.getpid())
        return response
    return middleware

urlpatterns = [path("admin/", admin.site.urls), path("tinymce/jwt/", include("django_tinymce_jwt.urls"))]"""


class Answer(NamedTuple):
    """One request: when it began (seconds, monotonic), which worker answered, the status, and the token."""

    began: float
    worker: str
    status: int
    token: str


class Site:
    """A site in a folder of its own, with a private key that is replaced while it runs."""

    def __init__(self, folder):
        self.folder = folder
        self.key_path = folder / "secrets" / "tiny.pem"
        self.log_path = folder / "gunicorn.log"
        self.port = 0
        self.key = new_key()
        self.key_path.parent.mkdir(mode=0o700)
        self.write(self.key_path, self.key)
        (folder / "site_settings.py").write_text(SITE)
        (folder / "site_urls.py").write_text(URLS)

    @property
    def environment(self):
        path = os.pathsep.join([str(self.folder), str(ROOT)])
        # Without coverage, which slows the workers down and is lost when they are killed.
        changes = {"PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "site_settings", "COVERAGE_PROCESS_CONFIG": ""}
        return {**os.environ, **changes}

    def write(self, path, key):
        path.touch(mode=0o600)
        path.write_text(private_pem(key))

    def request(self, method, path, body="", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer, answer.read().decode()
        finally:
            connection.close()

    def log_in(self):
        """Log in at the admin's page, and return the session cookie."""
        cookies = SimpleCookie()
        answer, _ = self.request("GET", "/admin/login/")
        cookies.load(answer.headers["Set-Cookie"])
        csrf = cookies["csrftoken"].value
        form = urlencode({"username": "ada", "password": "only for tests", "csrfmiddlewaretoken": csrf})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={csrf}"}
        answer, _ = self.request("POST", "/admin/login/?next=/admin/", form, headers)
        assert answer.status == 302
        for header in answer.headers.get_all("Set-Cookie"):
            cookies.load(header)
        return f"sessionid={cookies['sessionid'].value}"

    def complaints(self):
        return len(re.findall("cannot be used. The previous key stays in use", self.log_path.read_text()))


class Traffic:
    """Clients that request tokens without a pause until the end of the with block."""

    def __init__(self, site, cookie, browsers=3):
        self.site, self.cookie = site, cookie
        self.answers = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._browse) for _ in range(browsers)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _browse(self):
        origin = f"http://127.0.0.1:{self.site.port}"
        headers = {"Content-Type": "application/json", "Origin": origin, "Cookie": self.cookie}
        # A missing answer ends the thread with an exception, which fails the test.
        while not self._stop.is_set():
            began = time.monotonic()
            answer, body = self.site.request("POST", "/tinymce/jwt/", "{}", headers)
            token = json.loads(body).get("token", "")
            self.answers.append(Answer(began, answer.headers["X-Worker"], answer.status, token))

    def tokens_since(self, moment):
        return {answer.token for answer in list(self.answers) if answer.began >= moment}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    subprocess.run([sys.executable, "-c", DATA], env=site.environment, check=True)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener, site.log_path.open("w") as log:
        site.port = listener.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "--workers", str(WORKERS), "--bind", f"fd://{listener.fileno()}"]
        server = subprocess.Popen(
            [*command, "django.core.wsgi:get_wsgi_application()"],
            env=site.environment,
            stderr=log,
            pass_fds=[listener.fileno()],
        )
        try:
            yield site
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture(scope="module")
def cookie(site):
    return site.log_in()


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signed_by(token, key):
    try:
        jwt.decode(token, key.public_key(), ["RS256"])
    except jwt.InvalidSignatureError:
        return False
    return True


def rename(site, key):
    """As ``mv`` does: the new file takes the name in one step."""
    new = site.key_path.with_name("new.pem")
    site.write(new, key)
    new.replace(site.key_path)


def rename_with_an_older_time_stamp(site, key):
    """As ``cp -p`` and ``mv`` of a key that was made long ago."""
    new = site.key_path.with_name("new.pem")
    site.write(new, key)
    os.utime(new, (946684800, 946684800))
    new.replace(site.key_path)


def rewrite(site, key):
    """As an editor or ``cp`` does: the same file is emptied and filled, slowly."""
    half, rest = private_pem(key)[:900], private_pem(key)[900:]
    with site.key_path.open("w") as file:
        file.write(half)
        file.flush()
        time.sleep(0.1)
        file.write(rest)


def swap_link(site, key):
    """As Kubernetes does with secrets: the file is a link over a link to a folder, and that one is swapped."""
    folder = site.key_path.parent
    for version, content in (("..2026", site.key), ("..2027", key)):
        (folder / version).mkdir()
        site.write(folder / version / "tiny.pem", content)
    link_at_once(folder / "..data", "..2026")
    link_at_once(site.key_path, "..data/tiny.pem")
    time.sleep(1.5)
    link_at_once(folder / "..data", "..2027")


def link_at_once(path, target):
    new = path.with_name("link")
    new.symlink_to(target)
    new.replace(path)


def truncate(site):
    site.key_path.write_text(site.key_path.read_text()[:900])


def scramble(site):
    site.key_path.write_bytes(os.urandom(1704))


def delete(site):
    site.key_path.unlink()


def wait_until(condition):
    """Wait until the condition holds, at most as long as the documentation promises. Return that moment."""
    deadline = time.monotonic() + NOTICED_WITHIN
    while not condition():
        assert time.monotonic() < deadline, f"not within {NOTICED_WITHIN} s"
        time.sleep(0.05)
    return time.monotonic()


def every_worker_signs_with(key, traffic):
    """Whether the latest token of each worker is signed with the key."""
    latest = {answer.worker: answer.token for answer in list(traffic.answers)}
    return len(latest) == WORKERS and all(signed_by(token, key) for token in latest.values())


def require_no_failure(traffic, *keys):
    """Fail unless every request had a token that one of the keys signed."""
    assert len(traffic.answers) > 20
    assert [answer for answer in traffic.answers if answer.status != 200] == []
    assert [token for token in traffic.tokens_since(0) if not any(signed_by(token, key) for key in keys)] == []


@pytest.mark.parametrize(
    "replace", [rename, rename_with_an_older_time_stamp, rewrite, swap_link], ids=lambda replace: replace.__name__
)
def test_replaced_key_is_used_by_all_workers_without_failure(site, cookie, replace):
    old, new = site.key, new_key()
    with Traffic(site, cookie) as traffic:
        time.sleep(0.3)
        replace(site, new)
        settled = wait_until(lambda: every_worker_signs_with(new, traffic))
        time.sleep(0.3)
    site.key = new
    require_no_failure(traffic, old, new)
    assert all(signed_by(token, new) for token in traffic.tokens_since(settled))


@pytest.mark.parametrize("damage", [truncate, scramble, delete], ids=lambda damage: damage.__name__)
def test_damaged_key_is_logged_once_by_each_worker(site, cookie, damage):
    old, new = site.key, new_key()
    before = site.complaints()
    with Traffic(site, cookie) as traffic:
        time.sleep(0.3)
        damage(site)
        wait_until(lambda: site.complaints() - before >= WORKERS)
        time.sleep(1.5)
        told, during = site.complaints() - before, traffic.tokens_since(0)
        rename(site, new)
        wait_until(lambda: every_worker_signs_with(new, traffic))
    site.key = new
    require_no_failure(traffic, old, new)
    assert all(signed_by(token, old) for token in during)
    assert told == WORKERS
