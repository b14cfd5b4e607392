"""From what 1mg said to what is shown: the one fold, on rows that need not be in a database. No query is made here.

    put_on_order(order, update, folded)       an update's parts become columns; the lists that are new
    put_on_purchase(group, parts, position)   the same of the purchase's parts
    lines(order, part)                        the rows of a list
    status_since(updates), attempts(updates)  when the status shown began; how often it was to be delivered again
    odd(heard, updates)                       what stands and was not understood in full
    count(order, updates)                     put both on the order
    home_of(order_id, words, registered)      the purchase an order belongs to
    project(group, told, facts)               a whole purchase from nothing

Live receiving takes one update at a time; rebuilding, comparing and looking back take all that had been received by
some time. Both end in the same values, whatever the order of arrival.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from itertools import pairwise, takewhile
from typing import Any, Final

from orders import flags, fold
from orders.choices import UNDERSTOOD_IN_PART, Flag
from orders.finding import found_by
from orders.finding.found_by import OfOrder
from orders.fingerprints import fingerprint
from orders.flags import Look, Place, Raised
from orders.fold import Arrival, Folded, Position
from orders.kept import Told
from orders.models import GroupedOrder, Invoice, OrderGroup, OrderUpdate, Sku
from orders.said import Said, said_of
from orders.statuses import DELIVER_AGAIN, status_of
from orders.updates import Invoices, Part, Purchase, Skus, Update

Lines = Skus | Invoices

#: Columns of a purchase that are not 1mg's word, or tell when we heard of it.
OURS: Final = frozenset(
    {
        "merchant_order_id",
        "first_seen_at",
        "environment",
        "registered_at",
        "registered_method",
        "onemg_order_id",
        "payable_amount",
        "confirmation_state",
        "confirmation_at",
        "confirmation_reason",
        "captured_amount",
        "all_captured_amount",
        "paid_back_amount",
        "refund_asked_amount",
        "doubt_since",
        "refund_to_decide",
        "other_ids",
    }
)
#: What a purchase is found by, of 1mg's words about it; beside those of its orders.
FOUND_BY: Final = ("group_order_id", "customer_name", "contact_number", "email", "pincode", "delivery_address")


# --- one update -------------------------------------------------------------------------------------------------------


def record_of(update: Update, folded: Folded, arrival: Arrival) -> OrderUpdate:
    """The row that records an update."""
    return OrderUpdate(
        order_id=update.order_id,
        digest=update.digest,
        delivery_id=arrival.delivery_id,
        entry=update.entry,
        received_at=arrival.received_at,
        last_seen_at=arrival.received_at,
        status_id=update.progress.status_id if update.progress else None,
        updated_raw=update.updated_raw,
        at_ms=folded.position.at_ms,
        outcome=folded.outcome,
        said=said_of(update),
        flags=sorted(folded.flags),
    )


def put_on_order(order: GroupedOrder, folded: Folded) -> list[Lines]:
    """Put the taken parts on the order; its lists whose content is not what it was."""
    is_new, before, found = not order.heard, _found_by(order), []
    for part in folded.taken:
        if isinstance(part, Skus | Invoices):
            found += _put_list(order, part)
        elif not isinstance(part, Purchase):
            vars(order).update(part.columns())
    order.heard = fold.remember(order.heard, folded.taken, folded.position)
    order.stage = status_of(order.status_id).stage
    if is_new or before != _found_by(order):
        order.search_text = found_by.text_of_order(order)
    for part in found:
        if isinstance(part, Skus):
            order.medicine_text = found_by.text_of_medicines(line.name for line in part.lines)
    return found


def _found_by(order: GroupedOrder) -> Any:
    """What decides which words the order is found by."""
    return order.tracking_number, {name: told["keys"] for name, told in order.lists.items()}


def _put_list(order: GroupedOrder, part: Lines) -> list[Lines]:
    told = told_of(part)
    if order.lists.get(part.name, {}).get("fingerprint") == told["fingerprint"]:
        return []
    order.lists = {**order.lists, part.name: told}
    return [part]


def told_of(part: Lines) -> dict[str, Any]:
    """What is kept of a list on its order."""
    return {"fingerprint": fingerprint(part), "keys": keys_of(part)}


def key_of(part: Lines) -> str:
    """The column that tells the lines of an order's list apart."""
    return "sku_id" if isinstance(part, Skus) else "number"


def keys_of(part: Lines) -> list[str]:
    """The keys of a list's lines."""
    return [getattr(line, key_of(part)) for line in part.lines]


def lines(order: GroupedOrder, part: Lines) -> list[Any]:
    """The rows of a list."""
    model = Sku if isinstance(part, Skus) else Invoice
    names = [one.name for one in fields(part.lines[0])] if part.lines else []
    return [
        model(order=order, position=place, **{name: getattr(line, name) for name in names})
        for place, line in enumerate(part.lines)
    ]


def put_on_purchase(group: OrderGroup, parts: Iterable[Part], position: Position) -> tuple[Part, ...]:
    """Put those parts on the purchase that nobody has said later; which they were."""
    taken = fold.take(group.heard, parts, position)
    for part in taken:
        vars(group).update(part.columns())
    group.heard = fold.remember(group.heard, taken, position)
    return taken


def put_words(group: OrderGroup, orders: Iterable[OfOrder]) -> None:
    """Make the words anew that the purchase is found by. `orders`: what of each of them counts."""
    group.search_text, group.personal_text = found_by.texts_of_group(group, orders)


def happened(at_ms: int, flags: Iterable[str], received_at: datetime) -> datetime:
    """When an update's news happened: by 1mg's clock, or when it reached us where that cannot be believed."""
    return received_at if Flag.CLOCK_UNTRUSTED in flags else datetime.fromtimestamp(at_ms / 1000, tz=UTC)


# --- all updates of an order ------------------------------------------------------------------------------------------


def last_words(updates: Iterable[OrderUpdate]) -> Said:
    """The last word on each thing."""
    words: Said = {}
    for update in flags.in_order(updates):
        words |= update.words
    return words


def status_since(updates: Iterable[OrderUpdate]) -> datetime | None:
    """When the status shown began: the first update of its last unbroken run. Updates without a status break none."""
    ordered = [update for update in reversed(flags.in_order(updates)) if "status" in update.words]
    run = list(takewhile(lambda update: update.words["status"] == ordered[0].words["status"], ordered))
    return happened(run[-1].at_ms, run[-1].flags, run[-1].received_at) if run else None


def count(order: GroupedOrder, updates: Collection[OrderUpdate]) -> None:
    """Put on the order what is counted of all its updates."""
    order.attempts = attempts(updates)
    order.odd = odd(order.heard, updates)


def attempts(updates: Iterable[OrderUpdate]) -> int:
    """How often the order has come to "Deliver again"."""
    said = [update.words["status"] for update in flags.in_order(updates) if "status" in update.words]
    return sum(now == DELIVER_AGAIN != before for before, now in pairwise([None, *said]))


def odd(heard: Mapping[str, list[int]], updates: Iterable[OrderUpdate]) -> dict[str, Any]:
    """The newest of the updates whose words stand that was not understood in full; empty where all were."""
    standing = {(place[2], place[3]) for place in heard.values()}
    found = [one for one in updates if (one.delivery_id, one.entry) in standing and UNDERSTOOD_IN_PART & {*one.flags}]
    newest = max(found, key=lambda one: one.position, default=None)
    return as_odd(newest) if newest else {}


def as_odd(update: OrderUpdate) -> dict[str, Any]:
    """What is kept beside the order of an update that was not understood in full."""
    return {
        "delivery": update.delivery_id,
        "entry": update.entry,
        "at": update.received_at.isoformat(),
        "flags": sorted(UNDERSTOOD_IN_PART & {*update.flags}),
    }


def home_of(order_id: str, words: Said, registered: Mapping[str, str]) -> str:
    """The purchase an order belongs to: the one 1mg named last, else the one that registered it, else 1mg's own id.

    `registered`: 1mg's id -> the purchase that the shop registered with it.
    """
    if "purchase" in words:
        return str(words["purchase"])
    group = str(words.get("group") or order_id)
    return registered.get(order_id) or registered.get(group) or group


# --- a whole purchase -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What is not 1mg's word: registered ids (`home_of`), and of each order what we raised and who looked at it."""

    registered: Mapping[str, str] = field(default_factory=dict)
    raised: Mapping[str, Sequence[Raised]] = field(default_factory=dict)
    looks: Mapping[str, Sequence[Look]] = field(default_factory=dict)


@dataclass(slots=True)
class OrderProjection:
    """One order as its updates make it; nothing of it is saved. `home`: the purchase it belongs to."""

    order: GroupedOrder
    home: str = ""
    updates: list[OrderUpdate] = field(default_factory=list)
    told: list[tuple[Position, Update]] = field(default_factory=list)
    lists: dict[str, Lines] = field(default_factory=dict)

    def lines(self, name: str) -> list[Any]:
        """The rows of its list `skus` or `invoices`."""
        return lines(self.order, self.lists[name]) if name in self.lists else []


@dataclass(frozen=True, slots=True)
class PurchaseProjection:
    """A purchase as the updates of its orders make it. `elsewhere`: orders that belong to another one."""

    group: OrderGroup
    orders: list[OrderProjection]
    elsewhere: list[OrderProjection]


def project(group: OrderGroup, told: Iterable[Told], facts: Facts) -> PurchaseProjection:
    """The purchase from nothing. `group` gives what is not 1mg's word, `told` is all that was said of some orders."""
    found: dict[str, OrderProjection] = {}
    for one in sorted(told, key=lambda one: (one.row.order_id, one.row.delivery_id, one.row.entry)):
        mine = found.setdefault(one.row.order_id, OrderProjection(GroupedOrder(order_id=one.row.order_id)))
        _add(mine, one)
    for mine in found.values():
        mine.home = home_of(mine.order.pk, last_words(mine.updates), facts.registered)
        mine.order.status_since = status_since(mine.updates)
        count(mine.order, mine.updates)
    here = [mine for mine in found.values() if mine.home == group.pk]
    purchase = blank(group)
    fold_purchase(purchase, (pair for mine in here for pair in mine.told))
    put_words(purchase, (found_by.of_order(mine.order) for mine in here))
    for mine in here:
        mine.order.group, mine.order.listed_at = purchase, purchase.first_seen_at
        _review(mine, purchase, facts)
    return PurchaseProjection(purchase, here, [mine for mine in found.values() if mine.home != group.pk])


def _add(mine: OrderProjection, one: Told) -> None:
    arrival = Arrival(one.row.delivery_id, one.row.received_at, one.row.at_ms)
    folded = fold.fold(mine.order.heard, one.update, arrival)
    row = record_of(one.update, folded, arrival)
    row.pk = one.row.pk
    mine.updates.append(row)
    mine.told.append((folded.position, one.update))
    mine.lists |= {part.name: part for part in put_on_order(mine.order, folded)}


def _review(mine: OrderProjection, group: OrderGroup, facts: Facts) -> None:
    found = [*flags.raised(mine.updates, place_of(group)), *facts.raised.get(mine.order.pk, ())]
    looks = facts.looks.get(mine.order.pk, ())
    mine.order.review_flags = flags.standing(found, looks)
    mine.order.flagged_at = flags.standing_since(found, looks)


def place_of(group: OrderGroup) -> Place:
    """What an order's flags ask of its purchase."""
    return Place(group.pk, group.group_order_id, group.registered_at is not None)


def blank(group: OrderGroup) -> OrderGroup:
    """A copy of the purchase of which 1mg has not said anything."""
    found = copy(group)
    forget(found)
    return found


def forget(group: OrderGroup) -> None:
    """Put everything that is 1mg's word back to where it starts."""
    for column in group._meta.concrete_fields:
        if column.name not in OURS:
            setattr(group, column.attname, column.get_default())
    group.payment_method = group.registered_method


def fold_purchase(group: OrderGroup, told: Iterable[tuple[Position, Update]]) -> None:
    """Put on the purchase what the updates of its orders say of it, whatever purchase they named."""
    for position, update in told:
        put_on_purchase(group, update.group_parts(), position)
