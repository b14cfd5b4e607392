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
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema

from payments.gateway import services
from payments.gateway.services import NotOnline, NoTransaction
from webhooks import schema
from webhooks.answering import as_json
from webhooks.payment_views import PaymentView, away, refused


def unavailable() -> HttpResponse:
    """503: the database is away."""
    return away("ask again", seconds=5)


class TransactionView(PaymentView):
    """1mg asks how the payment of a purchase stands."""

    http_method_names = ("get",)
    unavailable = staticmethod(unavailable)

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
