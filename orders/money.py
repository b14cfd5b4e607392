"""The money of a purchase, line by line, from 1mg's payment summary. Pure.

The published sums do not add up from their parts (an order of 376.00 has 25.00 without a line), so every line is what
1mg said and nothing is worked out here; `orders.reckoning` says what does not add up.

Three things are told apart. An amount that 1mg said and we can read has its rupees. One that 1mg said and nobody can
read, or said as null, is *unknown*: the key stands in the summary with null, and it is shown as a dash and a mark,
never as zero. One that 1mg did not say is `None` here, since its key is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from orders.numbers import decimal_of


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount that 1mg has said. `rupees`: `None` where it is unknown, which is not zero."""

    rupees: Decimal | None

    @property
    def unknown(self) -> bool:
        """Whether 1mg said something that is no amount."""
        return self.rupees is None

    @property
    def zero(self) -> bool:
        """Whether 1mg said that it is nothing."""
        return self.rupees == 0


UNKNOWN: Final = Amount(None)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the money: our words or 1mg's, the amount (`None`: not said), whether it stands out."""

    words: str
    amount: Amount | None
    strong: bool = False


#: key of `payment_summary`, our words, whether it stands out, whether a zero is worth a line
_LINES: Final = (
    ("cart_mrp", "Items at MRP", False, True),
    ("discounted_mrp", "Items after discount", False, True),
    ("coupon_discount", "Coupon", False, False),
    ("shipping_charges", "Shipping", False, False),
    ("order_mrp", "Order", True, True),
    ("amount_payable", "To be paid", False, False),
    ("amount_collected", "Collected at the door", False, False),
    ("online_collected", "Collected online", True, True),
    ("online_pending_amount", "Pending online", False, False),
    ("cashback_earned", "Cashback earned", False, False),
    ("cashback_refund_due", "Cashback to be returned", False, False),
    ("online_refund_due", "Online refund due", False, False),
    ("online_refund_initiated", "Online refund started", False, False),
    ("total_refund_due", "Refund due", True, True),
    ("total_refunded_amount", "Refunded", True, True),
)
#: What the list shows of a purchase: collected, else to be paid, else the order's worth.
_WORTH: Final = ("online_collected", "amount_collected", "amount_payable", "order_mrp")


def said(summary: Mapping[str, Any] | None, key: str) -> Amount | None:
    """One amount of a summary (or of a line of charges); `None` where 1mg did not say it."""
    if not summary or key not in summary:
        return None
    value = summary[key]
    if not isinstance(value, str):
        return UNKNOWN
    return _amount(value)


@lru_cache(maxsize=4096)  # what a purchase needs asks for the same few with every update
def _amount(text: str) -> Amount:
    return Amount(decimal_of(text))


def lines(summary: dict[str, Any] | None) -> list[Line]:
    """What to show. Empty where 1mg has said nothing."""
    shown = []
    for key, words, strong, even_zero in _LINES:
        amount = said(summary, key)
        if amount and (even_zero or not amount.zero):
            shown.append(
                Line(words, _taken_off(amount) if key == "coupon_discount" else amount, strong and not amount.zero)
            )
        if summary and key == "shipping_charges":
            shown += charges(summary)
    return shown


def worth(summary: dict[str, Any] | None) -> Amount | None:
    """The one amount a list shows: the first that is not zero. An unknown one may be it, so it ends the search."""
    found = None
    for key in _WORTH:
        amount = said(summary, key)
        if amount and not amount.zero:
            return amount
        found = found or amount
    return found


def _taken_off(amount: Amount) -> Amount:
    return amount if amount.rupees is None else Amount(-amount.rupees)


def charges(summary: dict[str, Any]) -> Iterator[Line]:
    """Value-added services and further charges, in 1mg's own words; what is no charge is an unknown one."""
    for key in ("vas", "additional_charges"):
        told = summary.get(key)
        if told is None:
            continue
        for charge in told if isinstance(told, list) else (told,):
            if isinstance(charge, dict) and isinstance(told, list):
                words = charge.get("display_text")
                yield Line(words if words and isinstance(words, str) else "Charge", said(charge, "amount"))
            else:
                yield Line("Charge", UNKNOWN)
