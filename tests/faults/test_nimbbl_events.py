"""Nimbbl's events against real server processes: many at once, processes that die, bodies that end early."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onemg_portal.sandbox.partners import nimbbl_webhooks as sandbox
from onemg_portal.sandbox.partners.books import Order
from tests.faults.kit import Store, crowd, serving
from tests.server import Answer, Server, manage, parse

SECRET = "test-access-secret"
KEYS = {
    "NIMBBL_BASE_URL": "https://api.nimbbl.example",
    "PARTNER_ALLOWED_HOSTS": "api.nimbbl.example",
    "NIMBBL_ACCESS_KEY": "test-access-key",
    "NIMBBL_ACCESS_SECRET": SECRET,
}


@pytest.fixture
def server(store: Store, tmp_path: Path) -> Iterator[Server]:
    """The production server over the test's own database, with Nimbbl's keys."""
    with serving(store, tmp_path / "server.log", **KEYS) as running:
        yield running


def paid(number: int = 1) -> bytes:
    """A payment of one of many orders."""
    order = Order(f"M{number}", f"PO{number}", f"o_{number}", payable_amount="739.48")
    return sandbox.posted(sandbox.signed(sandbox.payment(order), SECRET))


def posting(server: Server) -> Callable[[bytes], Answer]:
    return lambda body: server.post(body, token="", path="/nimbbl/events/")


def rows(store: Store) -> list[tuple[object, ...]]:
    """Proof, outcome and count of what is kept."""
    return store.rows("SELECT proof, outcome, times_seen FROM webhooks_nimbblevent ORDER BY id")


def test_M6_many_of_the_same_at_once_are_one_event(server: Server, store: Store) -> None:
    answers = crowd(posting(server), [paid(number) for number in range(8)] * 16, threads=16)

    assert Counter(answer.code for answer in answers) == {200: 128}
    assert rows(store) == [("genuine", "waiting", 16)] * 8


def test_M8_a_process_that_dies_once_the_bytes_are_kept_loses_none(store: Store, tmp_path: Path) -> None:
    with serving(store, tmp_path / "dying.log", PORTAL_FAILPOINT="kept", **KEYS) as dying:
        assert posting(dying)(paid()).code == 0
    assert rows(store) == [("genuine", "pending", 1)]

    store.rows("UPDATE webhooks_nimbblevent SET received_at = '2026-01-01 00:00:00'")
    job = "from webhooks.tasks import sweep_events; sweep_events()"
    assert manage(store.url, "shell", "-v0", "-c", job, **KEYS).returncode == 0

    assert rows(store) == [("genuine", "waiting", 1)]


def test_M8_an_event_that_ends_early_is_not_kept(server: Server, store: Store) -> None:
    body = paid()
    head = f"POST /nimbbl/events/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head + body[:-10])

    assert posting(server)(body).json == {"received": True}
    assert rows(store) == [("genuine", "waiting", 1)]


def test_an_event_in_chunks_is_kept(server: Server, store: Store) -> None:
    body = paid()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:100], body[100:]))
    head = b"POST /nimbbl/events HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

    answer = parse(server.raw(head + chunks + b"0\r\n\r\n"))

    assert (answer.code, answer.json) == (200, {"received": True})
    assert rows(store) == [("genuine", "waiting", 1)]


def test_M8_while_the_database_cannot_be_written_it_is_503_and_kept_when_it_comes_again(
    server: Server, store: Store
) -> None:
    store.rows("ALTER TABLE webhooks_nimbblevent RENAME TO away")
    refused = posting(server)(paid())
    store.rows("ALTER TABLE away RENAME TO webhooks_nimbblevent")

    assert (refused.code, refused.headers["retry-after"]) == (503, "30")
    assert posting(server)(paid()).code == 200
    assert rows(store) == [("genuine", "waiting", 1)]
