"""URLs of a site with Wagtail: its admin, for a superuser."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.urls import include, path
from wagtail.admin import urls as wagtailadmin_urls

from tests.sites.base_urls import sign_in
from tests.sites.base_urls import urlpatterns as base_urlpatterns


def sign_in_editor(request):
    get_user_model().objects.update(is_superuser=True)
    return sign_in(request)


urlpatterns = [
    *base_urlpatterns,
    path("sign-in-editor/", sign_in_editor),
    path("cms/", include(wagtailadmin_urls)),
]
