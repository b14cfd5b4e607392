"""What 1mg asks about a payment: `GET /transactions/<merchant_order_id>`, with the slash at the end or without.

| code | body | when |
|---|---|---|
| 200 | `{"order_id", "transaction_id", "amount", "status"}` | how the payment stands, as 1mg publishes it |
| 400 | `{"error"}` | a host that we do not answer for |
| 401, 403, 429 | `{"error"}` | no valid token; plain http, or address not allowed; too many wrong tokens |
| 404 | `{"error"}` | no such transaction; no such address |
| 405 | `{"error"}` | not GET |
| 409 | `{"error"}` | cash on delivery: nothing is paid through us |
| 503 | `{"error"}` | the database is away; Retry-After |

Only a 200 has a `status`: 1mg fulfils an order or pays back by that word, so no refusal may hold one.
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

from payments.gateway import services
from payments.gateway.services import NotOnline, NoTransaction
from webhooks import schema
from webhooks.answering import as_json
from webhooks.authentication import REALM, PaymentTokenAuthentication

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS: Final = "5"


class TransactionView(APIView):
    """1mg asks how the payment of a purchase stands."""

    authentication_classes = (PaymentTokenAuthentication,)
    permission_classes = ()
    http_method_names = ("get",)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """DRF's, without its choice of a format: the answer is JSON whatever is asked for."""
        if request.method != "GET":
            return method_not_allowed()  # before any look at a token
        try:
            if settings.SECURE_SSL_REDIRECT and not request.is_secure():
                return refused(403, "Use https.")
            PaymentTokenAuthentication().authenticate(request)
            return self.get(request, **kwargs)
        except Exception as error:  # noqa: BLE001 - the agreed JSON whatever happens
            return self.handle_exception(error)

    @extend_schema(**schema.TRANSACTION)
    def get(self, request: HttpRequest, merchant_order_id: str) -> HttpResponse:
        """How it stands."""
        try:
            found = services.answer(merchant_order_id)
        except NoTransaction:
            return refused(404, "No such transaction.")
        except NotOnline:
            return refused(409, "Cash on delivery: nothing is paid through us.")
        told = {"order_id": found.order_id, "transaction_id": found.transaction_id}
        return as_json(200, {**told, "amount": float(found.amount), "status": found.status})

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """Whatever else it is, 1mg is to ask again."""
        if isinstance(exc, APIException):
            response = refused(exc.status_code, str(exc.detail))
            if exc.status_code == 401:
                response["WWW-Authenticate"] = REALM
            if wait := getattr(exc, "wait", None):
                response["Retry-After"] = str(int(wait))
            return response
        kind = "database" if isinstance(exc, DatabaseError) else "fault"
        log.error("1mg was not told of a payment (%s): %s", kind, type(exc).__name__, exc_info=exc)
        return unavailable()


def refused(code: int, words: str) -> HttpResponse:
    """An answer that says nothing of a payment."""
    return as_json(code, {"error": words})


def unavailable() -> HttpResponse:
    """503: ask again."""
    response = refused(503, "Temporarily unavailable, please ask again.")
    response["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def method_not_allowed(allowed: str = "GET") -> HttpResponse:
    """405 for whatever is not GET."""
    response = refused(405, f"Only {allowed} is accepted.")
    response["Allow"] = allowed
    return response


def not_found() -> HttpResponse:
    """404 for a misspelt address."""
    return refused(404, "No such address.")


def bad_request() -> HttpResponse:
    """400 for a request that names a host we do not answer for."""
    return refused(400, "The request cannot be read.")
