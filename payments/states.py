"""The one door for a call's state: what each move means for the purchase and its story.

    begin(call)                      a person has asked for it: intended
    start(call, ...)                 it is being sent: sending
    end(call, result, ...)           what came of it: succeeded, rejected, unknown, or intended again
    settle(call, ...)                an outcome nobody knew is known now, or no longer matters
    settle_by_news(call, ...)        the same, where what 1mg has said since shows the outcome
    adopt(call, ...)                 1mg has filed an order of the call's under another purchase
    heard_late(call, ...)            an answer came after that: evidence, and no move

Each runs inside a transaction of the caller's that holds the locks of the purchase, its orders and the call, in that
order (`orders.purchases.locked`, then `held`). No call is ever made inside one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from orders import acts, reviews, rows
from orders import purchases as orders
from orders.choices import Confirmation, Flag, Kind, Source
from orders.models import GroupedOrder, OrderGroup
from orders.statuses import CANCELLED, status_of
from payments import evidence
from payments.acts import ANSWERED_LATE, CALL_ASKED, CALL_ENDED, CALL_SETTLED
from payments.choices import LIVE, Operation, Partner, SettledBy, State
from payments.models import ConfirmedOrder, PartnerCall, Payment
from payments.partners.results import LONGEST_WAIT, Result

#: How often a call that never left may be tried.
MAX_ATTEMPTS: Final = 5
_FIRST_WAIT: Final = 10.0
_CONFIRMATION: Final = {
    State.INTENDED: Confirmation.IN_FLIGHT,
    State.SENDING: Confirmation.IN_FLIGHT,
    State.SUCCEEDED: Confirmation.CONFIRMED,
    State.REJECTED: Confirmation.REJECTED,
    State.UNKNOWN: Confirmation.UNKNOWN,
    State.ABANDONED: Confirmation.NONE,
}
_COLUMNS: Final = [field.attname for field in PartnerCall._meta.concrete_fields if not field.primary_key]


def held(call_id: int) -> PartnerCall:
    """The call, locked. Raises `PartnerCall.DoesNotExist`."""
    for call in rows.select(PartnerCall, lock=True, pk=call_id):
        return call
    raise PartnerCall.DoesNotExist(call_id)


class AlreadyLive(Exception):  # noqa: N818 - named like the other errors here, by what it says
    """A live call of the purchase, or a live confirmation of the same 1mg order, stands already."""


def begin(call: PartnerCall, group: OrderGroup, onemg_ids: Iterable[str] = ()) -> None:
    """Keep a call that a person asked for. `onemg_ids`: of a confirmation, every id of 1mg's that it is about.

    Raises `AlreadyLive`, by the database's word, whatever was read before.
    """
    try:
        with transaction.atomic():
            rows.insert(call)
            ConfirmedOrder.objects.bulk_create(ConfirmedOrder(call=call, onemg_id=one) for one in onemg_ids)
    except IntegrityError:
        raise AlreadyLive from None
    rows.run(_confirming(group, call, ""))
    _record(
        CALL_ASKED,
        call,
        Source.PERSON,
        actor_id=call.actor_id,
        operation=call.operation,
        spite=[tick["words"] for tick in call.ticks if tick["code"] in call.overridden],
        why=call.why,
    )


def start(call: PartnerCall) -> None:
    """The call is about to be made; from now on it may have acted."""
    call.state, call.sent_at, call.attempts = State.SENDING, timezone.now(), call.attempts + 1
    call.finished_at = call.took_ms = call.answer_code = None
    call.answer_body, call.answer_headers, call.said = "", {}, ""
    rows.run(_saving(call))


def end(call: PartnerCall, group: OrderGroup, members: Iterable[GroupedOrder], result: Result) -> None:
    """What came of the call, in `result`, and what the purchase's orders have become meanwhile."""
    state, said = result.state, result.said
    now = timezone.now()
    call.finished_at = now
    if state is State.INTENDED and call.attempts >= MAX_ATTEMPTS:
        state, said = State.ABANDONED, f"{said} Given up after {call.attempts} tries; nothing was sent."
    if state is State.INTENDED:
        wait = result.after if result.after is not None else random.uniform(0.5, 1) * _FIRST_WAIT * 2**call.attempts  # noqa: S311
        call.not_before = now + timedelta(seconds=min(wait, LONGEST_WAIT))
    if call.resend_of_id and state in (State.REJECTED, State.ABANDONED):
        state, said = State.UNKNOWN, f"{said} The sending before this one may have worked all the same."
    call.state, call.said = state, said
    if result.refusal:
        call.findings = {**call.findings, "refusal": result.refusal}
    if call.operation == Operation.UPDATE_ORDER and state is not State.INTENDED:
        Payment.objects.filter(pk=call.findings.get("nimbbl_order_id")).update(wanted={})
    rows.run(_saving(call), _confirming(group, call, said))
    _record(CALL_ENDED, call, _whose(call), said=said)
    _tell_elsewhere(call, group)
    if state is State.UNKNOWN:
        settle_by_news(call, group)
    cancelled = [order for order in members if order.status_id in CANCELLED]
    if call.operation == Operation.CONFIRM and state in (State.SUCCEEDED, State.UNKNOWN) and cancelled:
        reviews.flag(cancelled, Flag.CANCELLED_MEANWHILE)


def settle(
    call: PartnerCall, group: OrderGroup, state: State, *, how: SettledBy, reason: str, actor_id: int | None = None
) -> None:
    """An outcome nobody knew is `state`, for `reason`. The answer that came, if any, stays as it is."""
    call.settled_by, call.settled_at, call.settled_reason = how, timezone.now(), reason
    call.state = state
    rows.run(_saving(call), _confirming(group, call, reason))
    _record(CALL_SETTLED, call, Source.PERSON if actor_id else Source.PORTAL, actor_id=actor_id, reason=reason)
    _tell_elsewhere(call, group)


def settle_by_news(call: PartnerCall, group: OrderGroup) -> None:
    """What 1mg has said since a confirmation was asked for may show what became of it; then that settles it.

    All of that news counts, in the order in which it happened and not in which it came: packing shows that it worked,
    also where a cancellation was heard of first. Called again when there is more, it settles anew what news had
    settled, and never what an answer or a person has.
    """
    if call.operation != Operation.CONFIRM or not (call.state == State.UNKNOWN or _ended_by_news(call)):
        return
    shown = evidence.of(call)
    if shown is None:
        return
    label = status_of(shown).label
    if shown not in CANCELLED and not _replaced(call):
        reason = f"The confirmation worked: 1mg says {label}."
        settle(call, group, State.SUCCEEDED, how=SettledBy.UPDATE, reason=reason)
    elif call.state == State.UNKNOWN:
        reason = f"1mg says {label}: whether the confirmation had worked no longer matters."
        settle(call, group, State.ABANDONED, how=SettledBy.UPDATE, reason=reason)


def adopt(call: PartnerCall, group: OrderGroup, onemg_ids: Iterable[str]) -> None:
    """1mg has filed an order that the live call is about under `group`, which is not the call's and is locked."""
    call.about.filter(onemg_id__in=onemg_ids).update(group=group)
    words = f"The confirmation of {call.group_id} is about an order of this purchase."
    rows.run(orders.confirming(group, _standing(call), at=timezone.now(), reason=words))


def _ended_by_news(call: PartnerCall) -> bool:
    return call.state == State.ABANDONED and call.settled_by == SettledBy.UPDATE


def _replaced(call: PartnerCall) -> bool:
    """Whether another confirmation of the same purchase or order is live by now."""
    about = Q(group=call.group_id) | Q(about__live=True, about__onemg_id__in=call.about.values("onemg_id"))
    live = PartnerCall.objects.filter(about, operation=Operation.CONFIRM, state__in=sorted(LIVE))
    return live.exclude(pk=call.pk).exists()


def heard_late(call: PartnerCall, result: Result) -> None:
    """An answer came after the call had been settled without it: kept and told; a person decides what it changes."""
    rows.run(_saving(call))
    _record(ANSWERED_LATE, call, _whose(call), said=result.said)


def _whose(call: PartnerCall) -> Source:
    """Whose words an outcome is told in: the partner's where there was an answer."""
    if call.answer_code is None:
        return Source.PORTAL
    return Source.ONEMG if call.partner == Partner.ONEMG else Source.NIMBBL


def _saving(call: PartnerCall) -> rows.Statement:
    return rows.updating(PartnerCall, {name: getattr(call, name) for name in _COLUMNS}, pk=call.pk)


def _confirming(group: OrderGroup, call: PartnerCall, reason: str) -> rows.Statement | None:
    """Say on the purchase how its confirmation stands, where the call is one."""
    if call.operation != Operation.CONFIRM:
        return None
    return orders.confirming(group, _standing(call), at=timezone.now(), reason=reason)


def _standing(call: PartnerCall) -> Confirmation:
    """How the purchase's confirmation stands by this call; one that a cancellation has ended is not to be repeated."""
    return Confirmation.REJECTED if _ended_by_news(call) else _CONFIRMATION[State(call.state)]


def _tell_elsewhere(call: PartnerCall, group: OrderGroup) -> None:
    """Keep the call's claim on 1mg's orders while it is live, and tell the purchases that hold one of them by now."""
    if call.operation != Operation.CONFIRM:
        return
    if call.state not in LIVE or call.settled_by:
        call.about.update(live=call.state in LIVE)
    OrderGroup.objects.filter(confirmed_elsewhere__call=call).update(
        confirmation_state=_standing(call),
        confirmation_at=timezone.now(),
        confirmation_reason=group.confirmation_reason,
    )


def _record(act: str, call: PartnerCall, source: Source, *, actor_id: int | None = None, **params: Any) -> None:
    acts.record(
        act,
        group_id=call.group_id,
        source=source,
        kind=Kind.CALL,
        actor_id=actor_id,
        call_id=call.pk,
        **params,
    )
