"""The money of a purchase, line by line, from 1mg's payment summary. Pure.

The published sums do not add up from their parts (an order of 376.00 has 25.00 without a line), so every line is what
1mg said and nothing is worked out here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from orders.chips import rupees

#: key of `payment_summary`, our words, whether it stands out, whether a zero is worth a line
_LINES = (
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


def lines(summary: dict[str, Any] | None) -> list[tuple[str, Decimal, bool]]:
    """What to show: words, rupees, whether it stands out. Empty where 1mg has said nothing."""
    if not summary:
        return []
    shown = []
    for key, words, strong, even_zero in _LINES:
        amount = rupees(summary, key)
        if key in summary and (amount or even_zero):
            shown.append((words, -amount if key == "coupon_discount" else amount, strong and bool(amount)))
        if key == "shipping_charges":
            shown += _extras(summary)
    return shown


def _extras(summary: dict[str, Any]) -> list[tuple[str, Decimal, bool]]:
    """Value-added services and further charges, in 1mg's own words."""
    found = []
    for key in ("vas", "additional_charges"):
        charges = summary.get(key)
        for charge in charges if isinstance(charges, list) else ():
            if isinstance(charge, dict):
                found.append((str(charge.get("display_text") or "Charge"), rupees(charge, "amount"), False))
    return found
