from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("tinymce/jwt/", include("django_tinymce_jwt.urls"))]
