from __future__ import annotations

from django.urls import include, path

from .urls_without_endpoint import urlpatterns as admin_urls

urlpatterns = [*admin_urls, path("tinymce/jwt/", include("django_tinymce_jwt.urls"))]
