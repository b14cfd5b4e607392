"""What is summed of the purchases of a day, and which purchases each figure is about.

One condition stands for one figure wherever it is asked: where purchases are counted for the page, and where the list
shows them. Amounts are rupees; what is not known is null, which no sum takes for nothing.

What rules out most purchases at the least cost stands first in a condition: it is asked of a month of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.choices import PaymentMethod
from orders.desk.needs import TOLERANCE

#: Figure -> the column that is summed.
COLUMNS: Final[Mapping[str, str]] = {
    "captured": "all_captured_amount",
    "collected": "collected_amount",
    "due": "refund_due_amount",
    "asked": "refund_asked_amount",
    "paid_back": "paid_back_amount",
}
#: Difference -> what it is of: the first less the second, of purchases of which both are known.
DIFFERENCES: Final[Mapping[str, tuple[str, str]]] = {
    "differs": ("captured", "collected"),
    "left": ("due", "paid_back"),
}
#: Figure -> its words, as they stand above it and in the list's filter; in the order of the page.
WORDS: Final[Mapping[str, str | Promise]] = {
    "captured": _("Captured at Nimbbl"),
    "collected": _("Collected at 1mg"),
    "differs": _("Captured less collected"),
    "due": _("Refund due, says 1mg"),
    "asked": _("Refund asked of us"),
    "paid_back": _("Paid back at Nimbbl"),
    "left": _("Due less paid back"),
}


def _known(figure: str) -> Q:
    return Q(**{f"{COLUMNS[figure]}__isnull": False})


def _some(figure: str) -> Q:
    return _known(figure) & ~Q(**{COLUMNS[figure]: 0})


def _differs(one: str, other: str, by: Decimal | int = 0) -> Q:
    """More or less than the other by more than so many rupees; where either is not known neither holds."""
    theirs = F(COLUMNS[other])
    more, less = (theirs + by, theirs - by) if by else (theirs, theirs)
    return Q(**{f"{COLUMNS[one]}__gt": more}) | Q(**{f"{COLUMNS[one]}__lt": less})


def _by_more_than_a_rupee(one: str, other: str) -> Q:
    return _differs(one, other) & _differs(one, other, TOLERANCE)


#: Paid online, as far as anybody has said how: nothing is captured of the others, and nobody misses it.
_ONLINE: Final = ~Q(payment_method__in=("", PaymentMethod.COD))
#: Figure of which it is not known -> which purchases those are.
UNKNOWN: Final[Mapping[str, Q]] = {
    "captured": ~_known("captured") & _ONLINE,
    "collected": ~_known("collected") & _ONLINE,
    "due": Q(is_refund_unread=True),
    "paid_back": ~_known("paid_back") & _ONLINE,
}
#: Value of the list's filter -> which purchases it leaves.
CONDITIONS: Final[Mapping[str, Q]] = {
    **{figure: _some(figure) for figure in COLUMNS},
    **{name: _differs(*both) for name, both in DIFFERENCES.items()},
    **{f"{name}_much": _by_more_than_a_rupee(*both) for name, both in DIFFERENCES.items()},
    **{f"{figure}_unknown": condition for figure, condition in UNKNOWN.items()},
}
#: The same values in words.
CHOICES: Final = [
    *WORDS.items(),
    ("differs_much", _("Captured and collected differ by more than ₹1")),
    ("left_much", _("Due and paid back differ by more than ₹1")),
    ("captured_unknown", _("Captured: not known")),
    ("collected_unknown", _("Collected: not known")),
    ("due_unknown", _("Refund due: not known")),
    ("paid_back_unknown", _("Paid back: not known")),
]


def both_known(name: str) -> Q:
    """The purchases that a difference is of."""
    one, other = DIFFERENCES[name]
    return _known(one) & _known(other)
