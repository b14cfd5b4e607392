"""Published bodies about orders of our own: fresh ids, other statuses, later times."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PUBLISHED = sorted((Path(__file__).parent.parent / "payloads").glob("*.json"))
#: From placed to delivered and back; none after which a person would have to look.
STATUSES = (15, 160, 100, 110, 120, 131, 132, 130, 25, 30, 45, 40, 140, 141)
FIRST_UPDATED = 1_600_000_000


@dataclass
class Purchase:
    """One purchase in the shape of a published body; `at` counts what was said of it."""

    body: dict[str, Any]
    at: int = 0
    said: bytes = field(default=b"", repr=False)

    def next(self, *, more: bool = False) -> bytes:
        """The body of its next update: another status of each of its orders, a second later.

        With `more` the ETA, the courier and the price of each SKU are others, too.
        """
        for entry in _document(self.body)["grouped_orders"]:
            entry["order_status"]["status_id"] = STATUSES[self.at % len(STATUSES)]
            entry["updated"] = FIRST_UPDATED + self.at
            if more:
                entry["eta"] = {"eta_from": FIRST_UPDATED + self.at, "eta_to": FIRST_UPDATED + self.at + 7200}
                entry["shipment_detail"] = {**(entry.get("shipment_detail") or {}), "tracking_number": f"W{self.at}"}
                entry["skus"] = [{**sku, "offered_price": f"{self.at % 97}.50"} for sku in entry["skus"]]
        self.at += 1
        self.said = json.dumps(self.body).encode()
        return self.said


def purchases(many: int, prefix: str) -> list[Purchase]:
    """`many` purchases, in turn like each of the published bodies."""
    return [Purchase(_renamed(_published(n), f"M{prefix}{n}", f"PO{prefix}{n}")) for n in range(many)]


def about(orders: Iterable[tuple[str, str]]) -> list[Purchase]:
    """The published "Delivered" about each of some orders: (order id, purchase id)."""
    return [Purchase(_renamed(_published(0), purchase, order)) for order, purchase in orders]


def updates(among: list[Purchase], many: int, *, more: bool = False) -> Iterator[bytes]:
    """`many` new updates, of one purchase after the other; `more`: see `Purchase.next`."""
    for n in range(many):
        yield among[n % len(among)].next(more=more)


def _document(body: dict[str, Any]) -> dict[str, Any]:
    """The document inside a body, wrapped or not."""
    found: dict[str, Any] = body.get("result", body)
    return found


def _published(number: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PUBLISHED[number % len(PUBLISHED)].read_text())
    return found


def _renamed(body: dict[str, Any], purchase: str, order: str) -> dict[str, Any]:
    told = _document(body)
    told |= {"merchant_order_id": purchase, "group_order_id": order}
    for number, entry in enumerate(told["grouped_orders"]):
        entry["order_id"] = f"{order}-{number}" if number else order
    return body
