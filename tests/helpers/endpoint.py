"""Asking the token endpoint as a plugin does: with the user's session, and without a CSRF token."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from django_tinymce_jwt import verify_token

PATH = "/tinymce/jwt/"

each_server = pytest.mark.parametrize("client_class", [Client, AsyncClient], ids=["wsgi", "asgi"])


def client_of(user, client_class=Client):
    """Return a client with the session of this user, or with none if it is None."""
    client = client_class(enforce_csrf_checks=True)
    if user is not None:
        client.force_login(user)
    return client


def send(client, body="{}", *, method="POST", path=PATH, content_type="application/json", **more):
    async def send_async():
        # A view that hangs shall fail its test, not stop the run.
        return await asyncio.wait_for(client.generic(method, path, body, content_type, **more), 30)

    if isinstance(client, AsyncClient):
        return async_to_sync(send_async)()
    return client.generic(method, path, body, content_type, **more)


def ask(user, *args, client_class=Client, **kwargs):
    return send(client_of(user, client_class), *args, **kwargs)


def has_the_headers(response):
    """Whether the answer has what every answer has."""
    vary = {name.strip() for name in response["Vary"].split(",")}
    return (
        response["Cache-Control"] == "no-store"
        and response["X-Content-Type-Options"] == "nosniff"
        and vary >= {"Cookie", "Origin"}
    )


def error_of(response):
    """Return status and error, once all that holds for every error has been seen to hold."""
    answer = response.json()
    assert response["Content-Type"] == "application/json"
    assert has_the_headers(response)
    assert answer["message"].strip()
    assert not set(answer["message"]) & set("<>&")
    return response.status_code, answer["error"]


def claims_of(response, service="tinydrive"):
    """Return what the token of the answer claims, once it has been verified."""
    assert response.status_code == 200, response.content
    return verify_token(response.json()["token"], service)
