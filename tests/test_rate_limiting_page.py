"""The page "Rate limiting": what the view of the page answers."""

from __future__ import annotations

import json

import pytest

from .helpers.documents import blocks
from .helpers.projects import Project

# The clock stands still, for all requests must be in one of the limiter's minutes.
ASK = """
import json, time
now = time.time()
time.time = lambda: now

from django.contrib.auth.models import User
from django.test import Client

ada, bob = Client(headers={"host": "localhost"}), Client(headers={"host": "localhost"})
ada.force_login(User.objects.get())
bob.force_login(User.objects.create_user("bob"))
path = "/tinymce/jwt/"
found = [ada.post(path, {}, content_type="application/json") for _ in range(31)]
others = [
    bob.post(path, {}, content_type="application/json"),
    Client(headers={"host": "localhost"}).post(path, {}, content_type="application/json"),
    ada.post(path + "exportpdf/", {}, content_type="application/json"),
]
print(json.dumps({
    "statuses": [answer.status_code for answer in found],
    "answer": found[-1].json(),
    "headers": {name: found[-1].headers.get(name) for name in ("Retry-After", "Cache-Control")},
    "others": [answer.status_code for answer in others],
}))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("project"))
    for block in [*blocks("docs/start.rst"), *blocks("docs/rate_limiting.rst")]:
        project.follow(block)
    return json.loads(project.manage("shell", "-c", ASK, errors=False).splitlines()[-1])


def test_thirty_first_request_of_a_minute_is_answered_as_the_page_shows(answers):
    (shown,) = [json.loads(block.text) for block in blocks("docs/rate_limiting.rst") if block.language == "json"]
    assert answers["statuses"] == [200] * 30 + [429]
    assert answers["answer"] == shown
    assert answers["headers"] == {"Retry-After": "60", "Cache-Control": "no-store"}


def test_limit_is_each_users_own_and_holds_for_all_services(answers):
    assert answers["others"] == [200, 401, 429]
