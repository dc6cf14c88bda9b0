"""Serves the site on a free port of localhost, which it prints, until its standard input ends."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from threading import Thread

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler


def mounted(application, prefix):
    """The application below a prefix, as a web server in front of it mounts it."""

    def below(environ, start_response):
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(prefix)
        return application(environ, start_response)

    return below


def prepare():
    from django.contrib.auth import get_user_model  # there are no models before django.setup()

    call_command("migrate", run_syncdb=True, verbosity=0)
    users = get_user_model().objects
    users.create_superuser("ada", first_name="Ada", last_name="Lovelace")
    users.create_user("guest")


def serve():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WEBSITE_DATABASE"] = str(Path(folder) / "db.sqlite3")
        django.setup()
        prepare()
        server = ThreadedWSGIServer(("localhost", 0), WSGIRequestHandler)
        server.set_app(mounted(WSGIHandler(), settings.PREFIX))
        Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
        print(server.server_port, flush=True)  # noqa: T201
        server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    serve()
