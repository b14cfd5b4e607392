"""Each time that 1mg asks about a payment, and what it was told: an act of the purchase's story.

    note(id, told)    write one down

Many alike in a row are one line with a count, which is worked out when the story is read (`orders.stories.repeats`): so
asking writes one row and changes none. Its one INSERT locks nothing that anybody else holds for long, but for SQLite,
where one writes at a time: what has to wait there is given up soon, and whatever the trouble, 1mg is answered and the
line is lost.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import DatabaseError, connection

from orders import acts
from orders.choices import Kind, Source
from payments.acts import PAYMENT_ASKED
from payments.gateway.told import Told

log = logging.getLogger(__name__)

#: What 1mg is told where it is told of no payment.
CASH_ON_DELIVERY: Final = "COD"
ELSEWHERE: Final = "ELSEWHERE"
#: So long SQLite is waited for, in milliseconds: 1mg is to have its answer.
_PATIENCE_MS: Final = 300


def note(merchant_order_id: str, told: Told | str) -> None:
    """1mg has asked about the payment of a purchase; `told`: how it stands, or why it was told nothing."""
    params = {"told": told} if isinstance(told, str) else {"told": told.status, "amount": str(told.amount)}
    try:
        with _little_patience():
            acts.record(PAYMENT_ASKED, group_id=merchant_order_id, source=Source.ONEMG, kind=Kind.PAYMENT, **params)
    except DatabaseError as error:
        log.warning("1mg asked about a payment, and that is not written down: %s", type(error).__name__)


@contextmanager
def _little_patience() -> Iterator[None]:
    """Wait for another writer a moment only; PostgreSQL has no such wait."""
    if connection.vendor != "sqlite":
        yield
        return
    usual = connection.settings_dict["OPTIONS"].get("timeout", 5) * 1000
    _wait_for_writers(_PATIENCE_MS)
    try:
        yield
    finally:
        _wait_for_writers(usual)


def _wait_for_writers(milliseconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {milliseconds:d}")
