"""What an update changed, column by column, for the lines of the story that are still written on arrival."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from orders import fold
from orders.fold import Folded
from orders.models import GroupedOrder, OrderGroup
from orders.updates import Invoices, Part, Purchase, Skus, Update, fingerprint


def changes_of(order: GroupedOrder, update: Update, folded: Folded) -> list[dict[str, Any]]:
    """What is about to change on the order and on its purchase."""
    found = [c for part in folded.taken for c in _changes(order, part)]
    parts = fold.take(order.group.heard, update.group_parts(), folded.position)
    return found + [c for part in parts for c in _changes(order.group, part)]


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
