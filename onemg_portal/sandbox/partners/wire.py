"""What passes between the portal and the partners that the sandbox plays: a request, an answer, and the wire itself."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

#: Seconds for one write: whoever stops reading does not hold a thread for ever.
WRITE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. `target` as sent, still percent-encoded and with its query; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty where it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def bearer(self) -> str:
        """The token of `Authorization: Bearer`, or nothing."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme == "Bearer" else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: JSON unless `headers` say otherwise. A header of `headers` replaces the usual one."""

    code: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def head(self) -> bytes:
        """Status line and headers, to the empty line."""
        usual = {"Date": formatdate(usegmt=True), "Content-Type": "application/json"}
        headers = usual | {"Content-Length": str(len(self.body))} | self.headers
        lines = [f"HTTP/1.1 {self.code} {HTTPStatus(self.code).phrase}", *(f"{n}: {v}" for n, v in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def json_answer(code: int, said: Any) -> Answer:
    """An answer of JSON."""
    return Answer(code, json.dumps(said).encode())


@dataclass(slots=True)
class Wire:
    """The connection to whoever asked. Pauses end at once when the server stops."""

    connection: socket.socket
    stopping: threading.Event

    def send(self, data: bytes) -> None:
        self.connection.settimeout(WRITE_SECONDS)
        self.connection.sendall(data)

    def drip(self, data: bytes, every: float) -> None:
        """Write byte by byte, `every` so many seconds."""
        for place in range(len(data)):
            self.send(data[place : place + 1])
            self.pause(every)

    def pause(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise ConnectionAbortedError

    def reset(self) -> None:
        """End the connection without a farewell (RST)."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
