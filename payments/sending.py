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
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from typing import Any, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, models, transaction
from django.utils import timezone

from orders import purchases as orders
from orders.failpoints import failpoint
from orders.masking.personal import Personal
from orders.models import GroupedOrder, OrderGroup
from payments import enquiry, parties, states, update_log
from payments.choices import Operation, State
from payments.models import LEASE, PartnerCall, Payment
from payments.partners import clients, http, nimbbl, onemg, redact, tokens
from payments.partners.nimbbl import NotTold, Updated
from payments.partners.results import Result
from payments.preflight import gather, ticks
from payments.preflight.ticks import Look
from payments.token_store import SharedToken

log = logging.getLogger(__name__)
#: Seconds that a call may take in all.
SECONDS: Final = 15.0
#: Characters of a sentence for staff that quotes a partner; cut only after redaction, which must see whole secrets.
LONGEST_WORDS: Final = 600
#: Waits before writing an answer down once more; it exists nowhere else. They grow up to the last.
_WRITE_AGAIN: Final = (0.2, 0.5, 1.0, 2.0)


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
        if not _waits(call):
            return
        if payment:
            money = enquiry.keep(payment, money, told)
        private = _Private(group, members, payments)
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
        _note_request(call, request, private)
        states.start(call)
    failpoint("sending")
    response, result = _exchange(
        onemg.PARTNER,
        lambda: http.send(request, hosts=settings.PARTNER_HOSTS, seconds=SECONDS),
        lambda answer: onemg.read_confirm(answer, merchant_order_id=group.pk, order_id=order_id, now=timezone.now()),
    )
    failpoint("answered")
    _complete(call, response, result, private)


def _update(call: PartnerCall) -> None:
    client = clients.for_nimbbl()
    with transaction.atomic():
        group, members = orders.locked(call.group_id)
        call = states.held(call.pk)
        if not _waits(call):
            return
        payments = gather.payments_of(call.group_id)
        payment = next(one for one in payments if one.pk == call.findings["nimbbl_order_id"])
        changes = payment.wanted
        if client is None or not changes:
            why = "Nimbbl is not configured any more" if client is None else "what was asked for is not there any more"
            states.end(call, group, members, Result(State.ABANDONED, f"Not sent: {why}."))
            return
        private = _Private(group, members, payments)
        private.secrets += [*client.secrets(), *_texts(changes)]
        _note_request(call, client.update(payment.pk, changes, token=""), private)
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

    response, result = _exchange(
        nimbbl.PARTNER,
        lambda: tokens.send(client, SharedToken.of(client), build, seconds=SECONDS),
        read,
    )
    failpoint("answered")
    _complete(call, response, result, private, lambda kept: _note_update(kept, payment.pk, changes, updated))


_CARRIERS: Final = {Operation.CONFIRM: _confirm, Operation.UPDATE_ORDER: _update}


# --- pieces -----------------------------------------------------------------------------------------------------------


class _Private:
    """What must not be kept of a call: secrets, and the people of its purchase, who are prepared once a call."""

    def __init__(self, group: OrderGroup, members: list[GroupedOrder], payments: list[Payment]) -> None:
        self.secrets: list[str] = []
        self.people = parties.of(group, members, payments)
        self._rows = _columns(group, *members)

    def people_by_now(self, group: OrderGroup, members: list[GroupedOrder]) -> Personal:
        """The people by what the rows are now; those from before where nothing has been said since."""
        if self._rows != _columns(group, *members):
            self.people = parties.of(group, members)
        return self.people


def _columns(*rows: models.Model) -> list[dict[str, Any]]:
    return [{name: value for name, value in vars(row).items() if not name.startswith("_")} for row in rows]


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


def _waits(call: PartnerCall) -> bool:
    return call.state == State.INTENDED and call.not_before <= timezone.now()


def _exchange(
    partner: str, send: Callable[[], http.Response], read: Callable[[http.Response], Result]
) -> tuple[http.Response | None, Result]:
    """One call, outside of any transaction, and what it came to."""
    if connection.in_atomic_block:
        raise RuntimeError("a partner must not be called inside a transaction")
    try:
        response = send()
    except http.Trouble as trouble:
        log.warning("%s gave no answer: %s", partner, trouble)
        return None, _of_trouble(partner, trouble)
    except NotTold as refusal:
        return None, Result(State.REJECTED, f"Not sent: {refusal.reason}")
    return response, read(response)


def _of_trouble(partner: str, trouble: http.Trouble) -> Result:
    """What a call came to that brought no answer."""
    if isinstance(trouble, http.NotSent) and trouble.again:
        return Result(State.INTENDED, f"{partner} could not be reached; nothing was sent.")
    if isinstance(trouble, http.NotSent):
        words = f"The connection to {partner} breaks our own rules; nothing was sent. An administrator must look."
        return Result(State.REJECTED, words)
    return Result(State.UNKNOWN, f"No usable answer came from {partner}: whether it acted is not known.")


def _complete(
    call: PartnerCall,
    response: http.Response | None,
    result: Result,
    private: _Private,
    besides: Callable[[PartnerCall], object] = lambda call: None,
) -> None:
    """Commit what came of the call: nothing else knows the answer.

    A database that is busy or away is asked again for as long as the call's lease runs. Only then may the sweep have
    taken us for dead.
    """
    end = time.monotonic() + LEASE.total_seconds()
    for wait in chain(_WRITE_AGAIN, repeat(_WRITE_AGAIN[-1])):
        try:
            with transaction.atomic():
                _write_down(call, response, result, private, besides)
            return
        except (OperationalError, InterfaceError):
            if time.monotonic() > end:
                raise
            connection.close()
            time.sleep(wait)


def _write_down(
    call: PartnerCall,
    response: http.Response | None,
    result: Result,
    private: _Private,
    besides: Callable[[PartnerCall], object],
) -> None:
    group, members = orders.locked(call.group_id)
    call = states.held(call.pk)
    known, people = private.secrets, private.people_by_now(group, members)
    result = replace(result, said=redact.text(result.said, known=known, people=people)[:LONGEST_WORDS])
    if response is not None:
        call.answer_code, call.took_ms = response.code, response.took_ms
        call.answer_headers = redact.headers(response.headers, known=known, people=people)
        call.answer_body = redact.body(response.body, known=known, people=people)
    besides(call)
    late = call.state == State.UNKNOWN and not call.settled_by  # the sweep thought that we were dead
    if call.state == State.SENDING or late:
        states.end(call, group, members, result)
    else:
        states.keep_late_answer(call, result)


def _note_request(call: PartnerCall, request: http.Request, private: _Private) -> None:
    call.method, call.url = request.method, request.url
    call.request_headers = redact.headers(request.headers, people=private.people)
    call.request_body = redact.body(request.body, known=private.secrets, people=private.people)


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
