"""Waiting for a database that is away, or not migrated yet, without filling the log."""

from __future__ import annotations

import logging
import time
from typing import Final

from django.db import Error, connections
from django_q.models import OrmQ

from onemg_portal import stopping

log = logging.getLogger(__name__)

#: Between two tries.
PAUSE_SECONDS: Final = 2.0
#: Between two lines of the log about one absence.
SAY_SECONDS: Final = 60.0


class Absence:
    """How long the database has been away, as one process sees it."""

    def __init__(self) -> None:
        self._said: float | None = None

    def goes_on(self, error: Exception) -> None:
        """Say so, once in a while, and wait before the next try."""
        if self._said is None or time.monotonic() - self._said >= SAY_SECONDS:
            self._said = time.monotonic()
            log.warning("waiting for the database: it is away, or not migrated (%s)", type(error).__name__)
        time.sleep(PAUSE_SECONDS)

    def is_over(self) -> None:
        """Say so, where it was said to be away."""
        if self._said is not None:
            log.info("the database answers again")
        self._said = None


def for_the_queue(asked_to_stop: stopping.Request) -> bool:
    """Wait until the queue can be read; false where somebody has asked to stop before that.

    No connection is left open: the processes of the queue would share it.
    """
    absence = Absence()
    while not asked_to_stop:
        try:
            OrmQ.objects.exists()
        except Error as error:
            absence.goes_on(error)
        else:
            absence.is_over()
            return True
        finally:
            connections.close_all()
    return False
