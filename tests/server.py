"""A real server process for tests: what `make serve` starts, on a free port, with an environment of its own."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "test-token-0123456789"
PAYMENT_TOKEN = "test-payment-0123456789"
#: Seconds for an answer on a machine that is busy with many tests; where none is expected, the test says how long.
PATIENCE = 60.0
#: Ports below those that Linux gives out by itself.
FIRST_PORT, LAST_PORT = 10_000, 32_000
#: The ports that were given last, each with the next one, and how many of these pairs this process keeps from others.
_kept: deque[contextlib.ExitStack] = deque()
KEPT_PAIRS = 64


def free_port() -> int:
    """A port that nobody listens on, nor on the next one, where `run` has the partners played.

    Its server takes it seconds later, and many tests run side by side. So it is none of those that the system gives to
    whoever connects, and both ports are kept: no other test is given them meanwhile, but a server can listen there.
    """
    while True:
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        with contextlib.suppress(OSError), contextlib.ExitStack() as pair:
            pair.enter_context(_keep(port))
            pair.enter_context(_keep(port + 1))
            _kept.append(pair.pop_all())
            if len(_kept) > KEPT_PAIRS:
                _kept.popleft().close()
            return port


def _keep(port: int) -> socket.socket:
    """A socket that has the port and does not listen; raises `OSError` where anybody else has it.

    Servers set SO_REUSEADDR, and Linux lets them listen beside one that has set it too. It is set only afterwards:
    set before, a port that somebody else keeps would be got as well.
    """
    keeper = socket.socket()
    try:
        keeper.bind(("127.0.0.1", port))
    except OSError:
        keeper.close()
        raise
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return keeper


@dataclass
class Answer:
    """What a server answered: `code` 0 when it did not."""

    code: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Server:
    """A running portal."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def workers(self) -> list[int]:
        """The process ids of the web workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children]

    def raw(self, data: bytes, *, timeout: float = PATIENCE, half_close: bool = False) -> bytes:
        """Send bytes as they are and read until the server closes or `timeout` seconds pass."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            return _read_answer(connection)

    def post(
        self, body: bytes, *, token: str = TOKEN, timeout: float = PATIENCE, path: str = "/update-status/"
    ) -> Answer:
        """One POST on a connection of its own; an `Answer` with code 0 where none came."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        try:
            return parse(self.raw(head.encode() + body, timeout=timeout))
        except OSError:
            return Answer(0)

    def get(self, path: str, timeout: float = PATIENCE) -> Answer:
        """One GET."""
        try:
            return parse(
                self.raw(
                    f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode(), timeout=timeout
                )
            )
        except OSError:
            return Answer(0)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it and everything it started."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(5)


def parse(data: bytes) -> Answer:
    """An HTTP answer's parts; code 0 for bytes that are none."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/"):
        return Answer(0)
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    return Answer(int(lines[0].split()[1]), headers, body)


def _read_answer(connection: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(TimeoutError, ConnectionResetError):
        while part := connection.recv(65536):
            data += part
            answer = parse(data) if b"\r\n\r\n" in data else None
            if answer and len(answer.body) >= int(answer.headers.get("content-length", "999999999")):
                break
    return data


def environment(database_url: str, **more: str) -> dict[str, str]:
    """The environment of a production server under test; nothing of this process's own settings."""
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
    return (
        keep
        | {
            "PORTAL_ENV_FILE": "",
            "DATABASE_URL": database_url,
            "SECRET_KEY": "test-" * 12,
            "DEBUG": "false",
            "SECURE_SSL_REDIRECT": "false",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "ONEMG_WEBHOOK_TOKENS": TOKEN,
            "ONEMG_PAYMENT_TOKENS": PAYMENT_TOKEN,
        }
        | more
    )


def manage(database_url: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a management command to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(database_url, **more),
        capture_output=True,
        text=True,
        timeout=120,
    )


@contextlib.contextmanager
def serving(database_url: str, log: Path, *, workers: int = 2, **more: str) -> Iterator[Server]:
    """What `make serve` starts, up and answering; stopped afterwards."""
    server = start(database_url, log, workers=workers, **more)
    try:
        yield server
    finally:
        server.stop()


def start(
    database_url: str, log: Path, *, workers: int = 2, port: int | None = None, root: Path = ROOT, **more: str
) -> Server:
    """Start it, from the checkout at `root`, and wait until `/healthz` answers."""
    port = port or free_port()
    ours = {"PORT": str(port), "HOST": "127.0.0.1", "WEB_WORKERS": str(workers)}
    env = environment(database_url, **(ours | more))
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"], cwd=root, env=env, stdout=out, stderr=out, start_new_session=True
        )
    server = Server(process, port, log)
    end = time.monotonic() + 2 * PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(f"the server did not start:\n{log.read_text()[-2000:]}")
        if server.get("/healthz", timeout=1).code == 200:
            return server
        time.sleep(0.1)
    server.stop()
    raise AssertionError(f"the server does not answer:\n{log.read_text()[-2000:]}")


def database_name(url: str) -> str:
    """The database a URL names."""
    return urlsplit(url).path.lstrip("/")
