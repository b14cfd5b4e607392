"""Acting on a purchase: what staff ask for, and what becomes of it.

    look(id)                      what the pre-flight finds now, for a page to show
    confirm(id, by, ...)          ask for the confirmation at 1mg
    update_order(id, by, ...)     ask for an update at Nimbbl
    resend(call, by, ...)         send a confirmation once more whose outcome nobody knows
    settle(call, by, ...)         a person says what became of it
    drop(call, by)                give up one that was never sent
    sweep()                       what a crash or an outage left behind

Each locks the purchase, decides, and commits a `PartnerCall`; the call itself is made afterwards by a thread of its
own (`payments.outbox`), so that a slow partner never holds a web request. Nothing that may have acted is sent again by
itself.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from orders import purchases as orders
from orders.actors import Actor
from orders.models import GroupedOrder, OrderGroup
from payments import enquiry, evidence, outbox, states
from payments.asking import CannotDo, NotAsRead, NotReady
from payments.choices import UNDER_WAY, Operation, Partner, SettledBy, State, Verdict
from payments.models import PartnerCall, Payment
from payments.partners import clients
from payments.partners.nimbbl import UPDATABLE
from payments.partners.results import Result
from payments.preflight import gather, ticks
from payments.preflight.ticks import Look, Tick

#: The thread that is to send a new call has so long before the sweep does.
GRACE: Final = timedelta(seconds=20)
#: A page waits so many seconds for what Nimbbl says of the money; then it shows what there is, and looks again.
PATIENCE: Final = 0.5
#: A sweep begins no call after this: the worker kills a job after two minutes, and with it the call it was making.
SWEEP_SECONDS: Final = 60.0


def look(
    group: OrderGroup, *, besides: PartnerCall | None = None, anew: bool = True, patience: float = PATIENCE
) -> Look:
    """What the pre-flight finds now, for a page to show.

    Where Nimbbl has not only just said how the money stands, a thread asks it; the look waits for that `patience`
    seconds at most, and is `asking` where the answer takes longer. Without `anew` the last answer serves, however old.
    """
    payment = gather.payment_of(group.pk)
    money = enquiry.fresh(payment) if anew else enquiry.kept(payment)
    if payment and money is None and outbox.ask_about_money(payment, patience=patience):
        payment = gather.payment_of(group.pk)
        money = enquiry.fresh(payment)
    found = gather.look(group, list(group.orders.order_by("pk")), payment=payment, money=money, besides=besides)
    return replace(found, asking=payment is not None and money is None)


def confirm(
    merchant_order_id: str, *, by: Actor, seen: str | None = None, overridden: Collection[str] = (), why: str = ""
) -> PartnerCall:
    """Ask for the confirmation of a purchase at 1mg; it is sent as soon as this has committed.

    1. Under lock, compares what it finds with what the person read: `seen`, the mark of the page. `overridden` names
       failing ticks to go on in spite of, which needs `why`. Raises `NotAsRead` where anything differs, else `NotReady`
       with the ticks that stop it. Of the money counts what Nimbbl said last; right before sending it is asked anew.
    2. Where no page was shown (`seen` is `None`), Nimbbl is asked first, unless something else stops it already, and
       nothing can be overridden.
    3. Commits the call. A second press finds the first one there and is stopped by that; so is the press of another
       purchase for the same order of 1mg's.

    Raises `OrderGroup.DoesNotExist`.
    """
    overridden = overridden if seen is not None and why.strip() else ()
    try:
        return _press(merchant_order_id, by, seen, overridden, why.strip())
    except NotReady:
        if not _expired(merchant_order_id):
            raise
    return _press(merchant_order_id, by, seen, overridden, why.strip())


def update_order(nimbbl_order_id: str, changes: Mapping[str, Any], *, by: Actor) -> PartnerCall:
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
            under_way = None if states.expire(under_way, group) else under_way
        if under_way:
            raise CannotDo(f"An update by {under_way.by} is under way (call #{under_way.pk}).")
        Payment.objects.filter(pk=payment.pk).update(wanted=dict(changes))
        return _ask(group, Partner.NIMBBL, Operation.UPDATE_ORDER, by, findings={"nimbbl_order_id": payment.pk})


def resend(
    call: PartnerCall, *, by: Actor, why: str, seen: str | None = None, overridden: Collection[str] = ()
) -> PartnerCall:
    """Send a confirmation again whose outcome is not known, because `by` decides so for the reason `why`.

    The call in doubt is closed and a new one takes its place in the same commit, so that never two are live. A refusal
    of the new one leaves the doubt: the first may have worked. What stands against it is read and overridden anew, as
    with `confirm`. Raises `CannotDo`, `NotAsRead` and `NotReady`.
    """
    if not why.strip():
        raise CannotDo("Sending again needs a reason.")
    overridden = overridden if seen is not None else ()
    payment = gather.payment_of(call.group_id)
    if payment and seen is None:
        payment = _asked(payment)
    with transaction.atomic():
        group, members = orders.locked(call.group_id)
        old = _in_doubt(call.pk, group)
        if old.operation != Operation.CONFIRM:
            words = "Only a confirmation can be sent again here; an update is asked for anew, a refund on its own page."
            raise CannotDo(words)
        found = gather.look(group, members, payment=payment, money=enquiry.kept(payment), besides=old)
        chosen = _decided(found, seen, overridden)
        reason = f"Sent again by {by.name}: “{why.strip()}”"
        states.settle(old, group, State.ABANDONED, how=SettledBy.RESEND, reason=reason)
        again = _confirm(
            group, members, found, by=by, why=why.strip(), overridden=chosen, resend_of=old, known=old.known
        )
        for about in old.about.exclude(group=None):
            states.adopt(again, OrderGroup.objects.get(pk=about.group_id), [about.onemg_id])
        return again


@transaction.atomic
def settle(call: PartnerCall, *, worked: bool, why: str, by: Actor) -> PartnerCall:
    """A person has found out what became of a call in doubt. Raises `CannotDo`, also where it is in doubt no longer."""
    if not why.strip():
        raise CannotDo("Settling needs a reason: how do you know?")
    group, _members = orders.locked(call.group_id)
    call = _in_doubt(call.pk, group)
    word = "It worked" if worked else "It did not work"
    states.settle(
        call,
        group,
        State.SUCCEEDED if worked else State.REJECTED,
        how=SettledBy.PERSON,
        reason=f"{word}, says {by.name}: “{why.strip()}”",
        actor_id=by.user_id,
    )
    return call


@transaction.atomic
def drop(call: PartnerCall, *, by: Actor) -> PartnerCall:
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


def sweep() -> int:
    """Finish what was left behind: calls whose process died become unknown, those that wait are sent. How many."""
    now = timezone.now()
    touched = 0
    for call in PartnerCall.objects.overdue(now).order_by("pk")[:500]:
        with transaction.atomic():
            group, _members = orders.locked(call.group_id)
            touched += states.expire(call, group) is not None
    end = time.monotonic() + SWEEP_SECONDS
    for call in PartnerCall.objects.waiting(now - GRACE).order_by("not_before")[:100]:
        if time.monotonic() > end:
            break
        outbox.carry(call)
        touched += 1
    return touched


# --- pieces -----------------------------------------------------------------------------------------------------------


def _press(merchant_order_id: str, by: Actor, seen: str | None, overridden: Collection[str], why: str) -> PartnerCall:
    payment = gather.payment_of(merchant_order_id)
    if payment and seen is None:
        if stopped := _stopped_before_asking(merchant_order_id, payment, overridden):
            raise NotReady(stopped)
        payment = _asked(payment)
    with transaction.atomic():
        group, members = orders.locked(merchant_order_id)
        found = gather.look(group, members, payment=payment, money=enquiry.kept(payment))
        chosen = _decided(found, seen, overridden)
        return _confirm(group, members, found, by=by, why=why, overridden=chosen)


def _stopped_before_asking(merchant_order_id: str, payment: Payment, overridden: Collection[str]) -> list[Tick]:
    """What stops the press whatever Nimbbl would say of the money; it spares the question."""
    group = OrderGroup.objects.get(pk=merchant_order_id)
    return gather.look(group, list(group.orders.order_by("pk")), payment=payment).stopped(overridden)


def _asked(payment: Payment) -> Payment:
    """The payment after Nimbbl was asked about it, here and now."""
    enquiry.refresh(payment)
    return Payment.objects.get(pk=payment.pk)


def _expired(merchant_order_id: str) -> bool:
    """Call unknown what a dead process was sending for the purchase; whether there was any."""
    found = False
    for call in PartnerCall.objects.overdue(timezone.now()).filter(group=merchant_order_id):
        with transaction.atomic():
            group, _members = orders.locked(merchant_order_id)
            found = states.expire(call, group) is not None or found
    return found


def _decided(found: Look, seen: str | None, overridden: Collection[str]) -> list[str]:
    """The ticks that the person goes on in spite of. Raises `NotAsRead` and `NotReady`."""
    if seen is not None and (codes := found.unread(seen)):
        raise NotAsRead([tick for tick in found.ticks if tick.code in codes], ticks.SENT in codes)
    chosen = sorted({tick.code for tick in found.stopped()} & set(overridden))
    if stopped := found.stopped(chosen):
        raise NotReady(stopped)
    return chosen


def _confirm(
    group: OrderGroup, members: Sequence[GroupedOrder], found: Look, *, by: Actor, **columns: Any
) -> PartnerCall:
    """Commit a confirmation of what was found. Raises `NotReady` where another of the same order is live by now."""
    call = PartnerCall(
        group=group,
        partner=Partner.ONEMG,
        operation=Operation.CONFIRM,
        actor_id=by.user_id,
        by=by.name,
        onemg_order_id=found.order_id,
        ticks=[tick.stored() for tick in found.ticks],
        **({"known": evidence.known(members)} | columns),
    )
    before = call.resend_of.about.values_list("onemg_id", flat=True) if call.resend_of else ()
    try:
        states.begin(call, group, {found.order_id, *group.onemg_ids(members), *before})
    except states.AlreadyLive:
        words = "Somebody has just asked for the confirmation of the same 1mg order"
        raise NotReady([Tick("nobody_else", Verdict.FAIL, words)]) from None
    outbox.hand_over(call)
    return call


def _ask(group: OrderGroup, partner: Partner, operation: Operation, by: Actor, **columns: Any) -> PartnerCall:
    call = PartnerCall(group=group, partner=partner, operation=operation, actor_id=by.user_id, by=by.name, **columns)
    states.begin(call, group)
    outbox.hand_over(call)
    return call


def _in_doubt(call_id: int, group: OrderGroup) -> PartnerCall:
    call = states.held(call_id)
    call = (states.expire(call, group) if call.is_overdue else None) or call
    if call.state != State.UNKNOWN:
        raise CannotDo(f"Call #{call.pk} is not in doubt: {call.get_state_display().lower()}.")
    return call
