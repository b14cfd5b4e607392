"""What is posted to a page is bounded before anything of it is kept (A22)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from onemg_portal import bodies
from orders.models import ApiKey
from tests import plugin
from tests.faults.proxy import running_nginx
from tests.server import TOKEN, Answer, Server, manage, parse, serving

PAGES = [
    "/login/",
    "/admin/login/",
    "/logout/",
    "/orders/",
    "/register/",
    "/register/csv/",
    "/no/such/page/",
    "/api/orders/",
    "/healthz",
]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """What `make serve` starts."""
    folder = tmp_path_factory.mktemp("bodies")
    url = plugin.start_postgresql() if plugin.WANTED == "postgresql" else f"sqlite:///{folder}/portal.sqlite3"
    assert manage(url, "migrate", "-v0").returncode == 0
    with serving(url, folder / "log") as server:
        yield server


def begin(portal: Server, path: str, *headers: str, method: str = "POST", body: bytes = b"") -> Answer:
    """What the server answers to the beginning of a request; code 0 where it waits for more."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: multipart/form-data; boundary=x", *headers]
    return parse(portal.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body, timeout=10))


@pytest.mark.parametrize("path", PAGES)
def test_A22_a_large_body_is_refused_before_it_is_read(portal: Server, path: str) -> None:
    answer = begin(portal, path, "Content-Length: 300000000")

    assert answer.code == 413


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "GET"])
def test_A22_whatever_the_method(portal: Server, method: str) -> None:
    answer = begin(portal, "/login/", "Content-Length: 300000000", method=method)

    assert answer.code == 413


@pytest.mark.parametrize("path", ["/login/", "/api/orders/"])
def test_A22_a_large_body_in_chunks_is_refused_before_it_ends(portal: Server, path: str) -> None:
    chunks = b"2000\r\n" + b"x" * 0x2000 + b"\r\n"

    answer = begin(portal, path, "Transfer-Encoding: chunked", body=chunks * 12)

    assert answer.code == 413


@pytest.mark.parametrize("length", ["300000000", "00000000000000000000000300000000", "9" * 100])
def test_A22_however_its_length_is_written(client: Client, length: str) -> None:
    assert client.post("/login/", {"username": "asha"}, CONTENT_LENGTH=length).status_code == 413


def test_A22_the_api_says_so_in_json(client: Client) -> None:
    answer = client.post("/api/orders/", b" " * 70_000, content_type="application/json")

    assert (answer.status_code, answer.json()) == (413, {"detail": "The request is too large."})


def test_A22_the_receiver_takes_what_it_took(portal: Server) -> None:
    body = json.dumps({"filler": "x" * 900_000}).encode()

    assert portal.post(body, token=TOKEN).json["status"] == "PENDING"


@pytest.fixture(scope="module")
def nginx(portal: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """nginx before it, as docs/nginx.conf.example has it."""
    with running_nginx(tmp_path_factory.mktemp("nginx"), portal.port) as running:
        yield running


@pytest.mark.parametrize(("path", "code"), [("/login/", 413), ("/orders/", 413), ("/api/orders/", 413)])
def test_A22_behind_nginx_it_does_not_even_reach_the_portal(nginx: Server, path: str, code: int) -> None:
    answer = begin(nginx, path, "Content-Length: 70000")

    assert (answer.code, answer.headers["server"]) == (code, "nginx")


def test_A12_behind_nginx_one_address_tries_some_passwords_and_then_waits(nginx: Server) -> None:
    codes = [nginx.post(b"", path="/login/").code for _ in range(13)]

    assert (codes[0], codes[-1]) == (403, 429)  # the portal misses the form's token


@pytest.mark.django_db
def test_A22_a_csv_file_that_its_page_refuses_gets_the_pages_words(as_role: Callable[[str], Client]) -> None:
    file = SimpleUploadedFile("purchases.csv", b"x" * 300_000)

    answer = as_role("Operations").post("/register/csv/", {"file": file})

    assert (answer.status_code, "256 KB" in answer.content.decode()) == (200, True)


@pytest.mark.django_db
def test_A22_a_form_just_below_the_limit_is_read(client: Client) -> None:
    form = {"username": "asha", "password": "x" * (bodies.PAGE_BYTES - 1000)}

    assert client.post("/login/", form).status_code == 200


@pytest.mark.django_db
def test_A22_a_registration_of_twenty_kilobytes_is_refused_by_the_api(client: Client) -> None:
    key = ApiKey.issue("shop", may_write=True)[1]

    answer = client.post(
        "/api/orders/", b" " * 20_000, content_type="application/json", headers={"Authorization": f"Token {key}"}
    )

    assert answer.status_code == 400
