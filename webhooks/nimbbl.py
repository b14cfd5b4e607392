"""Nimbbl's webhook.

What each answer makes Nimbbl do (its page: what is not 200 within 15 seconds is sent again, five times in 23 hours):

| code | when | Nimbbl |
|---|---|---|
| 200 | kept: taken in, waiting for its order, shown only; or received again | stops, we go on |
| 400 | not a JSON object | sends again |
| 401 | a signature that is not Nimbbl's over this | sends again |
| 403, 404, 405 | plain http; the address misspelt; not POST | |
| 411, 413, 415 | no length; too large; compressed | sends again |
| 429 | many forgeries from one address; more than enough that nothing proves | sends again |
| 503 | the bytes could not be kept, or the portal has no secret to prove them by | sends again |
"""

from __future__ import annotations

import logging
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException
from rest_framework.views import APIView

from webhooks import bodies, events, nimbbl_schema
from webhooks.answering import as_json
from webhooks.authentication import refuse
from webhooks.bodies import Refused
from webhooks.views import KEPT_HEADERS

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS: Final = 30
#: An event has some kilobytes, the bank's own raw answer among them.
MOST_BYTES: Final = 128 * 1024
_LATER: Final = "Temporarily unavailable, please send again."
#: Why an event is not kept -> how that is counted; code, message and Retry-After (seconds) of the answer.
_TURNED_AWAY: Final[dict[type[Exception], tuple[str, int, str, int | None]]] = {
    events.Unreadable: ("event_400", 400, "The body is not a JSON object.", None),
    events.Forged: ("signature", 401, "The signature is not valid.", None),
    events.NotConfigured: ("no_secret", 503, _LATER, RETRY_AFTER_SECONDS),
    events.TooMany: ("unproved", 429, "Too many events without a valid signature.", 3600),
}


class NimbblEventView(APIView):
    """`POST /nimbbl/events/`: Nimbbl reports payments and refunds. The signature is over what it says: no token."""

    authentication_classes = ()
    permission_classes = ()
    http_method_names = ("post",)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """DRF's, without its own reading of a body, as for 1mg's updates."""
        self.request = request  # type: ignore[assignment]
        if request.method != "POST":
            return method_not_allowed()
        try:
            if settings.SECURE_SSL_REDIRECT and not request.is_secure():
                raise Refused(403, "Use https.")
            return self.post(request)
        except Exception as error:  # noqa: BLE001 - the agreed JSON whatever happens
            return self.handle_exception(error)

    @extend_schema(**nimbbl_schema.EVENTS)
    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the event, take it in, answer."""
        address = request.META.get("REMOTE_ADDR", "")[:45]
        try:
            body = bodies.whole(request, MOST_BYTES)
            headers = {name: request.META[key][:200] for name, key in KEPT_HEADERS.items() if key in request.META}
            events.receive(events.Posted(body, address, headers))
        except Refused as refused:
            refuse(address, f"event_{refused.status_code}")
            raise
        except tuple(_TURNED_AWAY) as error:
            reason, code, message, wait = _TURNED_AWAY[type(error)]
            refuse(address, reason)
            raise Refused(code, message, wait) from None
        return as_json(200, {"received": True})

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """Always the agreed JSON; a fault of ours is 503, since only a retry can bring the event back."""
        if isinstance(exc, APIException):
            response = _refusal(exc.status_code, str(exc.detail))
            if wait := getattr(exc, "wait", None):
                response["Retry-After"] = str(int(wait))
            return response
        kind = "database" if isinstance(exc, DatabaseError) else "fault"
        log.error("an event of Nimbbl's could not be kept (%s): %s", kind, type(exc).__name__, exc_info=exc)
        return unavailable()


def unavailable() -> HttpResponse:
    """The answer of last resort: nothing was kept, send it again."""
    response = _refusal(503, _LATER)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def method_not_allowed(allowed: str = "POST") -> HttpResponse:
    """405 for whatever is not POST."""
    response = _refusal(405, f"Only {allowed} is accepted.")
    response["Allow"] = allowed
    return response


def not_found() -> HttpResponse:
    """404 for a misspelt address."""
    return _refusal(404, "No such address.")


def bad_request() -> HttpResponse:
    """400 for a request that names a host we do not answer for."""
    return _refusal(400, "The request cannot be read.")


def _refusal(code: int, message: str) -> HttpResponse:
    return as_json(code, {"received": False, "message": message})
