"""What the demo is made of: files, database, users and articles."""

from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from . import key_files
from .demo_articles import ARTICLES
from .models import Article


class DemoUser(NamedTuple):
    username: str
    password: str
    first_name: str
    last_name: str
    role: str


USERS = [
    DemoUser("alice", "demo-alice", "Alice", "Lindström", "editor"),
    DemoUser("bob", "demo-bob", "Bob", "Martin", "author"),
    DemoUser("admin", "demo-admin", "Ada", "Wagner", "superuser"),
]
GROUPS = {
    "editor": ("Editors", ["add_article", "change_article"]),
    "author": ("Authors", ["add_article"]),
}


def set_up():
    """Make what is missing and change nothing else; yield a line for each thing made."""
    yield from key_files.create_missing(settings.SECRETS_DIR)
    call_command("migrate", verbosity=0)
    yield f"Database is up to date: {settings.DATABASES['default']['NAME']}"
    for user in USERS:
        if create_user(user):
            yield f"Created user {user.username}, {user.role}"
    if not Article.objects.exists():
        yield f"Created {create_articles()} articles"


def create_user(demo_user):
    """Create the user unless the name is taken; return whether it was created."""
    model = get_user_model()
    if model.objects.filter(username=demo_user.username).exists():
        return False
    user = model.objects.create_user(
        demo_user.username,
        password=demo_user.password,
        first_name=demo_user.first_name,
        last_name=demo_user.last_name,
        is_staff=demo_user.role != "author",
        is_superuser=demo_user.role == "superuser",
    )
    if demo_user.role in GROUPS:
        user.groups.add(get_group(*GROUPS[demo_user.role]))
    return True


def get_group(name, codenames):
    group, created = Group.objects.get_or_create(name=name)
    if created:
        group.permissions.set(Permission.objects.filter(content_type__app_label="articles", codename__in=codenames))
    return group


def create_articles():
    author = get_user_model().objects.get(username="alice")
    return len(Article.objects.bulk_create(Article(author=author, **fields) for fields in ARTICLES))
