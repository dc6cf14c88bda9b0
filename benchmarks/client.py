"""An HTTP client that keeps many connections busy in one thread, with one request at a time on each."""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Iterator
from typing import NamedTuple

Address = tuple[str, int]

SILENCE = 60.0  # seconds without any answer until the client gives up

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class Answer(NamedTuple):
    """The answer to one request. ``number`` is the request's place in the order of sending, from zero."""

    number: int
    status: int
    body: bytes
    seconds: float


class HungUp(ConnectionError):
    """The server closed a connection before the end of its answer."""


def post(path: str, host: str, headers: dict[str, str], body: bytes = b"{}") -> bytes:
    """Return the bytes of a POST request with a JSON body."""
    lines = {"Host": host, "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def ask(address: Address, requests: Iterator[bytes], clients: int) -> Iterator[Answer]:
    """Send all requests over that many connections, and yield each answer when it arrives.

    Raises ``HungUp``, ``TimeoutError`` or another ``OSError`` for a request without an answer.
    """
    numbered = enumerate(requests)
    with selectors.DefaultSelector() as selector:
        connections = [_Connection(address, selector) for _ in range(clients)]
        busy = sum(connection.send_next(numbered) for connection in connections)
        try:
            while busy:
                ready = selector.select(SILENCE)
                if not ready:
                    raise TimeoutError(f"The server sent nothing for {SILENCE:.0f} s, while {busy} requests were open.")
                for key, _ in ready:
                    answer = key.data.receive()
                    if answer is not None:
                        yield answer
                        busy -= not key.data.send_next(numbered)
        finally:
            for connection in connections:
                connection.close()


class _Connection:
    def __init__(self, address: Address, selector: selectors.BaseSelector) -> None:
        self._address = address
        self._selector = selector
        self._socket: socket.socket | None = None

    def send_next(self, requests: Iterator[tuple[int, bytes]]) -> bool:
        """Send the next request. Return whether there was one."""
        self._number, request = next(requests, (0, b""))
        if not request:
            self.close()
            return False
        self._received, self._length = b"", -1
        self._started = time.perf_counter()
        if self._socket is None:
            self._socket = socket.create_connection(self._address, SILENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(self._socket, selectors.EVENT_READ, self)
        self._socket.sendall(request)
        return True

    def receive(self) -> Answer | None:
        assert self._socket is not None
        data = self._socket.recv(65536)
        if not data:
            raise HungUp(f"The answer ended after {len(self._received)} bytes: {self._received[:80]!r}")
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return None
        if self._length < 0:
            length = _LENGTH.search(head)
            self._length = int(length[1]) if length else 0
        if len(body) < self._length:
            return None
        seconds = time.perf_counter() - self._started
        if _CLOSE.search(head):
            self.close()
        return Answer(self._number, int(head[9:12]), body, seconds)

    def close(self) -> None:
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None
