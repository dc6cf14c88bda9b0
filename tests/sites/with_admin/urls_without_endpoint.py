from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/tokens/", include("django_tinymce_jwt.inspector.urls")),
    path("admin/", admin.site.urls),
]
