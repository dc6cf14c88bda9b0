"""A site under gunicorn with two workers whose key is in a vault, and a client that verifies its tokens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import RSAKey

from benchmarks.client import ask, post
from benchmarks.servers import running

ROOT = Path(__file__).parent.parent.parent

SETTINGS = """
from pathlib import Path
from tests.settings import *

ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "vault_urls"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).with_name("db.sqlite3")}}}}
TINYMCE_JWT = {{"SIGNER": {{"BACKEND": {backend!r}, "OPTIONS": {options!r}}}}}
"""
URLS = """
from django.urls import include, path

urlpatterns = [path("tinymce/jwt/", include("django_tinymce_jwt.urls"))]
"""
WSGI = """
import os
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
if "SIGN_BEFORE_FORK" in os.environ:
    from django.contrib.auth.models import User
    from django.db import connections
    from django_tinymce_jwt import issue_token

    issue_token(User.objects.get())
    connections.close_all()
"""
SETUP = """
import django
django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.management import call_command
call_command("migrate", verbosity=0)
user = User.objects.create_user("ada")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(session.session_key)
"""
GUNICORN = (
    *(sys.executable, "-m", "gunicorn", "--no-control-socket", "--log-level", "warning", "--workers", "2"),
    *("--bind", "127.0.0.1:{port}", "vault_wsgi"),
)


class VaultSite:
    def __init__(self, folder, backend, options, environment):
        self.folder = folder
        folder.mkdir()
        self.backend = backend
        self.write_settings(options)
        (folder / "vault_urls.py").write_text(URLS)
        (folder / "vault_wsgi.py").write_text(WSGI)
        self.environment = {
            **os.environ,
            **environment,
            "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
            "DJANGO_SETTINGS_MODULE": "vault_settings",
        }
        self.cookie = self.run("-c", SETUP).stdout.strip()

    def write_settings(self, options):
        (self.folder / "vault_settings.py").write_text(SETTINGS.format(backend=self.backend, options=options))

    def run(self, *arguments, status=0):
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, f"{done.stdout}\n{done.stderr}"
        return done

    def manage(self, *arguments, status=0):
        return self.run("-m", "django", *arguments, status=status)

    def printed_key(self):
        """The public key that ``keys public`` prints, for joserfc."""
        facts = json.loads(self.manage("tinymce_jwt", "keys", "public", "--format", "json").stdout)
        line = facts["portal_line"]
        return RSAKey.import_key(f"-----BEGIN PUBLIC KEY-----\n{line}\n-----END PUBLIC KEY-----\n")

    @contextmanager
    def serving(self, *gunicorn_options, **environment):
        """Yield a function that sends requests and returns the tokens."""
        log_path = self.folder / "gunicorn.log"
        with (
            log_path.open("wb") as log,
            running(
                (*GUNICORN, *gunicorn_options), self.folder, {**self.environment, **environment}, log=log
            ) as server,
        ):
            request = post(
                "/tinymce/jwt/",
                "{}:{}".format(*server.address),
                {"Cookie": f"sessionid={self.cookie}"},
            )

            def get_tokens(requests, clients=8):
                for answer in ask(server.address, (request for _ in requests), clients):
                    assert answer.status == 200, f"{answer.status}: {answer.body!r}\n{log_path.read_text()[-4000:]}"
                    yield json.loads(answer.body)["token"]

            get_tokens.server = server
            yield get_tokens
        assert "Traceback" not in log_path.read_text()


def signer_of(token, *keys):
    """The one of the keys that signed the token."""
    [signer] = [key for key in keys if is_signed(token, key)]
    return signer


def is_signed(token, key):
    try:
        jwt.decode(token, key, ["RS256"])
    except BadSignatureError:
        return False
    return True


def rotate_under_load(site, get_tokens, rotate, seconds):
    """Rotate while requests come, and go on for some seconds. Nothing may fail; both workers must use the new key."""
    old = site.printed_key()
    with ThreadPoolExecutor(1) as pool:

        def requests():
            # Each worker has signed before.
            yield from range(100)
            rotation = pool.submit(rotate)
            while not rotation.done():
                yield
            rotation.result()
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                yield

        tokens = list(get_tokens(requests()))
    new = site.printed_key()
    assert new.thumbprint() != old.thumbprint()
    signers = [signer_of(token, old, new) for token in tokens]
    assert signers[0] is old
    last = [signer_of(token, old, new) for token in get_tokens(range(100))]
    assert all(signer is new for signer in last)
    return len(tokens)
