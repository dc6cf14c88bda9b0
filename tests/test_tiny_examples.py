"""The endpoint answers as the PHP and Node examples of Tiny's documentation do.

Both answer a JSON POST with ``{"token": ...}``: RS256, and the claims ``sub``, ``name`` and ``exp``
ten minutes ahead. https://www.tiny.cloud/docs/tinymce/latest/tinydrive-jwt-authentication/
"""

from __future__ import annotations

import jwt
import pytest

from .helpers.keys import rsa_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def answer(site, client, user):
    client.force_login(user)
    return client.post("/tinymce/jwt/", "{}", content_type="application/json", headers={"Origin": "http://testserver"})


def test_answer_is_an_object_with_the_token_alone(answer):
    assert (answer.status_code, answer.headers["Content-Type"], list(answer.json())) == (
        200,
        "application/json",
        ["token"],
    )


def test_token_is_signed_with_rs256(answer):
    assert jwt.get_unverified_header(answer.json()["token"])["alg"] == "RS256"


def test_token_has_the_examples_claims_for_ten_minutes(answer, user):
    claims = jwt.decode(answer.json()["token"], rsa_key().public_key(), ["RS256"])
    assert (claims["sub"], claims["name"]) == (str(user.pk), "Ada Lovelace")
    assert claims["exp"] - claims["iat"] == 600


@pytest.mark.parametrize("body", ["{}", "", '{"document": 7}'], ids=["tiny-drive", "converters", "own-object"])
def test_every_plugins_body_is_accepted(site, client, user, body):
    client.force_login(user)
    assert client.post("/tinymce/jwt/", body, content_type="application/json").status_code == 200
