"""What is remembered of the texts that 1mg's parts were read from, so that the same text need not be read again. Pure.

    known(kept, heard)                      part -> memo, as far as it can be believed
    of_order(known, update, heard)          what to keep with the order: mark, flags and `said` of each part
    of_purchase(known, update, taken, ...)  what to keep with the purchase: the marks of what stands there

A memo is believed only beside the positions it was written with: whoever else changes the row, code of before that
knows no marks above all, moves a position, and from then on everything is read again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any, Final
from zlib import crc32

from orders import lines, updates
from orders.said import said_by
from orders.updates import Memo, Part, Same, Update

_READ: Final = (
    updates.Eta,
    updates.Shipment,
    updates.InvoiceLinks,
    updates.Payment,
    updates.Skus,
    lines.SkuLine,
    updates.Invoices,
    lines.InvoiceLine,
    updates.Customer,
    updates.Address,
    updates.Prescriptions,
)
#: To be counted up where the same text is read otherwise.
READING: Final = 2
#: What is read of a part, and how: where a field is added, nothing that was read without it is believed.
_FIELDS: Final = crc32(repr([READING, [[one.name for one in fields(part)] for part in _READ]]).encode())


def known(kept: str, heard: Mapping[str, list[int]]) -> dict[str, Memo]:
    """The memos of a row, by part; none where they do not belong to what the row has heard."""
    if not kept:
        return {}
    of, memos = json.loads(kept)
    return memos if of == _name(heard) else {}


def of_order(before: Mapping[str, Memo], update: Update, heard: Mapping[str, list[int]]) -> str:
    """What to keep with an order whose latest update this is: of the parts that it leaves out what was known."""
    new = {name: _memo(update, name, mark, flags) for name, (mark, flags) in update.read.items()}
    return _kept({**before, **new}, heard)


def of_purchase(
    before: Mapping[str, Memo], update: Update, taken: Collection[Part], heard: Mapping[str, list[int]]
) -> str:
    """What to keep with a purchase that has `taken` these parts."""
    new = {part.name: [update.read[part.name][0]] for part in taken if part.name in update.read}
    same = {part.name: [part.memo[0]] for part in taken if isinstance(part, Same)}
    return _kept({**before, **new, **same}, heard)


def _memo(update: Update, name: str, mark: str, flags: Collection[str]) -> Memo:
    return [mark, sorted(map(str, flags)), said_by(update.order_id, name, getattr(update, name))]


def _kept(memos: Mapping[str, Any], heard: Mapping[str, list[int]]) -> str:
    return json.dumps([_name(heard), memos], separators=(",", ":"))


def _name(heard: Mapping[str, list[int]]) -> int:
    """A short name for all positions."""
    return crc32(repr(sorted(heard.items())).encode(), _FIELDS)
