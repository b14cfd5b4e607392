"""Acting on a purchase: what staff ask for, and what becomes of it.

    look(id)                      what the pre-flight finds now, for a page to show
    confirm(id, by, ...)          ask for the confirmation at 1mg
    update_order(id, by, ...)     ask for an update at Nimbbl
    resend(call, by, ...)         send a confirmation once more whose outcome nobody knows
    settle(call, by, ...)         a person says what became of it
    drop(call, by)                give up one that was never sent
    hear(news)                    1mg has spoken of an order whose confirmation is in doubt, or filed one anew
    rule(kept, dropped, ...)      a person says which of two purchases a 1mg order belongs to
    sweep()                       what a crash or an outage left behind

Each locks the purchase, decides, and commits a `PartnerCall`; the call itself is made afterwards by a thread of its
own (`payments.outbox`), so that a slow partner never holds a web request. Nothing that may have acted is sent again by
itself.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from orders import acts
from orders import purchases as orders
from orders.choices import Kind, Source
from orders.models import GroupedOrder, OrderGroup
from orders.services import Applied
from payments import enquiry, evidence, facts, outbox, preflight, states
from payments.acts import RULED
from payments.choices import UNDER_WAY, Operation, Partner, SettledBy, State, Verdict
from payments.models import ConfirmedOrder, PartnerCall, Payment, Ruling
from payments.partners import clients
from payments.partners.nimbbl import UPDATABLE, Enquiry
from payments.partners.results import Result
from payments.preflight import PaymentFact, Tick

#: The thread that is to send a new call has so long before the sweep does.
GRACE: Final = timedelta(seconds=20)
#: A sweep begins no call after this: the worker kills a job after two minutes, and with it the call it was making.
SWEEP_SECONDS: Final = 60.0


class NotReady(Exception):
    """The pre-flight stops the confirmation; nothing was kept, nothing was sent. `ticks`: those that stop it."""

    def __init__(self, ticks: list[Tick]) -> None:
        super().__init__("; ".join(tick.words for tick in ticks))
        self.ticks = ticks


class NotAsRead(NotReady):
    """Something is not as it was on the page that the person decided by; nothing was kept, nothing was sent.

    `ticks`: what stands there now. `order`: whether another 1mg order would be confirmed.
    """

    def __init__(self, ticks: list[Tick], order: bool) -> None:
        super().__init__(ticks)
        self.order = order


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


@dataclass(frozen=True, slots=True)
class Look:
    """What the pre-flight finds of a purchase: its ticks, and 1mg's id of the order that would be confirmed."""

    ticks: list[Tick]
    order_id: str

    @property
    def mark(self) -> str:
        """What a form carries, so that the press is about what was read."""
        return preflight.mark(self.ticks, self.order_id)

    def stopped(self, overridden: Collection[str] = ()) -> list[Tick]:
        """The ticks that stop it."""
        return preflight.blocking(self.ticks, overridden)


def look(group: OrderGroup, *, besides: PartnerCall | None = None) -> Look:
    """What the pre-flight finds now; asks Nimbbl about the money, which may take three seconds. Keeps nothing."""
    payment = facts.payment_of(group.pk)
    money, _told = enquiry.ask(payment)
    return _look(group, list(group.orders.order_by("pk")), payment, money, besides)


def confirm(
    merchant_order_id: str, *, by: Person, seen: str | None = None, overridden: Collection[str] = (), why: str = ""
) -> PartnerCall:
    """Ask for the confirmation of a purchase at 1mg; it is sent as soon as this has committed.

    1. Looks whether anything stops it; then asks Nimbbl about the money.
    2. Under lock, compares what it finds with what the person read: `seen`, the mark of the page; `None` where no page
       was shown, and then nothing can be overridden. `overridden` names failing ticks to go on in spite of, which needs
       `why`. Raises `NotAsRead` where anything differs, else `NotReady` with the ticks that stop it.
    3. Commits the call. A second press finds the first one there and is stopped by that; so is the press of another
       purchase for the same order of 1mg's.

    Raises `OrderGroup.DoesNotExist`.
    """
    overridden = overridden if seen is not None and why.strip() else ()
    _end_what_died(merchant_order_id)
    payment, money, told = _ask_about_money(merchant_order_id, overridden)
    with transaction.atomic():
        group, members = orders.locked(merchant_order_id)
        found = _look(group, members, payment, money)
        chosen = _decided(found, seen, overridden)
        if payment and told:
            enquiry.remember(payment.pk, told)
        return _confirm(group, members, found, by=by, why=why.strip(), overridden=chosen)


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


def resend(
    call: PartnerCall, *, by: Person, why: str, seen: str | None = None, overridden: Collection[str] = ()
) -> PartnerCall:
    """Send a confirmation again whose outcome is not known, because `by` decides so for the reason `why`.

    The call in doubt is closed and a new one takes its place in the same commit, so that never two are live. A refusal
    of the new one leaves the doubt: the first may have worked. What stands against it is read and overridden anew, as
    with `confirm`. Raises `CannotDo`, `NotAsRead` and `NotReady`.
    """
    if not why.strip():
        raise CannotDo("Sending again needs a reason.")
    overridden = overridden if seen is not None else ()
    payment = facts.payment_of(call.group_id)
    money, told = enquiry.ask(payment)
    with transaction.atomic():
        group, members = orders.locked(call.group_id)
        old = _in_doubt(call.pk, group)
        if old.operation != Operation.CONFIRM:
            raise CannotDo("Only a confirmation can be sent again as it was; an update is asked for anew.")
        found = _look(group, members, payment, money, besides=old)
        chosen = _decided(found, seen, overridden)
        if payment and told:
            enquiry.remember(payment.pk, told)
        states.settle(old, group, State.ABANDONED, how=SettledBy.RESEND, reason=f"Sent again by {by.name}: {why}")
        again = _confirm(
            group, members, found, by=by, why=why.strip(), overridden=chosen, resend_of=old, known=old.known
        )
        for about in old.about.exclude(group=None):
            states.adopt(again, OrderGroup.objects.get(pk=about.group_id), [about.onemg_id])
        return again


@transaction.atomic
def settle(call: PartnerCall, *, worked: bool, why: str, by: Person) -> PartnerCall:
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
        reason=f"{word}, says {by.name}: {why.strip()}",
        actor_id=by.user.pk,
    )
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


def hear(news: Applied) -> None:
    """1mg has said something new of an order; settle what is in doubt about it, where that shows the outcome.

    An order that appears under another purchase than the one that asked for its confirmation takes along how that
    stands. Called inside the transaction that applied the update, which holds the order and its purchase.
    """
    if news.appeared:
        _adopt(news)
    if not evidence.proves(news.status_id):
        return
    about = Q(group=news.group_id) | Q(about__onemg_id__in=news.onemg_ids)
    by_news = Q(state=State.ABANDONED, settled_by=SettledBy.UPDATE)
    calls = PartnerCall.objects.filter(about, Q(state=State.UNKNOWN) | by_news, operation=Operation.CONFIRM)
    for call_id in sorted(set(calls.values_list("pk", flat=True))):
        call = states.held(call_id)
        states.settle_by_news(call, OrderGroup.objects.get(pk=call.group_id))


def _adopt(news: Applied) -> None:
    about = ConfirmedOrder.objects.filter(live=True, onemg_id__in=news.onemg_ids).exclude(call__group=news.group_id)
    for call_id in sorted(set(about.values_list("call_id", flat=True))):
        states.adopt(states.held(call_id), OrderGroup.objects.get(pk=news.group_id), news.onemg_ids)


@transaction.atomic
def rule(kept: OrderGroup, dropped: OrderGroup, *, by: Person, why: str) -> Ruling:
    """A person says that the 1mg order which both purchases name belongs to `kept`; told in the story of both.

    Raises `CannotDo` where there is nothing to say, or no reason.
    """
    if not why.strip():
        raise CannotDo("This needs a reason: how do you know?")
    members = list(kept.orders.order_by("pk"))
    rivals = facts.rivals(kept, kept.onemg_ids(members))
    shared = next((rival.onemg_ids for rival in rivals if rival.merchant_order_id == dropped.pk), None)
    if shared is None:
        raise CannotDo(f"{kept.pk} and {dropped.pk} name no order in common any more.")
    ruling = Ruling.objects.create(
        kept=kept, dropped=dropped, onemg_ids=list(shared), actor_id=by.user.pk, by=by.name, why=why.strip()
    )
    for group in (kept, dropped):
        acts.record(
            RULED,
            group_id=group.pk,
            source=Source.PERSON,
            kind=Kind.REVIEW,
            actor_id=by.user.pk,
            onemg_ids=list(shared),
            kept=kept.pk,
            dropped=dropped.pk,
            why=why.strip(),
        )
    return ruling


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


def _end_what_died(merchant_order_id: str) -> None:
    """Call unknown what a dead process was sending for the purchase."""
    for call in PartnerCall.objects.overdue(timezone.now()).filter(group=merchant_order_id):
        with transaction.atomic():
            group, _members = orders.locked(merchant_order_id)
            _expire(call, group)


def _ask_about_money(
    merchant_order_id: str, overridden: Collection[str]
) -> tuple[Payment | None, PaymentFact | None, Enquiry | None]:
    """The purchase's payment and what Nimbbl says of it now. Whatever else stops the press spares the question.

    Raises `NotReady`.
    """
    group = OrderGroup.objects.get(pk=merchant_order_id)
    payment = facts.payment_of(group.pk)
    if stopped := _look(group, list(group.orders.order_by("pk")), payment, None).stopped(overridden):
        raise NotReady(stopped)
    return payment, *enquiry.ask(payment)


def _look(
    group: OrderGroup,
    members: Sequence[GroupedOrder],
    payment: Payment | None,
    money: PaymentFact | None,
    besides: PartnerCall | None = None,
) -> Look:
    known = facts.of(group, members, payment=payment, money=money, besides=besides)
    return Look(preflight.ticks(known), known.onemg_order_id)


def _decided(found: Look, seen: str | None, overridden: Collection[str]) -> list[str]:
    """The ticks that the person goes on in spite of. Raises `NotAsRead` and `NotReady`."""
    if seen is not None and (codes := preflight.unread(seen, found.ticks, found.order_id)):
        raise NotAsRead([tick for tick in found.ticks if tick.code in codes], preflight.SENT in codes)
    chosen = sorted({tick.code for tick in found.stopped()} & set(overridden))
    if stopped := found.stopped(chosen):
        raise NotReady(stopped)
    return chosen


def _confirm(
    group: OrderGroup, members: Sequence[GroupedOrder], found: Look, *, by: Person, **columns: Any
) -> PartnerCall:
    """Commit a confirmation of what was found. Raises `NotReady` where another of the same order is live by now."""
    call = PartnerCall(
        group=group,
        partner=Partner.ONEMG,
        operation=Operation.CONFIRM,
        actor_id=by.user.pk,
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
