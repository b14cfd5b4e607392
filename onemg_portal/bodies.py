"""How large a request may be: what is larger is refused before a byte of it is kept, with an account or without."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from webhooks import doors

#: Forms have a few kilobytes, a registration at the API a few hundred bytes.
PAGE_BYTES: Final = 64 * 1024
#: The CSV page takes files of 256 KB, and then the same text from a form, where a letter may need nine bytes.
UPLOAD_BYTES: Final = 1_000_000
#: Whatever addresses a request is answered by, the CSV page is at its own.
ROOT_URLS: Final = "onemg_portal.urls"


def most(path: str) -> int:
    """The bytes that a body posted to this path may have."""
    at_a_door = doors.most_bytes(path)
    if at_a_door is not None:
        return at_a_door
    return UPLOAD_BYTES if path == _upload() else PAGE_BYTES


@cache
def _upload() -> str:
    return reverse("payments:register-csv", urlconf=ROOT_URLS)


class BodyLimitMiddleware:
    """Answer 413 to what is too large, before anything reads it: reading a form's token alone stores all its files.

    A body without a length is no body to Django; one that came in chunks has its length from `onemg_portal.wsgi`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and len(length) < 20 and int(length) <= most(request.path_info):
            return self.get_response(request)
        words = "The request is too large."
        if request.path_info.startswith("/api/"):
            return JsonResponse({"detail": words}, status=413)
        return HttpResponse(words, status=413, content_type="text/plain; charset=utf-8")
