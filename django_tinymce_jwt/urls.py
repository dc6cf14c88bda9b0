"""``include("django_tinymce_jwt.urls")``: the token endpoints."""

from __future__ import annotations

from django.urls import path

from .views import TokenView

app_name = "django_tinymce_jwt"

urlpatterns = [
    path("", TokenView.as_view(), name="token"),
    path("<str:service>/", TokenView.as_view(), name="service-token"),
]
