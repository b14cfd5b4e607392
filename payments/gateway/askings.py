"""Each time that 1mg asks about a payment, and what it was told: an act of the purchase's story.

    note(id, told)    have one written down

1mg waits for no writing of ours: a thread writes down what has come within a twentieth of a second, at once, and waits
for whoever else writes. A process that is killed meanwhile loses those lines, and so does a database that refuses them;
no answer is lost. Many alike in a row are one line with a count, which is worked out when the story is read
(`orders.stories.repeats`), so that nothing is ever changed or locked for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import Any, Final

from django.db import DatabaseError, InterfaceError

from orders import acts
from orders.choices import Kind, Source
from orders.models import Act
from payments import outbox
from payments.acts import PAYMENT_ASKED
from payments.gateway.told import Told

log = logging.getLogger(__name__)

#: What 1mg is told where it is told of no payment.
CASH_ON_DELIVERY: Final = "COD"
ELSEWHERE: Final = "ELSEWHERE"
#: For so many seconds askings are gathered, to be written at once.
_GATHERED_FOR: Final = 0.05
#: Where the database takes none for long, the oldest are lost.
_to_write: Final[deque[Act]] = deque(maxlen=10_000)
_lock: Final = threading.Lock()


def note(merchant_order_id: str, told: Told | str) -> None:
    """1mg has asked about the payment of a purchase; `told`: how it stands, or why it was told nothing."""
    params: dict[str, Any] = (
        {"told": told} if isinstance(told, str) else {"told": told.status, "amount": str(told.amount)}
    )
    act = acts.made(
        PAYMENT_ASKED,
        group_id=merchant_order_id,
        source=Source.ONEMG,
        kind=Kind.PAYMENT,
        **params,
    )
    with _lock:
        _to_write.append(act)
        is_first = len(_to_write) == 1
    if is_first:  # else a thread is about to
        outbox.later(_write)


def _write() -> None:
    time.sleep(_GATHERED_FOR)
    with _lock:
        some = list(_to_write)
        _to_write.clear()
    try:
        acts.record_all(some)
    except (DatabaseError, InterfaceError) as error:
        log.warning("1mg asked about payments %s times, and that is not written: %s", len(some), type(error).__name__)
