"""What a partner's answer settles by its code alone, and how long it makes us wait."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from payments.choices import State
from payments.partners import results
from payments.partners.messages import Response

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def answer(code: int = 429, after: str = "", body: bytes = b"") -> Response:
    """An answer with this `Retry-After`."""
    return Response(code, {"retry-after": after}, body, 1)


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        ("901", 900),
        ("9" * 40, 900),
        ("Fri, 02 Jan 2026 03:04:35 GMT", 30),
        ("Fri, 02 Jan 2026 08:34:35 +0530", 30),
        ("Thu, 01 Jan 2026 00:00:00 GMT", 0),
        ("Sat, 03 Jan 2026 00:00:00 GMT", 900),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_within_reason(after: str, seconds: float | None) -> None:
    assert results.retry_after(answer(after=after), NOW) == seconds


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (429, State.INTENDED),
        (301, State.REJECTED),
        (308, State.REJECTED),
        (401, State.REJECTED),
        (403, State.REJECTED),
        (200, None),
        (400, None),
        (404, None),
        (500, None),
    ],
)
def test_what_a_code_alone_settles(code: int, state: State | None) -> None:
    found = results.of_code("1mg", answer(code), NOW)

    assert (found.state if found else None) == state


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b'{"a": 1', b"\xff"])
def test_what_is_no_json_is_none(body: bytes) -> None:
    assert results.document(answer(200, body=body)) is None
