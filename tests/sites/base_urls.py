"""What the URLs of the small sites share."""

from __future__ import annotations

from django.contrib.auth import get_user_model, login
from django.contrib.staticfiles.views import serve
from django.http import HttpResponse
from django.urls import include, path


def sign_in(request):
    user = get_user_model().objects.get(username="ada")
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponse("signed in", content_type="text/plain")


urlpatterns = [
    path("tinymce/jwt/", include("django_tinymce_jwt.urls")),
    path("sign-in/", sign_in),
    path("static/<path:path>", serve, {"insecure": True}),
]
