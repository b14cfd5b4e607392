"""Writing what 1mg says: the one door through which an order changes.

    apply(update, arrival)   fold one update into its order; safe to call again with the same update
    rebuild(group, story)    fold everything again from nothing and compare, or write
    count_seen(ids, at)      a known update was delivered once more
    mark_reviewed(order, by) a person has looked at what was flagged

`apply` must run inside a transaction of the caller's, one an order, so that the caller can settle its delivery in
the same commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import takewhile
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from orders import fold, search, timeline
from orders.choices import REVIEWED, Flag, Kind, Outcome, Source
from orders.fold import Arrival, Folded, Known
from orders.models import GroupedOrder, Invoice, OrderGroup, OrderUpdate, Sku, TimelineEntry
from orders.statuses import status_of
from orders.updates import Invoices, Part, Purchase, Skus, Update, fingerprint


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one update: its outcome, the row that records it and what a person should know."""

    order_id: str
    outcome: Outcome
    update_id: int
    status_id: int | None
    flags: tuple[str, ...] = ()


def apply(update: Update, arrival: Arrival) -> Applied:
    """Fold `update` into its order and record it.

    Locks the order and its purchase, so that concurrent updates of one order queue up; creates both where they are
    new. A content already recorded for the order changes nothing and is answered `DUPLICATE`. The caller opens the
    transaction. Raises what the database raises.
    """
    order = _lock(update) or _create(update, arrival)
    known_id: int | None = order.known_update_id  # type: ignore[attr-defined]
    if known_id is not None:
        return _duplicate(update, known_id)
    before = order.status_id
    taking = _judge(order, update, arrival)
    row = _row(order, update, taking, arrival)
    if not OrderUpdate.objects.record(row):  # somebody recorded it between our look and our lock
        return _duplicate(
            update, OrderUpdate.objects.values_list("pk", flat=True).get(order=order, digest=update.digest)
        )
    _write(order, update, taking, arrival)
    timeline.write(timeline.of_update(order, update, row, taking.folded, arrival, before))
    return Applied(order.order_id, taking.folded.outcome, row.pk, row.status_id, tuple(row.flags))


def count_seen(update_ids: Iterable[int], at: datetime) -> None:
    """Count one more delivery of updates that were already recorded. `at`: when it arrived (UTC)."""
    OrderUpdate.objects.filter(pk__in=list(update_ids)).update(times_seen=F("times_seen") + 1, last_seen_at=at)


@transaction.atomic
def mark_reviewed(order: GroupedOrder, *, by: AbstractBaseUser) -> bool:
    """A person has looked at the order's flags. Says who in the timeline; a second call does nothing, returns False."""
    order = GroupedOrder.objects.select_for_update().get(pk=order.pk)
    if not order.review_flags:
        return False
    order.review_flags = []
    order.save(update_fields=["review_flags"])
    now = timezone.now()
    timeline.write([
        TimelineEntry(group_id=order.group_id, order=order, at=now, received_at=now, source=Source.PERSON,
                      kind=Kind.REVIEW, text="Looked at and cleared", actor_id=by.pk)
    ])  # fmt: skip
    return True


# --- rebuilding -------------------------------------------------------------------------------------------------------


@transaction.atomic
def rebuild(group: OrderGroup, story: Iterable[tuple[Update, Arrival]], *, keep: bool) -> list[str]:
    """Fold the purchase again from nothing and say, in names without values, what came out differently.

    `story`: every update of its orders, and of those that have left it, in order of arrival. With `keep` the result
    stays, without it nothing does.
    Flags for review stay as they are: they record what a person has or has not looked at.
    """
    told = list(story)
    theirs = models.Q(group=group) | models.Q(pk__in={update.order_id for update, _arrival in told})
    orders = {o.pk: o for o in GroupedOrder.objects.select_for_update().filter(theirs).order_by("pk")}
    group = OrderGroup.objects.select_for_update().get(pk=group.pk)
    before = _snapshot(group, orders.values())
    flagged = {order.pk: order.review_flags for order in orders.values()}
    _forget(group, orders.values())
    begun: set[str] = set()
    for update, arrival in told:
        order = orders[update.order_id]
        filed = order.group_id if order.pk in begun else update.purchase_id  # at first as when it was created
        order.group = OrderGroup.objects.get(pk=filed)
        begun.add(order.pk)
        taking = _judge(order, update, arrival)
        _write_order(order, update, taking.folded, arrival)
        _write_group(taking.group, taking.group_parts, taking.folded)
    for key, flags in flagged.items():
        GroupedOrder.objects.filter(pk=key).update(review_flags=flags)
    after = _snapshot(group, orders.values())
    if not keep:
        transaction.set_rollback(True)
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


_NOT_FOLDED = {"first_seen_at", "listed_at", "review_flags", "search_text", "personal_text"}


def _forget(group: OrderGroup, orders: Iterable[GroupedOrder]) -> None:
    """Put everything the fold owns back to where it starts."""
    for row in (group, *orders):
        for column in row._meta.concrete_fields:
            if not column.primary_key and column.name not in _NOT_FOLDED | {"group"}:
                setattr(row, column.attname, column.get_default())
        row.save()
    Sku.objects.filter(order__in=orders).delete()
    Invoice.objects.filter(order__in=orders).delete()


def _snapshot(group: OrderGroup, orders: Iterable[GroupedOrder]) -> dict[str, Any]:
    """Every folded value by name, read back from the database."""
    found: dict[str, Any] = {}
    keys = [order.pk for order in orders]
    rows: list[tuple[str, models.Model]] = [("purchase", OrderGroup.objects.get(pk=group.pk))]
    rows += [(o.pk, o) for o in GroupedOrder.objects.filter(pk__in=keys)]
    rows += [(f"{s.order_id}.sku.{s.sku_id}", s) for s in Sku.objects.filter(order__in=keys)]
    rows += [(f"{i.order_id}.invoice.{i.number}", i) for i in Invoice.objects.filter(order__in=keys)]
    for name, row in rows:
        for column in row._meta.concrete_fields:
            if not column.primary_key and column.name not in _NOT_FOLDED:
                found[f"{name}.{column.name}"] = getattr(row, column.attname)
    return found


# --- locking and creating ---------------------------------------------------------------------------------------------


def _lock(update: Update) -> GroupedOrder | None:
    """The order, then its purchase where that is the one the update is about; `known_update_id` tells a duplicate.

    Whoever moves an order to another purchase locks only that one: nobody holds a purchase and waits for a second.
    """
    known = OrderUpdate.objects.filter(order=OuterRef("pk"), digest=update.digest).values("pk")[:1]
    found = GroupedOrder.objects.annotate(known_update_id=Subquery(known)).filter(pk=update.order_id)
    both = found.select_for_update(of=("self", "group")).select_related("group")
    if here := both.filter(group=update.purchase_id).first():
        return here
    order = found.select_for_update().first()
    if order and (update.purchase is None or order.group_id == update.purchase_id):
        order.group = OrderGroup.objects.select_for_update().get(pk=order.group_id)
    return order


def _create(update: Update, arrival: Arrival) -> GroupedOrder:
    """Make the rows of an order never heard of; whoever else is doing the same, one of us wins and both go on."""
    group = OrderGroup(merchant_order_id=update.purchase_id, first_seen_at=arrival.received_at)
    OrderGroup.objects.bulk_create([group], ignore_conflicts=True)
    order = GroupedOrder(order_id=update.order_id, group=group, listed_at=arrival.received_at)
    GroupedOrder.objects.bulk_create([order], ignore_conflicts=True)
    created = _lock(update)
    if created is None:  # pragma: no cover - only if somebody deletes it in between
        raise GroupedOrder.DoesNotExist(update.order_id)
    return created


def _purchase(order: GroupedOrder, update: Update, folded: Folded, arrival: Arrival) -> OrderGroup:
    """The purchase the order belongs to after this update; moves the order and its story when 1mg moved it."""
    moves = any(isinstance(part, Purchase) for part in folded.taken) and update.purchase_id != order.group_id
    if not moves:
        return order.group
    OrderGroup.objects.bulk_create(
        [OrderGroup(merchant_order_id=update.purchase_id, first_seen_at=arrival.received_at)],
        ignore_conflicts=True,
    )
    order.group = OrderGroup.objects.select_for_update().get(pk=update.purchase_id)
    TimelineEntry.objects.filter(order=order).update(group=order.group)
    return order.group


# --- judging and writing ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Taking:
    """What one update changes: the verdict, the purchase it lands in, and what it adds to the purchase."""

    folded: Folded
    group: OrderGroup
    group_parts: tuple[Part, ...]


def _judge(order: GroupedOrder, update: Update, arrival: Arrival) -> _Taking:
    """Fold `update` into the locked `order`, without writing it yet."""
    folded = fold.fold(Known(order.heard, order.status_id, order.group_id), update, arrival)
    group = _purchase(order, update, folded, arrival)
    elsewhere = update.purchase is not None and update.purchase_id != group.pk
    parts = () if elsewhere else fold.take(group.heard, update.group_parts(), folded.position)
    if update.group and not elsewhere and group.group_order_id not in ("", update.group.group_order_id):
        folded = replace(folded, flags=folded.flags | {Flag.PURCHASE_SHARED})
    return _Taking(folded, group, parts)


def _write(order: GroupedOrder, update: Update, taking: _Taking, arrival: Arrival) -> None:
    if taking.folded.taken or taking.folded.flags & REVIEWED or update.progress:
        _write_order(order, update, taking.folded, arrival)
    if taking.group_parts:
        _write_group(taking.group, taking.group_parts, taking.folded)


# --- from parts to columns --------------------------------------------------------------------------------------------


def _row(order: GroupedOrder, update: Update, taking: _Taking, arrival: Arrival) -> OrderUpdate:
    folded = taking.folded
    changes = [c for part in folded.taken for c in _changes(order, part)]
    changes += [c for part in taking.group_parts for c in _changes(taking.group, part)]
    return OrderUpdate(
        order=order, digest=update.digest, delivery_id=arrival.delivery_id, entry=update.entry,
        received_at=arrival.received_at, last_seen_at=arrival.received_at,
        status_id=update.progress.status_id if update.progress else None,
        updated_raw=update.updated_raw, at_ms=folded.position.at_ms, outcome=folded.outcome,
        changes=changes, flags=sorted(folded.flags),
    )  # fmt: skip


def _duplicate(update: Update, update_id: int) -> Applied:
    return Applied(
        update.order_id, Outcome.DUPLICATE, update_id, update.progress.status_id if update.progress else None
    )


#: Parts whose values are personal: that they changed is recorded, to what is only in the bytes.
_PERSONAL = frozenset({"customer", "address"})
#: The same of single columns of the other parts.
_PERSONAL_COLUMNS = frozenset(
    {"prescriptions", "delivery_contact", "delivery_contact_name", "invoice_shipping_url", "invoice_order_url"}
)


def _changes(row: GroupedOrder | OrderGroup, part: Part) -> list[dict[str, Any]]:
    """What taking `part` changes on `row`: `{"part", "field", "old", "new"}`, without values where they are personal."""
    if isinstance(part, Skus | Invoices):
        assert isinstance(row, GroupedOrder)  # noqa: S101 - for the type checker
        changed = row.lists.get(part.name, {}).get("fingerprint") != fingerprint(part)
        return [_change(part, "", None, None)] if changed and part.name in row.heard else []
    if isinstance(part, Purchase):
        return [_change(part, "merchant_order_id", None, part.merchant_order_id)] if part.name in row.heard and (
            getattr(row, "group_id", None) != part.merchant_order_id) else []  # fmt: skip
    changed_columns = {k: (getattr(row, k), v) for k, v in part.columns().items() if getattr(row, k) != v}
    if part.name in _PERSONAL:
        return [_change(part, "", None, None)] if changed_columns and part.name in row.heard else []
    found = []
    for column, (old, new) in changed_columns.items():
        if column in _PERSONAL_COLUMNS:
            found.append(_change(part, column, None, None))
        elif isinstance(new, dict):
            found += [_change(part, k, old.get(k), v) for k, v in new.items() if old.get(k) != v]
        else:
            found.append(_change(part, column, old, new))
    return found


def _change(part: Part, column: str, old: Any, new: Any) -> dict[str, Any]:
    return {"part": part.name, "field": column, "old": _plain(old), "new": _plain(new)}


def _plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _write_order(order: GroupedOrder, update: Update, folded: Folded, arrival: Arrival) -> None:
    """Write the taken parts to the order's row, and its lists where their content is new."""
    before = order.status_id
    for part in folded.taken:
        if isinstance(part, Skus | Invoices):
            _write_list(order, part)
        elif not isinstance(part, Purchase):
            for column, value in part.columns().items():
                setattr(order, column, value)
    order.heard = fold.remember(order.heard, folded.taken, folded.position)
    order.stage = status_of(order.status_id).stage
    if update.progress and update.progress not in folded.taken:
        order.status_since = _since(order) or order.status_since
    elif order.status_id != before or order.status_since is None:
        order.status_since = _happened(folded.position.at_ms, folded.flags, arrival.received_at)
    order.listed_at = order.group.first_seen_at
    order.review_flags = sorted({*order.review_flags, *(folded.flags & REVIEWED)})
    order.search_text = search.text_of_order(order)
    order.save(update_fields=_WRITTEN)


def _since(order: GroupedOrder) -> datetime | None:
    """When the status shown began: the first update of its last unbroken run, in whatever order they arrived."""
    rows = [row for row in order.updates.defer("changes") if Flag.STATUS_MISSING not in row.flags]
    rows.sort(key=lambda row: fold.Position(row.at_ms, row.status.rank, row.delivery_id, row.entry), reverse=True)
    run = list(takewhile(lambda row: row.status_id == order.status_id, rows))
    return _happened(run[-1].at_ms, run[-1].flags, run[-1].received_at) if run else None


def _happened(at_ms: int, flags: Iterable[str], received_at: datetime) -> datetime:
    """When an update's news happened: by 1mg's clock, or when it reached us where that cannot be believed."""
    return received_at if Flag.CLOCK_UNTRUSTED in flags else datetime.fromtimestamp(at_ms / 1000, tz=UTC)


#: Every column the fold owns, in one constant, so that Django prepares one statement shape.
_WRITTEN = [f.name for f in GroupedOrder._meta.concrete_fields if not f.primary_key]


def _write_list(order: GroupedOrder, part: Skus | Invoices) -> None:
    """Replace the order's SKUs or invoices, unless their content is what it was."""
    model: type[models.Model] = Sku if isinstance(part, Skus) else Invoice
    key = "sku_id" if isinstance(part, Skus) else "number"
    was, mark = order.lists.get(part.name, {}), fingerprint(part)
    if was.get("fingerprint") == mark:
        return
    columns = [f.name for f in fields(part.lines[0])] if part.lines else []
    rows = [
        model(order=order, position=n, **{c: getattr(line, c) for c in columns}) for n, line in enumerate(part.lines)
    ]
    keys = [getattr(line, key) for line in part.lines]
    if set(was.get("keys", ())) - set(keys):
        model._default_manager.filter(order=order).exclude(**{f"{key}__in": keys}).delete()
    if rows:
        model._default_manager.bulk_create(
            rows, update_conflicts=True, unique_fields=["order", key], update_fields=["position", *columns]
        )
    order.lists = {**order.lists, part.name: {"fingerprint": mark, "keys": keys}}


def _write_group(group: OrderGroup, parts: tuple[Part, ...], folded: Folded) -> None:
    for part in parts:
        for column, value in part.columns().items():
            setattr(group, column, value)
    group.heard = fold.remember(group.heard, parts, folded.position)
    group.search_text, group.personal_text = search.text_of_group(group), search.personal_text_of_group(group)
    group.save(update_fields=_WRITTEN_GROUP)


_WRITTEN_GROUP = [
    f.name for f in OrderGroup._meta.concrete_fields if f.name not in ("merchant_order_id", "first_seen_at")
]
