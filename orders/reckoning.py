"""What the parts of a purchase's money come to, beside what 1mg says. Pure.

    line_total(quantity, price)      what one line of the items comes to
    items_total(totals)              what all of them come to
    notes(summary, items)            a sentence for each amount of 1mg's that its parts do not come to

1mg's sums do not add up from their parts (an order of 376.00 has 25.00 without a line). What is worked out here is
ours, is said to be, and never stands in the place of an amount that 1mg said. What is unknown is in no sum: where a
part cannot be read there is nothing to compare.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

from orders import money
from orders.money import Amount
from orders.numbers import PAISA
from orders.rupees import with_sign

Summary = dict[str, Any] | None
_NOTHING: Final = Decimal(0)


def line_total(quantity: Decimal | None, price: Decimal | None) -> Decimal | None:
    """Quantity times price, in rupees; `None` where either is unknown."""
    return None if quantity is None or price is None else (quantity * price).quantize(PAISA)


def items_total(totals: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of some lines' totals; `None` where there is no line, or one is unknown."""
    found = list(totals)
    known = [total for total in found if total is not None]
    return sum(known, _NOTHING) if known and len(known) == len(found) else None


def notes(summary: Summary, items: Decimal | None) -> Iterator[str]:
    """The sentences. `items`: what the items' prices come to."""
    yield from _of_the_items(_rupees(money.said(summary, "discounted_mrp")), items)
    yield from _of_the_order(summary)
    yield from _of_what_was_collected(summary)
    yield from _of_the_refund(summary)


def _of_the_items(said: Decimal | None, items: Decimal | None) -> Iterator[str]:
    if said is None or items is None or items == said:
        return
    yield f"The items come to {with_sign(items)}, 1mg says {with_sign(said)} after discount: {_gap(said - items)}."


def _of_the_order(summary: Summary) -> Iterator[str]:
    """The order against its items, coupon, shipping and charges. 1mg counts charges in, or leaves them out."""
    order = _rupees(money.said(summary, "order_mrp"))
    items = _rupees(money.said(summary, "discounted_mrp"))
    coupon, shipping = _part(summary, "coupon_discount"), _part(summary, "shipping_charges")
    charges = _sum(line.amount for line in money.charges(summary or {}))
    if order is None or items is None or coupon is None or shipping is None or charges is None:
        return
    without = items - coupon + shipping
    if order == without + charges:
        return
    if order == without:
        yield f"The charges of {with_sign(charges)} are not in the order's {with_sign(order)}."
        return
    come_to = with_sign(without + charges)
    yield f"The lines of the order come to {come_to}, 1mg says {with_sign(order)}: {_gap(order - without - charges)}."


def _of_what_was_collected(summary: Summary) -> Iterator[str]:
    """What was collected, online and at the door, against the order; where nothing was there is nothing to compare."""
    order = _rupees(money.said(summary, "order_mrp"))
    collected = _sum(money.said(summary, key) for key in ("online_collected", "amount_collected"))
    if order is None or not collected or collected == order:
        return
    side = "more" if collected > order else "less"
    yield f"Collected is {with_sign(collected)}, {with_sign(abs(collected - order))} {side} than the order."


def _of_the_refund(summary: Summary) -> Iterator[str]:
    """The whole refund that is due against its parts, where 1mg names parts."""
    whole = _rupees(money.said(summary, "total_refund_due"))
    parts = _sum(money.said(summary, key) for key in ("online_refund_due", "cashback_refund_due"))
    if whole is not None and parts and parts != whole:
        said = f"The parts of the refund come to {with_sign(parts)}, 1mg says {with_sign(whole)}"
        yield f"{said}: {_gap(whole - parts)}."


def _gap(missing: Decimal) -> str:
    """The difference, in words: what 1mg says is more than its parts, or less."""
    return f"{with_sign(missing)} has no line" if missing > 0 else f"{with_sign(-missing)} too much in the lines"


def _rupees(amount: Amount | None) -> Decimal | None:
    return amount.rupees if amount else None


def _part(summary: Summary, key: str) -> Decimal | None:
    """A part that 1mg may leave out: nothing then; `None` where it cannot be read."""
    return _sum([money.said(summary, key)])


def _sum(amounts: Iterable[Amount | None]) -> Decimal | None:
    """The sum of what was said; `None` where one of them cannot be read."""
    said = [amount for amount in amounts if amount]
    if any(amount.unknown for amount in said):
        return None
    return sum((amount.rupees for amount in said if amount.rupees is not None), _NOTHING)
