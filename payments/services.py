"""Acting on a purchase: what staff ask for, and what becomes of it.

    confirm(id, by, ...)          ask for the confirmation at 1mg
    update_order(id, by, ...)     ask for an update at Nimbbl
    resend(call, by, why)         send a confirmation once more whose outcome nobody knows
    settle(call, by, ...)         a person says what became of it
    drop(call, by)                give up one that was never sent
    hear(id, status)              1mg has spoken of a purchase whose confirmation is in doubt
    sweep()                       what a crash or an outage left behind

Each locks the purchase, decides, and commits a `PartnerCall`; the call itself is made afterwards by a thread of its
own (`payments.outbox`), so that a slow partner never holds a web request. Nothing that may have acted is sent again by
itself.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from orders import services as orders
from orders.models import OrderGroup
from payments import clients, facts, outbox, preflight, states
from payments.choices import UNDER_WAY, Operation, Partner, SettledBy, State
from payments.models import PartnerCall, Payment
from payments.nimbbl import UPDATABLE
from payments.preflight import Tick
from payments.results import Result

#: The thread that is to send a new call has so long before the sweep does.
GRACE: Final = timedelta(seconds=20)
#: A sweep begins no call after this: the worker kills a job after two minutes, and with it the call it was making.
SWEEP_SECONDS: Final = 60.0


class NotReady(Exception):
    """The pre-flight stops the confirmation; nothing was kept, nothing was sent."""

    def __init__(self, ticks: list[Tick]) -> None:
        super().__init__("; ".join(tick.words for tick in ticks))
        self.ticks = ticks


class CannotDo(Exception):
    """What was asked is not possible as things stand. The text is for staff."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks."""

    user: AbstractBaseUser

    @property
    def name(self) -> str:
        """As it is kept with the call."""
        return self.user.get_username()


def confirm(merchant_order_id: str, *, by: Person, overridden: Collection[str] = (), why: str = "") -> PartnerCall:
    """Ask for the confirmation of a purchase at 1mg; it is sent as soon as this has committed.

    Runs the pre-flight under lock; `overridden` names failing ticks to go on in spite of, which needs `why`. Raises
    `NotReady` with the ticks that stop it: a second press finds the first one there and is stopped by that. Raises
    `OrderGroup.DoesNotExist`.
    """
    with transaction.atomic():
        group, members = orders.locked(merchant_order_id)
        live = facts.live_confirmation(group.pk)
        if live and live.is_overdue:
            live = _expire(live, group) or live
        found = preflight.ticks(facts.of(group, members, live=live, payment=facts.payment_of(group.pk)))
        chosen = {tick.code for tick in found if tick.overridable} & set(overridden if why.strip() else ())
        stopped = preflight.blocking(found, chosen)
        if not stopped:
            return _ask(group, Partner.ONEMG, Operation.CONFIRM, by, why=why.strip(), overridden=sorted(chosen),
                        ticks=[tick.stored() for tick in found])  # fmt: skip
    raise NotReady(stopped)


def update_order(nimbbl_order_id: str, changes: Mapping[str, Any], *, by: Person) -> PartnerCall:
    """Ask Nimbbl to update an order with `changes`, of `nimbbl.UPDATABLE` and only what changes.

    Raises `CannotDo` where there is nothing to change, an update is under way or Nimbbl is not configured, and
    `Payment.DoesNotExist`.
    """
    if unknown := set(changes) - set(UPDATABLE):
        raise CannotDo(f"Nimbbl's update knows no {', '.join(sorted(unknown))}.")
    if not changes:
        raise CannotDo("Nothing changes, so there is nothing to send.")
    if clients.for_nimbbl() is None:
        raise CannotDo("Nimbbl is not configured in this portal.")
    payment = Payment.objects.get(pk=nimbbl_order_id)
    with transaction.atomic():
        group, _members = orders.locked(payment.group_id)
        others = PartnerCall.objects.filter(group=group, operation=Operation.UPDATE_ORDER, state__in=UNDER_WAY)
        under_way = others.first()
        if under_way and under_way.is_overdue:
            under_way = None if _expire(under_way, group) else under_way
        if under_way:
            raise CannotDo(f"An update by {under_way.by} is under way (call #{under_way.pk}).")
        Payment.objects.filter(pk=payment.pk).update(wanted=dict(changes))
        return _ask(group, Partner.NIMBBL, Operation.UPDATE_ORDER, by, findings={"nimbbl_order_id": payment.pk})


def resend(call: PartnerCall, *, by: Person, why: str) -> PartnerCall:
    """Send a confirmation again whose outcome is not known, because `by` decides so for the reason `why`.

    The call in doubt is closed and a new one takes its place in the same commit, so that never two are live. A refusal
    of the new one leaves the doubt: the first may have worked. Raises `CannotDo` and `NotReady`.
    """
    if not why.strip():
        raise CannotDo("Sending again needs a reason.")
    with transaction.atomic():
        group, members = orders.locked(call.group_id)
        old = _in_doubt(call.pk, group)
        if old.operation != Operation.CONFIRM:
            raise CannotDo("Only a confirmation can be sent again as it was; an update is asked for anew.")
        states.settle(old, group, State.ABANDONED, how=SettledBy.RESEND, reason=f"Sent again by {by.name}: {why}")
        found = preflight.ticks(facts.of(group, members, live=None, payment=facts.payment_of(group.pk)))
        overridden = preflight.still_meant(old.overridden, old.ticks, found)
        if stopped := preflight.blocking(found, overridden):
            raise NotReady(stopped)
        return _ask(group, Partner.ONEMG, Operation.CONFIRM, by, why=why.strip(), overridden=overridden,
                    ticks=[tick.stored() for tick in found], resend_of=old)  # fmt: skip


@transaction.atomic
def settle(call: PartnerCall, *, worked: bool, why: str, by: Person) -> PartnerCall:
    """A person has found out what became of a call in doubt. Raises `CannotDo`, also where it is in doubt no longer."""
    if not why.strip():
        raise CannotDo("Settling needs a reason: how do you know?")
    group, _members = orders.locked(call.group_id)
    call = _in_doubt(call.pk, group)
    word = "It worked" if worked else "It did not work"
    states.settle(
        call, group, State.SUCCEEDED if worked else State.REJECTED, how=SettledBy.PERSON,
        reason=f"{word}, says {by.name}: {why.strip()}", actor_id=by.user.pk,
    )  # fmt: skip
    return call


@transaction.atomic
def drop(call: PartnerCall, *, by: Person) -> PartnerCall:
    """Give up a call that waits to be sent. Raises `CannotDo` where it does not."""
    group, members = orders.locked(call.group_id)
    call = states.held(call.pk)
    if call.state != State.INTENDED:
        raise CannotDo(f"Call #{call.pk} does not wait to be sent: {call.get_state_display()}.")
    states.end(call, group, members, Result(State.ABANDONED, f"Given up by {by.name} before it was sent."))
    return call


@transaction.atomic
def send_now(call: PartnerCall) -> None:
    """Try a call that waits, without waiting further. Raises `CannotDo` where it does not wait."""
    if not PartnerCall.objects.filter(pk=call.pk, state=State.INTENDED).update(not_before=timezone.now()):
        raise CannotDo(f"Call #{call.pk} does not wait to be sent.")
    outbox.hand_over(call)


def hear(merchant_order_id: str, status_id: int | None) -> None:
    """1mg has said something new of a purchase whose confirmation is in doubt; settle it where that shows the outcome.

    Called inside the transaction that applied the update, which holds the purchase.
    """
    if status_id is None or not states.proves(status_id):
        return
    doubtful = PartnerCall.objects.filter(
        group_id=merchant_order_id, operation=Operation.CONFIRM, state=State.UNKNOWN
    ).first()
    if doubtful:
        group = OrderGroup.objects.get(pk=merchant_order_id)
        states.settle_by_update(states.held(doubtful.pk), group, status_id)


def sweep() -> int:
    """Finish what was left behind: calls whose process died become unknown, those that wait are sent. How many."""
    now = timezone.now()
    touched = 0
    for call in PartnerCall.objects.overdue(now).order_by("pk")[:500]:
        with transaction.atomic():
            group, _members = orders.locked(call.group_id)
            touched += _expire(call, group) is not None
    end = time.monotonic() + SWEEP_SECONDS
    for call in PartnerCall.objects.waiting(now - GRACE).order_by("not_before")[:100]:
        if time.monotonic() > end:
            break
        outbox.carry(call)
        touched += 1
    return touched


# --- pieces -----------------------------------------------------------------------------------------------------------


def _ask(group: OrderGroup, partner: Partner, operation: Operation, by: Person, **columns: Any) -> PartnerCall:
    call = PartnerCall(group=group, partner=partner, operation=operation, actor_id=by.user.pk, by=by.name, **columns)
    states.begin(call, group)
    outbox.hand_over(call)
    return call


def _in_doubt(call_id: int, group: OrderGroup) -> PartnerCall:
    call = states.held(call_id)
    call = (_expire(call, group) if call.is_overdue else None) or call
    if call.state != State.UNKNOWN:
        raise CannotDo(f"Call #{call.pk} is not in doubt: {call.get_state_display().lower()}.")
    return call


def _expire(call: PartnerCall, group: OrderGroup) -> PartnerCall | None:
    """Call unknown what a dead process was sending for the locked purchase; `None` where it was not dead after all."""
    call = states.held(call.pk)
    if not call.is_overdue:
        return None
    words = "The process that was sending it ended; whether the partner acted is not known."
    states.end(call, group, group.orders.all(), Result(State.UNKNOWN, words))
    return call
