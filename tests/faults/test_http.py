"""Requests that only a socket of our own can send, against what `make serve` starts, with nginx before it and without.

nginx runs with docs/nginx.conf.example, ports and places of files replaced. Three things it has to do, because the
portal's own server does not: refuse a request with two lengths, take in slow bodies, and answer while the portal is
down. What the portal's server does with them is tested too, as it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import re
import resource
import select
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from tests import server as servers
from tests.conftest import order_update
from tests.plugin import WANTED
from tests.server import ROOT, TOKEN, Answer, Server
from tests.webhooks.agreed import PERSONAL

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
MAX_BYTES = 1_000_000
#: A source address of its own for what would use up the tries of the others.
STRANGER = "127.0.0.9"
CANARY = "canary-in-the-query"

# --- the servers ------------------------------------------------------------------------------------------------------


@dataclass
class Portal:
    """A running portal and a look into its database."""

    server: Server
    url: str

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database answers."""
        return _query(self.url, sql)

    def kept(self, body: bytes) -> list[tuple[Any, ...]]:
        """Outcome and answer of each delivery of exactly this body."""
        sha = hashlib.sha256(body).hexdigest()
        return self.rows(f"SELECT outcome, answer_code FROM webhooks_delivery WHERE sha256 = '{sha}' ORDER BY id")

    def count(self) -> int:
        """How many deliveries are kept, once no request is being worked on any more."""
        time.sleep(0.2)
        return int(self.rows("SELECT count(*) FROM webhooks_delivery")[0][0])

    def last_id(self) -> int:
        """The newest delivery."""
        return int(self.rows("SELECT coalesce(max(id), 0) FROM webhooks_delivery")[0][0])


def _query(url: str, sql: str) -> list[tuple[Any, ...]]:
    if url.startswith("postgres"):
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(sql.encode()).fetchall()
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10)) as connection:
        return connection.execute(sql).fetchall()


def _execute(url: str, sql: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.encode())


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database of the run's own kind, for this module alone."""
    directory = tmp_path_factory.mktemp("http")
    run, name = os.environ["DATABASE_URL"], f"http_{uuid.uuid4().hex[:12]}"
    postgres = run.startswith("postgres")
    url = urlsplit(run)._replace(path=f"/{name}").geturl() if postgres else f"sqlite:///{directory}/portal.sqlite3"
    if postgres:
        _execute(run, f"CREATE DATABASE {name}")
    migrated = servers.manage(url, "migrate", "--verbosity", "0")
    assert migrated.returncode == 0, migrated.stderr
    yield url
    if postgres:
        _execute(run, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module", autouse=True)
def _many_files() -> Iterator[None]:
    """1,200 connections need as many open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def portal(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """What `make serve` starts; it believes a proxy on 127.0.0.1."""
    log = tmp_path_factory.mktemp("portal") / "log"
    with servers.serving(database_url, log, TRUSTED_PROXIES="127.0.0.1") as server:
        yield Portal(server, database_url)


@dataclass
class Nginx(Server):
    """nginx before a portal: `port` as for https, `plain_port` for http, and its directory."""

    plain_port: int
    directory: Path

    def logs(self) -> str:
        """Both logs."""
        return "".join((self.directory / name).read_text() for name in ("access.log", "error.log"))


def nginx_config(directory: Path, *, port: int, plain_port: int, upstream: int) -> Path:
    """docs/nginx.conf.example with ports and places of this test, and without TLS."""
    text = (ROOT / "docs" / "nginx.conf.example").read_text()
    root = "user root;" if os.geteuid() == 0 else ""
    temporary = "".join(
        f"{kind}_temp_path {directory}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    for pattern, replacement in (
        (r"user www-data;", root),
        (r"/run/nginx\.pid", f"{directory}/nginx.pid"),
        (r"/var/log/nginx/", f"{directory}/"),
        (r"include /etc/nginx/mime\.types;", temporary),
        (r"worker_rlimit_nofile \d+;", ""),
        (r"listen 80 default_server;", f"listen 127.0.0.1:{plain_port};"),
        (r"listen 443 ssl default_server;", f"listen 127.0.0.1:{port};"),
        (r"ssl_certificate(_key)? [^;]+;", ""),
        (r"server 127\.0\.0\.1:8000 ", f"server 127.0.0.1:{upstream} "),
    ):
        text, times = re.subn(pattern, replacement, text)
        assert times, f"docs/nginx.conf.example has no {pattern}"
    config = directory / "nginx.conf"
    config.write_text(text)
    return config


@contextlib.contextmanager
def running_nginx(directory: Path, upstream: int) -> Iterator[Nginx]:
    """nginx, up and answering; stopped afterwards."""
    if NGINX is None:
        pytest.skip("nginx is not installed here (Debian: apt-get install nginx-light)")
    port, plain_port = servers.free_port(), servers.free_port()
    config = nginx_config(directory, port=port, plain_port=plain_port, upstream=upstream)
    command = [NGINX, "-p", str(directory), "-c", str(config), "-g", "daemon off;"]
    with (directory / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    nginx = Nginx(process, port, directory / "out", plain_port, directory)
    try:
        for _ in range(100):
            assert process.poll() is None, nginx.log.read_text()
            if nginx.get("/healthz", timeout=5).code:
                break
            time.sleep(0.05)
        yield nginx
    finally:
        nginx.stop()


@pytest.fixture(scope="module")
def nginx(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """nginx before the portal."""
    with running_nginx(tmp_path_factory.mktemp("nginx"), portal.server.port) as running:
        yield running


@pytest.fixture(params=["portal", "nginx"])
def door(request: pytest.FixtureRequest, portal: Portal) -> Server:
    """The portal's own server, then nginx before it."""
    return portal.server if request.param == "portal" else request.getfixturevalue("nginx")


# --- requests ---------------------------------------------------------------------------------------------------------


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
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=patience, source_address=(source, 0)) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while part := connection.recv(65536):
                got += part
                connection.settimeout(quiet)
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


def memory(process: int) -> int:
    """Resident bytes of a process."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


# --- what dawdles from the start of the module ------------------------------------------------------------------------


class Dawdlers(threading.Thread):
    """Slow connections, and after how many seconds the server closed each of them."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.open: dict[str, tuple[socket.socket, bytes]] = {}
        self.closed: dict[str, float] = {}
        self.got: dict[str, bytes] = {}
        self.started = time.monotonic()

    def add(self, name: str, port: int, first: bytes, drip: bytes = b"") -> None:
        """Connect, send `first`, then `drip` once a second."""
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        connection.sendall(first)
        self.open[name] = (connection, drip)

    def run(self) -> None:
        """Drip until all are closed, for 40 seconds at most."""
        dripped = 0.0
        while self.open and time.monotonic() - self.started < 40:
            by_socket = {connection: name for name, (connection, _) in self.open.items()}
            for connection in select.select(list(by_socket), [], [], 0.5)[0]:
                self._hear(by_socket[connection], connection)
            if time.monotonic() - dripped > 1:
                dripped = time.monotonic()
                for connection, drip in list(self.open.values()):
                    with contextlib.suppress(OSError):
                        connection.send(drip)

    def _hear(self, name: str, connection: socket.socket) -> None:
        try:
            part = connection.recv(65536)
        except OSError:
            part = b""
        self.got[name] = self.got.get(name, b"") + part
        if not part:
            self.closed[name] = time.monotonic() - self.started
            del self.open[name]
            connection.close()


@pytest.fixture(scope="module", autouse=True)
def dawdlers(portal: Portal, request: pytest.FixtureRequest) -> Iterator[Dawdlers]:
    """Opened first and looked at last, so that waiting for the time-outs costs nothing."""
    watch, port = Dawdlers(), portal.server.port
    watch.add("portal: nothing sent", port, b"")
    watch.add("portal: slow header", port, head()[:40], b"x")
    watch.add("portal: idle after an answer", port, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    if NGINX:
        port = request.getfixturevalue("nginx").port
        watch.add("nginx: nothing sent", port, b"")
        watch.add("nginx: slow header", port, head()[:40], b"x")
        watch.add("nginx: body stalled", port, head("Content-Length: 100") + b"{")
    watch.start()
    yield watch
    for connection, _ in list(watch.open.values()):
        connection.close()


# --- A: authentication ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["authorization", "AUTHORIZATION", "aUtHoRiZaTiOn"])
def test_A3_the_header_is_known_in_any_case(door: Server, name: str) -> None:
    body = update()

    answers = exchange(door.port, head(f"{name}: Token {TOKEN}", length(body), token=None) + body)

    assert codes(answers) == [200]
    assert_success(answers[0])


@pytest.mark.parametrize("second", [f"Token {TOKEN}", "Token other", ""], ids=["the same", "another", "empty"])
@pytest.mark.parametrize("first", [True, False], ids=["valid first", "valid last"])
def test_A4_two_token_headers_are_401(door: Server, portal: Portal, second: str, first: bool) -> None:
    if not second:
        pytest.skip("nothing is joined to an empty value that could be another token")
    body = update()
    lines = [f"Authorization: Token {TOKEN}", f"Authorization: {second}"]

    answers = exchange(door.port, head(*(lines if first else lines[::-1]), length(body), token=None) + body)

    assert_refused(answers[0], 400, 401)
    assert len(answers) == 1
    assert portal.kept(body) == []


def test_A5_a_token_in_the_query_is_refused_and_never_logged(door: Server, portal: Portal) -> None:
    body = update()
    first = f"POST /update-status/?token={TOKEN}&q={CANARY} HTTP/1.1"

    answers = exchange(door.port, head(length(body), token=None, first=first) + body)

    assert codes(answers) == [401]
    assert_refused(answers[0], 401)
    assert portal.kept(body) == []
    # The logs are looked at last of all, below.


def test_A6_a_thousand_headers_of_random_bytes_are_refused(portal: Portal) -> None:
    dice, before = random.Random(6), portal.count()
    seen: Counter[int] = Counter()

    for _ in range(1000):
        noise = dice.randbytes(dice.choice((1, 8, 21, 64, 512))).replace(b"\n", b"\r")
        request = head(b"Authorization: Token " + noise, "Content-Length: 2", "Connection: close", token=None) + b"{}"
        answers = exchange(portal.server.port, request, source=STRANGER)
        assert len(answers) == 1
        seen[answers[0].code] += 1

    assert set(seen) <= {400, 401, 429}
    assert sum(seen.values()) == 1000
    assert portal.count() == before


@pytest.mark.parametrize(
    ("value", "code"),
    [(b"Token a\0b", 400), (b"Token \xc3\xa9\xff", 401), (b"Token " + b"x" * 8192, 401), (b"Token \x7f", 400)],
    ids=["NUL", "not ASCII", "8 KB", "a control byte"],
)
def test_A6_an_odd_header_is_refused(portal: Portal, value: bytes, code: int) -> None:
    body = update()

    answers = exchange(portal.server.port, head(b"Authorization: " + value, length(body), token=None) + body)

    assert codes(answers) == [code]
    assert portal.kept(body) == []


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X_Forwarded_For"])
@pytest.mark.parametrize(("source", "recorded"), [(STRANGER, STRANGER)])
def test_A15_a_strangers_forwarded_address_is_not_recorded(
    door: Server, portal: Portal, name: str, source: str, recorded: str
) -> None:
    body = update()
    spoofed = (f"{name}: 10.6.6.6", "X-Forwarded-Proto: https", "X-Real-IP: 10.6.6.6", "Forwarded: for=10.6.6.6")

    answers = exchange(door.port, head(*spoofed, length(body)) + body, source=source)

    assert codes(answers) == [200]
    sha = hashlib.sha256(body).hexdigest()
    assert portal.rows(f"SELECT remote_address FROM webhooks_delivery WHERE sha256 = '{sha}'") == [(recorded,)]


def test_A15_a_wrong_host_is_400_in_json(door: Server, portal: Portal) -> None:
    body = update()
    request = head(length(body)).replace(b"Host: 127.0.0.1", b"Host: evil.example") + body

    answers = exchange(door.port, request)

    assert codes(answers) == [400]
    assert_refused(answers[0], 400)
    assert portal.kept(body) == []


# --- B1-B8: lengths ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1 << 20, 1000, 7], ids=["one chunk", "some chunks", "many chunks"])
def test_B1_a_chunked_body_is_read_whole(door: Server, portal: Portal, size: int) -> None:
    body = update()

    answers = exchange(door.port, head("Transfer-Encoding: chunked") + chunks(body, size))

    assert codes(answers) == [200]
    assert_success(answers[0])
    assert portal.kept(body) == [("applied", 200)]


def test_B1_the_coding_is_known_in_any_case_with_extension_and_trailer(door: Server, portal: Portal) -> None:
    body = update()
    coded = b"%x;note=1\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n" % (len(body), body)

    answers = exchange(door.port, head("transfer-encoding: CHUNKED") + coded)

    assert codes(answers) == [200]
    assert portal.kept(body) == [("applied", 200)]


def test_B1_an_empty_chunked_body_is_never_acknowledged(door: Server) -> None:
    answers = exchange(door.port, head("Transfer-Encoding: chunked") + b"0\r\n\r\n")

    assert codes(answers) == [400]
    assert_refused(answers[0], 400)


BARE = """
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

def size(request):
    return HttpResponse(str(len(request.body)))

urlpatterns = [path("", size)]
settings.configure(SECRET_KEY="x" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__)
application = get_wsgi_application()
"""


def test_B1_control_bare_django_sees_an_empty_body(tmp_path: Path) -> None:
    (tmp_path / "bare.py").write_text(BARE)
    port, granian = servers.free_port(), Path(sys.executable).parent / "granian"
    command = [str(granian), "bare:application", "--interface", "wsgi", "--port", str(port), "--log-level", "error"]
    process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True)
    bare = Server(process, port, tmp_path / "log")
    try:
        while bare.get("/", timeout=1).code != 200:
            assert process.poll() is None
            time.sleep(0.05)

        with_length = exchange(port, head("Content-Length: 10", first="POST / HTTP/1.1") + b"0123456789")
        chunked = exchange(port, head("Transfer-Encoding: chunked", first="POST / HTTP/1.1") + chunks(b"0123456789"))
    finally:
        bare.stop()

    assert [answer.body for answer in with_length] == [b"10"]
    assert [answer.body for answer in chunked] == [b"0"]


def test_B2_a_body_without_a_length_is_411(door: Server, portal: Portal) -> None:
    body, before = update(), portal.count()

    answers = exchange(door.port, head() + body)

    assert_refused(answers[0], 411)
    assert codes(answers)[1:] in ([], [400])  # the bytes that follow are no request
    assert portal.count() == before


@pytest.mark.parametrize("half_close", [True, False], ids=["half-closed", "closed"])
def test_B4_a_body_cut_short_is_not_kept(door: Server, portal: Portal, half_close: bool) -> None:
    body, before = update(), portal.count()
    cut = head(length(body)) + body[:-10]

    if half_close:
        answers = exchange(door.port, cut, half_close=True)
    else:
        with socket.create_connection(("127.0.0.1", door.port)) as connection:
            connection.sendall(cut)
            time.sleep(0.1)
        answers = []

    assert codes(answers) in ([], [400])
    assert portal.count() == before


@pytest.mark.parametrize("kept", [-10, 0, 1, 500])
def test_B4_a_chunked_body_cut_short_is_not_acknowledged(door: Server, portal: Portal, kept: int) -> None:
    # The server does not say that the end is missing; the JSON does: no part of an object is an object.
    body = update()
    started = b"%x\r\n" % len(body) + body[:kept]

    answers = exchange(door.port, head("Transfer-Encoding: chunked") + started, half_close=True)

    assert codes(answers) in ([], [400])
    assert portal.rows("SELECT count(*) FROM webhooks_delivery WHERE outcome = 'pending'") == [(0,)]


def test_B5_a_length_too_small_cuts_the_body_and_is_400(door: Server, portal: Portal) -> None:
    body, last = update(), portal.last_id()

    answers = exchange(door.port, head("Content-Length: 5") + body)

    assert_refused(answers[0], 400)
    assert codes(answers)[1:] in ([], [400])  # the rest is no request
    kept = portal.rows(f"SELECT size, outcome FROM webhooks_delivery WHERE id > {last}")
    assert kept == [(5, "refused")]


@pytest.mark.parametrize(
    "lengths",
    [["-1"], ["+5"], ["0x10"], ["5 5"], ["5, 6"], ["5", "6"], ["99999999999999999999"], ["five"]],
    ids=lambda lengths: " and ".join(lengths),
)
def test_B6_an_impossible_length_is_400(door: Server, portal: Portal, lengths: list[str]) -> None:
    before = portal.count()

    answers = exchange(door.port, head(*(f"Content-Length: {n}" for n in lengths)) + update())

    assert codes(answers) in ([400], [413])
    assert portal.count() == before


def smuggling(first: bytes, second: bytes) -> bytes:
    """A request with both lengths; read by its Content-Length, `second` would be a request of its own, or reversed."""
    hidden = head(length(second)) + second
    return head("Content-Length: 5", "Transfer-Encoding: chunked") + chunks(first) + hidden


@pytest.mark.parametrize("order", ["length first", "coding first"])
def test_B6_two_kinds_of_length_are_never_two_requests(portal: Portal, order: str) -> None:
    # Granian reads the chunks, and closes the connection so that nothing after them is taken for a request (RFC 9112,
    # 6.3). What counts: one answer, one delivery, and it is the chunked one, whole.
    first, second, last = update(), update(), portal.last_id()
    request = smuggling(first, second)
    if order == "coding first":
        request = request.replace(
            b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nContent-Length: 5"
        )

    answers = exchange(portal.server.port, request)

    assert codes(answers) == [200]
    assert answers[0].headers["connection"] == "close"
    assert portal.rows(f"SELECT size FROM webhooks_delivery WHERE id > {last}") == [(len(first),)]
    assert portal.kept(first) == [("applied", 200)]
    assert portal.kept(second) == []


def test_B6_a_length_that_covers_a_hidden_request_does_not_bring_it_in(portal: Portal) -> None:
    first, second = update(), update()
    coded = chunks(first)
    hidden = head(length(second)) + second
    request = head(f"Content-Length: {len(coded) + len(hidden)}", "Transfer-Encoding: chunked") + coded + hidden

    answers = exchange(portal.server.port, request)

    assert codes(answers) == [200]
    assert (portal.kept(first), portal.kept(second)) == ([("applied", 200)], [])


def test_B6_behind_nginx_two_kinds_of_length_are_400(nginx: Nginx, portal: Portal) -> None:
    first, second, before = update(), update(), portal.count()

    answers = exchange(nginx.port, smuggling(first, second))

    assert codes(answers) == [400]
    assert_refused(answers[0], 400)
    assert portal.count() == before


@pytest.mark.parametrize(
    "codings", [["gzip, chunked"], ["gzip"], ["identity"], ["chunked, chunked"], ["xchunked"], ["gzip", "chunked"], ["chunked", "gzip"]],
    ids=lambda codings: " and ".join(codings),
)  # fmt: skip
def test_B7_another_transfer_coding_is_refused(door: Server, portal: Portal, codings: list[str]) -> None:
    body, before = update(), portal.count()

    answers = exchange(door.port, head(*(f"Transfer-Encoding: {c}" for c in codings)) + chunks(body))

    assert codes(answers) in ([400], [501])
    assert portal.count() == before


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 10_000_000, 100_000_000])
@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_B8_too_large_a_body_is_413_and_not_read_past_the_cap(
    door: Server, portal: Portal, size: int, coding: str
) -> None:
    workers = portal.server.workers()
    before, count = [memory(worker) for worker in workers], portal.count()

    started = time.monotonic()
    sent, answers = stream(door.port, size, chunked=coding == "chunked")

    assert codes(answers) == [413]
    assert_refused(answers[0], 413)
    assert time.monotonic() - started < 2
    assert sent < 2 * MAX_BYTES + 10_000_000  # what the buffers of two sockets take in
    grown = max(memory(worker) - was for worker, was in zip(workers, before, strict=True))
    assert grown < 2 * MAX_BYTES + 3_000_000  # and the noise of an allocator
    assert portal.count() == count


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


@pytest.mark.parametrize(
    ("why", "headers", "code"),
    [
        ("wrong token", ["Authorization: Token wrong-token-0123456789"], 401),
        ("compressed", [f"Authorization: Token {TOKEN}", "Content-Encoding: gzip"], 415),
        ("too large", [f"Authorization: Token {TOKEN}"], 413),
    ],
)
def test_B8_the_unread_body_of_a_refused_request_is_no_request(
    door: Server, portal: Portal, why: str, headers: list[str], code: int
) -> None:
    hidden = update()
    request = head(length(hidden)) + hidden
    body = request * (MAX_BYTES // len(request) + 2 if why == "too large" else 3)

    answers = exchange(door.port, head(*headers, length(body), token=None) + body)

    assert codes(answers)[:1] == [code]
    assert codes(answers)[1:] in ([], [400])
    assert portal.kept(hidden) == []


# --- B13: slowness ----------------------------------------------------------------------------------------------------

CROWDS = [2, 16, 40, 150, 600]
SLOW_HEADER = head()[:40]
SLOW_BODY = head("Content-Length: 100000") + b"{"


@contextlib.contextmanager
def crowd(port: int, number: int, first: bytes) -> Iterator[Callable[[], None]]:
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


def honest(server: Server, *drips: Callable[[], None], number: int = 100) -> float:
    """The 99th of a hundred requests' seconds, each on a connection of its own; all of them must succeed."""
    took = []
    for n in range(number):
        if n % 25 == 0:
            for drip in drips:
                drip()
        started = time.monotonic()
        assert_success(server.post(update(f"PO-honest-{n}"), timeout=5))
        took.append(time.monotonic() - started)
    return sorted(took)[-2]


@pytest.mark.parametrize("number", CROWDS)
def test_B13_slow_headers_do_not_hold_up_honest_requests(portal: Portal, number: int) -> None:
    with crowd(portal.server.port, number, SLOW_HEADER) as drip:
        p99 = honest(portal.server, drip)

    assert p99 < 0.5


@pytest.mark.parametrize("number", [2, 7])
def test_B13_fewer_slow_bodies_than_threads_do_not_hold_up_honest_requests(portal: Portal, number: int) -> None:
    """Granian's thread waits for the body it reads: as many slow bodies as threads (8 a process) hold a process up.

    That is what nginx is there for; without it this is the limit, and there is no time-out on a dripping body.
    """
    with crowd(portal.server.port, number, SLOW_BODY) as drip:
        p99 = honest(portal.server, drip)

    assert p99 < 0.5


@pytest.mark.parametrize("number", CROWDS)
def test_B13_behind_nginx_slow_headers_and_bodies_do_not_hold_up_honest_requests(nginx: Nginx, number: int) -> None:
    with crowd(nginx.port, number, SLOW_HEADER) as headers, crowd(nginx.port, number, SLOW_BODY) as bodies:
        p99 = honest(nginx, headers, bodies)

    assert p99 < 0.5


# --- B14, B15: connections --------------------------------------------------------------------------------------------


def test_B14_what_a_vanished_client_sent_stays_and_its_retry_is_a_duplicate(portal: Portal) -> None:
    bodies = [update() for _ in range(10)]

    for body in bodies:
        with socket.create_connection(("127.0.0.1", portal.server.port)) as connection:
            connection.sendall(head(length(body)) + body)
            _until(lambda body=body: [outcome for outcome, _ in portal.kept(body)] == ["applied"])
    retries = [portal.server.post(body) for body in bodies]

    assert [(answer.code, answer.json["status"]) for answer in retries] == [(200, "SUCCESS")] * 10
    assert [portal.kept(body) for body in bodies] == [[("applied", 200), ("duplicate", 200)]] * 10


def test_B14_a_client_that_vanishes_at_once_leaves_nothing_half_done(portal: Portal) -> None:
    bodies = [update() for _ in range(20)]

    for body in bodies:
        with socket.create_connection(("127.0.0.1", portal.server.port)) as connection:
            connection.sendall(head(length(body)) + body)
    retries = [portal.server.post(body) for body in bodies]

    _until(lambda: portal.rows("SELECT count(*) FROM webhooks_delivery WHERE outcome = 'pending'") == [(0,)])
    assert [answer.json["status"] for answer in retries] == ["SUCCESS"] * 20
    for body in bodies:
        outcomes = sorted(outcome for outcome, _ in portal.kept(body))
        assert outcomes in (["applied"], ["applied", "duplicate"])


def _until(true: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


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


def test_B15_ten_thousand_requests_on_one_connection(portal: Portal) -> None:
    health = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    wrong = b"GET /update-status/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    client = Client(portal.server.port)
    seen = []

    for n in range(10_000):
        client.send(wrong if n % 3 == 0 else health)
        seen.append(client.answer().code)
        if n == 1000:
            before = [memory(worker) for worker in portal.server.workers()]
    client.close()

    assert seen == [405 if n % 3 == 0 else 200 for n in range(10_000)]
    after = [memory(worker) for worker in portal.server.workers()]
    assert max(b - a for a, b in zip(before, after, strict=True)) < 5_000_000


def test_B15_two_hundred_updates_on_one_connection_get_their_own_answers(door: Server, portal: Portal) -> None:
    client, bodies = Client(door.port), [update() for _ in range(200)]
    told = []

    for body in bodies:
        client.send(head(length(body)) + body)
        told.append(client.answer().json["message"])
    client.close()

    ids = dict(portal.rows("SELECT sha256, id FROM webhooks_delivery"))
    assert told == [f"Order updated. Reference {ids[hashlib.sha256(body).hexdigest()]}." for body in bodies]


def test_B15_pipelined_requests_are_answered_in_order(door: Server, portal: Portal) -> None:
    client, bodies = Client(door.port), [update() for _ in range(20)]
    good = [head(length(body)) + body for body in bodies]
    bad = head(token="wrong-token-0123456789", first="PUT /update-status/ HTTP/1.1")

    client.send(b"".join(request + bad for request in good))
    answers = [client.answer() for _ in range(40)]
    client.close()

    assert codes(answers) == [200, 405] * 20
    ids = dict(portal.rows("SELECT sha256, id FROM webhooks_delivery"))
    told = [answer.json["message"] for answer in answers[::2]]
    assert told == [f"Order updated. Reference {ids[hashlib.sha256(body).hexdigest()]}." for body in bodies]


# --- B16-B19 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["//update-status/", "//update-status", "/UPDATE-STATUS/", "/update-status/x"])
def test_B16_another_spelling_is_404_in_json(portal: Portal, path: str) -> None:
    body = update()

    answers = exchange(portal.server.port, head(length(body), first=f"POST {path} HTTP/1.1") + body)

    assert codes(answers) == [404]
    assert_refused(answers[0], 404)
    assert portal.kept(body) == []


def test_B16_without_the_slash_there_is_no_redirect(door: Server) -> None:
    answer = door.post(update(), path="/update-status")

    assert_success(answer)


def test_B17_nginx_refuses_plain_http_and_does_not_redirect_it(nginx: Nginx, portal: Portal) -> None:
    body = update()

    answers = exchange(nginx.plain_port, head(length(body)) + body)
    page = exchange(nginx.plain_port, head(first="GET /orders/ HTTP/1.1", token=None))

    assert codes(answers) == [403]
    assert_refused(answers[0], 403)
    assert portal.kept(body) == []
    assert (page[0].code, page[0].headers["location"]) == (301, "https://127.0.0.1/orders/")


@pytest.mark.parametrize(
    ("headers", "first"),
    [
        ([f"X-{n}: 1" for n in range(200)], "POST /update-status/ HTTP/1.1"),
        (["X-Long: " + "x" * 65536], "POST /update-status/ HTTP/1.1"),
        ([], f"POST /update-status/?{'x' * 20_000} HTTP/1.1"),
        (["X-Long: " + "x" * 1_000_000], "POST /update-status/ HTTP/1.1"),
    ],
    ids=["200 headers", "64 KB header", "20 KB address", "1 MB header"],
)
def test_B18_too_much_before_the_body_is_refused(door: Server, portal: Portal, headers: list[str], first: str) -> None:
    body = update()

    answers = exchange(door.port, head(*headers, length(body), first=first) + body)

    assert len(answers) == 1
    assert answers[0].code in (400, 414, 431)
    assert portal.kept(body) == []


def test_B19_a_client_may_ask_before_it_sends(door: Server, portal: Portal) -> None:
    body = json.dumps(order_update(f"PO{uuid.uuid4().hex[:16]}") | {"filler": "x" * 500_000}).encode()
    client = Client(door.port)

    client.send(head(length(body), "Expect: 100-continue"))
    first = client.answer()
    client.send(body)
    second = client.answer()
    client.close()

    assert codes([first, second]) == [100, 200]
    assert portal.kept(body) == [("applied", 200)]


@pytest.mark.parametrize(
    ("token", "size", "code"), [("wrong-token-0123456789", 100, 401), (TOKEN, 50_000_000, 413)], ids=["token", "size"]
)
def test_B19_what_would_be_refused_is_refused_without_the_body(door: Server, token: str, size: int, code: int) -> None:
    client = Client(door.port)

    client.send(head(f"Content-Length: {size}", "Expect: 100-continue", token=token))
    answer = client.answer()
    client.close()

    assert answer.code in ((code, 100) if isinstance(door, Nginx) and code == 401 else (code,))


# --- nginx itself -----------------------------------------------------------------------------------------------------


def test_nginx_accepts_the_example_as_it_stands(tmp_path: Path) -> None:
    if NGINX is None:
        pytest.skip("nginx is not installed here (Debian: apt-get install nginx-light)")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    _self_signed(key, certificate)
    text = (ROOT / "docs" / "nginx.conf.example").read_text()
    for old, new in (
        ("/etc/ssl/portal/fullchain.pem", certificate), ("/etc/ssl/portal/privkey.pem", key),
        ("/run/nginx.pid", tmp_path / "pid"), ("/var/log/nginx/", f"{tmp_path}/"),
        ("listen 80 ", f"listen {servers.free_port()} "), ("listen 443 ", f"listen {servers.free_port()} "),
    ):  # fmt: skip
        assert old in text
        text = text.replace(old, str(new))
    (tmp_path / "nginx.conf").write_text(text)

    done = subprocess.run([NGINX, "-t", "-q", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True)

    assert (done.returncode, "emerg" in done.stderr) == (0, False), done.stderr


def _self_signed(key: Path, certificate: Path) -> None:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "portal.example.org")]), datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, private.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    certificate.write_bytes(builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    key.write_bytes(private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip


def test_nginx_answers_503_in_json_while_the_portal_is_down(tmp_path: Path) -> None:
    with running_nginx(tmp_path, upstream=servers.free_port()) as nginx:
        answer = nginx.post(update())

    assert_refused(answer, 503)
    assert answer.headers["retry-after"] == "30"


def test_nginx_answers_503_in_json_when_the_portal_does_not_answer_in_time(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, running_nginx(tmp_path, mute.getsockname()[1]) as nginx:
        started = time.monotonic()
        answer = nginx.post(update(), timeout=10)

    assert_refused(answer, 503)
    assert 5 < time.monotonic() - started < 9


# --- at the end -------------------------------------------------------------------------------------------------------


def test_B13_slow_and_idle_connections_are_cut_within_30_seconds(dawdlers: Dawdlers) -> None:
    """Headers that are not whole, bodies that stall behind nginx, connections without a request.

    A body that goes on dripping is not cut: it holds a connection of nginx, and behind it nothing.
    """
    dawdlers.join(45)

    assert dawdlers.open == {}
    assert {name: round(after) for name, after in dawdlers.closed.items() if not 14 <= after <= 30} == {}


def test_A5_no_log_holds_a_query_a_token_or_a_patient(portal: Portal, nginx: Nginx) -> None:
    logs = portal.server.log.read_text() + nginx.logs()

    assert [secret for secret in (TOKEN, CANARY, *PERSONAL, "Traceback") if secret in logs] == []
    assert '"path":"/update-status/"' in nginx.logs()
