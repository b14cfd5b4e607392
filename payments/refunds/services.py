"""Deciding about refunds: every move of one that a person or the policy makes.

    start(id, amount, ...)       a person starts one; it is approved by that
    ask(group, ...)              1mg asks for one, as it was judged; for `payments.refunds.requests`
    approve(refund, by, ...)     a person says yes; above a limit a second one is to say so too
    decline(refund, by, why)     a person says no, for good
    send_again(refund, by, why)  a person has it sent once more, under the same id at Nimbbl
    ask_nimbbl(refund)           hear what Nimbbl says of it by now

Each locks the purchase, looks at the money anew, writes the refund and its line of the story, and commits the call that
pays it (`payments.outbox` sends it). Raises `CannotDo` where it is not possible as things stand; nothing is kept then.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from orders import acts
from orders import purchases as orders
from orders.actors import Actor
from orders.choices import Kind, Source
from orders.models import OrderGroup
from orders.rupees import with_sign
from payments import enquiry, outbox, states
from payments.acts import REFUND_APPROVED, REFUND_ASKED, REFUND_DECLINED, REFUND_SENT_AGAIN
from payments.asking import CannotDo
from payments.choices import FOR_A_PERSON, Asker, Hold, Operation, Partner, RefundState, SettledBy, State
from payments.models import PartnerCall, Refund
from payments.partners import clients
from payments.preflight import gather
from payments.reconciliation import sums
from payments.refunds import money
from payments.refunds.standing import call_for_us, stand

#: By whom the policy acts.
POLICY = Actor("the portal's policy")


@transaction.atomic
def start(merchant_order_id: str, amount: Decimal, *, by: Actor, why: str, seen: int | None = None) -> Refund:
    """A person pays back without being asked by 1mg. Above the limit a second person is to approve it.

    `seen`: the newest refund on the page that was read, 0 where there was none: a second press starts no second one.
    """
    _with_reason(why)
    group, _members = orders.locked(merchant_order_id)
    if seen is not None and group.refunds.filter(pk__gt=seen).exists():
        raise CannotDo("Another refund was begun since you opened this page. Look at it first.")
    refund = Refund(
        group=group, amount=amount, asker=Asker.PERSON, asked_by=by.name, asked_user_id=by.user_id, reason=why.strip()
    )
    _ready(group, refund)
    _asked(refund, by, why.strip())
    _approved(group, refund, by, "")
    return refund


def ask(group: OrderGroup, amount: Decimal, *, order_id: str, hold: Hold | None) -> Refund:
    """1mg asks for a refund of the locked purchase; where the policy says so, it is on its way by that."""
    by = Actor("1mg")
    refund = Refund(group=group, amount=amount, asker=Asker.ONEMG, asked_by=by.name, order_id=order_id, hold=hold or "")
    _asked(refund, by, "")
    if hold is None and _by_itself(amount) and clients.for_nimbbl():
        _approved(group, refund, POLICY, "")
    else:
        call_for_us(group)
    return refund


@transaction.atomic
def approve(refund: Refund, *, by: Actor, why: str = "") -> Refund:
    """A person says yes; the second one where a first has said so and more than one must."""
    group, refund = _held(refund)
    if refund.state not in (RefundState.WAITING, RefundState.SECOND):
        raise _cannot(refund)
    _ready(group, refund)
    if refund.state == RefundState.WAITING:
        if refund.hold:
            _with_reason(why)
        _approved(group, refund, by, why.strip())
        return refund
    if by.user_id is None or by.user_id == refund.approved_user_id:
        raise CannotDo("The second approval must be another person's.")
    _record(REFUND_APPROVED, refund, by, why=why.strip(), more=False)
    _send(group, refund, by, second_by=by.name)
    return refund


@transaction.atomic
def decline(refund: Refund, *, by: Actor, why: str) -> Refund:
    """A person says no: 1mg is told FAILED from now on, also where it asks again."""
    _with_reason(why)
    group, refund = _held(refund)
    if refund.state not in FOR_A_PERSON:
        raise _cannot(refund)
    stand(group, refund, RefundState.DECLINED, said=f"Declined by {by.name}.", declined_by=by.name, reason=why.strip())
    _record(REFUND_DECLINED, refund, by, why=why.strip())
    return refund


@transaction.atomic
def send_again(refund: Refund, *, by: Actor, why: str) -> Refund:
    """A person has a refund sent once more that failed, or of which nobody knows whether Nimbbl took it.

    The call in doubt is closed and a new one takes its place in the same commit. A refusal of the new one leaves the
    doubt (`states.end`). Nimbbl tells a repetition by the `refund_request_id`, which stays the same.
    """
    _with_reason(why)
    group, refund = _held(refund)
    if refund.state not in (RefundState.FAILED, RefundState.UNKNOWN):
        raise _cannot(refund)
    _ready(group, refund)
    doubtful = PartnerCall.objects.filter(refund=refund, state=State.UNKNOWN).first()
    if doubtful:
        reason = f"Sent again by {by.name}: “{why.strip()}”"
        states.settle(states.held(doubtful.pk), group, State.ABANDONED, how=SettledBy.RESEND, reason=reason)
        refund.refresh_from_db()
    _record(REFUND_SENT_AGAIN, refund, by, why=why.strip())
    # What has failed is over; by which id Nimbbl takes the new one, its answer says.
    columns = {} if doubtful else {"transaction_id": ""}
    _send(group, refund, by, resend_of=doubtful, **columns)
    return refund


def ask_nimbbl(refund: Refund) -> bool:
    """Ask Nimbbl here and now, and let it say where the refund stands; whether it answered. Never under a lock."""
    payment = gather.payment_of(refund.group_id)
    fact, told = enquiry.ask(payment)
    if payment is None or told is None:
        return False
    enquiry.keep(payment, fact, told)
    return True


# --- pieces -----------------------------------------------------------------------------------------------------------


def _held(refund: Refund) -> tuple[OrderGroup, Refund]:
    """Its purchase, locked, and the refund as it stands by then."""
    group, _members = orders.locked(refund.group_id)
    return group, Refund.objects.get(pk=refund.pk)


def _with_reason(why: str) -> None:
    if not why.strip():
        raise CannotDo("A reason is needed; it is kept with the refund.")


def _cannot(refund: Refund) -> CannotDo:
    return CannotDo(f"Refund #{refund.pk} stands otherwise by now: {refund.get_state_display().lower()}.")


def _ready(group: OrderGroup, refund: Refund) -> None:
    """Raise `CannotDo` where the refund could not be paid, as far as anybody knows by now."""
    if clients.for_nimbbl() is None:
        raise CannotDo("Nimbbl is not configured in this portal.")
    if group.environment != settings.PORTAL_ENVIRONMENT:
        raise CannotDo("The purchase is not known to belong to this environment.")
    if refund.amount <= 0:
        raise CannotDo("A refund is of more than nothing.")
    left = money.left(group.pk, besides=refund if refund.pk else None)
    if left.payment is None:
        raise CannotDo("No order of Nimbbl's is linked to this purchase, so there is nothing to pay back from.")
    if left.room and refund.amount > left.room.most:
        rest, wanted = with_sign(left.room.most), with_sign(refund.amount)
        raise CannotDo(f"Of what was captured {rest} is left, less than {wanted}.")


def _by_itself(amount: Decimal) -> bool:
    """Whether the policy pays an amount without asking anybody."""
    limit = min(settings.REFUND_AUTO_LIMIT, settings.REFUND_SECOND_PERSON_ABOVE)
    return settings.REFUND_POLICY == "auto" and amount <= limit


def _asked(refund: Refund, by: Actor, why: str) -> None:
    """Keep a new refund, and tell it."""
    refund.save(force_insert=True)
    sums.tell(refund.group_id)
    _record(REFUND_ASKED, refund, by, asker=refund.asker, why=why, hold=refund.hold)


def _approved(group: OrderGroup, refund: Refund, by: Actor, why: str) -> None:
    """The first yes: it is sent, or waits for the second."""
    columns: dict[str, Any] = {"approved_by": by.name, "approved_user_id": by.user_id}
    if why:
        columns["reason"] = why
    more = refund.amount > settings.REFUND_SECOND_PERSON_ABOVE
    _record(REFUND_APPROVED, refund, by, why=why, more=more)
    if more:
        stand(group, refund, RefundState.SECOND, **columns)
        return
    _send(group, refund, by, **columns)


def _send(
    group: OrderGroup, refund: Refund, by: Actor, *, resend_of: PartnerCall | None = None, **columns: Any
) -> None:
    """Commit the call that pays it. Raises `CannotDo` where another one has not ended, by the database's word."""
    stand(group, refund, RefundState.SENDING, **columns)
    call = PartnerCall(
        group=group,
        partner=Partner.NIMBBL,
        operation=Operation.REFUND,
        refund=refund,
        resend_of=resend_of,
        actor_id=by.user_id,
        by=by.name,
        why=refund.reason,
    )
    try:
        states.begin(call, group)
    except states.AlreadyLive:
        raise CannotDo(f"Refund #{refund.pk} is being sent already.") from None
    outbox.hand_over(call)


def _record(act: str, refund: Refund, by: Actor, **params: Any) -> None:
    source = Source.ONEMG if act == REFUND_ASKED and refund.asker == Asker.ONEMG else Source.PERSON
    acts.record(
        act,
        group_id=refund.group_id,
        source=Source.PORTAL if by is POLICY else source,
        kind=Kind.PAYMENT,
        at=timezone.now(),
        actor_id=by.user_id,
        refund=refund.pk,
        amount=str(refund.amount),
        by=by.name,
        **params,
    )
