"""Two lean loops over keep-alive connections.

    closed_loop    each connection sends its next message as soon as it has its answer
    open_loop      a message is sent when its time has come, however many answers are missing

One thread, prebuilt bytes, no HTTP library, so that on a small machine the measuring does not hide the measured.
"""

from __future__ import annotations

import gc
import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

CONNECTIONS = 8
OPEN_CONNECTIONS = 64


@dataclass
class Run:
    """What one run saw. Times in seconds; `cpu` is what the loop itself used."""

    seconds: float = 0.0
    cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency that `share` of the answers stayed below, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


def message(path: str, body: bytes, token: str) -> bytes:
    """One POST as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def closed_loop(port: int, messages: Iterable[bytes], seconds: float, expected: bytes) -> Run:
    """Send `messages` until they or the `seconds` run out; an answer without `expected` in it is a failure."""
    run, queue = Run(), iter(messages)
    gc.collect()
    gc.disable()
    with selectors.DefaultSelector() as selector:
        try:
            for _ in range(CONNECTIONS):
                selector.register(_connected(port), selectors.EVENT_READ, [0.0])
            _drive(selector, queue, seconds, expected, run)
        finally:
            for key in list(selector.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]
            gc.enable()
    return run


def _drive(selector: selectors.BaseSelector, queue: Iterator[bytes], seconds: float, expected: bytes, run: Run) -> None:
    clock = time.perf_counter
    started, cpu = clock(), time.process_time()
    waiting = 0
    for key in list(selector.get_map().values()):
        if (data := next(queue, None)) is not None:
            key.data[0] = clock()
            key.fileobj.sendall(data)  # type: ignore[union-attr]
            waiting += 1
    while waiting:
        ready = selector.select(timeout=15)
        if not ready:
            raise TimeoutError(f"{waiting} answers are missing after 15 seconds")
        for key, _ in ready:
            answer = _answer(key.fileobj)  # type: ignore[arg-type]
            now = clock()
            run.latencies.append(now - key.data[0])
            if not answer.startswith(b"HTTP/1.1 200") or expected not in answer:
                run.failures += 1
            data = next(queue, None) if now - started < seconds else None
            if data is None:
                waiting -= 1
            else:
                key.data[0] = now
                key.fileobj.sendall(data)  # type: ignore[union-attr]
    run.seconds, run.cpu = clock() - started, time.process_time() - cpu


def open_loop(port: int, messages: Iterable[bytes], rate: float, seconds: float, expected: bytes) -> Run:
    """Send `rate` messages a second; a latency counts from when its message was due, sent late or not."""
    run, clock = Run(), time.perf_counter
    with selectors.DefaultSelector() as selector:
        idle = [_connected(port) for _ in range(OPEN_CONNECTIONS)]
        queue = iter(messages)
        started, cpu, sent, many = clock(), time.process_time(), 0, int(rate * seconds)
        while len(run.latencies) < many:
            while sent < many and idle and clock() - started >= sent / rate:
                connection = idle.pop()
                selector.register(connection, selectors.EVENT_READ, started + sent / rate)
                connection.sendall(next(queue))
                sent += 1
            wait = max(0.0, started + sent / rate - clock()) if sent < many and idle else 15
            for key, _ in selector.select(timeout=wait):
                answer = _answer(key.fileobj)  # type: ignore[arg-type]
                run.latencies.append(clock() - key.data)
                run.failures += not answer.startswith(b"HTTP/1.1 200") or expected not in answer
                selector.unregister(key.fileobj)
                idle.append(key.fileobj)  # type: ignore[arg-type]
        run.seconds, run.cpu = clock() - started, time.process_time() - cpu
    for connection in idle:
        connection.close()
    return run


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _answer(connection: socket.socket) -> bytes:
    """One whole answer; nearly always it is there at once. Ours are JSON objects, so they end with a brace."""
    data = connection.recv(65536)
    while data and not data.endswith((b"}", b"0\r\n\r\n")):
        part = connection.recv(65536)
        if not part:
            break
        data += part
    if not data:
        raise ConnectionError("the server closed a connection that it was asked to keep")
    return data
