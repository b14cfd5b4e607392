"""What the merchant says of a purchase, and how it is held by whoever acts on it.

register(...)       the merchant says what a purchase is, before or after 1mg does
locked(id)          a purchase and its orders, locked against updates
set_confirmation(.) how the purchase's confirmation stands
set_captured(...)   what Nimbbl has captured for it
put_money(...)      what all its orders there come to, and what refunds were asked for
set_doubt(...)      since when nobody knows what became of something else that was asked for it
set_to_decide(...)  the refund that waits for a decision of ours
put_ids(...)        what another partner calls it, so that it is found by that
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.utils import timezone

from orders import acts, locks, moves, store
from orders.actors import Actor
from orders.choices import Confirmation, Kind, PaymentMethod, Source
from orders.desk import need_rows, needing, needs
from orders.desk.to_decide import ToDecide
from orders.models import GroupedOrder, OrderGroup

#: An amount, or what the database works one out from.
Rupees = Decimal | Combinable


class RegisteredOtherwise(Exception):
    """The purchase, or the 1mg order, is registered already and with other words.

    `fields`: name -> (what stands, what was said now), for the columns that differ.
    """

    def __init__(self, merchant_order_id: str, fields: dict[str, tuple[str, str]]) -> None:
        super().__init__(f"{merchant_order_id} is registered with another {', '.join(fields)}")
        self.merchant_order_id, self.fields = merchant_order_id, fields


def register(
    merchant_order_id: str,
    *,
    onemg_order_id: str,
    payment_method: PaymentMethod,
    payable_amount: Decimal | None,
    by: Actor,
) -> tuple[OrderGroup, bool]:
    """Keep what the merchant says of a purchase; whether that was news.

    The same words again change nothing. Other words raise `RegisteredOtherwise`, also where the 1mg order belongs to
    another purchase: whoever is right, two answers to "which order do we confirm" must not both stand. What 1mg says of
    the payment method counts for the page; the two are compared before anything is sent. `by` is named in the timeline.

    An order that was filed under 1mg's own id, since 1mg has not named its purchase, comes here now: the same as where
    the registration came first. The caller opens the transaction.
    """
    now = timezone.now()
    moves.make([merchant_order_id], now)
    orders = locks.hold(_nameless(onemg_order_id), {merchant_order_id})
    group = OrderGroup.objects.get(pk=merchant_order_id)
    said = {
        "onemg_order_id": onemg_order_id,
        "registered_method": str(payment_method),
        "payable_amount": payable_amount,
    }
    if group.registered_at:
        _compare(group, said)
        return group, False
    _write(group, said, now)
    acts.record(acts.REGISTERED, group_id=group.pk, source=Source.PORTAL, kind=Kind.CHANGE, by=by.name)
    _take_in(group, orders, now)
    needing.keep(group.pk)
    return group, True


def _take_in(group: OrderGroup, orders: Iterable[GroupedOrder], now: datetime) -> None:
    """File the locked orders here, but for those of which 1mg has named the purchase meanwhile."""
    for order in orders:
        if order.group_id != group.pk and "purchase" not in order.heard:
            moves.move(order, group.pk, at=now)
    group.refresh_from_db()
    moves.review_all(group)


def _nameless(onemg_id: str) -> list[str]:
    """The orders of which 1mg has named no purchase, that have this id or were filed under it; sorted."""
    orders = GroupedOrder.objects.order_by("pk").filter(Q(pk=onemg_id) | Q(group=onemg_id))
    return [order.pk for order in orders if "purchase" not in order.heard]


def _compare(group: OrderGroup, said: dict[str, Any]) -> None:
    """Raise `RegisteredOtherwise` where other words stand."""
    stands = {name: getattr(group, name) for name in said}
    if other := {n: (str(stands[n] or ""), str(said[n] or "")) for n in said if stands[n] != said[n]}:
        raise RegisteredOtherwise(group.pk, other)


def _write(group: OrderGroup, said: dict[str, Any], now: datetime) -> None:
    """Write the words down. Raises `RegisteredOtherwise` where another purchase has the 1mg order."""
    onemg_order_id = said["onemg_order_id"]
    taken = OrderGroup.objects.exclude(onemg_order_id="").filter(onemg_order_id=onemg_order_id).first()
    if taken:
        raise RegisteredOtherwise(taken.pk, {"merchant_order_id": (taken.pk, group.pk)})
    vars(group).update(said, registered_at=now, payment_method=group.payment_method or said["registered_method"])
    moves.put_words(group)
    try:
        with transaction.atomic():
            group.save(update_fields=[*said, "registered_at", "payment_method", "search_text", "personal_text"])
    except IntegrityError:  # somebody registered the 1mg order in this very moment
        taken = OrderGroup.objects.get(onemg_order_id=onemg_order_id)
        raise RegisteredOtherwise(taken.pk, {"merchant_order_id": (taken.pk, group.pk)}) from None


def locked(merchant_order_id: str) -> tuple[OrderGroup, list[GroupedOrder]]:
    """The purchase and its orders, locked until the end of the transaction: no update changes them meanwhile.

    Raises `OrderGroup.DoesNotExist`.
    """
    group = store.lock_purchase(merchant_order_id)
    return group, store.orders_of(group)


def put_ids(merchant_order_id: str, ids: Mapping[str, Collection[str]]) -> None:
    """Have a purchase found by what another partner calls it, beside what it is found by already.

    `ids`: kind -> ids, which replace those of that kind; `orders.finding.reasons.calls` says what a kind is. Waits for
    whoever holds the purchase; the caller opens the transaction, and writes what the ids come from in the same.
    """
    group = store.lock_purchase(merchant_order_id)
    known = dict(group.other_ids or {})
    told = known | {kind: sorted(filter(None, some)) for kind, some in ids.items()}
    if told == known:
        return
    group.other_ids = told
    moves.put_words(group)
    store.write(group, ("other_ids", "search_text", "personal_text"))


def set_confirmation(group: OrderGroup, state: Confirmation, *, reason: str = "") -> None:
    """Write how the confirmation of the locked purchase stands from now on. `reason`: why, for staff and the API."""
    values = {"confirmation_state": state, "confirmation_at": timezone.now(), "confirmation_reason": reason}
    _write_down(group, values)


def set_captured(group: OrderGroup, amount: Decimal | None) -> None:
    """Write what Nimbbl has captured for the locked purchase, in rupees; `None` where nobody knows."""
    if group.captured_amount != amount:
        _write_down(group, {"captured_amount": amount})


def put_money(merchant_order_ids: Collection[str], *, captured: Rupees, paid_back: Rupees, asked: Rupees) -> None:
    """Write what the purchases' days are summed by, null where nobody knows. The caller holds them."""
    OrderGroup.objects.filter(pk__in=merchant_order_ids).update(
        all_captured_amount=captured, paid_back_amount=paid_back, refund_asked_amount=asked
    )


def set_doubt(group: OrderGroup, since: datetime | None) -> None:
    """Write since when nobody knows what became of something else asked for it; `None`: nobody doubts. It is locked."""
    if group.doubt_since != since:
        _write_down(group, {"doubt_since": since})


def set_to_decide(group: OrderGroup, one: ToDecide | None) -> None:
    """Write which refund of the locked purchase waits longest for a decision of ours; `None`: none does."""
    stored = one.stored() if one else None
    if group.refund_to_decide != stored:
        _write_down(group, {"refund_to_decide": stored})


def _write_down(group: OrderGroup, values: dict[str, Any]) -> None:
    """Write some columns, and what they change in what the purchase needs."""
    before = needs.purchase_of(vars(group))
    vars(group).update(values)
    store.write(group, tuple(values))
    now = needs.purchase_of(vars(group))
    if needs.may_differ(before, now):
        _purchase, children = need_rows.read(group.pk)
        some = needing.changes(needs.of(before, children), needs.of(now, children), moved=False)
        needing.write(group.pk, some)
