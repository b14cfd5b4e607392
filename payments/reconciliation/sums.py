"""What all orders at Nimbbl of a purchase come to, told to the purchase, so that days can be summed.

    tell(purchase_id)     after anything of it has changed; the caller holds the purchase
    tell_all(together)    all that were told nothing yet, so many in a transaction

Of one whose amount is not known the sum is not known either.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction

from orders import purchases
from payments.choices import RefundState
from payments.models import Payment, Refund


def tell(purchase_id: str) -> None:
    """Write it on the purchase."""
    amounts = list(Payment.objects.filter(group=purchase_id).values_list("captured_amount", "refunded_amount"))
    refunds = Refund.objects.filter(group=purchase_id).exclude(state=RefundState.DECLINED)
    purchases.put_money(
        purchase_id,
        captured=_sum(captured for captured, _back in amounts),
        paid_back=_sum(back for _captured, back in amounts),
        asked=sum(refunds.values_list("amount", flat=True), Decimal(0)),
    )


def tell_all(together: int) -> None:
    """Tell each purchase with an order at Nimbbl; it may be stopped and begun again."""
    last = ""
    made = Payment.objects.order_by("group").values_list("group", flat=True).distinct()
    while keys := list(made.filter(group__gt=last)[:together]):
        with transaction.atomic():
            for key in keys:
                purchases.locked(key)
                tell(key)
        last = keys[-1]


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """`None` where there is none, or one is not known."""
    found = list(amounts)
    known = [amount for amount in found if amount is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(found) else None
