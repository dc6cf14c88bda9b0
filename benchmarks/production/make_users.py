"""Make users with sessions, and print a line of JSON for each: the primary key and the cookies."""

import json
import sys

import django
from django.contrib.auth import get_user_model
from django.db import transaction

from benchmarks.sessions import session_key

ENGINES = ["db", "signed_cookies"]


def main(number):
    users = get_user_model().objects
    names = [f"editor{number}" for number in range(number)]
    # Not a usable password, but a different one for each user: a part of the session is made from it.
    users.bulk_create(users.model(username=name, first_name="Ada", last_name=name, password=name) for name in names)
    for user in users.filter(username__startswith="editor"):
        cookies = {engine: session_key(user, engine) for engine in ENGINES}
        sys.stdout.write(json.dumps({"pk": user.pk, "cookies": cookies}) + "\n")


django.setup()
with transaction.atomic():
    main(int(sys.argv[1]))
