from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from guardian.shortcuts import get_objects_for_user

from django_tinymce_jwt.claims import TinyDriveClaims


class AnyTeamBackend(BaseBackend):
    """Grants a permission of its own, "intranet.any_team", to users who may see at least one team."""

    def has_perm(self, user, permission, obj=None):
        return permission == "intranet.any_team" and get_objects_for_user(user, "auth.view_group").exists()


class TeamClaims(TinyDriveClaims):
    """The folder of the team in the URL, for users who may see this team."""

    def get_root(self):
        name = self.request.GET.get("team", "")
        team = Group.objects.filter(pk=name).first() if name.isdecimal() else None
        if team is None or not self.user.has_perm("auth.view_group", team):
            raise PermissionDenied("The user may not see this team.")
        return f"/teams/{team.pk}"
