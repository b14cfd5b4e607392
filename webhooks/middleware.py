"""The partners' own short way in."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from webhooks import doors


class DoorsMiddleware:
    """Answer what the partners send before the rest of the stack, and never in any other shape than the agreed JSON.

    Sessions, languages, CSRF and redirects are for browsers; here they would cost time and could only answer in ways
    that the partners do not understand.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or pass on what is for no door."""
        door = doors.door_of(request.path_info)
        return door.answer(request) if door else self.get_response(request)
