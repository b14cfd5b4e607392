"""What Nimbbl says of a refund after its answer, by whichever way: it settles what nobody knew, and ends what was open.

hear(group_id, transactions)     of some transactions, those that are refunds of ours

A transaction is a refund of ours where it names our id of it, or the id by which Nimbbl took it. Of no other is guessed
which it might be, however equal the amount. `paid` is the last word; one that failed may still be paid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from django.db import transaction

from orders import acts
from orders import purchases as orders
from orders.choices import Kind, Source
from orders.models import OrderGroup
from payments import states
from payments.acts import REFUND_STANDS
from payments.choices import RefundState, SettledBy, State
from payments.ledger.statements import TransactionSaid
from payments.models import PartnerCall, Refund
from payments.partners.nimbbl_money import Standing, standing_of
from payments.refunds.standing import stand

_STATES: Final = {
    Standing.CAPTURED: (RefundState.PAID, "Nimbbl says that it is paid back."),
    Standing.OPEN: (RefundState.ACCEPTED, "Nimbbl says that it is on its way."),
    Standing.OVER: (RefundState.FAILED, "Nimbbl says that the refund failed: nothing was paid back."),
}
#: Which of Nimbbl's words are news for a refund that stands so.
_MAY_BECOME: Final[dict[str, Collection[RefundState]]] = {
    RefundState.UNKNOWN: (RefundState.PAID, RefundState.ACCEPTED, RefundState.FAILED),
    RefundState.ACCEPTED: (RefundState.PAID, RefundState.FAILED),
    RefundState.SENDING: (RefundState.PAID,),
    RefundState.FAILED: (RefundState.PAID,),
    RefundState.DECLINED: (RefundState.PAID,),  # after it had failed: one that was never sent is none of Nimbbl's
    RefundState.PAID: (RefundState.PAID,),
}


def hear(group_id: str, transactions: Iterable[TransactionSaid]) -> int:
    """Let them say where the purchase's refunds stand; how many stand otherwise now. Heard again it changes nothing."""
    said = [one for one in transactions if standing_of(one.word) in _STATES]
    with transaction.atomic():
        group, _members = orders.locked(group_id)
        ours = Refund.objects.filter(group=group, state__in=_MAY_BECOME)
        return sum(_hear(group, refund, one) for refund in ours for one in said if _is_of(one, refund))


def _is_of(said: TransactionSaid, refund: Refund) -> bool:
    if refund.transaction_id and said.transaction_id:
        return refund.transaction_id == said.transaction_id
    return said.refund_request_id == refund.refund_request_id


def _is_of_the_last_sending(said: TransactionSaid, refund: Refund) -> bool:
    """Not what came of one before it, which says nothing of this one: Nimbbl lists both by our id of the refund."""
    is_named = bool(said.transaction_id) and said.transaction_id == refund.transaction_id
    return is_named or refund.calls.count() < 2


def _hear(group: OrderGroup, refund: Refund, said: TransactionSaid) -> bool:
    state, words = _STATES[standing_of(said.word)]
    doubtful = PartnerCall.objects.filter(refund=refund, state=State.UNKNOWN).first()
    if state not in _MAY_BECOME.get(refund.state, ()) or (state == refund.state and not doubtful):
        return False
    if state is RefundState.FAILED and not _is_of_the_last_sending(said, refund):
        return False
    columns = {"transaction_id": said.transaction_id or refund.transaction_id}
    if doubtful:
        settled = State.REJECTED if state is RefundState.FAILED else State.SUCCEEDED
        states.settle(doubtful, group, settled, how=SettledBy.NIMBBL, reason=words)
        refund.refresh_from_db()
    stand(group, refund, state, said=words, **columns)
    if not doubtful:
        acts.record(
            REFUND_STANDS, group_id=group.pk, source=Source.NIMBBL, kind=Kind.PAYMENT, refund=refund.pk, said=words
        )
    return True
