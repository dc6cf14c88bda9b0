"""What a request costs with a real server. ``python -m benchmarks.server_cost`` prints the figures as JSON.

A server with one worker has a core of its own, and the client has another. Two workers share both
cores with the client.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from .asgi_recipe import block
from .client import ask, post
from .example_site import Site, build
from .servers import GUNICORN, GUNICORN_THREADS, UVICORN, UVICORN_RECIPE, Server, granian, memcached, running
from .timing import cores, pin, timed

CLIENTS = 8
REQUESTS = 400
USERS = 1000
SIGNATURES = 80
PATH = "/tinymce/jwt/"
# Django's backends for Memcached, each with the package that it needs.
CACHE_CLIENTS = {"PyLibMCCache": "pylibmc", "PyMemcacheCache": "pymemcache"}


class Setup(NamedTuple):
    """A server and its settings. ``users`` has a number of distinct users for each row of the table."""

    name: str
    command: tuple[str, ...]
    sessions: str
    connections: str = "kept"
    users: tuple[int, ...] = (USERS,)
    workers: int = 1
    cache: str = "PyLibMCCache"

    def lacks(self, cache: Server | None) -> list[str]:
        """Return what the setup needs and this machine does not have."""
        if self.sessions != "cached_db":
            return []
        client = CACHE_CLIENTS[self.cache]
        found = {"memcached": cache is not None, client: find_spec(client) is not None}
        return [name for name, is_found in found.items() if not is_found]


RECOMMENDED = Setup("Granian", granian(), "cached_db")
SETUPS = [
    RECOMMENDED._replace(users=(1, 100, USERS)),
    RECOMMENDED._replace(name="Granian, 2 workers", command=granian(workers=2), workers=2),
    RECOMMENDED._replace(name="Granian, 4 threads", command=granian(threads=4)),
    RECOMMENDED._replace(name="Granian, PyMemcacheCache", cache="PyMemcacheCache"),
    RECOMMENDED._replace(sessions="db", users=(1, 100, USERS)),
    RECOMMENDED._replace(sessions="signed_cookies"),
    Setup("gunicorn, 4 threads", GUNICORN_THREADS, "cached_db"),
    Setup("gunicorn, 4 threads", GUNICORN_THREADS, "db"),
    Setup("gunicorn, 4 threads, 2 workers", (*GUNICORN_THREADS, "--workers", "2"), "db", workers=2),
    Setup("gunicorn", GUNICORN, "db"),
    Setup("gunicorn", GUNICORN, "db", connections="new"),
    Setup("uvicorn, ASGI handler", UVICORN, "db", connections="new"),
    Setup("uvicorn, recipe of the ASGI page", UVICORN_RECIPE, "db"),
    Setup("uvicorn, recipe of the ASGI page", UVICORN_RECIPE, "cached_db"),
]


class Row:
    """One row of the table: a running server, the requests to send, and what was measured so far."""

    def __init__(self, setup: Setup, server: Server, requests: list[bytes], cache: Server | None = None) -> None:
        self._setup = setup
        self._server = server
        # SQLite runs in the server's process, so for a fair comparison the cache counts too.
        self._servers = [server] if cache is None else [server, cache]
        self._users = len(requests)
        self._requests = itertools.cycle(requests)
        self._rates: list[float] = []
        self._p99s: list[float] = []
        self._costs: list[float] = []
        self._ratios: list[float] = []

    def warm_up(self) -> None:
        self._send(max(self._users, 200))

    def measure(self, signature: float) -> None:
        """Send one round of requests. ``signature`` is the time of one signature in this round, in seconds."""
        used, started = self._processor_seconds(), time.perf_counter()
        latencies = self._send(REQUESTS)
        elapsed, used = time.perf_counter() - started, self._processor_seconds() - used
        self._rates.append(REQUESTS / elapsed)
        self._p99s.append(statistics.quantiles(latencies, n=100)[98])
        self._costs.append(used / REQUESTS)
        self._ratios.append(used / REQUESTS / signature)

    def result(self) -> dict[str, Any]:
        return {
            "name": self._setup.name,
            "sessions": self._setup.sessions,
            "cache": self._setup.cache if self._setup.sessions == "cached_db" else None,
            "connections": self._setup.connections,
            "workers": self._setup.workers,
            "users": self._users,
            "requests_per_second": round(statistics.median(self._rates)),
            "p99_milliseconds": round(statistics.median(self._p99s) * 1e3, 1),
            "microseconds": round(statistics.median(self._costs) * 1e6),
            "signatures": round(statistics.median(self._ratios), 2),
            "private_megabytes": round(self._server.private_bytes() / 1e6),
        }

    def _processor_seconds(self) -> float:
        return sum(server.processor_seconds() for server in self._servers)

    def _send(self, number: int) -> list[float]:
        latencies = []
        for answer in ask(self._server.address, itertools.islice(self._requests, number), CLIENTS):
            if answer.status != 200:
                sys.exit(f"{self._setup.name} answered {answer.status}: {answer.body!r}")
            latencies.append(answer.seconds)
        return latencies


@contextmanager
def django_rows(site: Site, setup: Setup, cache: Server | None) -> Iterator[list[Row]]:
    variation = {
        "BENCH_SESSIONS": setup.sessions,
        "BENCH_CONNECTIONS": setup.connections,
        "BENCH_CACHE": setup.cache,
    }
    if cache is not None:
        variation["BENCH_MEMCACHED"] = "{}:{}".format(*cache.address)
    environment = {**site.environment, **variation}
    engine = setup.sessions.replace("cached_", "")
    cookies = [user.cookies[engine] for user in site.users]
    with running(setup.command, site.folder, environment, cores=cores()[: setup.workers]) as server:
        headers = [{"Cookie": f"sessionid={cookie}"} for cookie in cookies]
        requests = [post(PATH, "{}:{}".format(*server.address), header) for header in headers]
        yield [Row(setup, server, requests[:users], cache) for users in setup.users]


@contextmanager
def node_rows(site: Site, modules: Path, environment: Mapping[str, str]) -> Iterator[list[Row]]:
    script = Path(__file__).parent / "node" / "express_site.mjs"
    key = site.folder / "secrets" / "tiny.pem"
    command = ("node", str(script), str(modules / "node_modules"), str(key), "{port}")
    setup = Setup("Node, Express, as Tiny's starter project", command, "memory", users=(100,))
    with running(command, site.folder, environment, cores=cores()[:1]) as server:
        host = "{}:{}".format(*server.address)
        requests = []
        for number in range(100):
            with urllib.request.urlopen(f"http://{host}/login/{number}", data=b"") as answer:
                cookie = answer.headers["Set-Cookie"].partition(";")[0]
            requests.append(post("/jwt", host, {"Cookie": cookie}))
        yield [Row(setup, server, requests)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", type=int)
    parser.add_argument("--modules", type=Path)
    options = parser.parse_args()
    pin(cores()[-1])
    # Imported here: it makes a key.
    from .plain_site import sign

    signature = timed(sign)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        site = build(Path(folder) / "site", USERS)
        (site.folder / "asgi_recipe.py").write_text(block("intranet/asgi.py"))
        cache = stack.enter_context(memcached(cores()[-1:]))
        rows = []
        for setup in SETUPS:
            if lacking := setup.lacks(cache):
                print(f"Left out: {setup.name} with {setup.sessions}. Missing: {', '.join(lacking)}.", file=sys.stderr)
            else:
                rows += stack.enter_context(django_rows(site, setup, cache))
        if options.modules:
            rows += stack.enter_context(node_rows(site, options.modules, site.environment))
        for row in rows:
            row.warm_up()
        for _ in range(options.rounds):
            # In another order each time, as in timing.in_turns().
            for row in random.sample(rows, len(rows)):
                row.measure(signature(SIGNATURES) / SIGNATURES)
        json.dump([row.result() for row in rows], sys.stdout)


if __name__ == "__main__":
    main()
