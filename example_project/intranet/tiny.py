"""The site's claim mappers: what Tiny's services learn of a user, and what they grant."""

from django_tinymce_jwt.claims import TinyAIClaims, TinyDriveClaims


class DriveClaims(TinyDriveClaims):
    """A folder of their own for each user; the superuser, without a root, sees the whole drive."""

    def get_root(self):
        if self.user.is_superuser:
            return None
        # Not the username: Django accepts ".." as one, and a renamed user would lose the folder.
        return f"/users/{self.user.pk}"


class AIClaims(TinyAIClaims):
    """Editors may write prompts of their own; all others have the built-in actions and reviews."""

    def get_permissions(self):
        permissions = super().get_permissions()
        if self.user.groups.filter(name="Editors").exists():
            return [*permissions, "ai:actions:custom", "ai:reviews:custom"]
        return permissions
