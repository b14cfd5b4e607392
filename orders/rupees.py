"""Rupees as people in India write and read them. Pure.

grouped(Decimal("123456.7"))    ->  "1,23,456.70"
with_sign(Decimal("123456.7"))  ->  "₹1,23,456.70"
plain("₹ 1,23,456.70")          ->  "123456.70"
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.utils import numberformat

from orders.numbers import PAISA

#: What may stand before or after an amount.
_SIGN: Final = re.compile(r"^(?:₹|rs\.?|inr)\s*|\s*(?:₹|/-|inr)$", re.IGNORECASE)
#: Groups as in India, or of three; one comma elsewhere may be somebody's decimal point.
_GROUPED: Final = re.compile(r"(?:\d{1,2}(?:,\d{2})*,\d{3}|\d{1,3}(?:,\d{3})+)(?:\.\d*)?")


def grouped(value: Decimal) -> str:
    """Two places, in India's groups: the last three digits, then two and two."""
    sign = "−" if value < 0 else ""
    return sign + in_groups(abs(value).quantize(PAISA, ROUND_HALF_UP), places=2)


def in_groups(value: Decimal | int, places: int = 0) -> str:
    """A number that is not negative, with so many decimals."""
    return numberformat.format(
        value, ".", decimal_pos=places, grouping=(3, 2, 0), thousand_sep=",", force_grouping=True
    )


def with_sign(value: Decimal) -> str:
    """The same with what it is."""
    sign = "−" if value < 0 else ""
    return f"{sign}₹{grouped(abs(value))}"


def plain(text: str) -> str:
    """An amount as the desk prints it or a person types it, without its sign and groups; any other text as it is."""
    bare = _SIGN.sub("", text.strip()).strip()
    return bare.replace(",", "") if _GROUPED.fullmatch(bare) else bare
