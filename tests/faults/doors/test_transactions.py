"""1mg asks about a payment, over bare sockets and through nginx: whatever refuses it says nothing of a payment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.doors.portal import Portal
from tests.faults.proxy import Nginx, running_nginx
from tests.server import PAYMENT_TOKEN, Answer, Server, free_port, parse

UNKNOWN = "/transactions/M404"


def ask(door: Server, path: str = UNKNOWN, *, port: int = 0, more: str = "", body: bytes = b"") -> Answer:
    """One asking with the right token, at another `port` than the door's where one is given."""
    asked = Server(door.process, port or door.port, door.log)
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {PAYMENT_TOKEN}\r\n{more}"
    return parse(asked.raw(f"{head}Connection: close\r\n\r\n".encode() + body))


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_unknown_purchase_is_404_without_a_redirect(door: Server, slash: str) -> None:
    answer = ask(door, UNKNOWN + slash)

    assert (answer.code, answer.json, answer.headers.get("location")) == (404, {"error": "No such transaction."}, None)


def test_a_body_that_comes_along_is_no_next_request(door: Server) -> None:
    answer = ask(door, more="Content-Length: 5\r\n", body=b"hello")

    assert (answer.code, answer.json) == (404, {"error": "No such transaction."})


@pytest.mark.parametrize(("more", "code"), [("Transfer-Encoding: gzip\r\n", 501), ("Content-Length: 5000\r\n", 413)])
def test_M2_what_nginx_refuses_by_itself_has_no_status(nginx: Nginx, more: str, code: int) -> None:
    answer = ask(nginx, more=more)

    assert (answer.code, list(answer.json)) == (code, ["error"])


def test_plain_http_is_not_redirected(nginx: Nginx) -> None:
    answer = ask(nginx, port=nginx.plain_port)

    assert (answer.code, answer.json, answer.headers.get("location")) == (403, {"error": "Use https."}, None)


def test_M2_a_portal_that_is_down_is_503_and_no_status(tmp_path: Path) -> None:
    with running_nginx(tmp_path, free_port()) as alone:
        answer = ask(alone)

    assert (answer.code, answer.json) == (503, {"error": "Temporarily unavailable, please ask again."})
    assert answer.headers["retry-after"] == "5"


def test_no_log_holds_the_token(nginx: Nginx, portal: Portal) -> None:
    ask(nginx, f"{UNKNOWN}?token={PAYMENT_TOKEN}")

    assert PAYMENT_TOKEN not in nginx.logs() + portal.server.log.read_text()
