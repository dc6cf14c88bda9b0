"""The claim mappers of the site: what Tiny's services learn about a user, and what the user may do there."""

from django_tinymce_jwt.claims import TinyAIClaims, TinyDriveClaims


class DriveClaims(TinyDriveClaims):
    """Each user has a folder. A superuser has no root, and so sees and may change the whole drive."""

    def get_root(self):
        if self.user.is_superuser:
            return None
        # The primary key, because Django accepts ".." as a username, and because usernames can change.
        return f"/users/{self.user.pk}"


class AIClaims(TinyAIClaims):
    """Editors may write their own prompts. All others have the built-in actions and reviews."""

    def get_permissions(self):
        permissions = super().get_permissions()
        if self.user.groups.filter(name="Editors").exists():
            return [*permissions, "ai:actions:custom", "ai:reviews:custom"]
        return permissions
