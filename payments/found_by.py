"""What Nimbbl calls a purchase, told to it so that it is found by that."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from orders import purchases
from orders.finding import reasons
from payments.models import Payment

ORDER: Final = "nimbbl_order"
INVOICE: Final = "nimbbl_invoice"


def register() -> None:
    """Say what these ids are, where a search names them."""
    reasons.calls(ORDER, _("Nimbbl order"))
    reasons.calls(INVOICE, _("Nimbbl invoice"))


def tell(group_id: str) -> None:
    """Tell a purchase the ids of its payments. In the transaction that wrote them; it locks the purchase."""
    ids = list(Payment.objects.filter(group=group_id).values_list("pk", "invoice_id"))
    purchases.put_ids(group_id, {ORDER: [order for order, _ in ids], INVOICE: [invoice for _, invoice in ids]})
