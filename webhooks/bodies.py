"""The body of a POST that no framework has touched: whole, as it was sent, or not at all.

whole(request, most)    its bytes; raises `Refused`
Refused                 a request that is turned away before its body is kept
"""

from __future__ import annotations

from django.http import HttpRequest
from rest_framework.exceptions import APIException


class Refused(APIException):
    """A request that is turned away before its body is kept. `message` says nothing of what was sent.

    `wait`: seconds until it may be sent again, where that is known.
    """

    def __init__(self, code: int, message: str, wait: int | None = None) -> None:
        super().__init__(message)
        self.status_code, self.wait = code, wait


def whole(request: HttpRequest, most: int) -> bytes:
    """The whole body as sent, of `most` bytes at most. Raises `Refused` rather than keep half of one."""
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in ("", "identity"):
        raise Refused(415, "Send the body uncompressed.")
    if request.META.get("HTTP_TRANSFER_ENCODING", "chunked").strip().lower() != "chunked":
        raise Refused(400, "The transfer coding is not understood.")
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isascii() or not length.isdigit():
        raise Refused(411, "Send the body with a length.")
    if int(length) > most:
        raise Refused(413, "The body is too large.")
    try:
        body: bytes = request.read(int(length))
    except OSError as error:  # the client went away
        raise Refused(400, "The body did not arrive whole.") from error
    if len(body) < int(length):
        raise Refused(400, "The body did not arrive whole.")
    return body
