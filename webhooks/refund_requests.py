"""What 1mg asks to be paid back: `POST /refund-requests/`, `GET /refund-requests/<unique id>`, with the slash or not.

What each answer makes 1mg do (its FAQ: a request that is not answered with success is sent again, with the same order
id and another unique id):

| code | body | when | 1mg |
|---|---|---|---|
| 200 | `{"status": "SUCCESS", …}` | Nimbbl has taken the refund | stops |
| 200 | `{"status": "PENDING", …}` | kept; a person decides, or it is on its way | asks, or sends again |
| 200 | `{"status": "FAILED", …}` | declined for good | |
| 400 | `{"error"}` | it cannot be read; kept all the same | sends again |
| 401, 403, 429 | `{"error"}` | no valid token; plain http, or another address; too many wrong tokens | sends again |
| 404 | `{"error"}` | nobody knows the order, or the unique id; kept | sends again |
| 405 | `{"error"}` | neither of the two methods | |
| 409 | `{"error"}` | more than is left of what was captured; a unique id of another request | |
| 411, 413, 415 | `{"error"}` | no length; too large; compressed | sends again |
| 503 | `{"error"}` | it could not be kept; Retry-After | sends again |

Only a 200 has a `status`: by that word 1mg tells a customer that money is on its way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException
from rest_framework.views import APIView

from payments.refunds import requests
from payments.refunds.requests import Answer
from webhooks import bodies, refund_schema, refund_words, services, strict_json
from webhooks.answering import as_json
from webhooks.authentication import REALM, PaymentTokenAuthentication
from webhooks.bodies import Refused

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS: Final = "30"
#: What 1mg publishes of the request is three values.
MOST_BYTES: Final = 64_000


class _Door(APIView):
    """What both addresses do alike."""

    authentication_classes = (PaymentTokenAuthentication,)
    permission_classes = ()

    #: The one that it takes; the door has looked at it before.
    http_method_names = ("post",)
    #: That of the token that was shown.
    fingerprint = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """DRF's, without its reading of a body and its choice of a format."""
        self.request = request  # type: ignore[assignment]
        try:
            if settings.SECURE_SSL_REDIRECT and not request.is_secure():
                raise Refused(403, "Use https.")
            _sender, self.fingerprint = PaymentTokenAuthentication().authenticate(request)
            answer: Callable[..., HttpResponse] = getattr(self, self.http_method_names[0])
            return answer(request, **kwargs)
        except Exception as error:  # noqa: BLE001 - the agreed JSON whatever happens
            return self.handle_exception(error)

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """A fault of ours is 503: nothing was kept, so 1mg is to ask again."""
        if isinstance(exc, APIException):
            response = refused(exc.status_code, str(exc.detail))
            if exc.status_code == 401:
                response["WWW-Authenticate"] = REALM
            if wait := getattr(exc, "wait", None):
                response["Retry-After"] = str(int(wait))
            return response
        kind = "database" if isinstance(exc, DatabaseError) else "fault"
        log.error("a refund request was not answered (%s): %s", kind, type(exc).__name__, exc_info=exc)
        return unavailable()


class RefundRequestsView(_Door):
    """1mg asks for a refund."""

    @extend_schema(**refund_schema.ASK)
    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the body, judge it, say how the refund stands."""
        address = request.META.get("REMOTE_ADDR", "")[:45]
        try:
            body = bodies.whole(request, MOST_BYTES)
        except Refused as refusal:
            services.reject(address, f"body_{refusal.status_code}")
            raise
        wanted = refund_words.read(body)
        return _told(requests.take(body, wanted, token_fingerprint=self.fingerprint, remote_address=address))


class RefundRequestView(_Door):
    """1mg asks how a refund stands that it has asked for."""

    http_method_names = ("get",)

    @extend_schema(**refund_schema.LOOK)
    def get(self, request: HttpRequest, unique_id: str) -> HttpResponse:
        """How it stands. What no database keeps was replaced when it was asked for, and is here."""
        return _told(requests.standing(strict_json.repair(unique_id)))


def refused(code: int, words: str) -> HttpResponse:
    """An answer that says nothing of a refund."""
    return as_json(code, {"error": words})


def unavailable() -> HttpResponse:
    """503: send it again."""
    response = refused(503, "Temporarily unavailable, please send again.")
    response["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def method_not_allowed(allowed: str = "POST") -> HttpResponse:
    """405 for any other method."""
    response = refused(405, f"Only {allowed} is accepted.")
    response["Allow"] = allowed
    return response


def not_found() -> HttpResponse:
    """404 for a misspelt address."""
    return refused(404, "No such address.")


def bad_request() -> HttpResponse:
    """400 for a request that names a host we do not answer for."""
    return refused(400, "The request cannot be read.")


def _told(answer: Answer) -> HttpResponse:
    """With what the request itself named, so that 1mg finds it again."""
    if answer.code != 200 or answer.request is None:
        return refused(answer.code, answer.message)
    request = answer.request
    named = {"unique_id": request.unique_id, "order_id": request.order_id, "refund_amount": float(request.amount or 0)}
    return as_json(200, {"status": answer.status, "message": answer.message, **named})
