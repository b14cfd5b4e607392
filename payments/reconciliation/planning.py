"""When a payment is asked about next, written down beside it.

    plan(payment)     work it out anew, after news of any kind

The moment stands in `Payment.next_ask_at`, so nothing of it is lost with a queue or a process.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zlib import crc32

from django.db.models import Max

from payments.choices import RefundState, Way
from payments.models import Payment, Refund
from payments.partners.nimbbl_money import Standing, standing_of
from payments.reconciliation.rules import Facts, next_ask

#: Nimbbl may have the refund, and has not said how it ended.
_UNDER_WAY: Final = (RefundState.SENDING, RefundState.UNKNOWN, RefundState.ACCEPTED)
_ENDED: Final = frozenset({Standing.CAPTURED, Standing.OVER})


def plan(payment: Payment) -> None:
    """Write when to ask about it next; `payment` is as it is known by now."""
    payment.next_ask_at = next_ask(facts_of(payment), _share(payment))
    payment.save(update_fields=["next_ask_at"])


def plan_purchase(merchant_order_id: str) -> None:
    """The same of all orders at Nimbbl of a purchase, of which a refund stands otherwise than before."""
    for payment in Payment.objects.filter(group=merchant_order_id).order_by("pk"):
        plan(payment)


def facts_of(payment: Payment) -> Facts:
    """What the rule looks at."""
    return Facts(
        open_since=None if is_over(payment) else payment.created_at,
        refund_since=_refund_since(payment),
        moved_at=payment.moved_at,
        asked_at=payment.asked_at,
        in_vain=bool(payment.trouble),
    )


def is_over(payment: Payment) -> bool:
    """Whether Nimbbl has said for good how the payment ended: captured, or an order that takes no payment any more."""
    if payment.captured_amount is None or payment.taken_back_amount is None:
        return False
    standing = standing_of(payment.state)
    if standing is Standing.OVER:
        return True
    return payment.captured_amount > 0 and (standing is Standing.CAPTURED or not payment.state)


def _refund_since(payment: Payment) -> datetime | None:
    """Since when a refund is under way, the latest one: ours, or one that Nimbbl lists and has not said ended."""
    ours = Refund.objects.filter(group=payment.group_id, state__in=_UNDER_WAY).aggregate(at=Max("heard_at"))["at"]
    back = payment.transactions.filter(way=Way.BACK).values_list("word", "first_heard_at")
    theirs = [at for word, at in back if standing_of(word) not in _ENDED]
    return max([*([ours] if ours else []), *theirs], default=None)


def _share(payment: Payment) -> float:
    """Which part of the night is the payment's; always the same."""
    return crc32(payment.pk.encode()) / 2**32
