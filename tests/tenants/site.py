"""The site of docs/django_tenants.rst: the page is followed in a new project, which gunicorn serves."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import NamedTuple

import jwt

from benchmarks.client import ask, post
from benchmarks.servers import running
from tests.helpers.documents import blocks
from tests.helpers.keys import private_pem, rsa_key
from tests.helpers.projects import Project

from . import postgresql

PAGE = "docs/django_tenants.rst"
LIBRARY, MUSEUM, PUBLIC = "library.example.com", "museum.example.com", "public.example.com"
UNKNOWN = "other.example.com"
GUNICORN = (
    *(sys.executable, "-m", "gunicorn", "--no-control-socket", "--log-level", "warning"),
    *("--worker-class", "gthread", "--threads", "8", "--workers", "2", "--bind", "127.0.0.1:{port}", "intranet.wsgi"),
)
CLAIMS = """
from django_tinymce_jwt.claims import TinyDriveClaims


class LibraryClaims(TinyDriveClaims):
    def get_root(self):
        return f"/library/{self.user.username}"


class MuseumClaims(TinyDriveClaims):
    def get_root(self):
        return f"/museum/{self.user.username}"
"""
# Run inside of the project, with the name of a schema and of a user.
LOGIN = """
import sys
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django_tenants.utils import schema_context

with schema_context({schema!r}):
    user = User.objects.get_or_create(username={name!r})[0]
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    print(user.pk, session.session_key)
"""
ADD = """
from organisations.models import Domain, Organisation

tenant = Organisation.objects.create(schema_name={schema!r}, tinymce_jwt={settings!r})
Domain.objects.create(tenant=tenant, domain={host!r}, is_primary=True)
"""
CHANGE = """
from organisations.models import Organisation

tenant = Organisation.objects.get(schema_name={schema!r})
tenant.tinymce_jwt = {settings!r}
tenant.save()
"""


class Visitor(NamedTuple):
    """A user of one organisation who is logged in."""

    host: str
    pk: int
    session: str


class Site:
    def __init__(self, folder, variables):
        self.project = Project(folder)
        self.project.variables |= {**variables, "PYTHONWARNINGS": "error::DeprecationWarning:django_tinymce_jwt"}
        self.library_key = folder / "library.pem"
        self.environment = self.project.environment
        self.settings = {}

    def follow_the_page(self):
        self.library_key.touch(mode=0o600)
        self.library_key.write_text(private_pem(rsa_key("library")))
        for block in blocks("docs/start.rst"):
            self.project.follow(block)
        # Its first organisation needs the database, which exists before a reader comes here.
        postgresql.create_database(self.project.variables, "intranet")
        for block in blocks(PAGE):
            text = block.text.replace("/etc/tiny/library.pem", str(self.library_key))
            # The command asks for what the options do not say.
            text = text.replace("--schema library", "--schema library --noinput --email ada@example.com")
            self.project.follow(block._replace(text=text))
        self.project.write("organisations/claims.py", CLAIMS)
        self.change(
            "library",
            PRIVATE_KEY_PATH=str(self.library_key),
            KEY_ID="library-key",
            API_KEY="library-api-key",
            LIFETIME=300,
            CLAIM_MAPPER="organisations.claims.LibraryClaims",
            SERVICES={"tinydrive": {}, "exportpdf": {}},
        )
        self.shell(ADD.format(schema="public", settings={}, host=PUBLIC))

    def add_museum(self, token):
        pin = self.project.folder / "pin"
        pin.touch(mode=0o600)
        pin.write_text(token.options()["pin_secret"])
        options = {**token.options(), "pin_path": str(pin)}
        del options["pin_secret"]
        self.settings["museum"] = {
            "SIGNER": {"BACKEND": "django_tinymce_jwt.signers.pkcs11.PKCS11Signer", "OPTIONS": options},
            "API_KEY": "museum-api-key",
            "LIFETIME": 900,
            "CLAIM_MAPPER": "organisations.claims.MuseumClaims",
            "SERVICES": {"importword": {}, "tinydrive": {}},
        }
        self.shell(ADD.format(schema="museum", settings=self.settings["museum"], host=MUSEUM))

    def change(self, schema, **settings):
        self.settings[schema] = settings
        self.shell(CHANGE.format(schema=schema, settings=settings))

    def shell(self, code):
        return self.project.manage("shell", "--no-imports", "-c", code, errors=False)

    def log_in(self, schema, name):
        pk, session = self.shell(LOGIN.format(schema=schema, name=name)).split()
        return Visitor(f"{schema}.example.com", int(pk), session)

    def doctor(self, *arguments, **more):
        return self.project.manage("tinymce_jwt", *arguments, **more)

    @contextmanager
    def serving(self):
        """Yield a function that sends requests and returns the answers, in the order of the requests."""
        log_path = self.project.folder / "gunicorn.log"
        with (
            log_path.open("wb") as log,
            running(GUNICORN, self.project.folder, self.project.environment, log=log) as server,
        ):

            def send(requests, clients=8):
                answers = sorted(ask(server.address, iter(requests), clients))
                assert len(answers) == len(requests), log_path.read_text()[-4000:]
                return answers

            yield send


def token_request(visitor, service="", host=None):
    headers = {"Cookie": f"sessionid={visitor.session}"}
    return post(f"/tinymce/jwt/{service}", host or visitor.host, headers)


def get(path, host):
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


def error_of(answer):
    return answer.status, json.loads(answer.body)["error"]


def claims_of(answer, name, other, **options):
    """The claims of a token that the key of this name signed, and the other did not."""
    assert answer.status == 200, answer.body
    token = json.loads(answer.body)["token"]
    try:
        jwt.decode(token, rsa_key(other).public_key(), ["RS256"], options={"verify_aud": False})
    except jwt.InvalidSignatureError:
        return jwt.decode(token, rsa_key(name).public_key(), ["RS256"], **options)
    raise AssertionError(f"The key of {other} has signed a token of {name}.")
