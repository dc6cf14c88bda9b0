"""``include("django_tinymce_jwt.urls")``: the token endpoints, and the script with their providers."""

from __future__ import annotations

from django.urls import path

from .conf import require_installed
from .providers import providers
from .views import TokenView

require_installed()

app_name = "django_tinymce_jwt"

urlpatterns = [
    path("", TokenView.as_view(), name="token"),
    path("providers.js", providers, name="providers"),
    path("<str:service>/", TokenView.as_view(), name="service-token"),
]
