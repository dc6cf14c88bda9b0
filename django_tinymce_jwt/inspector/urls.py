"""``include("django_tinymce_jwt.inspector.urls")``: the token inspector, behind the admin's login."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from ..conf import require_installed
from .views import InspectorView

require_installed()

app_name = "django_tinymce_jwt_inspector"

urlpatterns = [path("", admin.site.admin_view(InspectorView.as_view()), name="inspector")]
