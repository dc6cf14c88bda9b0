"""A PostgreSQL server of the tests' own, which only listens on a socket in a temporary folder."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.helpers.requirements import cannot_run

DEBIAN = Path("/usr/lib/postgresql")
USER = "intranet"


def find_programs():
    """The folder of initdb and postgres: the newest of Debian's, which are not on the PATH, or another system's."""
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(re.search(r"\d+", str(path))[0]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        cannot_run("needs PostgreSQL: apt-get install postgresql")
    return (found[-1] if found else Path(on_path)).parent


@contextmanager
def running():
    """Yield the environment in which libpq finds the server; its user may do everything."""
    programs = find_programs()
    # A socket's path has at most 107 bytes, and its folder must be open to the server's user.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    # PostgreSQL refuses to run as root.
    options = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if options:
        shutil.chown(folder, "postgres", "postgres")
    try:
        initdb = [programs / "initdb", "--pgdata", folder / "data", "--username", USER]
        initdb += ["--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        done = subprocess.run(initdb, cwd=folder, capture_output=True, text=True, check=False, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        postgres = [programs / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-F"]
        log_path = folder / "log"
        with log_path.open("wb") as log:
            server = subprocess.Popen(postgres, cwd=folder, stdout=log, stderr=log, **options)
        try:
            _wait(server, folder, log_path)
            yield {"PGHOST": str(folder), "PGUSER": USER, "PGPORT": "5432"}
        finally:
            # The fast shutdown, which does not wait for clients.
            server.send_signal(signal.SIGINT)
            server.wait(30)
    finally:
        shutil.rmtree(folder)


def _wait(server, folder, log_path):
    for _ in range(600):
        assert server.poll() is None, log_path.read_text()
        try:
            psycopg.connect(host=str(folder), user=USER, dbname="postgres", port=5432).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"PostgreSQL does not answer: {log_path.read_text()}")


def create_database(environment, name):
    host, user = environment["PGHOST"], environment["PGUSER"]
    with psycopg.connect(host=host, user=user, dbname="postgres", port=5432, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
