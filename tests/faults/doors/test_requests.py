"""Requests that only a socket of our own can send, against what `make serve` starts, with nginx before it and without.

nginx runs with docs/nginx.conf.example, ports and places of files replaced. Three things it has to do, because the
portal's own server does not: refuse a request with two lengths, take in slow bodies, and answer while the portal is
down. What the portal's server does with them is tested too, as it is.
"""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter
from pathlib import Path

import pytest

from tests import server as servers
from tests.conftest import order_update
from tests.faults.doors.portal import CANARY, MAX_BYTES, STRANGER, Portal
from tests.faults.proxy import Nginx
from tests.faults.wire import (
    PATIENCE,
    Client,
    assert_refused,
    assert_success,
    chunks,
    codes,
    exchange,
    forget_peak,
    head,
    length,
    memory,
    stream,
    update,
)
from tests.server import TOKEN, Server
from tests.webhooks.answers import PERSONAL

# --- A: authentication ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["authorization", "AUTHORIZATION", "aUtHoRiZaTiOn"])
def test_A3_the_header_is_known_in_any_case(door: Server, name: str) -> None:
    body = update()

    answers = exchange(door.port, head(f"{name}: Token {TOKEN}", length(body), token=None) + body)

    assert codes(answers) == [200]
    assert_success(answers[0])


@pytest.mark.parametrize("second", [f"Token {TOKEN}", "Token other", "x"])
@pytest.mark.parametrize("first", [True, False], ids=["valid first", "valid last"])
def test_A4_two_token_headers_are_401(door: Server, portal: Portal, second: str, first: bool) -> None:
    body = update()
    lines = [f"Authorization: Token {TOKEN}", f"Authorization: {second}"]

    answers = exchange(door.port, head(*(lines if first else lines[::-1]), length(body), token=None) + body)

    assert codes(answers) in ([401], [400])  # nginx itself refuses a second Authorization line
    assert_refused(answers[0], 400, 401)
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
    dice, before = random.Random(6), portal.last()
    seen: Counter[int] = Counter()

    for _ in range(1000):
        noise = dice.randbytes(dice.choice((1, 8, 21, 64, 512))).replace(b"\n", b"\r")
        request = head(b"Authorization: Token " + noise, "Content-Length: 2", "Connection: close", token=None) + b"{}"
        answers = exchange(portal.server.port, request, source=STRANGER)
        assert len(answers) == 1
        seen[answers[0].code] += 1

    assert set(seen) <= {400, 401, 429}
    assert sum(seen.values()) == 1000
    assert portal.since(before) == []


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
def test_A15_a_strangers_forwarded_address_is_not_recorded(door: Server, portal: Portal, name: str) -> None:
    body = update()
    spoofed = (f"{name}: 10.6.6.6", "X-Forwarded-Proto: https", "X-Real-IP: 10.6.6.6", "Forwarded: for=10.6.6.6")

    answers = exchange(door.port, head(*spoofed, length(body)) + body, source=STRANGER)

    assert codes(answers) == [200]
    newest = portal.store.rows("SELECT remote_address FROM webhooks_delivery ORDER BY id DESC LIMIT 1")
    assert newest == [(STRANGER,)]


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
settings.configure(
    SECRET_KEY="x" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
)
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
    body, before = update(), portal.last()

    answers = exchange(door.port, head() + body)

    assert_refused(answers[0], 411)
    assert codes(answers)[1:] in ([], [400])  # the bytes that follow are no request
    assert portal.since(before) == []


@pytest.mark.parametrize("half_close", [True, False], ids=["half-closed", "closed"])
def test_B4_a_body_cut_short_is_not_kept(door: Server, portal: Portal, half_close: bool) -> None:
    body, before = update(), portal.last()
    cut = head(length(body)) + body[:-10]

    if half_close:
        answers = exchange(door.port, cut, half_close=True)
    else:
        with socket.create_connection(("127.0.0.1", door.port)) as connection:
            connection.sendall(cut)
            time.sleep(0.1)
        answers = []

    assert codes(answers) in ([], [400])
    assert portal.since(before) == []


@pytest.mark.parametrize("arrived", [-10, 0, 1, 500])
def test_B4_a_chunked_body_cut_short_is_not_acknowledged(door: Server, portal: Portal, arrived: int) -> None:
    # The server does not say that the end is missing; the JSON does: no part of an object is an object.
    body, last = update(), portal.last()
    cut = b"%x\r\n" % len(body) + body[:arrived]

    answers = exchange(door.port, head("Transfer-Encoding: chunked") + cut, half_close=True)

    assert codes(answers) in ([], [400])
    assert portal.since(last) in ([], [(len(body[:arrived]), "refused")])


def test_B5_a_length_too_small_cuts_the_body_and_is_400(door: Server, portal: Portal) -> None:
    body, last = update(), portal.last()

    answers = exchange(door.port, head("Content-Length: 5") + body)

    assert_refused(answers[0], 400)
    assert codes(answers)[1:] in ([], [400])  # the rest is no request
    assert portal.since(last) == [(5, "refused")]


@pytest.mark.parametrize(
    "lengths",
    [["-1"], ["+5"], ["0x10"], ["5 5"], ["5, 6"], ["5", "6"], ["99999999999999999999"], ["five"]],
    ids=" and ".join,
)
def test_B6_an_impossible_length_is_400(door: Server, portal: Portal, lengths: list[str]) -> None:
    before = portal.last()

    answers = exchange(door.port, head(*(f"Content-Length: {n}" for n in lengths)) + update())

    assert codes(answers) in ([400], [413])
    assert portal.since(before) == []


def smuggling(first: bytes, second: bytes) -> bytes:
    """A request with both lengths; read by its Content-Length, `second` would be a request of its own, or reversed."""
    hidden = head(length(second)) + second
    return head("Content-Length: 5", "Transfer-Encoding: chunked") + chunks(first) + hidden


@pytest.mark.parametrize("order", ["length first", "coding first"])
def test_B6_two_kinds_of_length_are_never_two_requests(portal: Portal, order: str) -> None:
    # Granian reads the chunks, and closes the connection so that nothing after them is taken for a request (RFC 9112,
    # 6.3). What counts: one answer, one delivery, and it is the chunked one, whole.
    first, second, last = update(), update(), portal.last()
    request = smuggling(first, second)
    if order == "coding first":
        request = request.replace(
            b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nContent-Length: 5"
        )

    answers = exchange(portal.server.port, request)

    assert codes(answers) == [200]
    assert answers[0].headers["connection"] == "close"
    assert portal.since(last) == [(len(first), "applied")]
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
    first, second, before = update(), update(), portal.last()

    answers = exchange(nginx.port, smuggling(first, second))

    assert codes(answers) == [400]
    assert_refused(answers[0], 400)
    assert portal.since(before) == []


@pytest.mark.parametrize(
    "codings",
    [
        ["gzip, chunked"],
        ["gzip"],
        ["identity"],
        ["chunked, chunked"],
        ["xchunked"],
        ["gzip", "chunked"],
        ["chunked", "gzip"],
    ],
    ids=" and ".join,
)
def test_B7_another_transfer_coding_is_refused(door: Server, portal: Portal, codings: list[str]) -> None:
    body, before = update(), portal.last()

    answers = exchange(door.port, head(*(f"Transfer-Encoding: {c}" for c in codings)) + chunks(body))

    assert codes(answers) in ([400], [501])
    assert portal.since(before) == []


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 10_000_000, 100_000_000])
@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_B8_too_large_a_body_is_413_and_not_read_past_the_cap(
    door: Server, portal: Portal, size: int, coding: str
) -> None:
    stream(door.port, MAX_BYTES + 1, chunked=True)  # what is loaded on first use does not count
    workers, last, started = portal.server.workers(), portal.last(), time.monotonic()
    before = [memory(worker) for worker in workers]
    for worker in workers:
        forget_peak(worker)

    sent, answers = stream(door.port, size, chunked=coding == "chunked")

    assert codes(answers) == [413]
    assert_refused(answers[0], 413)
    assert time.monotonic() - started < PATIENCE
    assert sent < MAX_BYTES + 10_000_000  # the buffers of both sockets
    grown = [memory(worker, "VmHWM") - was for worker, was in zip(workers, before, strict=True)]
    assert max(grown) < 4 * MAX_BYTES  # what is read at once and what it is copied into, far below what was sent
    assert portal.since(last) == []


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


def test_B19_a_wrong_token_is_refused_without_the_body(portal: Portal) -> None:
    client = Client(portal.server.port)

    client.send(head("Content-Length: 100", "Expect: 100-continue", token="wrong-token-0123456789"))
    answer = client.answer()
    client.close()

    assert_refused(answer, 401)


def test_B19_too_large_a_body_is_refused_without_the_body(door: Server) -> None:
    client = Client(door.port)

    client.send(head("Content-Length: 50000000", "Expect: 100-continue"))
    answer = client.answer()
    client.close()

    assert_refused(answer, 413)


# --- at the end -------------------------------------------------------------------------------------------------------


def test_A5_no_log_holds_a_query_a_token_or_a_patient(portal: Portal, nginx: Nginx) -> None:
    logs = portal.server.log.read_text() + nginx.logs()

    assert [secret for secret in (TOKEN, CANARY, *PERSONAL, "Traceback") if secret in logs] == []
    assert '"path":"/update-status/","status":"401"' in nginx.logs()
