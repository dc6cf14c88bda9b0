"""Attacks on the token endpoint as it was built anew: its hooks and its transactions."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tracemalloc

import pytest
from django.core.checks import run_checks
from django.core.handlers.asgi import ASGIRequest

from django_tinymce_jwt.claims import TinyDriveClaims
from django_tinymce_jwt.signers import Signer
from django_tinymce_jwt.views import TokenView

from .helpers.endpoint import PATH


class Guest:
    is_authenticated = True
    is_active = True

    def __init__(self, pk):
        self.pk = pk

    def get_username(self):
        return "guest"


class CarelessClaims(TinyDriveClaims):
    def get_sub(self):
        return str(self.user.pk)


def answer_for(user, request, service):
    class GuestView(TokenView):
        claim_mapper_class = CarelessClaims if service == "tinydrive" else None

        def get_user(self):
            return user

    response = GuestView.as_view(service=service)(request)
    return response.status_code, json.loads(response.content).get("error")


@pytest.mark.parametrize("service", ["tinydrive", "exportpdf"])
def test_guests_without_a_primary_key_never_share_a_sub(site, rf, service):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "API_KEY": "api-key", "SERVICES": {"tinydrive": {}, "exportpdf": {}}}
    assert answer_for(Guest(7), rf.post(PATH), service) == (200, None)
    assert answer_for(Guest(None), rf.post(PATH), service) == (500, "token_unavailable")


# In a process of its own, because it needs two databases.
TWO_DATABASES = """
import json, sys
import django
from django.conf import settings
from django.db import connections
from django.test import Client

DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "ATOMIC_REQUESTS": True}
settings.configure(
    ALLOWED_HOSTS=["testserver"],
    DATABASES={"default": DATABASE, "other": DATABASE},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_tinymce_jwt"],
    ROOT_URLCONF=sys.modules["__main__"],
    TINYMCE_JWT={},
)
django.setup()
from django.urls import path
from django_tinymce_jwt.views import TokenView


class View(TokenView):
    def dispatch(self, request, *args, **kwargs):
        assert all(connections[alias].in_atomic_block for alias in ("default", "other"))
        connections["other"].close()  # as a server does that is restarted
        return super().dispatch(request, *args, **kwargs)


urlpatterns = [path("", View.as_view())]
response = Client(raise_request_exception=False).post("/")
print(response.status_code, response["Content-Type"], connections["default"].in_atomic_block)
"""


def test_lost_database_ends_in_json_and_leaves_no_transaction_open():
    done = subprocess.run([sys.executable, "-c", TWO_DATABASES], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["500", "application/json", "False"]


SECRET = "tr0ub4dor-and-3"


class FailingSigner(Signer):
    error = RuntimeError("no such module")

    def __init__(self, **options):
        raise self.error

    # Nothing is signed before it is made.
    sign = get_public_key = None


@pytest.mark.parametrize("error", [RuntimeError("gone"), ImportError("gone"), KeyError("gone"), OSError("gone")])
def test_signer_that_cannot_be_made_shows_no_option(settings, rf, caplog, error):
    backend = type("BrokenSigner", (FailingSigner,), {"error": error})
    settings.TINYMCE_JWT = {"SIGNER": {"BACKEND": backend, "OPTIONS": {"user_pin": SECRET}}}
    assert answer_for(Guest(7), rf.post(PATH), "tinydrive") == (500, "token_unavailable")
    [record] = caplog.records
    frames, frame = [], record.exc_info[1].__traceback__
    while frame is not None:
        frames.append(repr(frame.tb_frame.f_locals))
        frame = frame.tb_next
    assert "gone" in caplog.text
    assert SECRET not in caplog.text + "".join(frames)
    [message] = [message for message in run_checks() if message.id.startswith("django_tinymce_jwt.E")]
    assert "gone" in message.msg


def test_huge_chunked_body_is_not_read_into_memory(site, user):
    """Under ASGI, Django keeps a body in a file before the view is called. This one is sparse."""
    with tempfile.TemporaryFile() as body:
        body.truncate(400 * 2**20)
        headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
        request = ASGIRequest({"type": "http", "method": "POST", "path": PATH, "headers": headers}, body)
        request.user = user
        tracemalloc.start()
        response = TokenView.as_view()(request)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (response.status_code, json.loads(response.content)["error"]) == (413, "request_too_large")
    assert peak < 3 * 2**20
