"""Where a refund stands, written down: the one place that changes its state.

    stand(group, refund, ...)    the refund stands so from now on
    follow(call, group, reason)  the same by what became of its call
    call_for_us(group)           a purchase with a new refund is told whether one waits for a decision of ours

Each under the purchase's lock, in the transaction of whatever it follows from.
"""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone

from orders import purchases
from orders.choices import Undecided
from orders.desk.to_decide import ToDecide
from orders.models import OrderGroup
from payments.choices import RefundState, State
from payments.models import PartnerCall, Refund
from payments.partners.nimbbl_money import Standing, standing_of
from payments.reconciliation import planning, sums

#: What its call being so means for a refund; of one that worked Nimbbl's own word says whether it is paid.
_OF_CALL: Final = {
    State.INTENDED: RefundState.SENDING,
    State.SENDING: RefundState.SENDING,
    State.UNKNOWN: RefundState.UNKNOWN,
    State.SUCCEEDED: RefundState.ACCEPTED,
    State.REJECTED: RefundState.FAILED,
    State.ABANDONED: RefundState.FAILED,
}
#: Where it stands while a person of ours is to do something about it.
_UNDECIDED: Final = {
    RefundState.WAITING: Undecided.ASKED,
    RefundState.SECOND: Undecided.SECOND,
    RefundState.FAILED: Undecided.FAILED,
}


def stand(group: OrderGroup, refund: Refund, state: RefundState, *, said: str = "", **columns: Any) -> None:
    """Write it down. `said`: what came of it so far, for staff; `columns`: what else changes with it."""
    now = timezone.now()
    if refund.state != state:
        columns["stands_since"] = now
    columns |= {"state": state, "heard_at": now, "said": said}
    vars(refund).update(columns)
    refund.save(update_fields=list(columns))
    sums.tell(refund.group_id)
    planning.plan_purchase(refund.group_id)
    call_for_us(group)


def call_for_us(group: OrderGroup) -> None:
    """Tell the locked purchase which of its refunds has waited longest for a person of ours, if any does."""
    waiting = list(group.refunds.filter(state__in=_UNDECIDED).order_by("stands_since", "pk"))
    purchases.set_to_decide(group, _to_decide(waiting[0], len(waiting)) if waiting else None)


def _to_decide(refund: Refund, many: int) -> ToDecide:
    return ToDecide(refund.stands_since, refund.pk, refund.amount, _UNDECIDED[RefundState(refund.state)], many)


def follow(call: PartnerCall, group: OrderGroup, reason: str) -> None:
    """The refund stands by what became of its call. One that Nimbbl has said is paid stays so."""
    refund = Refund.objects.get(calls=call.pk)
    if refund.state == RefundState.PAID:
        return
    state = _OF_CALL[State(call.state)]
    if state is RefundState.ACCEPTED and standing_of(call.findings.get("refund_status", "")) is Standing.CAPTURED:
        state = RefundState.PAID
    named = call.findings.get("refund_transaction_id")
    stand(group, refund, state, said=reason, **({"transaction_id": named} if named else {}))
