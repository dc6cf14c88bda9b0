"""``include("django_tinymce_jwt.inspector.urls")``: the token inspector, behind the admin's login.

A site with an ``AdminSite`` of its own names it beside the include: ``path(..., include(...), {"admin_site": site})``.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.urls import path

from ..conf import require_installed
from .views import InspectorView

require_installed()

app_name = "django_tinymce_jwt_inspector"


def inspector(request: HttpRequest, admin_site: Any = admin.site) -> HttpResponseBase:
    response: HttpResponseBase = admin_site.admin_view(InspectorView.as_view(admin_site=admin_site))(request)
    return response


urlpatterns = [path("", inspector, name="inspector")]
