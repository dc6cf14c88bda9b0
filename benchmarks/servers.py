"""Starts and stops the servers of the site. Each is a group of processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

GUNICORN = (
    *(sys.executable, "-m", "gunicorn", "--no-control-socket", "--log-level", "warning"),
    *("--bind", "127.0.0.1:{port}", "intranet.wsgi"),
)
GUNICORN_THREADS = (*GUNICORN, "--worker-class", "gthread", "--threads", "4", "--keep-alive", "75")
UVICORN = (
    *(sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "warning"),
    *("--port", "{port}", "intranet.asgi:application"),
)
UVICORN_RECIPE = (*UVICORN[:-1], "asgi_recipe:application")


def granian(*, workers: int = 1, threads: int = 1) -> tuple[str, ...]:
    options = {"--interface": "wsgi", "--workers": workers, "--blocking-threads": threads, "--log-level": "warning"}
    words = [str(word) for option in options.items() for word in option]
    return (sys.executable, "-m", "granian", *words, "--port", "{port}", "intranet.wsgi:application")


class Server:
    """A running server: where it listens, and its processes."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.address = ("127.0.0.1", port)

    def processes(self) -> list[int]:
        """The ids of the server's processes: the one that was started, its children, and theirs."""
        found = [self.process.pid]
        for pid in found:
            # The main thread has the id of the process, and all its children.
            found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return found

    def processor_seconds(self) -> float:
        """The processor time that the server has used so far."""
        # The kernel's id for the clock of another process: clock_getcpuclockid(3).
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self.processes())

    def private_bytes(self) -> int:
        """The memory that the server's newest process shares with no other."""
        lines = Path(f"/proc/{self.processes()[-1]}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


@contextmanager
def running(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    cores: Iterable[int] = (),
    log: IO[bytes] | None = None,
) -> Iterator[Server]:
    """Start a server and wait until it listens. At the end, stop all its processes."""
    port = free_port()
    process = subprocess.Popen(
        [argument.format(port=port) for argument in command],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=log,
        start_new_session=True,
    )
    try:
        if cores:
            os.sched_setaffinity(process.pid, cores)
        wait_until_listening(process, port)
        yield Server(process, port)
    finally:
        stop(process)


@contextmanager
def memcached(cores: Iterable[int]) -> Iterator[Server | None]:
    """Start Memcached where it is installed."""
    program = shutil.which("memcached")
    if program is None:
        yield None
        return
    command = (program, "-u", "nobody", "-l", "127.0.0.1", "-p", "{port}")
    with running(command, Path.cwd(), os.environ, cores=cores) as server:
        yield server


def stop(process: subprocess.Popen[bytes]) -> None:
    # There is no group any more where the server has ended by itself.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}.")
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not listen.")
