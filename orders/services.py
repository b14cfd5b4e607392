"""Writing what 1mg says: the one door through which an order changes.

    apply(update, arrival)   fold one update into its order; safe to call again with the same update
    rebuild(group, story)    fold everything again from nothing and compare, or write
    counting(ids, arrival)   known updates were delivered once more
    mark_reviewed(order, by) a person has looked at what was flagged
    register(...)            the merchant says what a purchase is, before or after 1mg does
    locked(id)               a purchase and its orders, locked against updates, for whoever is about to act on it
    set_confirmation(...)    how the purchase's confirmation stands
    flag(orders, flag)       mark orders for a person to look at

`apply` must run inside a transaction of the caller's, one an order, so that the caller can settle its delivery in
the same commit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from orders import acts, fold, rows, search, timeline
from orders.choices import REVIEWED, Confirmation, Flag, Kind, Outcome, PaymentMethod, Source
from orders.fold import Arrival, Folded, Known
from orders.models import Act, GroupedOrder, Invoice, OrderGroup, OrderUpdate, Sku
from orders.said import said_of
from orders.statuses import status_of
from orders.updates import Invoices, Part, Purchase, Skus, Update, fingerprint


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
    was = vars(order).copy()
    taking = _judge(order, update, arrival)
    row = _row(order, update, taking, arrival)
    if not OrderUpdate.objects.record(row):  # somebody recorded it between our look and our lock
        return _duplicate(update, OrderUpdate.objects.get(order=order, digest=update.digest).pk)
    group_was = vars(taking.group).copy()
    _change_order(order, update, taking.folded, arrival)
    _change_group(taking.group, taking.group_parts, taking.folded)
    rows.run(
        rows.saving(order, was),
        rows.saving(taking.group, group_was),
        timeline.writing(timeline.of_update(order, update, row, taking.folded, arrival, was["status_id"])),
    )
    group = taking.group
    return Applied(
        order.order_id,
        taking.folded.outcome,
        row.pk,
        row.status_id,
        tuple(row.flags),
        group.pk,
        group.confirmation_state,
        onemg_ids=tuple({order.pk, group.group_order_id} - {""}),
        appeared=not was["heard"] or was["group_id"] != group.pk or group_was["group_order_id"] != group.group_order_id,
    )


def counting(update_ids: Collection[int], arrival: Arrival) -> rows.Statement:
    """The statement that counts one more delivery of updates that were recorded before it arrived."""
    return OrderUpdate.objects.counting(update_ids, arrival.received_at, arrival.delivery_id)


@transaction.atomic
def mark_reviewed(order: GroupedOrder, *, by: AbstractBaseUser) -> bool:
    """A person has looked at the order's flags. Says who in the timeline; a second call does nothing, returns False."""
    order = GroupedOrder.objects.select_for_update().get(pk=order.pk)
    if not order.review_flags:
        return False
    covers, order.review_flags = order.review_flags, []
    order.save(update_fields=["review_flags"])
    acts.record(
        acts.LOOKED_AT,
        group_id=order.group_id,
        order_id=order.pk,
        source=Source.PERSON,
        kind=Kind.REVIEW,
        actor_id=by.pk,
        covers=covers,
    )
    return True


# --- what the merchant says and does ----------------------------------------------------------------------------------


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
    by: str,
) -> tuple[OrderGroup, bool]:
    """Keep what the merchant says of a purchase; whether that was news.

    The same words again change nothing. Other words raise `RegisteredOtherwise`, also where the 1mg order belongs to
    another purchase: whoever is right, two answers to "which order do we confirm" must not both stand. What 1mg says of
    the payment method counts for the page; the two are compared before anything is sent. `by` is named in the timeline.
    The caller opens the transaction.
    """
    now = timezone.now()
    OrderGroup.objects.bulk_create([_new_group(merchant_order_id, now)], ignore_conflicts=True)
    group = OrderGroup.objects.select_for_update(no_key=True).get(pk=merchant_order_id)
    said = {
        "onemg_order_id": onemg_order_id,
        "registered_method": str(payment_method),
        "payable_amount": payable_amount,
    }
    if group.registered_at:
        stands = {name: getattr(group, name) for name in said}
        if other := {n: (str(stands[n] or ""), str(said[n] or "")) for n in said if stands[n] != said[n]}:
            raise RegisteredOtherwise(group.pk, other)
        return group, False
    taken = OrderGroup.objects.exclude(onemg_order_id="").filter(onemg_order_id=onemg_order_id).first()
    if taken:
        raise RegisteredOtherwise(taken.pk, {"merchant_order_id": (taken.pk, group.pk)})
    vars(group).update(said, registered_at=now, payment_method=group.payment_method or payment_method)
    group.search_text = search.text_of_group(group)
    try:
        with transaction.atomic():
            group.save(update_fields=[*said, "registered_at", "payment_method", "search_text"])
    except IntegrityError:  # somebody registered the 1mg order in this very moment
        taken = OrderGroup.objects.get(onemg_order_id=onemg_order_id)
        raise RegisteredOtherwise(taken.pk, {"merchant_order_id": (taken.pk, group.pk)}) from None
    acts.record(acts.REGISTERED, group_id=group.pk, source=Source.PORTAL, kind=Kind.CHANGE, by=by)
    return group, True


def locked(merchant_order_id: str) -> tuple[OrderGroup, list[GroupedOrder]]:
    """The purchase and its orders, locked until the end of the transaction: no update changes them meanwhile.

    Orders first, in the order of their ids, then the purchase, as `apply` does. Raises `OrderGroup.DoesNotExist`.
    """
    orders = rows.select(GroupedOrder, lock=True, group=merchant_order_id)
    for group in rows.select(OrderGroup, lock=True, pk=merchant_order_id):
        return group, orders
    raise OrderGroup.DoesNotExist(merchant_order_id)


def set_confirmation(group: OrderGroup, state: Confirmation, *, reason: str = "") -> None:
    """Write how the confirmation of the locked purchase stands from now on. `reason`: why, for staff and the API."""
    values = {"confirmation_state": state, "confirmation_at": timezone.now(), "confirmation_reason": reason}
    vars(group).update(values)
    rows.update(OrderGroup, values, pk=group.pk)


def flag(orders: Iterable[GroupedOrder], mark: Flag) -> None:
    """Mark locked orders for a person to look at, and say so in the timeline."""
    for order in orders:
        order.review_flags = sorted({*order.review_flags, mark})
        order.save(update_fields=["review_flags"])
        acts.record(
            acts.FLAGGED,
            group_id=order.group_id,
            order_id=order.pk,
            source=Source.PORTAL,
            kind=Kind.REVIEW,
            flag=mark,
        )


def _new_group(merchant_order_id: str, first_seen_at: datetime) -> OrderGroup:
    return OrderGroup(
        merchant_order_id=merchant_order_id, first_seen_at=first_seen_at, environment=settings.PORTAL_ENVIRONMENT
    )


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
        filed = order.group_id if order.pk in begun else _home(update)  # at first as when it was created
        order.group = OrderGroup.objects.get(pk=filed)
        begun.add(order.pk)
        taking = _judge(order, update, arrival)
        _change_order(order, update, taking.folded, arrival)
        order.save()
        _change_group(taking.group, taking.group_parts, taking.folded)
        taking.group.save()
    for key, flags in flagged.items():
        GroupedOrder.objects.filter(pk=key).update(review_flags=flags)
    after = _snapshot(group, orders.values())
    if not keep:
        transaction.set_rollback(True)
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


_NOT_FOLDED = {
    "first_seen_at",
    "listed_at",
    "review_flags",
    "search_text",
    "personal_text",
    "environment",
    "registered_at",
    "registered_method",
    "onemg_order_id",
    "payable_amount",
    "confirmation_state",
    "confirmation_at",
    "confirmation_reason",
}


def _forget(group: OrderGroup, orders: Iterable[GroupedOrder]) -> None:
    """Put everything the fold owns back to where it starts."""
    for row in (group, *orders):
        for column in row._meta.concrete_fields:
            if not column.primary_key and column.name not in _NOT_FOLDED | {"group"}:
                setattr(row, column.attname, column.get_default())
        if isinstance(row, OrderGroup):
            row.payment_method = row.registered_method
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


def _lock(update: Update) -> GroupedOrder | int | None:
    """The order, then its purchase where that is the one the update is about; or the id of the update it has already.

    Whoever moves an order to another purchase locks only that one: nobody holds a purchase and waits for a second.
    The locks leave keys alone (`no_key`), so a line of the story that names a purchase never waits for one either.
    """
    if here := GroupedOrder.objects.lock(update.order_id, update.purchase_id, update.digest):
        return here
    order = GroupedOrder.objects.select_for_update(no_key=True).filter(pk=update.order_id).first()
    if order is None:
        return None
    if known := OrderUpdate.objects.known(order.pk, update.digest):
        return known
    if update.purchase is None or order.group_id == update.purchase_id:
        order.group = OrderGroup.objects.select_for_update(no_key=True).get(pk=order.group_id)
    return order


def _create(update: Update, arrival: Arrival) -> GroupedOrder | int:
    """Make the rows of an order never heard of; whoever else is doing the same, one of us wins and both go on."""
    group = _new_group(_home(update), arrival.received_at)
    OrderGroup.objects.bulk_create([group], ignore_conflicts=True)
    order = GroupedOrder(order_id=update.order_id, group=group, listed_at=arrival.received_at)
    GroupedOrder.objects.bulk_create([order], ignore_conflicts=True)
    created = _lock(update)
    if created is None:  # pragma: no cover - only if somebody deletes it in between
        raise GroupedOrder.DoesNotExist(update.order_id)
    return created


def _home(update: Update) -> str:
    """The purchase a new order is filed under; without the merchant's id, the one that registered 1mg's."""
    if update.purchase:
        return update.purchase_id
    named = [update.order_id, update.purchase_id]
    registered = OrderGroup.objects.exclude(onemg_order_id="").filter(onemg_order_id__in=named)
    return registered.values_list("pk", flat=True).first() or update.purchase_id


def _purchase(order: GroupedOrder, update: Update, folded: Folded, arrival: Arrival) -> OrderGroup:
    """The purchase the order belongs to after this update; moves the order and its story when 1mg moved it."""
    moves = any(isinstance(part, Purchase) for part in folded.taken) and update.purchase_id != order.group_id
    if not moves:
        return order.group
    OrderGroup.objects.bulk_create([_new_group(update.purchase_id, arrival.received_at)], ignore_conflicts=True)
    order.group = OrderGroup.objects.select_for_update(no_key=True).get(pk=update.purchase_id)
    Act.objects.filter(order=order).update(group=order.group)
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
    if update.purchase is None and group.pk != update.purchase_id:  # the shop has registered 1mg's id
        folded = replace(folded, flags=folded.flags - {Flag.PURCHASE_ID_MISSING})
    if update.group and not elsewhere and group.group_order_id not in ("", update.group.group_order_id):
        folded = replace(folded, flags=folded.flags | {Flag.PURCHASE_SHARED})
    return _Taking(folded, group, parts)


# --- from parts to columns --------------------------------------------------------------------------------------------


def _row(order: GroupedOrder, update: Update, taking: _Taking, arrival: Arrival) -> OrderUpdate:
    folded = taking.folded
    changes = [c for part in folded.taken for c in _changes(order, part)]
    changes += [c for part in taking.group_parts for c in _changes(taking.group, part)]
    return OrderUpdate(
        order_id=order.pk,
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
        changes=changes,
        flags=sorted(folded.flags),
    )


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
    """What taking `part` changes on `row`: `{"part", "field", "old", "new"}`, without personal values."""
    if isinstance(part, Skus | Invoices):
        assert isinstance(row, GroupedOrder)  # noqa: S101 - for the type checker
        changed = row.lists.get(part.name, {}).get("fingerprint") != fingerprint(part)
        return [_change(part, "", None, None)] if changed and part.name in row.heard else []
    if isinstance(part, Purchase):
        return (
            [_change(part, "merchant_order_id", None, part.merchant_order_id)]
            if part.name in row.heard and (getattr(row, "group_id", None) != part.merchant_order_id)
            else []
        )
    now = vars(row)
    changed_columns = {k: (now[k], v) for k, v in part.columns().items() if now[k] != v}
    if part.name in _PERSONAL:
        return [_change(part, "", None, None)] if changed_columns and part.name in row.heard else []
    found = []
    for column, (old, new) in changed_columns.items():
        if column in _PERSONAL_COLUMNS:
            found.append(_change(part, column, None, None))
        elif isinstance(new, dict):
            found += [_change(part, k, old.get(k), v) for k, v in new.items() if k not in old or old[k] != v]
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


def _change_order(order: GroupedOrder, update: Update, folded: Folded, arrival: Arrival) -> None:
    """Put the taken parts on the order, and write its lists where their content is new."""
    before, words = order.status_id, (order.lists, order.tracking_number)
    for part in folded.taken:
        if isinstance(part, Skus | Invoices):
            _write_list(order, part)
        elif not isinstance(part, Purchase):
            vars(order).update(part.columns())
    order.heard = fold.remember(order.heard, folded.taken, folded.position)
    order.stage = status_of(order.status_id).stage
    if update.progress and update.progress not in folded.taken:
        order.status_since = _since(order) or order.status_since
    elif order.status_id != before or order.status_since is None:
        order.status_since = _happened(folded.position.at_ms, folded.flags, arrival.received_at)
    order.listed_at = order.group.first_seen_at
    if folded.flags & REVIEWED:
        order.review_flags = sorted({*order.review_flags, *(folded.flags & REVIEWED)})
    if words != (order.lists, order.tracking_number) or not order.search_text:
        order.search_text = search.text_of_order(order)


def _since(order: GroupedOrder) -> datetime | None:
    """When the status shown began: the first update of its last unbroken run, in whatever order they arrived."""
    rows = [row for row in order.updates.defer("changes") if Flag.STATUS_MISSING not in row.flags]
    rows.sort(key=lambda row: fold.Position(row.at_ms, row.status.rank, row.delivery_id, row.entry), reverse=True)
    run = list(takewhile(lambda row: row.status_id == order.status_id, rows))
    return _happened(run[-1].at_ms, run[-1].flags, run[-1].received_at) if run else None


def _happened(at_ms: int, flags: Iterable[str], received_at: datetime) -> datetime:
    """When an update's news happened: by 1mg's clock, or when it reached us where that cannot be believed."""
    return received_at if Flag.CLOCK_UNTRUSTED in flags else datetime.fromtimestamp(at_ms / 1000, tz=UTC)


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


def _change_group(group: OrderGroup, parts: tuple[Part, ...], folded: Folded) -> None:
    """Put the taken parts on the purchase."""
    words = _words(group)
    for part in parts:
        vars(group).update(part.columns())
    group.heard = fold.remember(group.heard, parts, folded.position)
    if words != _words(group) or not group.search_text:
        group.search_text, group.personal_text = search.text_of_group(group), search.personal_text_of_group(group)


def _words(group: OrderGroup) -> tuple[str, ...]:
    """What a purchase is found by."""
    return group.group_order_id, group.customer_name, group.contact_number, group.email
