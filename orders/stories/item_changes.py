"""What changed of an order's items, in words: quantities, prices, what came and what went. Pure.

    pairs(updates)              the updates whose items are not those before: (before, after), newest first
    sentence(before, after)     "Items changed: Kalpanil XR 25 Tablet 2 → 1, Namunacet 500 Tablet removed"

Medicine names are health data: a sentence is for who may see them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from orders.lines import SkuLine
from orders.rupees import with_sign
from orders.stories.changes import ITEMS_CHANGED
from orders.stories.story import RecordedUpdate

#: So many changes are named.
_MOST = 5
#: Letters of a name.
_NAME = 60


def pairs(updates: Iterable[RecordedUpdate]) -> list[tuple[RecordedUpdate, RecordedUpdate]]:
    """Neighbours of one order whose items are not the same."""
    last: dict[str, RecordedUpdate] = {}
    found = []
    for update in sorted(updates, key=lambda update: update.position):
        if "skus" not in update.words:
            continue
        before = last.get(update.order_id)
        if before and before.words["skus"] != update.words["skus"]:
            found.append((before, update))
        last[update.order_id] = update
    return found[::-1]


def sentence(before: Sequence[SkuLine], after: Sequence[SkuLine]) -> str:
    """What changed. Where it is only what 1mg says beside quantity and price, no item is named."""
    old, new = ({line.sku_id: line for line in lines} for lines in (before, after))
    found = list(_changes(old, new))
    more = [f"and {len(found) - _MOST} more"] if len(found) > _MOST else []
    return f"{ITEMS_CHANGED}: {', '.join(found[:_MOST] + more)}" if found else ITEMS_CHANGED


def _changes(old: Mapping[str, SkuLine], new: Mapping[str, SkuLine]) -> Iterator[str]:
    for key, line in new.items():
        if key not in old:
            yield f"{_name(line)} added" + (f", {_quantity(line)}" if line.quantity is not None else "")
            continue
        before = old[key]
        if before.quantity != line.quantity:
            yield f"{_name(line)} {_quantity(before)} → {_quantity(line)}"
        if before.offered_price != line.offered_price:
            yield f"{_name(line)} {_price(before)} → {_price(line)}"
    for key, line in old.items():
        if key not in new:
            yield f"{_name(line)} removed"


def _name(line: SkuLine) -> str:
    name = line.name or line.sku_id or "an item"
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


def _quantity(line: SkuLine) -> str:
    return "—" if line.quantity is None else f"{line.quantity.normalize():f}"


def _price(line: SkuLine) -> str:
    return "—" if line.offered_price is None else with_sign(line.offered_price)
