"""What a request of 1mg's for a refund says, read from its bytes by whoever received them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Wanted:
    """`unique_id` and `order_id` as 1mg wrote them; `other_ids`: whatever else it names the purchase by.

    `amount`: rupees, to the paisa, more than nothing. Where the body cannot be read `problem` says why, in words
    without any of its content, and the rest is what could be read.
    """

    unique_id: str = ""
    order_id: str = ""
    other_ids: tuple[str, ...] = ()
    amount: Decimal | None = None
    problem: str = ""
