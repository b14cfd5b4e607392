"""Threads that ask the partners, so that no web request waits for one.

Pools of their own: however slow a partner is, updates are received and pages answered meanwhile. A call that is handed
over is committed already, so nothing is lost with a process: the sweep finds what was never sent. An enquiry that is
lost is asked again by the page that waits for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from functools import lru_cache
from typing import Final, TypeVar

from django.conf import settings
from django.db import close_old_connections, transaction

from payments import enquiry, sending
from payments.models import PartnerCall, Payment

log = logging.getLogger(__name__)

#: However often 1mg asks, Nimbbl is asked about one payment so often at most.
ASKED_EVERY: Final = timedelta(seconds=5)
T = TypeVar("T")
_under_way: Final[set[Future[None]]] = set()


def hand_over(call: PartnerCall) -> None:
    """Have the call carried as soon as the transaction around it has committed."""
    transaction.on_commit(lambda: _submit(call))


def carry(call: PartnerCall) -> None:
    """Carry the call now, in this thread; whatever happens is its own affair."""
    try:
        sending.carry(call)
    except Exception as error:  # noqa: BLE001 - an outer door: the row tells where it stands, and the sweep goes on
        log.error("call %s: %s", call.pk, type(error).__name__, exc_info=True)


def drain(seconds: float) -> bool:
    """Wait until nothing is under way in this process, `seconds` at most; whether that came about."""
    return not wait(list(_under_way), seconds).not_done


def ask_about_money(payment: Payment, *, patience: float = 0) -> bool:
    """Have Nimbbl asked about the money, unless somebody is asking already; `payments.enquiry` keeps the answer.

    Waits for it `patience` seconds at most, however slow Nimbbl is; whether it came.
    """
    if not enquiry.claim(payment):
        return False
    future = _run(_pool("partner-enquiry"), _refresh, payment)
    return patience > 0 and not wait([future], patience).not_done


def ask_for_1mg(payment: Payment, *, patience: float) -> None:
    """The same where 1mg waits for what comes of it, `patience` seconds at most, and Nimbbl was not only just asked.

    In a pool of its own, which neither pages nor confirmations fill: 1mg asks while it keeps those waiting. All of it
    is a thread's work, since the claim too may have to wait for whoever writes.
    """
    wait([_run(_pool("partner-asked"), _ask_for_1mg, payment)], patience)


def _ask_for_1mg(payment: Payment) -> None:
    if enquiry.claim(payment, every=ASKED_EVERY):
        _refresh(payment)


def later(do: Callable[[], None]) -> None:
    """Have a thread do what no answer waits for."""
    _run(_pool("later"), _do, do)


def _do(what: Callable[[], None]) -> None:
    what()


def in_background(pool: str, do: Callable[[T], None], about: T) -> None:
    """Have a partner asked something that is no call, by a thread, as soon as the transaction around it has committed.

    What goes wrong is logged; whoever waits for the answer asks again.
    """

    def quietly(about: T) -> None:
        try:
            do(about)
        except Exception as error:  # noqa: BLE001 - an outer door
            log.error("%s of %s: %s", do.__name__, about, type(error).__name__, exc_info=True)

    transaction.on_commit(lambda: _run(_pool(pool), quietly, about))


def _submit(call: PartnerCall) -> None:
    _run(_pool("partner-call"), carry, call)


def _refresh(payment: Payment) -> None:
    try:
        enquiry.refresh(payment)
    except Exception as error:  # noqa: BLE001 - an outer door: whoever waits for the answer has it asked for again
        log.error("enquiry of %s: %s", payment.pk, type(error).__name__, exc_info=True)


def _run(pool: ThreadPoolExecutor, do: Callable[[T], None], about: T) -> Future[None]:
    def done() -> None:
        close_old_connections()
        do(about)
        close_old_connections()

    future = pool.submit(done)
    _under_way.add(future)
    future.add_done_callback(_under_way.discard)
    return future


@lru_cache
def _pool(name: str) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.PARTNER_CALL_THREADS, thread_name_prefix=name)
