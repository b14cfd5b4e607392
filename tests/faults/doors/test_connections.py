"""Slow, vanishing and very long connections, and what nginx itself answers."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import server as servers
from tests.faults.doors.portal import Portal
from tests.faults.proxy import EXAMPLE, NGINX, Nginx, needs_nginx, running_nginx
from tests.faults.wire import (
    Client,
    Dawdlers,
    assert_refused,
    assert_success,
    codes,
    head,
    length,
    memory,
    slow,
    update,
)
from tests.server import Server
from tests.until import until


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
    watch.stop()


# --- B13: slowness ----------------------------------------------------------------------------------------------------

CROWDS = [2, 16, 40, 150, 600]
SLOW_HEADER = head()[:40]
SLOW_BODY = head("Content-Length: 100000") + b"{"


def honest(server: Server, *drips: Callable[[], None]) -> list[float]:
    """Twenty requests, each on a connection of its own and all of them successful; the seconds of each."""
    took = []
    for number in range(20):
        if number % 10 == 0:
            for drip in drips:
                drip()
        started = time.monotonic()
        assert_success(server.post(update(f"PO-honest-{number}"), timeout=5))
        took.append(time.monotonic() - started)
    return took


def assert_quick(took: dict[int, list[float]]) -> None:
    """99 of 100 within a second; one that is held up waits for five. `took` by how many slow ones are beside them."""
    longest = {number: max(seconds) for number, seconds in took.items()}
    assert sorted(s for seconds in took.values() for s in seconds)[-2] < 1, longest


def test_B13_slow_headers_do_not_hold_up_honest_requests(portal: Portal) -> None:
    took = {}

    for number in CROWDS:
        with slow(portal.server.port, number, SLOW_HEADER) as drip:
            took[number] = honest(portal.server, drip)

    assert_quick(took)


def test_B13_fewer_slow_bodies_than_threads_do_not_hold_up_honest_requests(portal: Portal) -> None:
    """Granian's thread waits for the body it reads: as many slow bodies as threads (8 a process) hold a process up.

    That is what nginx is there for; without it this is the limit, and nothing cuts off a body that drips.
    """
    took = {}

    for number in (2, 7):
        with slow(portal.server.port, number, SLOW_BODY) as drip:
            took[number] = honest(portal.server, drip)

    assert_quick(took)


def test_B13_behind_nginx_slow_headers_and_bodies_do_not_hold_up_honest_requests(nginx: Nginx) -> None:
    took = {}

    for number in CROWDS:
        with slow(nginx.port, number, SLOW_HEADER) as headers, slow(nginx.port, number, SLOW_BODY) as bodies:
            took[number] = honest(nginx, headers, bodies)

    assert_quick(took)


def test_B13_control_without_nginx_as_many_slow_bodies_as_threads_stop_the_service(portal: Portal) -> None:
    with slow(portal.server.port, 64, SLOW_BODY):
        until(lambda: portal.server.post(update(), timeout=1).code == 0)
    until(lambda: portal.server.post(update(), timeout=1).code == 200)


# --- B14, B15: connections --------------------------------------------------------------------------------------------


def test_B14_what_a_vanished_client_sent_stays_and_its_retry_is_a_duplicate(portal: Portal) -> None:
    bodies = [update() for _ in range(10)]

    for body in bodies:
        with socket.create_connection(("127.0.0.1", portal.server.port)) as connection:
            connection.sendall(head(length(body)) + body)
            until(lambda body=body: [outcome for outcome, _ in portal.kept(body)] == ["applied"])
    retries = [portal.server.post(body) for body in bodies]

    assert [(answer.code, answer.json["status"]) for answer in retries] == [(200, "SUCCESS")] * 10
    assert [portal.kept(body) for body in bodies] == [[("applied", 200), ("duplicate", 200)]] * 10


def test_B14_a_client_that_vanishes_at_once_leaves_nothing_half_done(portal: Portal) -> None:
    bodies = [update() for _ in range(20)]

    for body in bodies:
        with socket.create_connection(("127.0.0.1", portal.server.port)) as connection:
            connection.sendall(head(length(body)) + body)
    retries = [portal.server.post(body) for body in bodies]
    _settle(portal)

    assert [answer.code for answer in retries] == [200] * 20
    for body in bodies:  # kept before the client was gone, or dropped whole with its connection
        outcomes = sorted(outcome for outcome, _ in portal.kept(body))
        assert outcomes in (["applied"], ["applied", "duplicate"])


def _settle(portal: Portal) -> None:
    """Wait for requests without a client; on a busy machine the sweep finishes what took longer than its second."""
    for _ in range(120):  # the sweep leaves alone what is younger than ten seconds
        if "pending" not in portal.store.outcomes():
            return
        time.sleep(0.1)
    portal.store.sweep()


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


def test_B15_a_hundred_updates_on_one_connection_get_their_own_answers(door: Server, portal: Portal) -> None:
    client, bodies = Client(door.port), [update() for _ in range(100)]
    told = []

    for body in bodies:
        client.send(head(length(body)) + body)
        told.append(client.answer().json["message"])
    client.close()

    assert told == portal.references(bodies)


def test_B15_pipelined_requests_are_answered_in_order(door: Server, portal: Portal) -> None:
    client, bodies = Client(door.port), [update() for _ in range(20)]
    good = [head(length(body)) + body for body in bodies]
    bad = head(token="wrong-token-0123456789", first="PUT /update-status/ HTTP/1.1")

    client.send(b"".join(request + bad for request in good))
    answers = [client.answer() for _ in range(40)]
    client.close()

    assert codes(answers) == [200, 405] * 20
    assert [answer.json["message"] for answer in answers[::2]] == portal.references(bodies)


# --- nginx itself -----------------------------------------------------------------------------------------------------


def test_nginx_accepts_the_example_as_it_stands(tmp_path: Path) -> None:
    nginx, openssl = needs_nginx(), shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed here, and nginx wants a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            openssl,
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-batch",
            "-subj",
            "/CN=portal.example.org",
            "-keyout",
            key,
            "-out",
            certificate,
        ],
        check=True,
        capture_output=True,
    )
    text = EXAMPLE.read_text()
    for old, new in (
        ("/etc/ssl/portal/fullchain.pem", certificate),
        ("/etc/ssl/portal/privkey.pem", key),
        ("/run/nginx.pid", tmp_path / "pid"),
        ("/var/log/nginx/", f"{tmp_path}/"),
        ("listen 80 ", f"listen {servers.free_port()} "),
        ("listen 443 ", f"listen {servers.free_port()} "),
    ):
        assert old in text
        text = text.replace(old, str(new))
    (tmp_path / "nginx.conf").write_text(text)

    done = subprocess.run([nginx, "-t", "-q", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True)

    assert (done.returncode, "[emerg]" in done.stderr) == (0, False), done.stderr


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
