import io
from pathlib import Path

from articles.models import Article
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand

from demo import users
from demo.articles import ARTICLES


class Command(BaseCommand):
    help = "Create the demo's key pair, database, users and articles where they are missing."
    # The checks would report the key pair that this command is about to create.
    requires_system_checks = []

    def handle(self, **options):
        for line in set_up():
            self.stdout.write(line)


def set_up():
    """Create what is missing, leave the rest as it is, and yield a line for each thing created."""
    private_key = Path(settings.TINYMCE_JWT["PRIVATE_KEY_PATH"])
    if not private_key.exists():
        # The public half of a lost private key would not fit the new one.
        private_key.with_suffix(".pub.pem").unlink(missing_ok=True)
        call_command("tinymce_jwt", "keys", "generate", stdout=io.StringIO())
        yield f"Created {private_key} and its public half"
    call_command("migrate", verbosity=0)
    yield f"Database is up to date: {settings.DATABASES['default']['NAME']}"
    yield from users.create_missing()
    if not Article.objects.exists():
        author = get_user_model().objects.get(username="alice")
        for fields in ARTICLES:
            Article.objects.create(author=author, **fields)
        yield f"Created {len(ARTICLES)} articles"
