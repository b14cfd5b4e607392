"""The thread of a web process that looks for what is pending, so that nothing stays so for long without a worker.

wake()    have this process look: now, or every while as long as updates come
"""

from __future__ import annotations

import logging
import threading
import time

from django.conf import settings
from django.db import close_old_connections, connection

from webhooks import pending
from webhooks.models import Delivery

log = logging.getLogger(__name__)

_bell = threading.Event()
_lock = threading.Lock()
_thread: threading.Thread | None = None
_next_look = 0.0


def wake(*, now: bool = False) -> None:
    """Have this process look for what is pending: now, or every `ONEMG_WEBHOOK_LOOK_BACK_SECONDS` while updates come.

    The thread ends when nothing is pending.
    """
    global _thread, _next_look  # noqa: PLW0603 - each process keeps its own time and thread
    every = settings.ONEMG_WEBHOOK_LOOK_BACK_SECONDS
    if every is None or not (now or time.monotonic() >= _next_look):
        return
    with _lock:
        _next_look = time.monotonic() + every
        _bell.set()
        if _thread is None:
            _thread = threading.Thread(target=_watch, args=(every,), name="pending", daemon=True)
            _thread.start()


def _watch(every: float) -> None:
    global _thread  # noqa: PLW0603
    while True:
        _bell.clear()
        left = _look()
        with _lock:
            if not left and not _bell.is_set():
                _thread = None
                return
        _bell.wait(every)


def _look() -> bool:
    """Finish what is due, unless somebody else does; whether anything is still pending."""
    try:
        close_old_connections()
        if not pending.somebody_works():
            pending.work_off(limit=1000, ending=time.monotonic() + pending.SWEEP_SECONDS)
        return bool(Delivery.objects.pending().exists())
    except Exception as error:  # noqa: BLE001 - an outer door: the database may be away, and will be back
        log.error("looking for what is pending failed: %s", type(error).__name__, exc_info=True)
        return True
    finally:
        connection.close()
