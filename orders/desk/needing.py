"""Keeping what a purchase needs beside it, in the transaction that changes what it needs.

keep(purchase_id)       work it out from the rows and write what is not what it was
work_out(ids)           what some purchases need; stored(ids): what is kept of it
changes(before, now)    what is to be written, of what stood and what stands
keep_anew(purchase_id)  the same where nothing has happened to it
fill(purchases)         the same for purchases that code of before has written

The receiver works it out from the columns that it has at hand (`orders.services`); everybody else reads them here. The
caller holds the purchase.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Final, NamedTuple

from django.db.models import Q

from orders.desk import causes, needs
from orders.desk.needs import Standing
from orders.models import GroupedOrder, Need, OrderGroup


class Changes(NamedTuple):
    """What is to be written of a purchase's needs: clocks that no longer stand, and what stands anew or otherwise.

    `ends`: the columns that are emptied where others stand as they did, since a snooze of theirs or a question to 1mg
    is over.
    """

    gone: tuple[str, ...]
    put: tuple[tuple[str, Standing], ...]
    ends: tuple[str, ...]


NOTHING: Final = Changes((), (), ())
#: What ends with news of any kind, and with a status that 1mg has moved.
_SNOOZE: Final = ("hidden_until",)
_ALL: Final = ("hidden_until", "asked_at")


def changes(before: Mapping[str, Standing], now: Mapping[str, Standing], *, moved: bool) -> Changes:
    """What to write. `moved`: an order has another status. That, or a new cause, ends a snooze.

    A question to 1mg ends with the status alone, and with whatever changes what it was about.
    """
    if before == now and not (moved and now):
        return NOTHING
    gone = tuple(clock for clock in before if clock not in now)
    put = tuple((clock, one) for clock, one in now.items() if before.get(clock) != one)
    news = moved or any(clock not in before for clock, _one in put)
    ends = _ALL if moved else _SNOOZE
    return Changes(gone, put, ends if news and len(put) < len(now) else ())


def keep(purchase_id: str, *, moved: bool = False) -> None:
    """Work out what the locked purchase needs, and write what is not what it was. `moved`: see `changes`."""
    some = [purchase_id]
    write(purchase_id, changes(stored(some)[purchase_id], work_out(some).get(purchase_id, {}), moved=moved))


def keep_anew(purchase_id: str) -> None:
    """The same where nothing has happened to the purchase: what 1mg was asked stays asked."""
    asked = list(Need.objects.filter(group=purchase_id).exclude(asked_at=None))
    keep(purchase_id)
    for need in asked:
        standing = Need.objects.filter(group=purchase_id, clock=need.clock)
        standing.update(asked_at=need.asked_at, asked_by=need.asked_by)


def write(purchase_id: str, some: Changes) -> None:
    """Write what is not what it was."""
    if some.gone:
        Need.objects.filter(group=purchase_id, clock__in=some.gone).delete()
    if some.put:
        put([row_of(purchase_id, clock, one) for clock, one in some.put])
    if some.ends:
        standing = [Q(**{f"{name}__isnull": False}) for name in some.ends]
        Need.objects.filter(reduce(or_, standing), group=purchase_id).update(**dict.fromkeys(some.ends))


def put(rows: Collection[Need]) -> None:
    """Insert rows, or change those that stand; a snooze of theirs ends, and what 1mg was asked is over."""
    columns = ("cause", "since", "order_id", "many", *_ALL)
    Need.objects.bulk_create(rows, update_conflicts=True, unique_fields=("group", "clock"), update_fields=columns)


def row_of(purchase_id: str, clock: str, one: Standing) -> Need:
    """What stands, as a row."""
    return Need(group_id=purchase_id, clock=clock, cause=causes.cause_of(clock), **one._asdict())


def work_out(purchase_ids: Collection[str]) -> dict[str, dict[str, Standing]]:
    """What some purchases need, from their rows as they are now."""
    children: dict[str, list[needs.Child]] = {key: [] for key in purchase_ids}
    orders = GroupedOrder.objects.order_by("pk").filter(group__in=purchase_ids)
    for row in orders.values("group_id", *needs.OF_ORDER):
        children[row["group_id"]].append(needs.child_of(row))
    groups = OrderGroup.objects.order_by().filter(pk__in=purchase_ids).values("pk", *needs.OF_PURCHASE)
    return {row["pk"]: needs.of(needs.purchase_of(row), children[row["pk"]]) for row in groups}


def stored(purchase_ids: Collection[str]) -> dict[str, dict[str, Standing]]:
    """What is kept of what some purchases need."""
    found: dict[str, dict[str, Standing]] = {key: {} for key in purchase_ids}
    for need in Need.objects.filter(group__in=purchase_ids):
        found[need.group_id][need.clock] = _standing(need)
    return found


def _standing(need: Need) -> Standing:
    return Standing(need.since, need.order_id, need.many)


def fill(purchase_ids: Iterable[str]) -> None:
    """Keep what purchases need of which nothing was kept; the caller holds them."""
    for key, found in work_out(list(purchase_ids)).items():
        put([row_of(key, clock, one) for clock, one in found.items()])
