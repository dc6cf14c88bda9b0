"""URLs with the tenant in the path."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("<slug:tenant>/jwt/", include("django_tinymce_jwt.urls"))]
