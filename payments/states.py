"""The one door for a call's state: what each move means for the purchase and its story.

    begin(call)                      a person has asked for it: intended
    start(call, ...)                 it is being sent: sending
    end(call, result, ...)           what came of it: succeeded, rejected, unknown, or intended again
    settle(call, ...)                an outcome nobody knew is known now, or no longer matters
    heard_late(call, ...)            an answer came after that: evidence, and no move

Each runs inside a transaction of the caller's that holds the locks of the purchase, its orders and the call, in that
order (`orders.services.locked`, then `held`). No call is ever made inside one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.utils import timezone

from orders import rows, timeline
from orders import services as orders
from orders.choices import Confirmation, Flag, Kind, Source, Stage
from orders.models import GroupedOrder, OrderGroup, OrderUpdate, TimelineEntry
from orders.statuses import CANCELLED, status_of
from payments.choices import Operation, Partner, SettledBy, State
from payments.models import PartnerCall, Payment
from payments.results import LONGEST_WAIT, Result

#: How often a call that never left may be tried.
MAX_ATTEMPTS: Final = 5
_FIRST_WAIT: Final = 10.0
#: 1mg packs, sends or has delivered: it took the order for confirmed.
PROOF: Final = frozenset({Stage.FULFIL, Stage.SHIP, Stage.DONE, Stage.RETURN})

_CONFIRMATION: Final = {
    State.INTENDED: Confirmation.IN_FLIGHT,
    State.SENDING: Confirmation.IN_FLIGHT,
    State.SUCCEEDED: Confirmation.CONFIRMED,
    State.REJECTED: Confirmation.REJECTED,
    State.UNKNOWN: Confirmation.UNKNOWN,
    State.ABANDONED: Confirmation.NONE,
}
_COLUMNS: Final = [field.attname for field in PartnerCall._meta.concrete_fields if not field.primary_key]
_ASKED: Final = {Operation.CONFIRM: "Confirm at 1mg asked for", Operation.UPDATE_ORDER: "Update at Nimbbl asked for"}


def held(call_id: int) -> PartnerCall:
    """The call, locked. Raises `PartnerCall.DoesNotExist`."""
    for call in rows.select(PartnerCall, lock=True, pk=call_id):
        return call
    raise PartnerCall.DoesNotExist(call_id)


def begin(call: PartnerCall, group: OrderGroup) -> None:
    """Keep a call that a person asked for. Raises `IntegrityError` where a live one stands, whatever was read."""
    rows.insert(call)
    words = _ASKED[Operation(call.operation)]
    line = _line(call, Source.PERSON, f"{words}: {call.why}" if call.why else words, actor_id=call.actor_id)
    rows.run(timeline.writing([line]), _confirming(group, call, ""))


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
    proof = _proof(call) if state is State.UNKNOWN and call.operation == Operation.CONFIRM else None
    call.state, call.said = state, said
    if call.operation == Operation.UPDATE_ORDER and state is not State.INTENDED:
        Payment.objects.filter(pk=call.findings.get("nimbbl_order_id")).update(wanted={})
    rows.run(_saving(call), timeline.writing([_line(call, _whose(call), said)]), _confirming(group, call, said))
    if proof:
        settle_by_update(call, group, proof)
    cancelled = [order for order in members if order.status_id in CANCELLED]
    if call.operation == Operation.CONFIRM and state in (State.SUCCEEDED, State.UNKNOWN) and cancelled:
        orders.flag(cancelled, Flag.CANCELLED_MEANWHILE)


def settle(
    call: PartnerCall, group: OrderGroup, state: State, *, how: SettledBy, reason: str, actor_id: int | None = None
) -> None:
    """An outcome nobody knew is `state`, for `reason`. The answer that came, if any, stays as it is."""
    call.settled_by, call.settled_at, call.settled_reason = how, timezone.now(), reason
    call.state = state
    line = _line(call, Source.PERSON if actor_id else Source.PORTAL, reason, actor_id=actor_id)
    rows.run(_saving(call), timeline.writing([line]), _confirming(group, call, reason))


def settle_by_update(call: PartnerCall, group: OrderGroup, status_id: int) -> None:
    """1mg's own words settle a confirmation: it has gone on, or it has cancelled."""
    label = status_of(status_id).label
    if status_id in CANCELLED:
        reason = f"1mg says {label}: whether the confirmation had worked no longer matters."
        settle(call, group, State.ABANDONED, how=SettledBy.UPDATE, reason=reason)
        rows.run(orders.confirming(group, Confirmation.REJECTED, at=timezone.now(), reason=reason))
    else:
        reason = f"The confirmation worked: 1mg says {label}."
        settle(call, group, State.SUCCEEDED, how=SettledBy.UPDATE, reason=reason)


def heard_late(call: PartnerCall, result: Result) -> None:
    """An answer came after the call had been settled without it: kept and told; a person decides what it changes."""
    line = _line(call, _whose(call), f"An answer came after this was settled: {result.said}")
    rows.run(_saving(call), timeline.writing([line]))


def proves(status_id: int | None) -> bool:
    """Whether a status shows what became of a confirmation."""
    return status_id in CANCELLED or (status_of(status_id).known and status_of(status_id).stage in PROOF)


def _proof(call: PartnerCall) -> int | None:
    """A status that 1mg has told since the call was asked for and that shows what became of it."""
    said = OrderUpdate.objects.filter(order__group_id=call.group_id, received_at__gte=call.created_at)
    said = said.order_by("-received_at")
    return next((status for status in said.values_list("status_id", flat=True) if proves(status)), None)


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
    return orders.confirming(group, _CONFIRMATION[State(call.state)], at=timezone.now(), reason=reason)


def _line(call: PartnerCall, source: Source, text: str, *, actor_id: int | None = None) -> TimelineEntry:
    now = timezone.now()
    return TimelineEntry(
        group_id=call.group_id, at=now, received_at=now, source=source, kind=Kind.CALL, text=text, call_id=call.pk,
        actor_id=actor_id,
    )  # fmt: skip
