"""The users of the demo. The login page shows them with their passwords."""

from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission


class DemoUser(NamedTuple):
    username: str
    password: str
    first_name: str
    last_name: str
    role: str


USERS = [
    DemoUser("alice", "demo-alice", "Alice", "Lindström", "editor"),
    DemoUser("bob", "demo-bob", "Bob", "Martin", "author"),
    DemoUser("ada", "demo-ada", "Ada", "Wagner", "superuser"),
]
GROUPS = {
    "editor": ("Editors", ["add_article", "change_article"]),
    "author": ("Authors", ["add_article"]),
}


def create_missing():
    """Create each user whose name is not taken; yield a line for each one created."""
    users = get_user_model().objects
    for user in USERS:
        if not users.filter(username=user.username).exists():
            create(user)
            yield f"Created user {user.username}, {user.role}"


def create(demo_user):
    user = get_user_model().objects.create_user(
        demo_user.username,
        password=demo_user.password,
        first_name=demo_user.first_name,
        last_name=demo_user.last_name,
        is_staff=demo_user.role != "author",
        is_superuser=demo_user.role == "superuser",
    )
    if demo_user.role in GROUPS:
        name, codenames = GROUPS[demo_user.role]
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(Permission.objects.filter(content_type__app_label="articles", codename__in=codenames))
        user.groups.add(group)
