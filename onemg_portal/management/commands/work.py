"""The background worker: sweeps and jobs."""

import functools
import logging
import os
import signal
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django_q import cluster

from onemg_portal import stopping, waiting

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
#: Between one that has ended and the next, which may not be able to start either.
PAUSE_SECONDS = 2.0


class Cluster(cluster.Cluster):  # type: ignore[misc]
    """django-q's processes; knows whether their end was asked for."""

    asked_to_stop = False

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:
        """Stop at the first signal; a second one, in the middle of that, would wait for the first one's locks."""
        if not self.asked_to_stop:
            self.asked_to_stop = True
            super().sig_handler(signum, frame)


class Sentinel(cluster.Sentinel):  # type: ignore[misc]
    """django-q's watch over its processes, which ends all of them when one was killed."""

    def reincarnate(self, process: Any) -> None:
        """Replace a process that has ended.

        One that was killed most likely waited for a job, with the lock of the queue in its hands. Another in its place
        would wait for that lock for ever, and no job be done any more.
        """
        if (process.exitcode or 0) >= 0:
            super().reincarnate(process)
            return
        for one in (*self.pool, self.monitor, self.pusher):
            one.kill()
        os._exit(1)


class Command(BaseCommand):
    help = (
        "Finish what a crash left pending, and do what is scheduled, until stopped. Starts anew when it is hurt, and "
        "waits where the database is away."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        cluster.Sentinel = Sentinel
        os.register_at_fork(after_in_child=functools.partial(stopping.end_with_parent, signal.SIGKILL))
        while waiting.for_the_queue(stopping.Request()) and not _worked_until_asked():
            log.error("the background worker has lost a process or could not start; starting another")
            time.sleep(PAUSE_SECONDS)


def _worked_until_asked() -> bool:
    """Run one set of processes to their end; whether that was asked for."""
    queue = Cluster()
    try:
        queue.start()
    except RuntimeError as error:
        log.error("%s", error)
    while queue.sentinel.is_alive():
        time.sleep(LOOK_SECONDS)
    return queue.asked_to_stop
