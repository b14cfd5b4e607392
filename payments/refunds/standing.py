"""Where a refund stands, written down: the one place that changes its state.

    stand(refund, state, ...)    the refund stands so from now on
    follow(call, reason)         the same by what became of its call

Each under the purchase's lock, in the transaction of whatever it follows from.
"""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone

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


def stand(refund: Refund, state: RefundState, *, said: str = "", **columns: Any) -> None:
    """Write it down. `said`: what came of it so far, for staff; `columns`: what else changes with it."""
    columns |= {"state": state, "heard_at": timezone.now(), "said": said}
    vars(refund).update(columns)
    refund.save(update_fields=list(columns))
    sums.tell(refund.group_id)
    planning.plan_purchase(refund.group_id)


def follow(call: PartnerCall, reason: str) -> None:
    """The refund stands by what became of its call. One that Nimbbl has said is paid stays so."""
    refund = Refund.objects.get(calls=call.pk)
    if refund.state == RefundState.PAID:
        return
    state = _OF_CALL[State(call.state)]
    if state is RefundState.ACCEPTED and standing_of(call.findings.get("refund_status", "")) is Standing.CAPTURED:
        state = RefundState.PAID
    named = call.findings.get("refund_transaction_id")
    stand(refund, state, said=reason, **({"transaction_id": named} if named else {}))
