"""URLs of a site with django-guardian, which gives and takes permissions when a test asks."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.urls import path
from guardian.shortcuts import assign_perm, remove_perm

from tests.sites.base_urls import urlpatterns as base_urlpatterns

CHANGES = {"give": assign_perm, "take": remove_perm}


def change(request, change, team=None):
    """Change ada's permission for the team, or her global permission."""
    user = get_user_model().objects.get(username="ada")
    group = None if team is None else Group.objects.get_or_create(pk=team, defaults={"name": f"Team {team}"})[0]
    CHANGES[change]("auth.view_group", user, group)
    return HttpResponse("changed", content_type="text/plain")


urlpatterns = [
    *base_urlpatterns,
    path("<str:change>/", change),
    path("<str:change>/<int:team>/", change),
]
