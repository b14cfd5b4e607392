"""The lines of an order's lists, as 1mg says them: medicines and invoices. Pure.

A field of a line has the name of the column that keeps it; see `orders.updates`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class SkuLine:
    """One line of an order's medicines. `quantity` is 1mg's `normalized_quantity`.

    1mg may list a SKU twice (two bought, one free), so its id is no key. `sku_id` here and in the column is the line's
    key: 1mg's id, and for its repetitions `<id>#<again>` (`sku_key`).
    """

    sku_id: str
    name: str = ""
    pack_size_label: str = ""
    quantity: Decimal | None = None
    mrp: Decimal | None = None
    offered_price: Decimal | None = None
    sku_type: str = ""
    prescription_required: bool | None = None
    prescription_verified: bool | None = None
    prescription_status: str = ""
    again: int = field(default=0, repr=False)  # see `orders.fingerprints`


def sku_key(sku_id: str, again: int) -> str:
    """The key of a line: `7`, for the SKU's first repetition `7#1`."""
    return f"{sku_id}#{again}" if again else sku_id


def sku_id_of(key: str, again: int) -> str:
    """1mg's own id of a line; one that itself ends in `#1` stays whole."""
    return key.removesuffix(f"#{again}") if again else key


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One numbered invoice. The number is text: leading zeros count. `skus` is the list as published."""

    number: str
    url: str = ""
    doctor_name: str = ""
    patient_name: str = ""
    skus: tuple[dict[str, Any], ...] = ()
