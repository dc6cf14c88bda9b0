from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from guardian.shortcuts import get_objects_for_user

from django_tinymce_jwt.claims import TinyDriveClaims


class AnyObjectBackend(BaseBackend):
    """Grants a permission to users who have it for at least one object."""

    def has_perm(self, user, permission, obj=None):
        # With accept_global_perms, guardian would ask this backend again, without end.
        return obj is None and get_objects_for_user(user, permission, accept_global_perms=False).exists()


class TeamClaims(TinyDriveClaims):
    """The folder of the team in the URL, for users who may see this team."""

    def get_root(self):
        team = get_object_or_404(Group, pk=self.request.GET["team"])
        if not self.user.has_perm("auth.view_group", team):
            raise PermissionDenied("The user may not see this team.")
        return f"/teams/{team.pk}"
