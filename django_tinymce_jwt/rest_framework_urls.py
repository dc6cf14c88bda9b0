"""``include("django_tinymce_jwt.rest_framework_urls")``: the token endpoints for a site with Django REST framework."""

from __future__ import annotations

from django.urls import path

from .conf import require_installed
from .rest_framework import TokenAPIView

require_installed()

app_name = "django_tinymce_jwt_api"

urlpatterns = [
    path("", TokenAPIView.as_view(), name="token"),
    path("<str:service>/", TokenAPIView.as_view(), name="service-token"),
]
