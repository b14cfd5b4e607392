"""What is left of a purchase's money to pay back, from what Nimbbl last said and the refunds that stand.

left(group_id)          rupees captured, gone back, claimed and left
standings(group_id)     its refunds, as the rules look at them
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from payments.choices import Way
from payments.models import Payment, Refund
from payments.preflight import gather
from payments.refunds import rules
from payments.refunds.rules import Room, Standing


@dataclass(frozen=True, slots=True)
class Left:
    """Rupees, each `None` where nobody knows. `claimed`: by refunds that are not in `back`, as far as we know.

    `room`: what may still be promised. `payment`: the order at Nimbbl; `None` where none is linked.
    """

    payment: Payment | None
    captured: Decimal | None
    back: Decimal | None
    claimed: Decimal
    room: Room | None


def left(group_id: str, *, besides: Refund | None = None) -> Left:
    """What is left now. `besides`: a refund that does not stand in its own way."""
    payment = gather.payment_of(group_id)
    others = [one for one in standings(group_id, payment) if besides is None or one.refund_id != besides.pk]
    captured, back = (payment.captured_amount, payment.taken_back_amount) if payment else (None, None)
    return Left(payment, captured, back, rules.claimed(others), rules.room(captured, back, others))


def standings(group_id: str, payment: Payment | None) -> list[Standing]:
    """All of them, the oldest first. `payment`: what Nimbbl has said of the purchase."""
    listed = (
        set(payment.transactions.filter(way=Way.BACK).exclude(is_listed=False).values_list("transaction_id", flat=True))
        if payment
        else ()
    )
    return [
        Standing(one.pk, one.order_id, one.amount, one.state, one.heard_at, one.transaction_id in listed)
        for one in Refund.objects.filter(group=group_id).order_by("pk")
    ]
