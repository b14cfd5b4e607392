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
"""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema

from payments.refunds import requests
from payments.refunds.requests import Answer
from webhooks import bodies, refund_schema, refund_words, services, strict_json
from webhooks.answering import as_json
from webhooks.bodies import Refused
from webhooks.payment_views import PaymentView, away, refused

#: What 1mg publishes of the request is three values.
MOST_BYTES: Final = 64_000


def unavailable() -> HttpResponse:
    """503: nothing was kept."""
    return away("send again", seconds=30)


class RefundRequestsView(PaymentView):
    """1mg asks for a refund."""

    http_method_names = ("post",)
    unavailable = staticmethod(unavailable)

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


class RefundRequestView(PaymentView):
    """1mg asks how a refund stands that it has asked for."""

    http_method_names = ("get",)
    unavailable = staticmethod(unavailable)

    @extend_schema(**refund_schema.LOOK)
    def get(self, request: HttpRequest, unique_id: str) -> HttpResponse:
        """How it stands. What no database keeps was replaced when it was asked for, and is here."""
        return _told(requests.standing(strict_json.repair(unique_id)))


def _told(answer: Answer) -> HttpResponse:
    """With what the request itself named, so that 1mg finds it again."""
    if answer.code != 200 or answer.request is None:
        return refused(answer.code, answer.message)
    request = answer.request
    amount = None if request.amount is None else float(request.amount)
    named = {"unique_id": request.unique_id, "order_id": request.order_id, "refund_amount": amount}
    return as_json(200, {"status": answer.status, "message": answer.message, **named})
