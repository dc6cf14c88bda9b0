"""Serves a small site on a free port of localhost, which it prints, until its standard input ends.

Each line of its standard input is a JSON object of settings to change, and is answered by a line.
"""

from __future__ import annotations

import json
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


def say(text):
    print(text, flush=True)  # noqa: T201


def follow(server):
    for line in sys.stdin:
        for name, value in json.loads(line).items():
            setattr(settings, name, value)
        say("changed")
    server.shutdown()


def serve():
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SITE_DATABASE"] = str(Path(folder) / "db.sqlite3")
        django.setup()
        call_command("migrate", run_syncdb=True, verbosity=0)
        from django.contrib.auth import get_user_model  # there are no models before django.setup()

        get_user_model().objects.create_user(
            "ada", "ada@example.com", "countess", first_name="Ada", last_name="Lovelace"
        )
        server = ThreadedWSGIServer(("localhost", 0), WSGIRequestHandler)
        server.set_app(WSGIHandler())
        say(server.server_port)
        Thread(target=follow, args=(server,), daemon=True).start()
        server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    serve()
