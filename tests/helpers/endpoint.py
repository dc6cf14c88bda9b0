"""Requests to the token endpoint as a plugin makes them: with the user's session, without a CSRF token."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from django_tinymce_jwt import verify_token

PATH = "/tinymce/jwt/"

each_server = pytest.mark.parametrize("client_class", [Client, AsyncClient], ids=["wsgi", "asgi"])


def client_of(user, client_class=Client):
    """Return a client that is logged in as the user, unless that is None."""
    client = client_class(enforce_csrf_checks=True)
    if user is not None:
        client.force_login(user)
    return client


def send(client, body="{}", *, method="POST", path=PATH, content_type="application/json", **more):
    async def send_async():
        # A view that hangs must fail its test and not stop the run.
        return await asyncio.wait_for(client.generic(method, path, body, content_type, **more), 30)

    if isinstance(client, AsyncClient):
        return async_to_sync(send_async)()
    return client.generic(method, path, body, content_type, **more)


def ask(user, *args, client_class=Client, **kwargs):
    return send(client_of(user, client_class), *args, **kwargs)


def has_the_headers(response):
    """Whether the answer has the headers of every answer."""
    vary = {name.strip() for name in response["Vary"].split(",")}
    return (
        response["Cache-Control"] == "no-store"
        and response["X-Content-Type-Options"] == "nosniff"
        and vary >= {"Cookie", "Origin"}
    )


def error_of(response):
    """Return status and error, after a check of what all error answers have in common."""
    answer = response.json()
    assert response["Content-Type"] == "application/json"
    assert has_the_headers(response)
    assert answer["message"].strip()
    assert not set(answer["message"]) & set("<>&")
    return response.status_code, answer["error"]


def claims_of(response, service="tinydrive"):
    """Verify the token of the answer and return its claims."""
    assert response.status_code == 200, response.content
    return verify_token(response.json()["token"], service)
