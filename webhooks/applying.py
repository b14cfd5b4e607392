"""Applying what a delivery says, order by order, and settling it.

    apply(update, arrival)              one order, in the transaction of the caller's
    keep_needs(applied)                 what their purchases need, when all of a body are applied
    keep_needs_of(order_ids)            the same of orders that were applied one by one
    apply_one(update, arrival)          one order in a transaction of its own; `Trouble` where it cannot be now
    needs_a_look(id, document, found)   whether something was not understood in full
    settle(delivery, claim, ...)        write what became of a pending delivery, once, and count what came again

Used by the request that brings a delivery (`webhooks.services`) and by whoever finishes it later (`webhooks.pending`).
An update that is recorded stays recorded, so applying again is harmless; an update that was known before is counted
in the very commit that settles its delivery, so it is counted once.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from orders import purchases
from orders import services as orders
from orders.choices import UNDERSTOOD_IN_PART
from orders.desk import need_rows
from orders.failpoints import failpoint
from orders.fold import Arrival
from orders.models import GroupedOrder
from orders.services import Applied
from orders.updates import Update
from payments import news
from webhooks import onemg, store
from webhooks.models import Delivery
from webhooks.results import Result
from webhooks.trouble import Trouble

log = logging.getLogger(__name__)


def apply(update: Update, arrival: Arrival) -> Applied:
    """Apply one update, and settle what its news settles. The caller opens the transaction."""
    applied = orders.apply(update, arrival)
    news.settle(applied)
    failpoint("applied")
    return applied


def keep_needs(applied: Iterable[Applied]) -> None:
    """Keep what purchases need of which several orders may have been told; in the transaction that applied them.

    Once for all orders of a body: each would have to be looked at beside all the others.
    """
    moved: dict[str, bool] = {}
    for one in applied:
        if not one.is_worked_out:
            moved[one.group_id] = one.moved or moved.get(one.group_id, False)
    for purchase_id in sorted(moved):
        need_rows.keep(purchase_id, moved=moved[purchase_id])


def keep_needs_of(order_ids: Collection[str]) -> None:
    """Keep what the purchases of some orders need, a transaction each."""
    groups = GroupedOrder.objects.order_by().filter(pk__in=order_ids).values_list("group", flat=True)
    for purchase_id in sorted(set(groups)):
        with transaction.atomic():
            purchases.locked(purchase_id)
            need_rows.keep(purchase_id, moved=True)


def apply_one(update: Update, arrival: Arrival) -> Applied | Trouble:
    """Apply one update in a transaction of its own.

    Whatever goes wrong is the trouble of this update alone: its siblings are applied.
    """
    for attempt in (1, 2, 3):
        try:
            with transaction.atomic():
                return apply(update, arrival)
        except Exception as error:  # noqa: BLE001 - whatever one order does, its siblings are applied
            trouble = Trouble.of(error)
            if trouble.lost and attempt < 3:
                continue
            if trouble.waits:
                log.error("order %s waits: %s", update.order_id, trouble.kind)
            else:
                log.error("order %s cannot be applied: %s", update.order_id, trouble.kind, exc_info=True)
            break
    return trouble


def needs_a_look(delivery_id: int, document: onemg.Document, found: list[Result]) -> bool:
    """Whether something was not understood in full; the log names what, and where it first stands."""
    odd = sorted({flag for result in found for flag in result["flags"]} & UNDERSTOOD_IN_PART)
    causes = [*dict.fromkeys(problem.code for problem in document.problems), *odd]
    if causes:
        places = {oddity.flag: oddity.place for oddity in reversed(document.oddities())}
        named = [f"{cause} at {places[cause]}" if places.get(cause) else cause for cause in causes]
        log.warning("delivery %s needs a look: %s", delivery_id, ", ".join(named))
    return bool(causes)


@transaction.atomic
def settle(delivery: Delivery, claim: datetime, columns: dict[str, Any], again: Collection[int] = ()) -> None:
    """Write what became of a delivery, and count the updates that it brought once more, `again`.

    `claim`: the claim under which it was finished. Where somebody else has claimed it meanwhile nothing is written,
    and they will settle it.
    """
    now = timezone.now()
    ours = Delivery.objects.filter(pk=delivery.pk, claimed_until=claim)
    before = ours.values_list("settled_at", "results").first()
    released = {"claimed_until": now, "next_try_at": None, "failures": 0, "settled_at": now}
    if before is None or not ours.update(**columns, **released):
        return
    if before[0]:  # settled before: what it counted then is counted
        again = set(again) - {result["update"] for result in before[1] if "update" in result}
    if again:
        store.count(again, delivery.received_at, delivery.pk)
