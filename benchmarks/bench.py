"""What a token costs, on one core: ``make bench``.

Every figure is the median of rounds that are interleaved, so that a change of the machine's speed
meets all of them alike; the ratios are to one bare signature of the same run.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import django
import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command

ROUNDS = 40
SECONDS_PER_ROUND = 0.02

key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def configure(folder: Path) -> None:
    path = folder / "tiny.pem"
    path.touch(mode=0o600)
    path.write_bytes(pem)
    settings.configure(
        SECRET_KEY="benchmark",
        ALLOWED_HOSTS=["testserver"],
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django_tinymce_jwt",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "db.sqlite3"}},
        ROOT_URLCONF="django_tinymce_jwt.urls",
        TINYMCE_JWT={"PRIVATE_KEY_PATH": path},
    )
    django.setup()
    call_command("migrate", verbosity=0)


def make_request(user) -> Callable[[], object]:
    """Return a function that sends one signed-in POST through Django's WSGI handler."""
    from django.test import Client

    client = Client()
    client.force_login(user)
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    handler = WSGIHandler()

    def request() -> object:
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(b"{}"),
            "CONTENT_LENGTH": "2",
            "CONTENT_TYPE": "application/json",
            "HTTP_HOST": "testserver",
            "HTTP_ORIGIN": "http://testserver",
            "HTTP_COOKIE": cookie,
        }
        statuses: list[str] = []
        response = handler(environ, lambda status, headers: statuses.append(status))
        body = b"".join(response)
        response.close()
        if not statuses[0].startswith("200"):
            sys.exit(f"The endpoint answered {statuses[0]}: {body.decode()}")
        return body

    return request


def measure(subjects: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median microseconds of one call of each subject."""
    loops = {}
    for name, call in subjects.items():
        call()
        started = time.perf_counter()
        call()
        loops[name] = max(1, int(SECONDS_PER_ROUND / (time.perf_counter() - started)))
    samples: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(ROUNDS):
        for name, call in subjects.items():
            started = time.perf_counter()
            for _ in range(loops[name]):
                call()
            samples[name].append((time.perf_counter() - started) / loops[name] * 1e6)
    return {name: statistics.median(values) for name, values in samples.items()}


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        configure(Path(folder))
        from django.contrib.auth import get_user_model
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        from django_tinymce_jwt import issue_token

        user = get_user_model().objects.create_user("ada", first_name="Ada", last_name="Lovelace")
        request = make_request(user)
        message, pkcs1, sha256 = b"x" * 160, padding.PKCS1v15(), hashes.SHA256()

        def paste() -> str:
            now = int(time.time())
            return jwt.encode({"sub": str(user.pk), "name": "Ada Lovelace", "exp": now + 600}, pem, "RS256")

        figures = measure(
            {
                "bare RSA-2048 signature (cryptography)": lambda: key.sign(message, pkcs1, sha256),
                "issue_token": lambda: issue_token(user),
                "PyJWT with the PEM text at each call": paste,
                "whole request, session and user in sqlite": request,
            }
        )
        bare = next(iter(figures.values()))
        print(f"{'one core, medians of ' + str(ROUNDS) + ' rounds':44}{'µs':>10}{'signatures':>12}")
        for name, microseconds in figures.items():
            print(f"{name:44}{microseconds:10.1f}{microseconds / bare:12.2f}")
        with CaptureQueriesContext(connection) as queries:
            request()
        tables = [query["sql"].split("FROM")[1].split()[0].strip('"') for query in queries]
        print(f"queries of one request: {', '.join(tables)}")


if __name__ == "__main__":
    main()
