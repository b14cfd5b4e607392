"""1mg asks about the payment of a purchase, also while our call that confirms it waits for 1mg's answer.

    answer(id)     what to tell 1mg; it is noted in the purchase's story

1mg has its answer within three seconds, however slow Nimbbl is and whatever else is going on. Nothing here locks a
purchase, writes, or waits for a call: what is known is read, and where that is older than a minute Nimbbl is asked by a
thread of a pool for this alone (`payments.outbox`), which is waited for two seconds at most. Only a few requests of a
process wait so at one time: its other threads are for 1mg's updates.

NoTransaction    we know no such purchase
NotOnline        it is paid at the door; nothing of it goes through Nimbbl
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.utils import timezone

from orders.choices import PaymentMethod
from orders.ids import is_id
from orders.models import OrderGroup
from payments import enquiry, outbox
from payments.gateway import askings, store, told
from payments.models import Payment
from payments.preflight import gather
from payments.preflight.facts import PaymentFact

#: What Nimbbl has said is known for so long; then it is asked again.
KNOWN_FOR: Final = timedelta(minutes=1)
#: So many seconds are waited for what Nimbbl says.
PATIENCE: Final = 2.0
#: So many requests of a process wait for Nimbbl at one time: half of the threads that it has by default.
_places: Final = threading.BoundedSemaphore(4)
#: Seconds between two looks at what another request has Nimbbl asked.
_LOOK_AGAIN: Final = 0.1


class NoTransaction(Exception):  # noqa: N818 - named by what it says
    """No such purchase, or one of another environment than this portal's."""


class NotOnline(Exception):  # noqa: N818 - named by what it says
    """Cash on delivery, by 1mg's word or the shop's."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """How a payment stands, in 1mg's words. `amount` in rupees, to the paisa."""

    order_id: str
    transaction_id: str
    amount: Decimal
    status: told.Status


def answer(merchant_order_id: str) -> Transaction:
    """What to tell 1mg of the payment of a purchase. Asked again, it may tell something else: money moves.

    Raises `NoTransaction` and `NotOnline`.
    """
    purchase = _look(merchant_order_id)
    if _wants_news(purchase.payments):
        _have_nimbbl_asked(purchase.payments[0])
        purchase = _look(merchant_order_id)
    group = purchase.group
    found = told.of([_known(payment) for payment in purchase.payments], group.payable_amount)
    askings.note(group.pk, found)
    return Transaction(_onemg_order_id(group), group.pk, found.amount, found.status)


# --- what is known ----------------------------------------------------------------------------------------------------


def _look(merchant_order_id: str) -> store.Found:
    """The purchase as it stands. Raises `NoTransaction` and `NotOnline`."""
    found = store.look(merchant_order_id) if is_id(merchant_order_id) else None
    if found is None:
        raise NoTransaction
    group = found.group
    if group.environment not in ("", settings.PORTAL_ENVIRONMENT):
        askings.note(group.pk, askings.ELSEWHERE)
        raise NoTransaction
    if PaymentMethod.COD in (group.payment_method, group.registered_method):
        askings.note(group.pk, askings.CASH_ON_DELIVERY)
        raise NotOnline
    # Of a purchase from before this portal noted its environment nobody knows whose money Nimbbl speaks of.
    return found if group.environment else store.Found(group, ())


def _onemg_order_id(group: OrderGroup) -> str:
    """1mg's id of the order, as a confirmation names it; empty where nobody has said one."""
    is_said = group.onemg_order_id or group.group_order_id
    return gather.onemg_order_id(group, () if is_said else list(group.orders.all()[:2]))


def _known(payment: Payment) -> PaymentFact | None:
    """What Nimbbl says of the money, as far as that may still be told."""
    money = enquiry.kept(payment)
    return money if _is_young(payment) or told.is_final(money) else None


def _is_young(payment: Payment) -> bool:
    """Whether Nimbbl has only just been asked, or has said something of its own accord."""
    news = [at for at in (payment.answered_at, payment.heard_at) if at is not None]
    return bool(news) and timezone.now() - max(news) < KNOWN_FOR


# --- asking Nimbbl ----------------------------------------------------------------------------------------------------


def _wants_news(payments: Sequence[Payment]) -> bool:
    """Whether what is known of the payment that counts may not be told any more, and Nimbbl can be asked."""
    if not payments or not settings.NIMBBL_CONFIGURED:
        return False
    money = _known(payments[0])
    return money is None or bool(money.trouble)


def _have_nimbbl_asked(payment: Payment) -> None:
    """Have Nimbbl asked, unless it has been in the last seconds, and wait for what comes of it, within patience."""
    if not _places.acquire(blocking=False):
        return
    try:
        end = time.monotonic() + PATIENCE
        outbox.ask_for_1mg(payment, patience=PATIENCE)
        while time.monotonic() < end and not _has_answered(payment):
            time.sleep(_LOOK_AGAIN)
    finally:
        _places.release()


def _has_answered(payment: Payment) -> bool:
    """Whether nobody is waiting for Nimbbl's answer any more, whoever asked."""
    return not enquiry.is_asked(Payment.objects.only("asked_at", "answered_at").get(pk=payment.pk))
