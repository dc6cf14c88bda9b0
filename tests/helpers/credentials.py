"""What users send in a request's headers to authenticate."""

from __future__ import annotations

import base64
from datetime import timedelta

from rest_framework.authtoken.models import Token
from rest_framework_simplejwt.tokens import AccessToken


def key(user):
    return Token.objects.get_or_create(user=user)[0].key


def token(user):
    """What DRF's TokenAuthentication takes."""
    return {"Authorization": f"Token {key(user)}"}


def bearer(user):
    return {"Authorization": f"Bearer {key(user)}"}


def access_token(user, lifetime=timedelta(minutes=5)):
    """What djangorestframework-simplejwt and django-ninja-jwt take."""
    access = AccessToken.for_user(user)
    access.set_exp(lifetime=lifetime)
    return {"Authorization": f"Bearer {access}"}


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user.username}:{password}".encode()).decode()}
