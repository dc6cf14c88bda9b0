"""The recipe of docs/guests.rst: visitors without an account get tokens of their own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client
from django.urls import path
from rest_framework import exceptions
from rest_framework.authentication import SessionAuthentication

from django_tinymce_jwt.rest_framework import TokenAPIView
from django_tinymce_jwt.views import TokenView

from .helpers.documents import blocks
from .helpers.endpoint import claims_of, each_server, error_of, send
from .helpers.tokens import ROOT_CLAIM
from .sites.api import guests

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class GuestAPIView(TokenAPIView):
    authentication_classes = [SessionAuthentication]
    permission_classes = []

    def get_user(self):
        user = super().get_user()
        return user if user.is_authenticated else guests.Guest(self.request.session)


class NobodyView(TokenView):
    def get_user(self):
        return None


class RefusingView(TokenView):
    def get_user(self):
        raise PermissionDenied("no guests today")


class RefusingAPIView(TokenAPIView):
    """Refuses with DRF's own exception."""

    def get_user(self):
        raise exceptions.PermissionDenied("no guests today")


class HidingAPIView(TokenAPIView):
    def get_user(self):
        raise Http404("no guests here")


class FailingView(TokenView):
    def get_user(self):
        raise LookupError("no guests table")


urlpatterns = [
    path("nobody/", NobodyView.as_view()),
    path("refusing/", RefusingView.as_view()),
    path("drf/refusing/", RefusingAPIView.as_view()),
    path("drf/hiding/", HidingAPIView.as_view()),
    path("failing/", FailingView.as_view()),
    path("tinymce/jwt/", guests.GuestTokenView.as_view()),
    path("drf/", GuestAPIView.as_view()),
]


@pytest.fixture
def guest_site(site):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "CLAIM_MAPPER": "tests.sites.api.guests.DriveClaims"}
    return site


def visitor(client_class=Client):
    return client_class(enforce_csrf_checks=True)


@each_server
def test_guest_is_the_same_at_each_request(guest_site, client_class):
    client = visitor(client_class)
    first, second = (claims_of(send(client)) for _ in range(2))
    assert re.fullmatch("guest-[0-9a-f]{32}", first["sub"])
    assert (first["name"], first[ROOT_CLAIM]) == ("Guest", f"/guests/{first['sub']}")
    assert second["sub"] == first["sub"]


def test_guest_of_a_drf_view_is_the_same(guest_site, user):
    client = visitor()
    assert claims_of(send(client, path="/drf/"))["sub"] == claims_of(send(client))["sub"]
    client.force_login(user)
    assert claims_of(send(client, path="/drf/"))["sub"] == str(user.pk)


def test_page_of_another_site_gets_no_guest_of_the_session(guest_site):
    client = visitor()
    guest = claims_of(send(client, path="/drf/"))
    headers = {"Origin": "https://evil.example", "Authorization": "Bearer made-up"}
    assert claims_of(send(client, path="/drf/", headers=headers))["sub"] != guest["sub"]


def test_each_session_is_another_guest(guest_site):
    assert claims_of(send(visitor()))["sub"] != claims_of(send(visitor()))["sub"]


def test_token_does_not_reveal_the_session_key(guest_site):
    client = visitor()
    text = str(claims_of(send(client)))
    key = client.session.session_key
    assert len(key) == 32
    assert key not in text


def test_guest_of_another_site_has_another_sub(guest_site):
    client = visitor()
    first = claims_of(send(client))["sub"]
    guest_site.SECRET_KEY = "that of another site, with the same sessions"
    assert claims_of(send(client))["sub"] != first


def test_made_up_session_key_is_not_taken(guest_site):
    subs = set()
    for _ in range(2):
        client = visitor()
        client.cookies["sessionid"] = "a" * 32
        subs.add(claims_of(send(client))["sub"])
        assert client.cookies["sessionid"].value != "a" * 32
    assert len(subs) == 2


def test_guest_does_not_take_a_session_key_that_the_server_has_not_made():
    session = SessionStore("a" * 32)
    guests.Guest(session)
    assert session.session_key != "a" * 32


def test_guest_who_logs_in_is_the_user(guest_site, user):
    client = visitor()
    guest = claims_of(send(client))
    client.force_login(user)
    claims = claims_of(send(client))
    assert (claims["sub"], claims["name"]) == (str(user.pk), "Ada Lovelace")
    assert claims[ROOT_CLAIM] == f"/users/{user.pk}"
    client.logout()
    assert claims_of(send(client))["sub"] not in {guest["sub"], claims["sub"]}


def test_guest_is_held_to_the_cross_site_rule(guest_site):
    client = visitor()
    response = send(client, headers={"Origin": "https://evil.example"})
    assert error_of(response) == (403, "cross_site")
    assert not client.cookies


def test_guest_has_no_permission(guest_site):
    guest_site.TINYMCE_JWT = {**guest_site.TINYMCE_JWT, "REQUIRED_PERMISSION": "auth.view_user"}
    assert error_of(send(visitor())) == (403, "permission_denied")


ANSWERS = {
    "nobody": (401, "not_authenticated", "no logged-in user"),
    "refusing": (403, "permission_denied", "The view refused: django.core.exceptions.PermissionDenied: no guests"),
    "drf/refusing": (403, "permission_denied", "The view refused: rest_framework.exceptions.PermissionDenied"),
    "drf/hiding": (404, "unknown_service", "no guests here"),
    "failing": (500, "token_unavailable", "LookupError: no guests table"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_get_user_may_refuse(site, name):
    site.DEBUG = True
    response = send(visitor(), path=f"/{name}/")
    assert error_of(response) == ANSWERS[name][:2]
    assert ANSWERS[name][2] in response.json()["detail"]


def test_get_user_is_asked_after_the_cross_site_rule(site):
    response = send(visitor(), path="/failing/", headers={"Origin": "https://evil.example"})
    assert error_of(response) == (403, "cross_site")


def test_documentation_shows_this_recipe():
    (recipe,) = [block for block in blocks("docs/guests.rst") if block.file == "intranet/guests.py"]
    assert recipe.text == "# intranet/guests.py\n" + Path(guests.__file__).read_text(encoding="utf-8")
