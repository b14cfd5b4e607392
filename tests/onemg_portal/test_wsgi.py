"""The entry point for a server: whose forwarded headers are believed, and bodies that come without a length."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import path

from onemg_portal.wsgi import ChunkedBodies, TrustedProxies


def size_of_body(request: HttpRequest) -> HttpResponse:
    """A bare Django view: how many bytes it was given."""
    return HttpResponse(str(len(request.body)))


urlpatterns = [path("size/", size_of_body)]


class App:
    """A WSGI application that remembers what it was called with and reads its body as Django does."""

    def __init__(self) -> None:
        self.environ: dict[str, Any] = {}
        self.body = b""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Remember, and answer nothing."""
        self.environ = environ
        self.body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return []


class Trickle:
    """A body that arrives at most three bytes at a time and counts what was read of it."""

    def __init__(self, body: bytes) -> None:
        self.rest, self.taken = BytesIO(body), 0

    def read(self, size: int) -> bytes:
        """At most three bytes, as a socket may."""
        part = self.rest.read(min(size, 3))
        self.taken += len(part)
        return part


def chunked(body: Any = b"0123456789", **more: Any) -> dict[str, Any]:
    """What a server hands over for a chunked request: a stream that ends by itself and no length."""
    stream = BytesIO(body) if isinstance(body, bytes) else body
    return {"wsgi.input": stream, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"} | more


# --- TrustedProxies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "10.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "10.6.6.6,203.0.113.9 ", "203.0.113.9"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.2", "203.0.113.9", "127.0.0.2"),
        ("", "203.0.113.9", ""),
    ],
)
def test_A15_the_address_is_the_last_one_that_our_proxy_saw(remote: str, forwarded: str, address: str) -> None:
    app = App()

    TrustedProxies(app, ["127.0.0.1"])({"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_FOR": forwarded, **chunked()}, None)

    assert app.environ["REMOTE_ADDR"] == address
    assert "HTTP_X_FORWARDED_FOR" not in app.environ


@pytest.mark.parametrize(("remote", "believed"), [("127.0.0.1", "https"), ("127.0.0.2", None)])
def test_A15_the_scheme_is_believed_of_our_proxy_alone(remote: str, believed: str | None) -> None:
    app = App()

    TrustedProxies(app, ["127.0.0.1"])({"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_PROTO": "https", **chunked()}, None)

    assert app.environ.get("HTTP_X_FORWARDED_PROTO") == believed


def test_A15_nobody_is_believed_by_default() -> None:
    app = App()

    TrustedProxies(app, [])({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "10.0.0.5", **chunked()}, None)

    assert app.environ["REMOTE_ADDR"] == "127.0.0.1"


# --- ChunkedBodies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["chunked", "Chunked", " CHUNKED "])
@pytest.mark.parametrize("body", [b"", b"0", b"0123456789"])
def test_B1_a_chunked_body_is_given_its_length(coding: str, body: bytes) -> None:
    app = App()

    ChunkedBodies(app, most=lambda path: 10)(chunked(body, HTTP_TRANSFER_ENCODING=coding), None)

    assert (app.environ["CONTENT_LENGTH"], app.body) == (str(len(body)), body)


def test_B1_a_body_in_small_pieces_is_read_whole() -> None:
    app = App()

    ChunkedBodies(app, most=lambda path: 10)(chunked(Trickle(b"0123456789")), None)

    assert app.body == b"0123456789"


def test_B8_reading_stops_one_byte_past_the_cap() -> None:
    app, stream = App(), Trickle(b"x" * 1000)

    ChunkedBodies(app, most=lambda path: 10)(chunked(stream), None)

    assert (app.environ["CONTENT_LENGTH"], stream.taken) == ("11", 11)


@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_LENGTH": "5"},
        {"wsgi.input_terminated": False},
        {"HTTP_TRANSFER_ENCODING": "gzip, chunked"},
        {"HTTP_TRANSFER_ENCODING": "chunked, chunked"},
        {"HTTP_TRANSFER_ENCODING": ""},
    ],
    ids=["a length", "no mark of the end", "another coding", "twice", "none"],
)
def test_B6_B7_anything_else_is_left_alone(environ: dict[str, Any]) -> None:
    app, stream = App(), BytesIO(b"0123456789")
    handed = chunked(stream) | environ

    ChunkedBodies(app, most=lambda path: 10)(dict(handed), None)

    assert app.environ == handed


@pytest.mark.django_db(transaction=True)  # the handler closes the connection that a test's transaction lives on
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("protected", "seen"), [(True, b"10"), (False, b"0")], ids=["protected", "control"])
def test_B1_django_sees_a_chunked_body_only_with_our_help(protected: bool, seen: bytes, settings: Any) -> None:
    settings.MIDDLEWARE = []
    django = get_wsgi_application()
    application = ChunkedBodies(django, most=lambda path: 100) if protected else django
    request = RequestFactory().post("/size/").environ
    del request["CONTENT_LENGTH"]

    answer = b"".join(application(request | chunked(), lambda status, headers: None))

    assert answer == seen
