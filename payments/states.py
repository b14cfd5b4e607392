"""The one door for a call's state: what each move means for the purchase and its story.

    begin(call)                      a person has asked for it: intended
    start(call, ...)                 it is being sent: sending
    end(call, result, ...)           what came of it: succeeded, rejected, unknown, or intended again
    settle(call, ...)                an outcome nobody knew is known now, or no longer matters
    settle_by_news(call, ...)        the same, where what 1mg has said since shows the outcome
    adopt(call, ...)                 1mg has filed an order of the call's under another purchase
    expire(call, ...)                its process died while it was being sent: unknown
    keep_late_answer(call, ...)      an answer came after it was settled: evidence, and no move

Each runs inside a transaction of the caller's that holds the locks of the purchase, its orders and the call, in that
order (`orders.purchases.locked`, then `held`); news of 1mg's comes with the locks of the order that it is about, and of
the purchase that the order is filed under by then. No call is ever made inside one. How a purchase's confirmation
stands is written by `orders.purchases.set_confirmation`, with each move.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError
from django.db.models import Min, Q
from django.utils import timezone

from orders import acts, reviews
from orders import purchases as orders
from orders.choices import Confirmation, Flag, Kind, Source
from orders.models import GroupedOrder, OrderGroup
from orders.statuses import CANCELLED, status_of
from payments import evidence
from payments.acts import ANSWERED_LATE, CALL_ASKED, CALL_ENDED, CALL_SETTLED
from payments.choices import LIVE, Operation, Partner, SettledBy, State
from payments.models import ConfirmedOrder, PartnerCall, Payment
from payments.partners.results import LONGEST_WAIT, Result
from payments.refunds import standing

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
# What each kind of move writes.
_ANSWER: Final = ("answer_code", "took_ms", "answer_headers", "answer_body", "findings")
_START: Final = (
    *("state", "said", "sent_at", "attempts", "finished_at"),
    *("ticks", "method", "url", "request_headers", "request_body"),
    *_ANSWER,
)
_END: Final = ("state", "said", "attempts", "finished_at", "not_before", "ticks", *_ANSWER)
_SETTLED: Final = ("state", "settled_by", "settled_at", "settled_reason")


def held(call_id: int) -> PartnerCall:
    """The call, locked. Raises `PartnerCall.DoesNotExist`."""
    return PartnerCall.objects.select_for_update(no_key=True).get(pk=call_id)


class AlreadyLive(Exception):  # noqa: N818 - named like the other errors here, by what it says
    """A live call of the purchase, or a live confirmation of the same 1mg order, stands already."""


def begin(call: PartnerCall, group: OrderGroup, onemg_ids: Iterable[str] = ()) -> None:
    """Keep a call that a person asked for. `onemg_ids`: of a confirmation, every id of 1mg's that it is about.

    Raises `AlreadyLive`, by the database's word, whatever was read before; the caller's transaction is lost then.
    """
    try:
        call.save(force_insert=True)
        ConfirmedOrder.objects.bulk_create(ConfirmedOrder(call=call, onemg_id=one) for one in onemg_ids)
    except IntegrityError:
        raise AlreadyLive from None
    if call.operation == Operation.CONFIRM:
        orders.set_confirmation(group, _standing(call))
    _record(
        CALL_ASKED,
        call,
        Source.PERSON,
        actor_id=call.actor_id,
        operation=call.operation,
        spite=[tick["words"] for tick in call.ticks if tick["code"] in call.overridden],
        why=call.why,
        order=call.onemg_order_id,
        **_as_standing(call),
    )


def start(call: PartnerCall) -> None:
    """The call is about to be made; from now on it may have acted."""
    call.state, call.sent_at, call.attempts = State.SENDING, timezone.now(), call.attempts + 1
    call.finished_at = call.took_ms = call.answer_code = None
    call.answer_body, call.answer_headers, call.said = "", {}, ""
    call.save(update_fields=_START)


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
    call.save(update_fields=_END)
    _record(CALL_ENDED, call, _whose(call), said=said, **_as_standing(call))
    _tell_purchase(call, group, said)
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
    call.save(update_fields=_SETTLED)
    source = Source.PERSON if actor_id else Source.PORTAL
    _record(CALL_SETTLED, call, source, actor_id=actor_id, reason=reason, **_as_standing(call))
    _tell_purchase(call, group, reason)


def settle_by_news(call: PartnerCall, group: OrderGroup) -> None:
    """What 1mg has said since a confirmation or cancellation was asked for may show what became of it, and settles it.

    All of that news counts, in the order in which it happened and not in which it came: packing shows that a
    confirmation worked, also where a cancellation was heard of first. Called again when there is more, it settles anew
    what news had settled, and never what an answer or a person has.
    """
    if by_news := _BY_NEWS.get(Operation(call.operation)):
        by_news(call, group)


def _settle_confirmation(call: PartnerCall, group: OrderGroup) -> None:
    if call.state != State.UNKNOWN and not _ended_by_news(call):
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


def _settle_cancellation(call: PartnerCall, group: OrderGroup) -> None:
    if call.state != State.UNKNOWN and call.settled_by != SettledBy.UPDATE:
        return
    shown = evidence.of_cancellation(call)
    state = State.SUCCEEDED if shown in CANCELLED else State.REJECTED
    if shown is None or state == call.state or (state is State.SUCCEEDED and _asked_anew(call)):
        return
    label = status_of(shown).label
    worked = f"The cancellation worked: 1mg says {label}."
    reason = worked if state is State.SUCCEEDED else f"The cancellation did not work: 1mg says {label}."
    settle(call, group, state, how=SettledBy.UPDATE, reason=reason)


_BY_NEWS: Final[Mapping[Operation, Callable[[PartnerCall, OrderGroup], None]]] = {
    Operation.CONFIRM: _settle_confirmation,
    Operation.CANCEL: _settle_cancellation,
}


def adopt(call: PartnerCall, group: OrderGroup, onemg_ids: Iterable[str]) -> None:
    """1mg has filed an order that the live call is about under `group`, which is not the call's and is locked."""
    call.about.filter(onemg_id__in=onemg_ids).update(group=group)
    words = f"The confirmation of {call.group_id} is about an order of this purchase."
    _stand(call, group, words)


def expire(call: PartnerCall, group: OrderGroup) -> PartnerCall | None:
    """Call unknown what a dead process was sending for the locked purchase; `None` where it was not dead after all."""
    call = held(call.pk)
    if not call.is_overdue:
        return None
    words = "The process that was sending it ended; whether the partner acted is not known."
    end(call, group, group.orders.all(), Result(State.UNKNOWN, words))
    return call


def _ended_by_news(call: PartnerCall) -> bool:
    return call.state == State.ABANDONED and call.settled_by == SettledBy.UPDATE


def _replaced(call: PartnerCall) -> bool:
    """Whether another confirmation of the same purchase or order is live by now."""
    about = Q(group=call.group_id) | Q(about__live=True, about__onemg_id__in=call.about.values("onemg_id"))
    live = PartnerCall.objects.filter(about, operation=Operation.CONFIRM, state__in=sorted(LIVE))
    return live.exclude(pk=call.pk).exists()


def _asked_anew(call: PartnerCall) -> bool:
    """Whether another cancellation of the same order is live by now."""
    others = PartnerCall.objects.filter(operation=Operation.CANCEL, onemg_order_id=call.onemg_order_id)
    return others.filter(state__in=sorted(LIVE)).exclude(pk=call.pk).exists()


def keep_late_answer(call: PartnerCall, result: Result) -> None:
    """An answer came after the call had been settled without it: kept and told; a person decides what it changes."""
    call.save(update_fields=_ANSWER)
    _record(ANSWERED_LATE, call, _whose(call), said=result.said)


def _whose(call: PartnerCall) -> Source:
    """Whose words an outcome is told in: the partner's where there was an answer."""
    if call.answer_code is None:
        return Source.PORTAL
    return Source.ONEMG if call.partner == Partner.ONEMG else Source.NIMBBL


def _standing(call: PartnerCall) -> Confirmation:
    """How the purchase's confirmation stands by this call; one that a cancellation has ended is not to be repeated."""
    return Confirmation.REJECTED if _ended_by_news(call) else _CONFIRMATION[State(call.state)]


def _tell_purchase(call: PartnerCall, group: OrderGroup, reason: str) -> None:
    """Say what the call's state means for its purchase."""
    _MEANS[Operation(call.operation)](call, group, reason)


def _tell_confirmation(call: PartnerCall, group: OrderGroup, reason: str) -> None:
    """How the confirmation stands by this call: on its purchase, and on those that hold one of its orders by now.

    The call keeps its claim on 1mg's orders for as long as it is live.
    """
    if call.state not in LIVE or call.settled_by:
        call.about.update(live=call.state in LIVE)
    orders.set_confirmation(group, _standing(call), reason=reason)
    for elsewhere in OrderGroup.objects.filter(confirmed_elsewhere__call=call):
        _stand(call, elsewhere, reason)


def _tell_doubt(_call: PartnerCall, group: OrderGroup, _reason: str) -> None:
    """Since when nobody knows what became of a call; of a confirmation the purchase says it by itself."""
    doubtful = PartnerCall.objects.filter(group=group, state=State.UNKNOWN).exclude(operation=Operation.CONFIRM)
    orders.set_doubt(group, doubtful.aggregate(since=Min("finished_at"))["since"])


def _tell_refund(call: PartnerCall, group: OrderGroup, reason: str) -> None:
    """Where the refund that the call pays stands by it."""
    standing.follow(call, group, reason)
    _tell_doubt(call, group, reason)


_MEANS: Final[Mapping[Operation, Callable[[PartnerCall, OrderGroup, str], None]]] = {
    Operation.CONFIRM: _tell_confirmation,
    Operation.UPDATE_ORDER: _tell_doubt,
    Operation.REFUND: _tell_refund,
    Operation.CANCEL: _tell_doubt,
}


def _stand(call: PartnerCall, group: OrderGroup, reason: str) -> None:
    """Say how the confirmation stands by the call on a purchase that is not the call's own."""
    orders.set_confirmation(group, _standing(call), reason=reason)
    acts.record(
        acts.STANDS,
        group_id=group.pk,
        source=Source.PORTAL,
        kind=Kind.CHANGE,
        call_id=call.pk,
        standing=_standing(call),
        reason=reason,
    )


def _as_standing(call: PartnerCall) -> dict[str, Any]:
    """Parameter of an act that says how its purchase's confirmation stands from then on, where the call is one."""
    return {"standing": _standing(call)} if call.operation == Operation.CONFIRM else {}


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
