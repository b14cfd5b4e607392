"""Threads that carry calls to the partners, so that no web request waits for one.

A pool of its own: however slow a partner is, updates are received and pages answered meanwhile. What is handed over is
committed already, so nothing is lost with a process: the sweep finds what was never sent.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.db import close_old_connections, transaction

from payments import sending
from payments.models import PartnerCall

log = logging.getLogger(__name__)
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


def _submit(call: PartnerCall) -> None:
    future = _pool().submit(_carry, call)
    _under_way.add(future)
    future.add_done_callback(_under_way.discard)


def _carry(call: PartnerCall) -> None:
    close_old_connections()
    carry(call)
    close_old_connections()


@lru_cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.PARTNER_CALL_THREADS, thread_name_prefix="partner-call")
