"""What 1mg is asked, in English: of ids, statuses and times alone, without people. Pure.

Facts                one thing that 1mg is asked about one purchase, as it is kept with the question
message(facts)       the text, one question a clock and one line a purchase
question(clock), line(facts)   its pieces
title(clock)         what is asked about, for staff
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from orders.desk.causes import Cause, cause_of, status_in
from orders.statuses import status_of
from orders.stories.changes import INDIA

_QUESTIONS: Final = {
    Cause.ALLOCATION: "Allocation failed. Will each be fulfilled, and when; or will you cancel it?",
    Cause.LATE: "Late deliveries. When will each be delivered?",
    Cause.REFUND: "Refunds that are due. Was each paid back, when, and with what reference?",
}


@dataclass(frozen=True, slots=True)
class Order:
    """One of 1mg's orders and its last word of it. `updated_at`: by 1mg's clock; `None` where it gave none."""

    order_id: str
    status_id: int | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What 1mg is asked about. `purchase` is the merchant's id, the others are 1mg's. `since`: UTC."""

    purchase: str
    group_order_id: str
    clock: str
    since: datetime
    orders: tuple[Order, ...]

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        orders = [[one.order_id, one.status_id, _iso(one.updated_at)] for one in self.orders]
        return {
            "purchase": self.purchase,
            "group": self.group_order_id,
            "clock": self.clock,
            "since": _iso(self.since),
            "orders": orders,
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Facts:
        """From JSON."""
        orders = tuple(Order(key, status, at and datetime.fromisoformat(at)) for key, status, at in stored["orders"])
        since = datetime.fromisoformat(stored["since"])
        return cls(stored["purchase"], stored["group"], stored["clock"], since, orders)


def message(asked: Iterable[Facts]) -> str:
    """The text to send to 1mg."""
    by_clock: dict[str, list[Facts]] = {}
    for one in asked:
        by_clock.setdefault(one.clock, []).append(one)
    return "\n\n".join("\n".join([question(clock), *map(line, some)]) for clock, some in by_clock.items())


def question(clock: str) -> str:
    """What is asked of all purchases that wait under one clock."""
    if cause_of(clock) is not Cause.WAITS_1MG:
        return _QUESTIONS[cause_of(clock)]
    return f"Orders that have not moved from {status_words(status_in(clock))}. What does each wait for?"


def line(one: Facts) -> str:
    """What is said of one purchase: whose its ids are, since when, and 1mg's last word."""
    told = [f"your order {order.order_id}: {_last_word(order)}" for order in one.orders]
    ids = [f"your group {one.group_order_id or 'not given'}", *told, f"our order {one.purchase}"]
    return f"- Since {in_india(one.since)}: {'; '.join(ids)}."


def title(clock: str) -> str:
    """What is asked about: the cause, and the status where it is one that 1mg is slow to leave."""
    label = str(cause_of(clock).label)
    return f"{label}: {status_of(status_in(clock)).label}" if cause_of(clock) is Cause.WAITS_1MG else label


def status_words(status_id: int | None) -> str:
    """`status 130 (Packaging)`."""
    return f"status {status_id} ({status_of(status_id).label})" if status_id is not None else "no status given"


def in_india(at: datetime) -> str:
    """`27 Nov 2026 14:05 IST`."""
    return at.astimezone(INDIA).strftime("%d %b %Y %H:%M IST")


def _last_word(order: Order) -> str:
    updated = f", updated {in_india(order.updated_at)}" if order.updated_at else ""
    return f"{status_words(order.status_id)}{updated}"


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
