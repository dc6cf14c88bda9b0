"""URLs of the API that the browser tests visit from other origins."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import get_user_model, login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import include, path
from ninja import NinjaAPI
from ninja.security import django_auth
from ninja_jwt.authentication import JWTAuth
from rest_framework_simplejwt.tokens import AccessToken
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

from django_tinymce_jwt.ninja import token_router

api = NinjaAPI(docs_url=None)
api.add_router("/tinymce/jwt/", token_router(auth=[JWTAuth(), django_auth]))


@login_not_required
def sign_in(request):
    login(request, get_user_model().objects.get())
    return HttpResponse("signed in")


@login_not_required
def expired(request):
    """Answer with an access token that has expired."""
    access = AccessToken.for_user(get_user_model().objects.get())
    access.set_exp(lifetime=timedelta(seconds=-1))
    return HttpResponse(str(access))


urlpatterns = [
    path("tinymce/jwt/", include("django_tinymce_jwt.urls")),
    path("drf/tinymce/jwt/", include("django_tinymce_jwt.rest_framework_urls")),
    path("ninja/", api.urls),
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
    path("tiny/", include("tiny_stand_in.urls")),
    path("sign-in/", sign_in),
    path("expired/", expired),
]
