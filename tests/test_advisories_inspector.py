"""The token inspector asks the AdminSite that the site names, with all of its rules."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.urls import include, path

from django_tinymce_jwt.inspector.views import InspectorView

from .helpers.checks import messages
from .sites.with_admin import settings as with_admin

pytestmark = pytest.mark.django_db
INSPECTOR = "django_tinymce_jwt.inspector.urls"


class SecondFactorSite(AdminSite):
    """Lets nobody in whose session has no second factor."""

    site_header = "Only with a second factor"

    def has_permission(self, request):
        return super().has_permission(request) and request.session.get("second_factor", False)


own_site = SecondFactorSite(name="own")


# Made when they are used: without the admin in INSTALLED_APPS they cannot be.
PATTERNS = {
    "endpoint": lambda: path("tinymce/jwt/", include("django_tinymce_jwt.urls")),
    "own-admin": lambda: path("admin/", own_site.urls),
    "default-admin": lambda: path("staff/", admin.site.urls),
    "inspector": lambda: path("admin/tokens/", include(INSPECTOR)),
    "named": lambda: path("admin/tokens/", include(INSPECTOR), {"admin_site": own_site}),
    "nested": lambda: path("admin/", include([path("tokens/", include(INSPECTOR))]), {"admin_site": own_site}),
    "named-default": lambda: path("admin/tokens/", include(INSPECTOR), {"admin_site": admin.site}),
}


class Urls:
    """A URLconf; Django accepts any object with ``urlpatterns``."""

    def __init__(self, *names):
        self.urlpatterns = [PATTERNS[name]() for name in (*names, "endpoint")]


@pytest.fixture
def site(site):
    for name in ("INSTALLED_APPS", "MIDDLEWARE", "TEMPLATES", "STATIC_URL"):
        setattr(site, name, getattr(with_admin, name))
    return site


@pytest.fixture
def staff(client, site):
    staff = get_user_model().objects.create_superuser("grace")
    client.force_login(staff)
    return staff


def get(client, second_factor=False):
    session = client.session
    session["second_factor"] = second_factor
    session.save()
    return client.get("/admin/tokens/", {"user": "grace"})


@pytest.mark.parametrize("inspector", ["named", "nested"])
def test_rules_of_the_sites_own_admin_hold(client, site, staff, inspector):
    site.ROOT_URLCONF = Urls(inspector, "own-admin")
    refused = get(client)
    assert refused.status_code == 302
    assert refused["Location"].startswith("/admin/login/")
    page = get(client, second_factor=True)
    assert page.status_code == 200
    assert "Only with a second factor" in page.content.decode()
    assert 'href="/admin/"' in page.content.decode()


def test_default_site_is_asked_where_none_is_named(client, site, staff):
    site.ROOT_URLCONF = Urls("inspector", "default-admin")
    assert get(client).status_code == 200
    staff.is_staff = False
    staff.save()
    assert get(client).status_code == 302


def test_view_alone_lets_nobody_in(site, staff, rf):
    request = rf.get("/")
    request.user, request.session = staff, {}
    with pytest.raises(PermissionDenied):
        InspectorView.as_view(admin_site=own_site)(request)


@pytest.mark.parametrize("admins", [["own-admin"], ["default-admin", "own-admin"]], ids=["own", "both"])
def test_admin_site_that_the_inspector_does_not_ask_is_reported(site, admins):
    site.ROOT_URLCONF = Urls("inspector", *admins)
    text = "The token inspector asks the admin's default site who may see it, but the URLs have the AdminSite 'own'."
    hint = 'Name that site: path("...", include("django_tinymce_jwt.inspector.urls"), {"admin_site": site}).'
    assert messages() == [("W009", text, hint)]


@pytest.mark.parametrize(
    "names",
    [
        ["named", "own-admin"],
        ["nested", "own-admin"],
        ["inspector", "default-admin"],
        ["named-default", "own-admin", "default-admin"],
        ["own-admin"],
    ],
    ids="-".join,
)
def test_inspector_that_asks_the_right_site_is_accepted(site, names):
    site.ROOT_URLCONF = Urls(*names)
    assert messages() == []


ASK = """
import sys, django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_tinymce_jwt"],
    TINYMCE_JWT={}, ROOT_URLCONF="django_tinymce_jwt.urls",
)
django.setup()
from django.core.checks import run_checks
print(*(message.id for message in run_checks()))
print(*(name for name in sys.modules if "admin" in name or "inspector" in name))
"""


def test_site_without_an_inspector_loads_no_admin():
    # In a process of its own: other tests have loaded it.
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["django_tinymce_jwt.W008", ""]
