import errno
import socket

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.contrib.sessions.backends.db import SessionStore
from django.core.management.base import BaseCommand, CommandError
from django.http import HttpRequest
from django.urls import reverse

from demo.users import USERS


class Command(BaseCommand):
    help = "Print the address and the users of the demo that is about to run on a port."

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, port, **options):
        try:
            require_free_port(port)
        except OSError as error:
            other = port + 1 if 1024 <= port < 65535 else 8000
            raise CommandError(
                f"Port {port} cannot be used: {error.strerror}. Choose another: make demo PORT={other}"
            ) from error
        for line in announcement(f"http://127.0.0.1:{port}"):
            self.stdout.write(line)


def require_free_port(port):
    """Raise OSError if no server can listen on the port."""
    if not 1 <= port <= 65535:
        raise OSError(errno.EINVAL, "a port is a number from 1 to 65535")
    with socket.socket() as listener:
        # runserver sets this option too, so that a server which has just ended does not block the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))


def announcement(address):
    yield f"The intranet: {address}/"
    for user in USERS:
        yield f"  log in as {user.username:<6} password {user.password:<11} ({user.role})"
    yield "A Tiny Drive token for alice:"
    yield (
        "  curl -sS -X POST -H 'Content-Type: application/json'"
        f" -b {settings.SESSION_COOKIE_NAME}={session_of('alice')}"
        f" {address}{reverse('django_tinymce_jwt:token')}"
    )


def session_of(username):
    """Start a session as the login page does, and return its key."""
    request = HttpRequest()
    request.session = SessionStore()
    login(request, get_user_model().objects.get(username=username))
    request.session.save()
    return request.session.session_key
