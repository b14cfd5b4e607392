"""Asks one thing from many connections without end: `python -m tests.bench.flood PORT sign-ins|probes CONNECTIONS`.

One thread and prebuilt bytes, as in `tests.bench.load`. Prints what it was answered as it is told to stop.
"""

from __future__ import annotations

import re
import selectors
import signal
import socket
import sys
from collections import Counter
from urllib.parse import urlencode


def main(port: int, kind: str, connections: int) -> None:
    """Until SIGTERM."""
    asked = _sign_in(port) if kind == "sign-ins" else b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    codes: Counter[str] = Counter()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f"{kind}: {dict(codes)}"))
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            _ask(selector, port, asked)
        while True:
            for key, _events in selector.select():
                codes[_code(key.fileobj)] += 1  # type: ignore[arg-type]
                try:
                    key.fileobj.sendall(asked)  # type: ignore[union-attr]
                except OSError:
                    selector.unregister(key.fileobj)
                    _ask(selector, port, asked)


def _ask(selector: selectors.BaseSelector, port: int, asked: bytes) -> None:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    selector.register(connection, selectors.EVENT_READ)
    connection.sendall(asked)


def _code(connection: socket.socket) -> str:
    answer = connection.recv(262144)
    while answer and not answer.endswith((b"0\r\n\r\n", b"</html>", b"</html>\n", b"}")):
        part = connection.recv(262144)
        if not part:
            break
        answer += part
    return answer[9:12].decode() or "closed"


def _sign_in(port: int) -> bytes:
    """A wrong sign-in that the form's own check lets through."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        page = b""
        while part := connection.recv(65536):
            page += part
    token = re.search(rb'csrfmiddlewaretoken" value="(\w+)"', page)[1].decode()  # type: ignore[index]
    cookie = re.search(rb"csrftoken=(\w+)", page)[1].decode()  # type: ignore[index]
    form = urlencode({"csrfmiddlewaretoken": token, "username": "nobody", "password": "wrong", "next": "/"}).encode()
    return (
        f"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: csrftoken={cookie}\r\nReferer: http://127.0.0.1/\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n"
    ).encode() + form


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
