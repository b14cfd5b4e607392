"""Writing what 1mg says: the one door through which an order changes.

    apply(update, arrival)   fold one update into its order; safe to call again with the same update

`apply` must run inside a transaction of the caller's, one an order, so that the caller can settle its delivery in
the same commit.

Mostly an update is the latest of its order and belongs to the purchase that the order is in: then few values of both
rows decide everything. Else whatever depends on other updates is worked out anew from all of them, by the same rules
(`orders.flags`, `orders.projection`), so that it comes out the same in every order of arrival.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from django.db import models

from orders import flags, fold, marks, moves, places, projection, reviews, store
from orders.choices import REVIEWED, UNDERSTOOD_IN_PART, Confirmation, Flag, Outcome
from orders.desk import needing, needs
from orders.desk.needing import Changes
from orders.finding import found_by
from orders.fold import Arrival, Folded
from orders.models import GroupedOrder, Invoice, OrderUpdate, Sku
from orders.projection import Lines
from orders.said import Said
from orders.statuses import DELIVER_AGAIN
from orders.store import Known
from orders.updates import Skus, Update


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one update: its outcome, the row that records it and what a person should know.

    For whoever waits for news of it: `confirmation` is how its purchase's confirmation stands, `onemg_ids` what 1mg
    calls the order and its group, `appeared` whether the purchase holds the order under one of these only since now,
    `is_doubted` whether nobody knows what became of something else that was asked for it.

    `is_worked_out`: what the purchase needs is kept with it; else that is left to the caller, when all orders that came
    together are applied (`orders.desk.needing.keep`). `moved`: the order has another status.
    """

    order_id: str
    outcome: Outcome
    update_id: int
    status_id: int | None
    flags: tuple[str, ...] = ()
    group_id: str = ""
    confirmation: str = Confirmation.NONE
    onemg_ids: tuple[str, ...] = ()
    appeared: bool = False
    is_doubted: bool = False
    is_worked_out: bool = True
    moved: bool = False


def apply(update: Update, arrival: Arrival) -> Applied:
    """Fold `update` into its order and record it.

    Locks the order's purchase, so that concurrent updates of one order queue up; creates both where they are new.
    A content already recorded for the order changes nothing and is answered `DUPLICATE`. The caller opens the
    transaction. Raises what the database raises.
    """
    found = places.find(update, arrival)
    if isinstance(found, Known):
        return _duplicate(update, found)
    order = found.order
    was = _Was(vars(order).copy(), vars(order.group).copy(), found.is_alone)
    if _is_simply_next(order, update, arrival):
        row = _go_on(order, update, arrival, was)
    else:
        was = replace(was, is_alone=False)
        row = _work_out(order, update, arrival, was)
    if row is None:  # somebody recorded it between our look and our lock
        return _duplicate(update, Known(OrderUpdate.objects.get(order=order, digest=update.digest).pk))
    return _applied(order, row, was)


def _applied(order: GroupedOrder, row: OrderUpdate, was: _Was) -> Applied:
    group = order.group
    return Applied(
        order.order_id,
        Outcome(row.outcome),
        row.pk,
        row.status_id,
        tuple(row.flags),
        group.pk,
        group.confirmation_state,
        onemg_ids=tuple({order.pk, group.group_order_id} - {""}),
        appeared=was.is_new
        or (was.group["merchant_order_id"], was.group["group_order_id"]) != (group.pk, group.group_order_id),
        is_doubted=group.doubt_since is not None,
        is_worked_out=was.is_alone,
        moved=order.status_id != was.order["status_id"],
    )


def _duplicate(update: Update, known: Known) -> Applied:
    return Applied(
        update.order_id, Outcome.DUPLICATE, known.update_id, update.progress.status_id if update.progress else None
    )


# --- what was and what is ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Was:
    """The columns of the order and of its purchase as they were. `is_alone`: the purchase has no other order."""

    order: dict[str, Any]
    group: dict[str, Any]
    is_alone: bool

    @property
    def is_new(self) -> bool:
        """Whether nothing had been said of the order."""
        return not self.order["heard"]

    def keys_of(self, part: Lines) -> list[str]:
        """The keys of the lines that a list had."""
        return list(self.order["lists"].get(part.name, {}).get("keys", ()))

    def words(self) -> Said:
        """The last words of the order on what flags are about."""
        told = {"progress": ("status", "status_id"), "purchase": ("purchase", "group_id")}
        return {word: self.order[column] for part, (word, column) in told.items() if part in self.order["heard"]}


# --- the latest update of an order ------------------------------------------------------------------------------------


def _is_simply_next(order: GroupedOrder, update: Update, arrival: Arrival) -> bool:
    """Whether the update is the latest of its order and nothing about the purchase is in question."""
    newest, group_id = fold.latest(order.heard), order.group.group_order_id
    trusted = fold.believable(update, arrival.received_at)
    latest = newest is None or fold.place(order.heard, update, arrival, trusted=trusted) > newest
    known = newest is None or "purchase" in order.heard
    stays = update.purchase_id == order.group_id if update.purchase else known
    return latest and stays and (update.group is None or group_id in ("", update.group.group_order_id))


def _go_on(order: GroupedOrder, update: Update, arrival: Arrival, was: _Was) -> OrderUpdate | None:
    """Take what the update says that is news, from few values of what stands; its row, where it was not recorded."""
    group = order.group
    known, place = marks.known(order.marks, order.heard), marks.known(group.marks, group.heard)
    update = update.against(known, place)
    folded = fold.fold(order.heard, update, arrival)
    row = projection.record_of(update, folded, arrival)
    lists = projection.put_on_order(order, folded)
    if update.read.keys() & {"customer", "address"}:
        _have_at_hand(group, projection.FOUND_BY, was.group)
    taken = projection.put_on_purchase(group, update.group_parts(), folded.position)
    _put_words(order, was)
    if was.is_new:
        order.listed_at = group.first_seen_at
    _raise_flags(order, row, was)
    _count(order, row, was)
    order.marks = marks.of_order(known, update, order.heard)
    group.marks = marks.of_purchase(place, update, taken, group.heard)
    if not store.record_next(row, order, was.order, group, was.group, _needs(order, was)):
        return None
    for part in lists:
        _write_list(order, part, was.keys_of(part))
    return row


def _have_at_hand(row: models.Model, columns: Collection[str], was: dict[str, Any]) -> None:
    """Read columns that were not, in one go. `was`: the columns of the row as they were."""
    if missing := tuple(name for name in columns if name not in vars(row)):
        store.read_more(row, missing)
        was.update({name: getattr(row, name) for name in missing})


def _put_words(order: GroupedOrder, was: _Was) -> None:
    """Where what the purchase is found by is not what it was, make these words anew."""
    now = vars(order.group)
    if any(vars(order).get(name) != was.order.get(name) for name in found_by.OF_ORDER) or any(
        now[name] != was.group.get(name, ...) for name in projection.FOUND_BY if name in now
    ):
        _have_at_hand(order.group, (*projection.FOUND_BY, "onemg_order_id", "other_ids"), was.group)
        _have_at_hand(order, found_by.OF_ORDER, was.order)
        theirs = store.words_beside(order)
        projection.put_words(order.group, [found_by.of_order(order), *theirs])


def _raise_flags(order: GroupedOrder, row: OrderUpdate, was: _Was) -> None:
    """What needs a person, from the words before; where that is not what it was, from all that 1mg has said."""
    before, words = was.words(), row.words
    place = projection.place_of(order.group)
    standing = {flag for flag, _word in flags.between(before, words)} & REVIEWED
    standing |= {flag for flag, _key in flags.of_place(words, place)} if was.is_new else {*order.review_flags}
    settled = {"purchase": Flag.PURCHASE_ID_MISSING, "group": Flag.PURCHASE_SHARED}
    found = sorted(map(str, standing - {flag for word, flag in settled.items() if word in words}))
    if found and found != order.review_flags:
        reviews.review(order, [*moves.updates_of(order), row])
    elif not found:
        order.review_flags, order.flagged_at = [], None


def _count(order: GroupedOrder, row: OrderUpdate, was: _Was) -> None:
    """Since when the status stands, how often it was to be delivered again, and what was not understood in full."""
    before, words = was.words().get("status", ...), row.words
    if "status" in words and (words["status"] != before or order.status_since is None):
        order.status_since = projection.happened(row.at_ms, row.flags, row.received_at)
    if was.is_new:
        order.attempts, order.odd = 0, {}
    if order.attempts is None or (order.odd and not UNDERSTOOD_IN_PART & {*row.flags}):
        projection.count(order, [*moves.updates_of(order), row])
        return
    order.attempts += words.get("status") == DELIVER_AGAIN != before
    if UNDERSTOOD_IN_PART & {*row.flags}:
        order.odd = projection.as_odd(row)


def _needs(order: GroupedOrder, was: _Was) -> Changes:
    """What the update changes in what the purchase needs, where this is its only order; else the caller sees to it."""
    if not was.is_alone:
        return needing.NOTHING
    then = [] if was.is_new else [needs.child_of(was.order)]
    return needing.changes(
        needs.of(needs.purchase_of(was.group), then),
        needs.of(needs.purchase_of(vars(order.group)), [needs.child_of(vars(order))]),
        moved=order.status_id != was.order["status_id"],
    )


# --- any other update -------------------------------------------------------------------------------------------------


def _work_out(order: GroupedOrder, update: Update, arrival: Arrival, was: _Was) -> OrderUpdate | None:
    """Take the update among all others of its order; its row, where it was not recorded."""
    folded = fold.fold(order.heard, update, arrival)
    row = projection.record_of(update, folded, arrival)
    if not store.record(row):
        return None
    for part in projection.put_on_order(order, folded):
        _write_list(order, part, was.keys_of(part))
    _file(order, update, row, folded, was)
    updates = moves.updates_of(order)
    order.status_since = projection.status_since(updates)
    projection.count(order, updates)
    reviews.review(order, updates)
    store.save(order, was.order)
    if order.group_id == was.order["group_id"]:
        store.save(order.group, was.group)
    return row


def _file(order: GroupedOrder, update: Update, row: OrderUpdate, folded: Folded, was: _Was) -> None:
    """Put on the purchase what the update says of it; where the order belongs to another one now, move it there."""
    home = _home(order, update, folded, was)
    if home != order.group_id:
        moves.move(order, home, at=row.received_at, known={row.pk: update})
        return
    group = order.group
    projection.put_on_purchase(group, update.group_parts(), folded.position)
    _put_words(order, was)
    order.listed_at = group.first_seen_at
    if was.group["group_order_id"] not in ("", group.group_order_id):
        moves.review_all(group, but=order)


def _home(order: GroupedOrder, update: Update, folded: Folded, was: _Was) -> str:
    """The purchase that the order belongs to now."""
    if update.purchase in folded.taken:
        return update.purchase_id
    if was.is_new or "purchase" in order.heard:
        return order.group_id
    words = projection.last_words(moves.updates_of(order))
    return projection.home_of(order.pk, words, moves.registered([order.pk, words.get("group", "")]))


def _write_list(order: GroupedOrder, part: Lines, had: Collection[str]) -> None:
    """Replace the order's SKUs or invoices."""
    model: type[models.Model] = Sku if isinstance(part, Skus) else Invoice
    key, keys, lines = projection.key_of(part), projection.keys_of(part), projection.lines(order, part)
    if set(had) - set(keys):
        model._default_manager.filter(order=order).exclude(**{f"{key}__in": keys}).delete()
    if lines:
        store.put_lines(lines, key)
