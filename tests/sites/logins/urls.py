"""The token endpoint for each row of docs/logins.rst, and where its users log in."""

from __future__ import annotations

from allauth.headless.contrib.ninja.security import x_session_token_auth
from allauth.headless.contrib.rest_framework.authentication import XSessionTokenAuthentication
from dj_rest_auth.jwt_auth import JWTCookieAuthentication
from django.contrib.auth import get_user_model
from django.contrib.auth.views import LoginView
from django.urls import include, path
from ninja import NinjaAPI
from ninja.security import APIKeyHeader, HttpBearer, django_auth
from ninja_jwt.authentication import JWTAuth
from ninja_jwt.routers.obtain import obtain_pair_router
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.views import TokenObtainPairView

from django_tinymce_jwt.ninja import token_router
from django_tinymce_jwt.rest_framework import TokenAPIView
from tests.sites.api.guests import GuestTokenView


def user_of(key):
    # Without a header the key is None, and a user without a key would match it.
    return get_user_model().objects.filter(auth_token__key=key).first() if key else None


class Bearer(HttpBearer):
    def authenticate(self, request, token):
        return user_of(token)


class APIKey(APIKeyHeader):
    param_name = "X-API-Key"

    def authenticate(self, request, key):
        return user_of(key)


def drf(authentication):
    return TokenAPIView.as_view(authentication_classes=[authentication])


def ninja(name, auth):
    api = NinjaAPI(urls_namespace=name, docs_url=None)
    api.add_router("", token_router(auth=auth))
    return path(f"ninja/{name}/", api.urls)


login_api = NinjaAPI(urls_namespace="login", docs_url=None)
login_api.add_router("", obtain_pair_router)

urlpatterns = [
    path("tinymce/jwt/", include("django_tinymce_jwt.urls")),
    path("drf/session/", drf(SessionAuthentication)),
    path("drf/token/", drf(TokenAuthentication)),
    path("drf/simplejwt/", drf(JWTAuthentication)),
    path("drf/allauth/", drf(XSessionTokenAuthentication)),
    path("drf/cookie/", drf(JWTCookieAuthentication)),
    ninja("bearer", Bearer()),
    ninja("api-key", APIKey()),
    ninja("allauth", x_session_token_auth),
    ninja("session", django_auth),
    ninja("ninja-jwt", JWTAuth()),
    path("guests/", GuestTokenView.as_view()),
    path("login/django/", LoginView.as_view()),
    path("accounts/", include("allauth.account.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("dj-rest-auth/", include("dj_rest_auth.urls")),
    path("login/token/", obtain_auth_token),
    path("login/simplejwt/", TokenObtainPairView.as_view()),
    path("login/ninja/", login_api.urls),
]
