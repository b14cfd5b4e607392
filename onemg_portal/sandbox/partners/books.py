"""What the partners of the sandbox know of each order, and what really happened to it.

The books say what a test or a person cannot see from the portal: whether a confirm that was never answered took effect.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class PaidBack:
    """One refund at Nimbbl; rupees as text."""

    transaction_id: str
    refund_request_id: str
    amount: str


@dataclass(frozen=True, slots=True)
class Order:
    """One order as both partners know it: 1mg by `onemg_order_id`, Nimbbl by `nimbbl_order_id`.

    Amounts are rupees as text. `paid_amount` is what Nimbbl took where it differs from `payable_amount`,
    `refunded_amount` what it has paid back by hand, `refunds` what it was asked to, which stand as `refund_status`.
    `attempts` are the words of attempts to pay before the one of `payment_status`; a `lapsed` order takes no more.
    """

    merchant_order_id: str
    onemg_order_id: str
    nimbbl_order_id: str = ""
    payable_amount: str = "652.36"
    payment_status: str = "succeeded"
    attempts: tuple[str, ...] = ()
    lapsed: bool = False
    paid_amount: str = ""
    refunded_amount: str = ""
    refunds: tuple[PaidBack, ...] = ()
    refund_status: str = "succeeded"
    cancelled: bool = False
    packed: bool = False
    shipping_address: dict[str, Any] | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    custom_attributes: dict[str, Any] | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id it goes by."""
        return tuple(filter(None, (self.merchant_order_id, self.onemg_order_id, self.nimbbl_order_id)))


def _nothing(*_: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class News:
    """Who is told of what happens at the partners, each in the thread of the request that made it happen.

    `confirmed`: 1mg has taken a confirmation, the first of the order. `cancelled`: 1mg has taken a cancellation.
    `unpaid`: 1mg has refused a confirmation, since the merchant did not tell it that the order is paid.
    `refunded`: Nimbbl has taken a refund.
    """

    confirmed: Callable[[Order], object] = _nothing
    cancelled: Callable[[Order], object] = _nothing
    unpaid: Callable[[Order], object] = _nothing
    refunded: Callable[[Order, PaidBack], object] = _nothing


@dataclass(slots=True)
class Effects:
    """What was asked of an order and what came of it.

    `confirms_taken` is 0 or 1; `confirms_repeated` counts those that 1mg accepted although it had one already.
    `cancels_taken` counts the cancellations that 1mg accepted. `updates` has the changed keys of each update that
    Nimbbl applied, `refunds` the rupees of each refund that it paid, `payments_told` what the merchant told 1mg of the
    payment each time that it asked.
    """

    confirms_received: int = 0
    confirms_taken: int = 0
    confirms_repeated: int = 0
    cancels_received: int = 0
    cancels_taken: int = 0
    tracks_received: int = 0
    updates_received: int = 0
    updates: list[list[str]] = field(default_factory=list)
    enquiries: int = 0
    refunds_received: int = 0
    refunds: list[str] = field(default_factory=list)
    payments_told: list[str] = field(default_factory=list)


class Books:
    """The orders, the effects and the live tokens. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._orders: dict[str, Order] = {}
        self._effects: dict[str, Effects] = {}
        self._tokens: dict[str, float] = {}
        self._documents: dict[str, dict[str, Any]] = {}
        self._news = News()
        self.token_calls = 0

    def listen(self, news: News) -> None:
        """Tell these of what happens from now on."""
        self._news = news

    def tell(self, order: Order) -> Order:
        """Enter an order, or replace what was known of it."""
        with self._lock:
            self._orders |= dict.fromkeys(order.ids, order)
        return order

    def find(self, order_id: str) -> Order | None:
        """The order that goes by any of its ids."""
        return self._orders.get(order_id)

    def change(self, order_id: str, **changes: Any) -> Order:
        """Change what is known of an order, `cancelled` for one; `KeyError` where nobody knows it."""
        with self._lock:
            return self.tell(replace(self._orders[order_id], **changes))

    def effects(self, order_id: str) -> dict[str, Any]:
        """What happened to an order, by any of its ids; all zero where nothing did."""
        with self._lock:
            return asdict(self._effects_of(order_id))

    def all_effects(self) -> dict[str, dict[str, Any]]:
        """What happened, by merchant_order_id, or by the id that was asked for where nobody knows it."""
        with self._lock:
            return {name: asdict(effects) for name, effects in self._effects.items()}

    def received(self, order_id: str, what: str) -> None:
        """Count a request: `what` is a counter of `Effects`."""
        with self._lock:
            effects = self._effects_of(order_id)
            setattr(effects, what, getattr(effects, what) + 1)

    def payment_told(self, order: Order, status: str, *, is_paid: bool) -> None:
        """The merchant has told 1mg how the payment of an order stands, and 1mg takes that for paid or not."""
        with self._lock:
            self._effects_of(order.onemg_order_id).payments_told.append(status)
        if not is_paid:
            self._news.unpaid(order)

    def count_token_call(self) -> None:
        """Count a request for a token."""
        with self._lock:
            self.token_calls += 1

    def confirm(self, order: Order) -> None:
        """1mg takes a confirm. Only the first one is told on."""
        with self._lock:
            effects = self._effects_of(order.onemg_order_id)
            first = not effects.confirms_taken
            effects.confirms_taken = 1
            effects.confirms_repeated += not first
        if first:
            self._news.confirmed(order)

    def cancel(self, order: Order) -> None:
        """1mg takes a cancellation."""
        with self._lock:
            self.change(order.onemg_order_id, cancelled=True)
            self._effects_of(order.onemg_order_id).cancels_taken += 1
        self._news.cancelled(order)

    def note(self, update: bytes) -> None:
        """What 1mg knows of a purchase by now, as the body of an update; orders not listed stay as they were."""
        document = json.loads(update)
        told = document.get("result", document)
        with self._lock:
            before = self._documents.get(told["merchant_order_id"], {}).get("grouped_orders", [])
            listed = {entry["order_id"]: entry for entry in (*before, *told["grouped_orders"])}
            self._documents[told["merchant_order_id"]] = {**told, "grouped_orders": list(listed.values())}

    def document(self, merchant_order_id: str) -> dict[str, Any] | None:
        """All that 1mg knows of a purchase; `None` where it does not know it."""
        with self._lock:
            return self._documents.get(merchant_order_id)

    def status_of(self, order: Order) -> int | None:
        """The status of the order that 1mg calls so."""
        entries = (self.document(order.merchant_order_id) or {}).get("grouped_orders", [])
        found = (entry["order_status"]["status_id"] for entry in entries if entry["order_id"] == order.onemg_order_id)
        return next(found, None)

    def update(self, order_id: str, changes: dict[str, Any], keys: list[str]) -> None:
        """Nimbbl applies an update: `keys` in the words of its request."""
        with self._lock:
            self.change(order_id, **changes)
            self._effects_of(order_id).updates.append(keys)

    def refund(self, order_id: str, paid_back: PaidBack) -> None:
        """Nimbbl pays back."""
        with self._lock:
            order = self.change(order_id, refunds=(*self._orders[order_id].refunds, paid_back))
            self._effects_of(order_id).refunds.append(paid_back.amount)
        self._news.refunded(order, paid_back)

    def remember_token(self, token: str, seconds: float) -> None:
        """A token is alive for so many seconds."""
        with self._lock:
            self._tokens[token] = time.monotonic() + seconds

    def is_live(self, token: str) -> bool:
        """Whether Nimbbl would take this token now."""
        return time.monotonic() < self._tokens.get(token, 0)

    def expire_tokens(self) -> None:
        """Every token dies before its time."""
        with self._lock:
            self._tokens.clear()

    def _effects_of(self, order_id: str) -> Effects:
        order = self.find(order_id)
        return self._effects.setdefault(order.merchant_order_id if order else order_id, Effects())
