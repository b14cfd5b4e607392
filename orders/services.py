"""Writing what 1mg says: the one door through which an order changes.

    apply(update, arrival)   fold one update into its order; safe to call again with the same update
    counting(ids, arrival)   known updates were delivered once more

`apply` must run inside a transaction of the caller's, one an order, so that the caller can settle its delivery in
the same commit.

Mostly an update is the latest of its order and belongs to the purchase that the order is in: then few values of both
rows decide everything. Else whatever depends on other updates is worked out anew from all of them, by the same rules
(`orders.flags`, `orders.projection`), so that it comes out the same in every order of arrival.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import models

from orders import flags, fold, moves, projection, reviews, rows
from orders.choices import REVIEWED, Confirmation, Flag, Outcome
from orders.fold import Arrival, Folded
from orders.models import GroupedOrder, Invoice, OrderGroup, OrderUpdate, Sku
from orders.projection import Lines
from orders.said import Said
from orders.updates import Skus, Update


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one update: its outcome, the row that records it and what a person should know.

    For whoever waits for news of it: `confirmation` is how its purchase's confirmation stands, `onemg_ids` what 1mg
    calls the order and its group, `appeared` whether the purchase holds the order under one of these only since now.
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


def apply(update: Update, arrival: Arrival) -> Applied:
    """Fold `update` into its order and record it.

    Locks the order and its purchase, so that concurrent updates of one order queue up; creates both where they are
    new. A content already recorded for the order changes nothing and is answered `DUPLICATE`. The caller opens the
    transaction. Raises what the database raises.
    """
    order = _lock(update) or _create(update, arrival)
    if isinstance(order, int):
        return _duplicate(update, order)
    was = _Was(vars(order).copy(), vars(order.group).copy())
    folded = fold.fold(order.heard, update, arrival)
    row = projection.record_of(update, folded, arrival)
    if not OrderUpdate.objects.record(row):  # somebody recorded it between our look and our lock
        return _duplicate(update, OrderUpdate.objects.get(order=order, digest=update.digest).pk)
    for part in projection.put_on_order(order, folded):
        _write_list(order, part, was.keys_of(part))
    _file(order, update, row, folded, was)
    _weigh(order, row, was)
    group = rows.saving(order.group, was.group) if order.group_id == was.order["group_id"] else None
    rows.run(rows.saving(order, was.order), group)
    return _applied(order, row, was)


def counting(update_ids: Collection[int], arrival: Arrival) -> rows.Statement:
    """The statement that counts one more delivery of updates that were recorded before it arrived."""
    return OrderUpdate.objects.counting(update_ids, arrival.received_at, arrival.delivery_id)


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
    )


def _duplicate(update: Update, update_id: int) -> Applied:
    return Applied(
        update.order_id, Outcome.DUPLICATE, update_id, update.progress.status_id if update.progress else None
    )


# --- locking and creating ---------------------------------------------------------------------------------------------


def _lock(update: Update) -> GroupedOrder | int | None:
    """The order with its purchase, locked; or the id of the update where the order has it already.

    Where the update names another purchase than the one the order is in, or none, a move's other rows are locked too.
    The locks leave keys alone (`no_key`), so a line of the story that names a purchase never waits for one either.
    """
    if here := GroupedOrder.objects.lock(update.order_id, update.purchase_id, update.digest):
        return here
    if known := OrderUpdate.objects.known(update.order_id, update.digest):
        return known
    if not GroupedOrder.objects.filter(pk=update.order_id).exists():
        return None
    return next(iter(moves.lock([update.order_id], {update.purchase_id})), None)


def _create(update: Update, arrival: Arrival) -> GroupedOrder | int:
    """Make the rows of an order never heard of; whoever else is doing the same, one of us wins and both go on."""
    words = {"purchase": update.purchase_id} if update.purchase else {"group": update.purchase_id}
    home = projection.home_of(update.order_id, words, moves.registered_where(update))
    group = moves.new_group(home, arrival.received_at)
    OrderGroup.objects.bulk_create([group], ignore_conflicts=True)
    order = GroupedOrder(order_id=update.order_id, group=group, listed_at=arrival.received_at)
    GroupedOrder.objects.bulk_create([order], ignore_conflicts=True)
    created = _lock(update)
    if created is None:  # pragma: no cover - only if somebody deletes it in between
        raise GroupedOrder.DoesNotExist(update.order_id)
    return created


# --- what was and what is ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Was:
    """The columns of the order and of its purchase as they were."""

    order: dict[str, Any]
    group: dict[str, Any]

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


def _file(order: GroupedOrder, update: Update, row: OrderUpdate, folded: Folded, was: _Was) -> None:
    """Put on the purchase what the update says of it; where the order belongs to another one now, move it there."""
    home = _home(order, update, folded, was)
    if home != order.group_id:
        moves.move(order, home, at=row.received_at, known={row.pk: update})
        return
    group = order.group
    projection.put_on_purchase(group, update.group_parts(), folded.position)
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


def _weigh(order: GroupedOrder, row: OrderUpdate, was: _Was) -> None:
    """What depends on the other updates too: since when the status stands, and what needs a person."""
    if _is_simply_next(order, row, was):
        _go_on(order, row, was)
        return
    updates = moves.updates_of(order)
    order.status_since = projection.status_since(updates)
    reviews.review(order, updates)


def _is_simply_next(order: GroupedOrder, row: OrderUpdate, was: _Was) -> bool:
    """Whether the update is the latest of its order and nothing about the purchase is in question."""
    newest = fold.latest(was.order["heard"])
    stays = order.group_id == was.order["group_id"]
    agrees = row.words.get("group", order.group.group_order_id) == order.group.group_order_id
    named = was.is_new or "purchase" in order.heard
    return (newest is None or row.position > newest) and stays and agrees and named


def _go_on(order: GroupedOrder, row: OrderUpdate, was: _Was) -> None:
    """The same for the latest update of an order, from the words before it."""
    before, words = was.words(), row.words
    if "status" in words and (words["status"] != before.get("status", ...) or order.status_since is None):
        order.status_since = projection.happened(row.at_ms, row.flags, row.received_at)
    place = projection.place_of(order.group)
    standing = {flag for flag, _word in flags.between(before, words)} & REVIEWED
    standing |= {flag for flag, _key in flags.of_place(words, place)} if was.is_new else {*order.review_flags}
    settled = {"purchase": Flag.PURCHASE_ID_MISSING, "group": Flag.PURCHASE_SHARED}
    order.review_flags = sorted(map(str, standing - {flag for word, flag in settled.items() if word in words}))


def _write_list(order: GroupedOrder, part: Lines, had: Collection[str]) -> None:
    """Replace the order's SKUs or invoices."""
    model: type[models.Model] = Sku if isinstance(part, Skus) else Invoice
    key, keys, lines = projection.key_of(part), projection.keys_of(part), projection.lines(order, part)
    if set(had) - set(keys):
        model._default_manager.filter(order=order).exclude(**{f"{key}__in": keys}).delete()
    if lines:
        columns = [f.name for f in model._meta.concrete_fields if f.name not in ("id", "order", key)]
        model._default_manager.bulk_create(
            lines, update_conflicts=True, unique_fields=["order", key], update_fields=columns
        )
