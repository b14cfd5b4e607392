"""The one statement that each asking of 1mg's runs, written by hand since its text need not be made anew each time.

look(id)    a purchase and its orders at Nimbbl; nothing is locked
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.db import InterfaceError, OperationalError, connection

from orders import rows
from orders.models import OrderGroup
from payments.models import Payment

_GROUP: Final = (
    "merchant_order_id",
    "group_order_id",
    "onemg_order_id",
    "payment_method",
    "registered_method",
    "payable_amount",
    "environment",
)
_PAYMENT: Final = ("nimbbl_order_id", "group_id", "answer", "trouble", "answered_at", "heard_at")


@dataclass(frozen=True, slots=True)
class Found:
    """A purchase and its orders at Nimbbl, the latest first: some columns, the others when they are asked for."""

    group: OrderGroup
    payments: Sequence[Payment]


def look(merchant_order_id: str) -> Found | None:
    """The purchase as it stands; `None` where there is none.

    Whether a kept connection still works is not asked before, which spares a way: one that has died is replaced.
    """
    was_open = connection.connection is not None
    try:
        return _read(merchant_order_id)
    except (OperationalError, InterfaceError):
        connection.close_if_unusable_or_obsolete()
        if not was_open or connection.connection is not None:
            raise
    return _read(merchant_order_id)


def _read(merchant_order_id: str) -> Found | None:
    found = rows.execute(_looking(), [merchant_order_id]).fetchall()
    if not found:
        return None
    many = len(_GROUP)
    payments = [rows.read(Payment, row[many:], _PAYMENT) for row in found if row[many] is not None]
    return Found(rows.read(OrderGroup, found[0][:many], _GROUP), payments)


@cache
def _looking() -> str:
    group, payment = rows.table(OrderGroup), rows.table(Payment)
    what = f"{rows.columns(OrderGroup, _GROUP)}, {rows.columns(Payment, _PAYMENT)}"
    joined = f"{group} LEFT JOIN {payment} ON {payment}.group_id = {group}.merchant_order_id"
    latest = f"{payment}.created_at DESC, {payment}.nimbbl_order_id"
    return f"SELECT {what} FROM {joined} WHERE {group}.merchant_order_id = %s ORDER BY {latest}"  # noqa: S608
