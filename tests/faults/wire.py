"""HTTP by hand: requests that no client library would send, and connections that take their time."""

from __future__ import annotations

import contextlib
import json
import re
import select
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from tests import server as servers
from tests.conftest import order_update
from tests.server import TOKEN, Answer

#: No answer may take longer, whatever was sent: what hangs takes 15 seconds and more.
PATIENCE = 5.0


def head(*headers: str | bytes, token: str | None = TOKEN, first: str = "POST /update-status/ HTTP/1.1") -> bytes:
    """The head of a request: these header lines beside Host and token."""
    lines: list[str | bytes] = [
        first,
        "Host: 127.0.0.1",
        *([f"Authorization: Token {token}"] if token else []),
        *headers,
    ]
    return b"".join((line if isinstance(line, bytes) else line.encode("latin-1")) + b"\r\n" for line in lines) + b"\r\n"


def length(body: bytes) -> str:
    """The true Content-Length."""
    return f"Content-Length: {len(body)}"


def chunks(body: bytes, size: int = 1 << 20) -> bytes:
    """A body in chunks."""
    parts = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def update(order_id: str | None = None) -> bytes:
    """A body about an order of its own."""
    return json.dumps(order_update(order_id or f"PO{uuid.uuid4().hex[:16]}")).encode()


def exchange(
    port: int,
    data: bytes,
    *,
    half_close: bool = False,
    patience: float = 8,
    quiet: float = 0.3,
    source: str = "127.0.0.1",
) -> list[Answer]:
    """Send bytes on one connection; every answer until the server closes it or is quiet after the first."""
    got, started, first = b"", time.monotonic(), 0.0
    with socket.create_connection(("127.0.0.1", port), timeout=patience, source_address=(source, 0)) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while part := connection.recv(65536):
                first = first or time.monotonic() - started
                got += part
                connection.settimeout(quiet)
    assert first < PATIENCE, f"the first answer took {first:.1f} s"
    return split(got)


def split(data: bytes) -> list[Answer]:
    """The answers in what a connection brought."""
    found = []
    while data:
        answer = servers.parse(data)
        size = int(answer.headers.get("content-length", 0))
        found.append(Answer(answer.code, answer.headers, answer.body[:size]))
        data = answer.body[size:]
    return found


def codes(answers: list[Answer]) -> list[int]:
    """Their codes."""
    return [answer.code for answer in answers]


def assert_refused(answer: Answer, *expected: int) -> None:
    """The agreed JSON of a failure, and nothing of a stack."""
    assert answer.code in expected, answer
    assert answer.headers["content-type"] == "application/json", answer
    assert sorted(answer.json) == ["message", "status"]
    assert answer.json["status"] == "FAILED"


def assert_success(answer: Answer) -> None:
    """Kept and applied."""
    assert (answer.code, answer.json["status"]) == (200, "SUCCESS")


def memory(process: int, of: str = "VmRSS") -> int:
    """Resident bytes of a process: now (`VmRSS`), or at most since `forget_peak` (`VmHWM`)."""
    found = re.search(rf"{of}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found
    return int(found[1]) * 1024


def forget_peak(process: int) -> None:
    """From now on `VmHWM` is the peak since now."""
    Path(f"/proc/{process}/clear_refs").write_text("5")


def stream(port: int, size: int, *, chunked: bool) -> tuple[int, list[Answer]]:
    """Send `size` bytes until an answer comes; how many were sent, and the answers."""
    part, sent, got = b" " * 65536, 0, b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(head("Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"))
        with contextlib.suppress(OSError):
            while sent < size and not select.select([connection], [], [], 0)[0]:
                data = part[: size - sent]
                connection.sendall(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)
                sent += len(data)
            if chunked and sent >= size:
                connection.sendall(b"0\r\n\r\n")
        with contextlib.suppress(OSError):
            while part := connection.recv(65536):
                got += part
                connection.settimeout(0.3)
    return sent, split(got)


class Client:
    """One connection that is kept, and its answers one after another."""

    def __init__(self, port: int) -> None:
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.stream = self.connection.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send a request, or several."""
        self.connection.sendall(data)

    def answer(self) -> Answer:
        """The next answer."""
        lines = []
        while (line := self.stream.readline()) not in (b"\r\n", b""):
            lines.append(line)
        found = servers.parse(b"".join(lines) + b"\r\n")
        found.body = self.stream.read(int(found.headers.get("content-length", 0)))
        return found

    def close(self) -> None:
        """Hang up."""
        self.stream.close()
        self.connection.close()


@contextlib.contextmanager
def slow(port: int, number: int, first: bytes) -> Iterator[Callable[[], None]]:
    """That many connections that have sent `first`; calling the value sends one byte more on each."""
    connections = []

    def drip() -> None:
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.send(b" ")

    try:
        for _ in range(number):
            connections.append(socket.create_connection(("127.0.0.1", port), timeout=5))
            connections[-1].sendall(first)
        yield drip
    finally:
        for connection in connections:
            connection.close()


class Dawdlers(threading.Thread):
    """Slow connections, and after how many seconds the server closed each of them."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.open: dict[str, tuple[socket.socket, bytes]] = {}
        self.closed: dict[str, float] = {}
        self.ending = threading.Event()
        self.started = time.monotonic()

    def add(self, name: str, port: int, first: bytes, drip: bytes = b"") -> None:
        """Connect, send `first`, then `drip` once a second."""
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        connection.sendall(first)
        self.open[name] = (connection, drip)

    def run(self) -> None:
        """Drip until all are closed, for 40 seconds at most."""
        dripped = 0.0
        while self.open and not self.ending.is_set() and time.monotonic() - self.started < 40:
            by_socket = {connection: name for name, (connection, _) in self.open.items()}
            for connection in select.select(list(by_socket), [], [], 0.5)[0]:
                self._hear(by_socket[connection], connection)
            if time.monotonic() - dripped > 1:
                dripped = time.monotonic()
                for connection, drip in list(self.open.values()):
                    with contextlib.suppress(OSError):
                        connection.send(drip)

    def stop(self) -> None:
        """Let go of whatever is still open."""
        self.ending.set()
        self.join()
        for connection, _ in self.open.values():
            connection.close()

    def _hear(self, name: str, connection: socket.socket) -> None:
        try:
            closed = not connection.recv(65536)
        except OSError:
            closed = True
        if closed:
            self.closed[name] = time.monotonic() - self.started
            del self.open[name]
            connection.close()
