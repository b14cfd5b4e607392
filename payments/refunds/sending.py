"""Carrying a refund to Nimbbl: ask what is captured, check under lock, commit that it is being sent, send, write down.

The failpoints are those of `payments.sending`. The `refund_request_id` is the refund's own, however often it is sent,
so that Nimbbl can tell a repetition; the amount is always named.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from orders import purchases as orders
from orders.failpoints import failpoint
from orders.models import OrderGroup
from orders.rupees import with_sign
from payments import enquiry, states
from payments.choices import RefundState, State
from payments.exchange import Private, complete, exchange, note_request, waits
from payments.ledger import services as ledger
from payments.ledger.statements import Statement, Teller
from payments.models import PartnerCall, Payment, Refund
from payments.partners import clients, http, nimbbl, nimbbl_refund, tokens
from payments.partners.nimbbl import Enquiry
from payments.partners.nimbbl_money import Standing, Transaction
from payments.partners.nimbbl_refund import Refunded
from payments.partners.results import Result
from payments.preflight import gather
from payments.refunds import money
from payments.token_store import SharedToken

#: Seconds that the call may take in all.
SECONDS: Final = 15.0


class NotToBeSent(Exception):  # noqa: N818 - named like the other errors here, by what it says
    """The refund cannot be sent as things stand; `result` is what becomes of its call."""

    def __init__(self, state: State, words: str) -> None:
        super().__init__(words)
        self.result = Result(state, f"Not sent: {words}.")


def carry(call: PartnerCall) -> None:
    """Send the refund if its call waits to be sent."""
    payment = gather.payment_of(call.group_id)
    fact, told = enquiry.ask(payment)
    with transaction.atomic():
        group, members = orders.locked(call.group_id)
        call = states.held(call.pk)
        if not waits(call):
            return
        if payment:
            enquiry.keep(payment, fact, told)
        refund = Refund.objects.get(calls=call.pk)
        client = clients.for_nimbbl()
        try:
            if client is None:
                raise NotToBeSent(State.ABANDONED, "Nimbbl is not configured any more")
            paid = _payment_to_pay_back(group, refund, payment, told)
        except NotToBeSent as stop:
            call.attempts += 1
            states.end(call, group, members, stop.result)
            return
        private = Private(group, members, gather.payments_of(call.group_id))
        private.secrets += client.secrets()
        transaction_id = paid.transaction_id
        note_request(call, client.refund(transaction_id, refund.amount, refund.refund_request_id, token=""), private)
        states.start(call)
    failpoint("sending")
    found: list[Refunded] = []

    def build(token: str) -> http.Request:
        private.secrets.append(token)
        return client.refund(transaction_id, refund.amount, refund.refund_request_id, token)

    def read(answer: http.Response) -> Result:
        found.append(
            nimbbl_refund.read_refund(
                answer, amount=refund.amount, refund_request_id=refund.refund_request_id, now=timezone.now()
            )
        )
        return found[0].result

    response, result = exchange(
        nimbbl.PARTNER, lambda: tokens.send(client, SharedToken.of(client), build, seconds=SECONDS), read
    )
    failpoint("answered")
    complete(call, response, result, private, lambda kept: _note(kept, found))
    if payment:
        _tell(payment, found)


def _note(call: PartnerCall, found: Iterable[Refunded]) -> None:
    """What the answer says of the refund: Nimbbl's id and its word, with the call."""
    for said in (one.said for one in found if one.said):
        call.findings |= {"refund_status": said.word, "refund_transaction_id": said.transaction_id[:64]}


def _tell(payment: Payment, found: Iterable[Refunded]) -> None:
    """Hand on what Nimbbl said of the refund, as it is done with all that it says."""
    said = tuple(one.said for one in found if one.said)
    if said:
        ledger.take(Statement(Teller.REFUND, timezone.now(), payment.pk, said))


def _payment_to_pay_back(
    group: OrderGroup, refund: Refund, payment: Payment | None, told: Enquiry | None
) -> Transaction:
    """The captured payment that the refund is of, by what Nimbbl has just said. Raises `NotToBeSent`."""
    if refund.state == RefundState.PAID:
        raise NotToBeSent(State.SUCCEEDED, "Nimbbl says by now that it is paid back")
    if group.environment != settings.PORTAL_ENVIRONMENT:
        raise NotToBeSent(State.REJECTED, "the purchase is not known to belong to this environment")
    if payment is None:
        raise NotToBeSent(State.REJECTED, "no order of Nimbbl's is linked to the purchase")
    if told is None:
        raise NotToBeSent(State.INTENDED, "Nimbbl could not be asked what was captured")
    paid = _largest(told.transactions or ())
    if paid is None:
        raise NotToBeSent(State.REJECTED, "Nimbbl lists no captured payment of it")
    room = money.left(group.pk, besides=refund).room
    if room is None:
        raise NotToBeSent(State.REJECTED, "what is captured, less what went back, cannot be read")
    if refund.amount > min(room.most, paid.rupees or Decimal(0)):
        words = f"of what was captured {with_sign(room.most)} is left, less than {with_sign(refund.amount)}"
        raise NotToBeSent(State.REJECTED, words)
    if refund.amount > room.least:
        raise NotToBeSent(State.INTENDED, "what is left is not known while another refund is under way")
    return paid


def _largest(transactions: Iterable[Transaction]) -> Transaction | None:
    """The largest payment that was captured in rupees and has an id to name it by."""
    captured = [one for one in transactions if one.is_payment and one.standing is Standing.CAPTURED]
    named = [one for one in captured if one.rupees and one.transaction_id]
    return max(named, key=lambda one: one.rupees or Decimal(0), default=None)
