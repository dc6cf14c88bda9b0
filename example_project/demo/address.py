"""Where the demo is to be reached, and as whom."""

import errno
import socket

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.urls import reverse

from .demo import USERS


def require_free_port(port):
    """Raise OSError when no server can listen on the port."""
    if not 1 <= port <= 65535:
        raise OSError(errno.EINVAL, "a port is a number from 1 to 65535")
    with socket.socket() as listener:
        # As runserver does it, so that connections of a server that has just ended are no hindrance.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))


def announce(port):
    """Yield the lines that tell how to reach the demo."""
    address = f"http://127.0.0.1:{port}"
    yield f"The intranet: {address}/"
    for user in USERS:
        yield f"  log in as {user.username:<6} password {user.password:<11} ({user.role})"
    yield "A Tiny Drive token for alice:"
    yield (
        "  curl -sS -X POST -H 'Content-Type: application/json'"
        f" -b {settings.SESSION_COOKIE_NAME}={log_in('alice')}"
        f" {address}{reverse('django_tinymce_jwt:token')}"
    )


def log_in(username):
    """Start a session for the user as the login page does, and return its key."""
    request = HttpRequest()
    request.session = SessionStore()
    login(request, get_user_model().objects.get(username=username))
    request.session.save()
    return request.session.session_key
