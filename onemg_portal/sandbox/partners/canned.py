"""The kinds of misbehaviour that do nothing and answer the same bytes, whatever was asked: pages, half-truths, errors.

The errors are in every shape that Nimbbl's pages and libraries know.
"""

from __future__ import annotations

import json
from typing import Any, Final

from onemg_portal.sandbox.partners.turn import Kind, Turn
from onemg_portal.sandbox.partners.wire import Answer


def _says(code: int, body: bytes, content_type: str, meaning: str) -> Kind:
    """A kind that does nothing and answers these bytes. Its options replace `code`."""

    def kind(turn: Turn, code: int = code) -> Answer:
        return Answer(code, body, {"Content-Type": content_type})

    kind.__doc__ = f"{code} with {meaning}, nothing done."
    return kind


def _page(code: int) -> Kind:
    page = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body><h1>Please come back later</h1></body></html>"
    return _says(code, page, "text/html; charset=utf-8", "a page of HTML")


def _json(code: int, said: Any, meaning: str) -> Kind:
    return _says(code, json.dumps(said).encode(), "application/json", meaning)


_WRONG_TYPES: Final = {"data": "PO1", "partial_complete": "false", "is_success": "true", "status_code": "200"}
_MESSAGES: Final = {"nimbbl_consumer_message": "Something went wrong.", "nimbbl_merchant_message": "It was refused."}
_SHAPE_A: Final = {"error": {"nimbbl_error_code": "INVALID_REQUEST_PARAMETER", **_MESSAGES}}
_LEGACY: Final = {"error": {"code": "BAD_REQUEST_ERROR", "description": "It was refused.", "field": "order_id"}}
_MOBILE: Final = {
    "error": {
        "attempts": 1,
        "c_message": "Something went wrong.",
        "code": "BAD_REQUEST_ERROR",
        "m_message": "It was refused.",
        "raise_alarm": False,
        "retry_allowed": False,
        "status": "failed",
        "status_code": 400,
    }
}

CANNED: Final[dict[str, Kind]] = {
    "empty": _says(200, b"", "application/json", "an empty body"),
    "html": _page(200),
    "list": _json(200, [], "an empty list"),
    "null": _json(200, None, "null"),
    "wrong-types": _json(200, _WRONG_TYPES, "text where numbers, truths and objects belong"),
    "not-json": _says(200, b"{'is_success': True}", "application/json", "something that only looks like JSON"),
    "server-error": _json(500, {"detail": "Oops"}, "JSON of another shape"),
    "server-error-in-html": _page(500),
    "bad-gateway": _page(502),
    "unavailable": _page(503),
    "gateway-timeout": _page(504),
    "error": _json(400, _SHAPE_A, "Nimbbl's documented error"),
    "error-in-200": _json(200, _SHAPE_A, "Nimbbl's documented error"),
    "error-as-text": _json(500, {"status": 500, "error": "HTTP 500: Internal Server Error"}, "an error that is text"),
    "error-with-status": _json(422, {"status": 422, "error": "The order is locked"}, "status and text"),
    "error-with-message": _json(400, {"error": {"status": 400, "message": "The order is locked"}}, "error.message"),
    "error-nested": _json(
        400,
        {"status_code": 400, "status": "failed", "error": {"status": "failed", "message": "The order is locked"}},
        "status_code, status and error.message",
    ),
    "error-legacy": _json(400, _LEGACY, "error.code, description and field"),
    "error-mobile": _json(400, _MOBILE, "the mobile kit's error object"),
    "error-encrypted": _json(400, {"encrypted_response": "00" * 48}, "an encrypted answer"),
    "error-in-transaction": _json(400, {"transaction": {"nimbbl_error_code": "", **_MESSAGES}}, "transaction words"),
    "error-as-failure-reason": _json(
        400,
        {"transaction": [{"failure_reason": {**_SHAPE_A["error"], "retry_allowed": True}}]},
        "a failure_reason",
    ),
    "error-empty": _json(400, {}, "an empty object"),
    "error-without-body": _says(400, b"", "application/json", "an empty body"),
}
