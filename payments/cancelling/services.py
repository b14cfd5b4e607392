"""Asking 1mg to cancel an order.

    cancel(id, order_id, by, ...)     a person asks for it; it is sent as soon as that has committed

What becomes of the call moves by `payments.states`, as with a confirmation: an accepted one is not done until 1mg says
so of the order, one in doubt is settled by what 1mg says later (`payments.evidence`) or by a person
(`payments.services.settle`), and none is ever sent again by itself.
"""

from __future__ import annotations

from typing import Final

from django.db import transaction

from orders import purchases as orders
from orders.actors import Actor
from payments import evidence, outbox, states
from payments.asking import CannotDo, NotAsRead, NotReady
from payments.cancelling import looking
from payments.choices import Operation, Partner, Verdict
from payments.models import PartnerCall
from payments.preflight import ticks
from payments.preflight.ticks import Tick

#: Characters of a reason: 1mg does not say how many it takes, and its sample has two words.
LONGEST_REASON: Final = 200


@transaction.atomic
def cancel(merchant_order_id: str, order_id: str, *, why: str, by: Actor, seen: str | None = None) -> PartnerCall:
    """Ask 1mg to cancel its order `order_id`, which is of the purchase, for the reason `why`, which 1mg reads.

    Under lock, compares what it finds with what the person read: `seen`, the mark of the page. A second press finds the
    first one's call and is stopped by that; so is one of another purchase that holds the order by now, by the database.
    Raises `CannotDo` for an order that is not the purchase's or a reason that is none, `NotAsRead`, `NotReady`, and
    `OrderGroup.DoesNotExist`.
    """
    why = " ".join(why.split())
    if not why or len(why) > LONGEST_REASON:
        raise CannotDo(f"Cancelling needs a reason, of {LONGEST_REASON} characters at most; 1mg reads it.")
    group, members = orders.locked(merchant_order_id)
    if order_id not in looking.candidates(group, members):
        raise CannotDo("Say which of 1mg's orders is to be cancelled.")
    found = looking.look(group, members, order_id)
    if seen is not None and (codes := found.unread(seen)):
        raise NotAsRead([tick for tick in found.ticks if tick.code in codes], ticks.SENT in codes)
    if stopped := found.stopped():
        raise NotReady(stopped)
    call = PartnerCall(
        group=group,
        partner=Partner.ONEMG,
        operation=Operation.CANCEL,
        actor_id=by.user_id,
        by=by.name,
        why=why,
        onemg_order_id=order_id,
        ticks=[tick.stored() for tick in found.ticks],
        known=evidence.known(members),
    )
    try:
        with transaction.atomic():
            states.begin(call, group)
    except states.AlreadyLive:
        raise NotReady([Tick("free", Verdict.FAIL, "Somebody has just asked 1mg to cancel this order")]) from None
    outbox.hand_over(call)
    return call
