"""Give the site users, each with a session, and print a line of JSON for each: the primary key and the cookies."""

import json
import sys
from importlib import import_module

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model  # noqa: E402
from django.db import transaction  # noqa: E402

ENGINES = ["db", "signed_cookies"]


def session_of(user, engine):
    session = import_module(f"django.contrib.sessions.backends.{engine}").SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


def main(number):
    users = get_user_model().objects
    names = [f"editor{number}" for number in range(number)]
    # No password that anybody could log in with, but another one for each: the session's hash is made of it.
    users.bulk_create(users.model(username=name, first_name="Ada", last_name=name, password=name) for name in names)
    for user in users.filter(username__startswith="editor"):
        cookies = {engine: session_of(user, engine) for engine in ENGINES}
        sys.stdout.write(json.dumps({"pk": user.pk, "cookies": cookies}) + "\n")


with transaction.atomic():
    main(int(sys.argv[1]))
