"""The one way out: bounded in where, how long, how much and how often. Against real sockets, each with a control."""

from __future__ import annotations

import gzip
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from ssl import TLSVersion
from typing import Any

import pytest
import requests

from payments.partners.http import MAX_BYTES, BadId, NoAnswer, NotSent, Request, Response, Trouble, segment, send
from tests.payments.partners import wire
from tests.payments.partners.wire import Behaviour, Partner, answering, head, listening, sending
from tests.server import ROOT, free_port

SECRET = "canary-secret-of-a-test"
HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {SECRET}", "X-Access-Key": SECRET}


def put(partner: Partner, path: str = "/confirm", **more: Any) -> Response:
    """One PUT with a body, allowed to go to this partner alone."""
    request = Request("PUT", f"{partner.url}{path}", HEADERS, b'{"order_id": "PO1"}')
    return send(request, **{"hosts": {partner.host}} | more)


def outcome(behave: Behaviour, **more: Any) -> type[Trouble] | int:
    """What one call to a partner who behaves so comes to: the code, or the kind of trouble."""
    with listening(behave) as partner:
        try:
            return put(partner, **more).code
        except Trouble as trouble:
            said = f"{trouble} {trouble!r} {trouble.user_message}"
            return Trouble if SECRET in said else type(trouble)


# --- a good answer ----------------------------------------------------------------------------------------------------


def test_an_answer_comes_whole() -> None:
    with listening(answering(500, b'{"is_success": false}', "X-Request-ID: r1")) as partner:
        got = put(partner)

    assert (got.code, got.body, got.headers["x-request-id"]) == (500, b'{"is_success": false}', "r1")
    assert 0 <= got.took_ms < 2000


def test_the_request_is_sent_as_given_on_a_connection_of_its_own() -> None:
    with listening(answering()) as partner:
        put(partner)

    sent = partner.requests[0]
    assert sent.startswith(b"PUT /confirm HTTP/1.1\r\n")
    assert sent.endswith(b'\r\n\r\n{"order_id": "PO1"}')
    assert [wire.header(sent, name) for name in ("Authorization", "X-Access-Key", "Connection", "Accept-Encoding")] == [
        f"Bearer {SECRET}",
        SECRET,
        "close",
        "identity",
    ]


@pytest.mark.parametrize(
    "raw",
    [
        head(200, "Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n",
        head(200, "Content-Length: 2") + b"{}",
        head(200) + b"{}",
        head(200, "Content-Encoding: gzip") + gzip.compress(b"{}"),
        head(200, "Content-Encoding: identity", "Content-Length: 2") + b"{}",
        b"HTTP/1.1 100 Continue\r\n\r\n" + head(200, "Content-Length: 2") + b"{}",
    ],
    ids=["chunked", "length", "until the end", "gzip unasked", "identity", "100 first"],
)
def test_an_answer_may_be_framed_like_this(raw: bytes) -> None:
    with listening(sending(raw)) as partner:
        assert put(partner).body == b"{}"


def test_an_answer_of_the_greatest_size_passes() -> None:
    with listening(answering(200, b"x" * MAX_BYTES)) as partner:
        assert len(put(partner).body) == MAX_BYTES


def test_O32_neither_request_nor_answer_shows_what_it_holds() -> None:
    request = Request("PUT", f"https://host/a/b?{SECRET}", HEADERS, SECRET.encode())

    assert repr(request) == "<Request PUT /a/b>"
    assert repr(Response(200, {"set-cookie": SECRET}, SECRET.encode(), 7)) == "<Response 200, 23 bytes, 7 ms>"


# --- not sent ---------------------------------------------------------------------------------------------------------


def refused(url: str, hosts: set[str], **more: Any) -> NotSent:
    """The refusal that this address meets."""
    with pytest.raises(NotSent) as caught:
        send(Request("PUT", url, HEADERS), hosts=hosts, **more)
    assert SECRET not in str(caught.value)
    return caught.value


def test_O1_a_refused_connection_was_not_sent_and_may_be_tried_again() -> None:
    host = f"127.0.0.1:{free_port()}"

    assert refused(f"http://{host}/x", {host}).again


def test_O1_a_name_that_does_not_exist_was_not_sent_and_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert refused("https://api.1mg.com/x", {"api.1mg.com"}).again


def test_O1_a_silent_resolver_does_not_hold_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: [] if ended.wait(10) else [])
    started = time.monotonic()

    trouble = refused("https://api.1mg.com/x", {"api.1mg.com"}, connect_seconds=0.5)

    ended.set()
    assert (trouble.again, time.monotonic() - started < 5) == (True, True)


@pytest.fixture
def full() -> Iterator[int]:
    """A port that answers nothing at all: the queue of connections to it is full."""
    with socket.socket() as server, socket.socket() as first, socket.socket() as second:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()[1]


def test_O1_a_host_that_does_not_take_the_connection_was_not_sent(full: int) -> None:
    host, started = f"127.0.0.1:{full}", time.monotonic()

    trouble = refused(f"http://{host}/x", {host}, connect_seconds=0.5)

    assert (trouble.again, 0.4 < time.monotonic() - started < 5) == (True, True)


def test_O1_a_silent_address_leaves_time_for_the_next(full: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(answering()) as partner:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in (full, partner.port)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)

        assert put(partner, connect_seconds=1.0).code == 200


def test_O1_a_silent_handshake_was_not_sent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
        started = time.monotonic()

        trouble = refused(f"https://{host}/x", {host}, connect_seconds=0.5)

    assert (trouble.again, time.monotonic() - started < 5) == (True, True)


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("https://api.1mg.com:8443/x", {"api.1mg.com"}),
        ("https://api.1mg.com.evil.example/x", {"api.1mg.com"}),
        ("https://evil.example/api.1mg.com", {"api.1mg.com"}),
        ("https://api.1mg.com@127.0.0.1/x", {"api.1mg.com", "127.0.0.1"}),
        ("https://user:pass@api.1mg.com/x", {"api.1mg.com"}),
        ("https://api.1mg.com\\@127.0.0.1/x", {"api.1mg.com"}),
        ("https://api.1mg.com/x#y", {"api.1mg.com"}),
        ("https://api.1mg.com", {"api.1mg.com"}),
        ("https://api.1mg.com:port/x", {"api.1mg.com"}),
        ("https://[::1/x", {"api.1mg.com"}),
        ("http://api.1mg.com/x", {"api.1mg.com", "api.1mg.com:80"}),
        ("http://169.254.169.254/latest/meta-data", {"169.254.169.254:80"}),
        ("https://169.254.169.254/latest/meta-data", {"api.1mg.com"}),
        ("http://127.0.0.1:9/x", {"127.0.0.1"}),
        ("http://10.0.0.1:9/x", {"10.0.0.1:9"}),
        ("file:///etc/passwd", {"", ":443"}),
        ("ftp://api.1mg.com/x", {"api.1mg.com"}),
        ("/x", {"api.1mg.com"}),
        ("", {"api.1mg.com"}),
        ("https://api.1mg.com/a/../b", {"api.1mg.com"}),
        ("https://api.1mg.com/a/%2e%2e/b", {"api.1mg.com"}),
        ("https://api.1mg.com/a b", {"api.1mg.com"}),
        ("https://api.1mg.com/a\r\nX-Evil: 1", {"api.1mg.com"}),
    ],
)
def test_O31_an_address_that_is_not_allowed_is_refused_for_good(url: str, hosts: set[str]) -> None:
    assert not refused(url, hosts).again


def test_O31_control_the_same_kind_of_address_with_an_allowed_host_is_sent() -> None:
    assert outcome(answering()) == 200


def test_a_header_that_would_become_two_is_refused_without_being_quoted() -> None:
    with listening(answering()) as partner, pytest.raises(NotSent) as caught:
        send(Request("GET", f"{partner.url}/", {"X-Note": f"{SECRET}\r\nX-Evil: 1"}), hosts={partner.host})

    assert (caught.value.again, SECRET in str(caught.value), partner.connections) == (False, False, 0)


# --- ids in a path ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "../../../admin",
        "PO1#f",
        "PO1?x",
        "",
        "a/b",
        "%2e%2e",
        "..",
        ".",
        "x" * 65,
        "pö",
        "١٢٣",
        "PO1\n",
        " PO1",
        "PO1\x00",
        "a\\b",
        "a;b",
    ],
)
def test_O23_an_id_that_could_change_the_path_is_refused(value: str) -> None:
    with pytest.raises(BadId):
        segment(value)


@pytest.mark.parametrize("value", ["PO29523371880004", "o_ex1DayQOGygbpbrW", "a-b", "x" * 64])
def test_O23_an_id_stays_as_it_is(value: str) -> None:
    assert segment(value) == value


def test_O23_control_a_plain_client_walks_up_the_path() -> None:
    with listening(answering()) as partner:
        requests.put(f"{partner.url}/api/v4/merchants/m/orders/{'../../../admin'}/confirm", timeout=5)

    assert partner.requests[0].startswith(b"PUT /api/v4/admin/confirm ")


# --- it may have acted ------------------------------------------------------------------------------------------------

HALF = head(200, "Content-Length: 20") + b'{"is_success"'


@pytest.mark.parametrize(
    "behave",
    [
        wire.resetting(),
        wire.resetting(b"HTTP/1.1 20"),
        wire.resetting(HALF),
        sending(b""),
        sending(b"HTTP/1.1 2"),
        sending(HALF),
        sending(head(200, "Transfer-Encoding: chunked") + b"20\r\n{"),
        sending(head(200, "Transfer-Encoding: chunked") + b"nonsense\r\n{}\r\n"),
        sending(head(200, "Content-Encoding: gzip") + gzip.compress(b'{"a": 1}')[:-9]),
        answering(200, b"no gzip at all", "Content-Encoding: gzip"),
        answering(200, b"{}", "Content-Encoding: br"),
        answering(200, b"{}", "Content-Encoding: gzip, gzip"),
        sending(b"nonsense\r\n\r\n"),
        sending(head(200, *[f"X-{number}: 1" for number in range(200)])),
        sending(head(200, "X: " + "x" * 70_000)),
    ],
    ids=[
        "reset",
        "reset in the head",
        "reset in the body",
        "closed",
        "cut head",
        "length too long",
        "cut chunk",
        "broken chunk",
        "cut gzip",
        "no gzip",
        "br",
        "twice gzip",
        "no HTTP",
        "200 headers",
        "long header",
    ],
)
def test_O4_a_broken_answer_means_that_it_may_have_acted(behave: Behaviour) -> None:
    assert outcome(behave) is NoAnswer


def test_O4_a_cut_head_leaves_nothing_that_could_be_read_as_success() -> None:
    with listening(sending(b"HTTP/1.1 200 OK\r\nContent-Len")) as partner:
        assert put(partner).body == b""


def test_O32_what_a_broken_head_said_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    outcome(sending(f"HTTP/1.1 200 OK\r\n{SECRET}\r\n\r\n{{}}".encode()))

    assert SECRET not in caplog.text


def test_O4_a_broken_answer_is_not_asked_for_again() -> None:
    with listening(wire.resetting()) as partner, pytest.raises(NoAnswer):
        put(partner)

    assert len(partner.requests) == 1


def test_O4_a_partner_that_stops_reading_has_perhaps_acted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
        started = time.monotonic()

        with pytest.raises(NoAnswer):
            send(Request("PUT", f"http://{host}/x", {}, b"x" * 20_000_000), hosts={host}, seconds=1.0)

    assert time.monotonic() - started < 15


# --- how long ---------------------------------------------------------------------------------------------------------

DRIPS = {
    "head": wire.dripping(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n", 0.3, 20),
    "line": wire.dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.3, 20),
    "body": wire.dripping(head(200, "Content-Length: 20"), b"x", 0.3, 20),
    "chunks": wire.dripping(head(200, "Transfer-Encoding: chunked"), b"1\r\nx\r\n", 0.3, 20),
    "trailer": wire.dripping(head(200, "Transfer-Encoding: chunked") + b"0\r\n", b"X: 1\r\n", 0.3, 20),
    "100": wire.dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.3, 20),
    "silence": wire.silent(6),
}


@pytest.mark.parametrize("how", DRIPS)
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_O12_no_drip_outlasts_our_own_clock(how: str, tls: bool, ca: wire.Authority) -> None:
    with listening(DRIPS[how], ca.server() if tls else None) as partner:
        started = time.monotonic()
        with pytest.raises(NoAnswer, match="no answer in time"):
            put(partner, seconds=1.0, verify=ca.file)
        took = time.monotonic() - started

    assert 0.9 < took < 5


def test_O12_control_a_plain_client_is_held_by_the_same_drip() -> None:
    with listening(DRIPS["body"]) as partner:
        started = time.monotonic()
        requests.put(partner.url, timeout=1)

    assert time.monotonic() - started > 3


def test_O12_no_thread_and_no_descriptor_is_left_behind() -> None:
    outcome(DRIPS["body"], seconds=0.5)
    time.sleep(0.2)
    threads, descriptors = threading.active_count(), len(os.listdir("/proc/self/fd"))

    with listening(DRIPS["body"]) as partner:
        for _ in range(5):
            with pytest.raises(NoAnswer):
                put(partner, seconds=0.4)
        partner.ended.wait(0.1)
        ours = [thread.name for thread in threading.enumerate() if thread.name == "look up a partner"]

    assert ours == []
    deadline = time.monotonic() + 6
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.05)  # the server's own threads are still dripping
    assert threading.active_count() <= threads
    assert len(os.listdir("/proc/self/fd")) <= descriptors


# --- how much ---------------------------------------------------------------------------------------------------------

#: Run in a process of its own: calls in one way and prints by how many MB its peak of memory stood above its start.
MEASURE = """
import re, sys
from pathlib import Path
import requests
from payments.partners.http import NoAnswer, Request, send
url, host, how = sys.argv[1:]
memory = lambda of: int(re.search(of + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024
Path("/proc/self/clear_refs").write_text("5")  # the peak so far, of the parent too, is forgotten
before = memory("VmRSS")
if how == "ours":
    try:
        send(Request("GET", url, {}), hosts={host})
    except NoAnswer as trouble:
        print(trouble, end=" ")
else:
    requests.get(url, timeout=30).content
print(memory("VmHWM") - before)
"""


def grown(behave: Behaviour, how: str) -> tuple[str, int]:
    """What a process said and by how many MB it grew."""
    with listening(behave) as partner:
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, f"{partner.url}/", partner.host, how],
            cwd=ROOT,
            check=True,
            text=True,
            capture_output=True,
            timeout=60,
        )
    words, _, number = done.stdout.strip().rpartition(" ")
    return words, int(number)


def endless(stream: socket.socket) -> None:
    """A body of 1 GB that says so."""
    stream.sendall(head(200, f"Content-Length: {1 << 30}"))
    for _ in range(1 << 14):
        stream.sendall(b"x" * (1 << 16))


@pytest.fixture(scope="module")
def bomb() -> Behaviour:
    """200 MB in 200 KB."""
    return answering(200, gzip.compress(b"0" * 200_000_000, 9), "Content-Encoding: gzip")


def test_O13_a_gzip_bomb_does_not_fill_the_memory(bomb: Behaviour) -> None:
    words, megabytes = grown(bomb, "ours")

    assert words == "the answer is too long"
    assert megabytes < 20


def test_O13_control_a_plain_client_unpacks_the_bomb(bomb: Behaviour) -> None:
    assert grown(bomb, "plain")[1] > 100


def test_O13_a_body_of_a_gigabyte_is_not_read() -> None:
    words, megabytes = grown(endless, "ours")

    assert words == "the answer is too long"
    assert megabytes < 20


@pytest.mark.parametrize("packed", [False, True])
def test_O13_one_byte_too_many_is_too_many(packed: bool) -> None:
    body = b"x" * (MAX_BYTES + 1)
    answer = answering(200, gzip.compress(body), "Content-Encoding: gzip") if packed else answering(200, body)

    assert outcome(answer) is NoAnswer


# --- where ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["same host", "other host", "loop"])
def test_O14_a_redirect_is_an_answer_and_is_not_followed(code: int, where: str) -> None:
    with listening(answering()) as other:
        target = {"same host": "/other", "other host": f"{other.url}/x", "loop": "/confirm"}[where]
        with listening(answering(code, b"", f"Location: {target}")) as partner:
            got = send(Request("PUT", f"{partner.url}/confirm", HEADERS, b"{}"), hosts={partner.host, other.host})

    assert (got.code, got.headers["location"]) == (code, target)
    assert (len(partner.requests), other.connections) == (1, 0)


def test_O14_a_redirect_is_bounded_like_any_answer() -> None:
    assert outcome(answering(302, b"x" * (MAX_BYTES + 1), "Location: /x")) is NoAnswer


def test_O14_control_a_plain_client_follows_and_gives_the_key_away() -> None:
    with listening(answering()) as other, listening(answering(307, b"", f"Location: {other.url}/x")) as partner:
        requests.put(partner.url, headers=HEADERS, data=b"{}", timeout=5)

    assert wire.header(other.requests[0], "X-Access-Key") == SECRET


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> wire.Authority:
    """An authority that we trust where a test says so."""
    return wire.authority(tmp_path_factory.mktemp("ca"))


def test_O15_control_the_right_certificate_is_taken(ca: wire.Authority) -> None:
    with listening(answering(), ca.server()) as partner:
        assert put(partner, verify=ca.file).code == 200


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_O15_control_todays_tls_is_taken(tls: str, ca: wire.Authority) -> None:
    newest = {"1.2": TLSVersion.TLSv1_2, "1.3": TLSVersion.TLSv1_3}[tls]

    with listening(answering(), ca.server(newest=newest)) as partner:
        assert put(partner, verify=ca.file).code == 200


@pytest.mark.parametrize(
    ("server", "trusted"),
    [
        ({}, False),
        ({"self_signed": True}, True),
        ({"days": -1}, True),
        ({"name": "other.example"}, True),
        ({"newest": TLSVersion.TLSv1}, True),
        ({"newest": TLSVersion.TLSv1_1}, True),
    ],
    ids=["unknown authority", "self-signed", "expired", "other name", "TLS 1.0", "TLS 1.1"],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_O15_bad_tls_is_refused_before_anything_is_sent(
    server: dict[str, Any], trusted: bool, ca: wire.Authority
) -> None:
    with (
        listening(answering(), ca.server(**server)) as partner,
        pytest.raises(NotSent, match="TLS was refused") as caught,
    ):
        put(partner, verify=ca.file if trusted else True)

    assert (caught.value.again, partner.requests) == (False, [])


def test_O15_a_partner_that_answers_https_in_plain_text_gets_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        got = []

        def plain() -> None:
            with server.accept()[0] as stream:
                got.append(stream.recv(65536))
                stream.sendall(head(200, "Content-Length: 2") + b"{}")

        thread = threading.Thread(target=plain)
        thread.start()
        host = f"127.0.0.1:{server.getsockname()[1]}"
        trouble = refused(f"https://{host}/x", {host})
        thread.join(5)

    assert not trouble.again
    assert SECRET.encode() not in got[0]


def test_O15_verification_cannot_be_switched_off(ca: wire.Authority) -> None:
    with listening(answering(), ca.server()) as partner, pytest.raises(NotSent):
        put(partner, verify=False)

    assert partner.connections == 0


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_O15_authorities_of_the_environment_are_not_trusted(
    name: str, ca: wire.Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, ca.file)

    with listening(answering(), ca.server()) as partner, pytest.raises(NotSent):
        put(partner)


PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]


def test_O33_proxies_of_the_environment_are_never_contacted(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(answering(502)) as proxy, listening(answering()) as partner:
        for name in PROXIES:
            monkeypatch.setenv(name, proxy.url)
        code = put(partner).code

    assert (code, proxy.connections) == (200, 0)


def test_O33_control_a_plain_client_goes_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with listening(answering(502)) as proxy, listening(answering()) as partner:
        for name in PROXIES:
            monkeypatch.setenv(name, proxy.url)
        code = requests.put(partner.url, timeout=5).status_code

    assert (code, partner.connections) == (502, 0)


def test_O33_passwords_of_a_netrc_file_are_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n")
    monkeypatch.setenv("NETRC", str(netrc))

    with listening(answering()) as partner:
        send(Request("GET", f"{partner.url}/", {}), hosts={partner.host})

    assert wire.header(partner.requests[0], "Authorization") is None
