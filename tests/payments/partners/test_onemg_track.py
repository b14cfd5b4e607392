"""1mg's Track Order: the request by the setting, and whether an answer tells of the purchase."""

from __future__ import annotations

from typing import Any

import pytest

from payments.partners.http import BadId
from payments.partners.onemg_track import Tracked, read_track
from tests.payments.partners.test_onemg import NOW, answer, client

PATH = "GET /api/v4/merchants/{merchant_id}/track/{merchant_order_id}"
TOLD = {"data": {"result": {"merchant_order_id": "M1", "grouped_orders": []}}, "is_success": True}
NOT_KNOWN = {"is_success": False, "status_code": 404, "error": {"message": "Order not found", "errors": None}}


def read(code: int, body: Any) -> Tracked:
    """What this answer about M1 comes to."""
    return read_track(answer(code, body), merchant_order_id="M1")


def test_M24_the_request_is_as_the_setting_has_it() -> None:
    request = client(private_key="", bearer_token="a-token", track_order=PATH).track("M1", now=NOW)

    assert (request.method, request.url) == ("GET", "https://jupiterapi.1mg.com/api/v4/merchants/m-1/track/M1")
    assert (request.body, request.headers.get("Content-Type")) == (b"", None)


@pytest.mark.parametrize("value", ["../x", "M1?all=1", "", "a/b"])
def test_M24_no_id_changes_the_path(value: str) -> None:
    with pytest.raises(BadId):
        client(track_order=PATH).track(value, now=NOW)


def test_M23_an_answer_tells_where_it_holds_a_result() -> None:
    assert read(200, TOLD) == Tracked(True)


@pytest.mark.parametrize(
    ("code", "body", "words"),
    [
        (404, NOT_KNOWN, "1mg does not know this purchase: “Order not found”."),
        (404, b"<html>", "the path in ONEMG_TRACK_ORDER may be wrong"),
        (302, b"", "the path in ONEMG_TRACK_ORDER may be wrong"),
        (401, b"", "1mg does not accept our credentials (401)."),
        (429, b"", "1mg has too much to do (429)."),
        (500, NOT_KNOWN, "1mg answered 500: “Order not found”."),
        (200, b"<html>", "with something that tells nothing of the purchase"),
        (200, TOLD | {"is_success": False}, "with something that tells nothing of the purchase"),
        (200, {"data": {"result": {"merchant_order_id": "M2"}}}, "about another purchase"),
    ],
)
def test_M23_any_other_answer_tells_nothing_and_says_why(code: int, body: Any, words: str) -> None:
    found = read(code, body)

    assert not found.told
    assert words in found.said
