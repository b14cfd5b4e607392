"""Carrying a call to its partner: check again under lock, commit that it is being sent, send, commit what came of it.

    failpoint("intended")   asked for and committed, not being sent yet
    failpoint("sending")    committed as being sent, nothing has left
    failpoint("answered")   the partner has answered, nothing of that is committed
    failpoint("recorded")   all is committed

No lock and no transaction is held while the partner is asked: 1mg asks the merchant about the payment, and may post an
update, before it answers.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from orders import purchases as orders
from orders.failpoints import failpoint
from orders.masking.personal import Personal
from payments import enquiry, states, update_log
from payments.cancelling import sending as cancelling
from payments.choices import Operation, State
from payments.exchange import Private, complete, exchange, note_request, waits
from payments.models import PartnerCall
from payments.partners import clients, http, nimbbl, onemg, tokens
from payments.partners.nimbbl import Updated
from payments.partners.results import Result
from payments.preflight import gather, ticks
from payments.preflight.ticks import Look
from payments.refunds import sending as refunds
from payments.token_store import SharedToken

log = logging.getLogger(__name__)
#: Seconds that a call may take in all.
SECONDS: Final = 15.0


def carry(call: PartnerCall) -> None:
    """Send the call if it waits to be sent. Any number of threads may try: one of them finds it waiting."""
    failpoint("intended")
    _CARRIERS[Operation(call.operation)](call)
    failpoint("recorded")


def _confirm(call: PartnerCall) -> None:
    payments = gather.payments_of(call.group_id)
    payment = payments[0] if payments else None
    money, told = enquiry.ask(payment)
    with transaction.atomic():
        group, members = orders.locked(call.group_id)
        call = states.held(call.pk)
        if not waits(call):
            return
        if payment:
            money = enquiry.keep(payment, money, told)
        private = Private(group, members, payments)
        found = gather.look(group, members, payment=payment, money=money, besides=call)
        if words := _difference(call, found, private.people):
            said = f"Not sent: {words}. That is not what was read when it was asked for: look again before you press."
            states.end(call, group, members, Result(State.ABANDONED, said))
            return
        order_id = call.onemg_order_id
        try:
            client = clients.for_onemg()
            assert client is not None  # noqa: S101 - a tick says so
            request = client.confirm(group.pk, order_id, now=timezone.now())
        except (ValueError, OSError) as error:
            log.error("a confirmation cannot be made: %s", type(error).__name__)
            words = "Not sent: 1mg's key or our id there cannot be used. An administrator must look."
            states.end(call, group, members, Result(State.REJECTED, words))
            return
        private.secrets += [*client.secrets(), request.headers["Authorization"].removeprefix("Bearer ")]
        note_request(call, request, private)
        states.start(call)
    failpoint("sending")
    response, result = exchange(
        onemg.PARTNER,
        lambda: http.send(request, hosts=settings.PARTNER_HOSTS, seconds=SECONDS),
        lambda answer: onemg.read_confirm(answer, merchant_order_id=group.pk, order_id=order_id, now=timezone.now()),
    )
    failpoint("answered")
    complete(call, response, result, private)


def _update(call: PartnerCall) -> None:
    client = clients.for_nimbbl()
    with transaction.atomic():
        group, members = orders.locked(call.group_id)
        call = states.held(call.pk)
        if not waits(call):
            return
        payments = gather.payments_of(call.group_id)
        payment = next(one for one in payments if one.pk == call.findings["nimbbl_order_id"])
        changes = payment.wanted
        if client is None or not changes:
            why = "Nimbbl is not configured any more" if client is None else "what was asked for is not there any more"
            states.end(call, group, members, Result(State.ABANDONED, f"Not sent: {why}."))
            return
        private = Private(group, members, payments)
        private.secrets += [*client.secrets(), *_texts(changes)]
        note_request(call, client.update(payment.pk, changes, token=""), private)
        update_log.note_sent(payment.pk, call.pk, changes)
        states.start(call)
    failpoint("sending")
    updated: list[Updated] = []

    def build(token: str) -> http.Request:
        private.secrets.append(token)
        return client.update(payment.pk, changes, token)

    def read(answer: http.Response) -> Result:
        updated.append(
            nimbbl.read_update(
                answer, order_id=payment.pk, changes=changes, update_order=client.update_order, now=timezone.now()
            )
        )
        return updated[0].result

    response, result = exchange(
        nimbbl.PARTNER,
        lambda: tokens.send(client, SharedToken.of(client), build, seconds=SECONDS),
        read,
    )
    failpoint("answered")
    complete(call, response, result, private, lambda kept: _note_update(kept, payment.pk, changes, updated))


_CARRIERS: Final = {
    Operation.CONFIRM: _confirm,
    Operation.UPDATE_ORDER: _update,
    Operation.REFUND: refunds.carry,
    Operation.CANCEL: cancelling.carry,
}


# --- pieces -----------------------------------------------------------------------------------------------------------


def _difference(call: PartnerCall, found: Look, people: Personal) -> str:
    """What is not as it was when the call was asked for, in words; nothing where all of it stands.

    Compared without the people in either, since they are taken out of what is kept of a call that was tried.
    """
    call.ticks = [{**tick, "words": people.hide(tick["words"])} for tick in call.ticks]
    now = Look([replace(tick, words=people.hide(tick.words)) for tick in found.ticks], found.order_id)
    codes = now.unread(ticks.mark(ticks.from_stored(call.ticks), call.onemg_order_id))
    words = [tick.words for tick in now.ticks if tick.code in codes]
    if ticks.SENT in codes:
        words.append(f"1mg's id of the order is {found.order_id} by now")
    return "; ".join(words)


def _note_update(call: PartnerCall, payment_id: str, changes: dict[str, Any], updated: list[Updated]) -> None:
    """What the update's answer says of Nimbbl's order: of the call without values, of the payment with them."""
    for found in updated:
        call.findings |= {"not_applied": list(found.not_applied), "not_echoed": list(found.not_echoed)}
        update_log.note_answer(payment_id, call.pk, changes, found)


def _texts(value: Any) -> list[str]:
    """Every text in what is sent."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    return [value] if isinstance(value, str) else []
