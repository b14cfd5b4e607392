"""What the worker may run: the jobs in our list, and nothing because a row of the database says so.

django-q2 runs whatever function a queued packet names, and unpickles the packet to find out; schedules are plain rows.
So packets are looked at on their way in and on their way out, before anything of them is imported or run.
"""

from __future__ import annotations

import io
import logging
import pickle
from typing import Any, Final

from django.db import Error
from django_q import core_signing
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ

from onemg_portal.schedules import SWEEPS
from onemg_portal.waiting import Absence

log = logging.getLogger(__name__)

JOBS: Final = frozenset(SWEEPS.values())
#: What a packet of ours says. Its hooks, chains and further options would name code as well.
KEYS: Final = frozenset({"id", "name", "func", "args", "kwargs", "started", "group", "cluster"})
_TIMES: Final = {("datetime", "datetime"), ("datetime", "timezone"), ("datetime", "timedelta")}


class Broker(ORM):  # type: ignore[misc]
    """django-q2's queue in the database, for our jobs alone. Where the database is away it waits."""

    def __init__(self, list_key: str | None = None) -> None:
        super().__init__(list_key)
        self._absence = Absence()

    @staticmethod
    def get_connection(list_key: str | None = None) -> Any:
        """The queue's rows. That they can be read is asked when they are: here an error would end a process."""
        try:
            return ORM.get_connection(list_key)
        except Error:
            return OrmQ.objects.using(Conf.ORM)

    def enqueue(self, task: str) -> int | None:
        """Queue a packet; one that is not ours is dropped, and the log says so."""
        return super().enqueue(task) if _is_ours(task) else None

    def dequeue(self) -> list[tuple[int, str]]:
        """The packets that are due; those that are not ours are deleted. None while the database is away."""
        try:
            due = super().dequeue() or []
            self._absence.is_over()
        except Error as error:
            self._absence.goes_on(error)
            return []
        for key, task in due:
            if not _is_ours(task):
                self.delete(key)
        return [(key, task) for key, task in due if _is_ours(task)]

    def delete(self, task_id: int) -> None:
        """Forget a packet. One that the database keeps is done once more, which is safe for all of our jobs."""
        try:
            super().delete(task_id)
        except Error as error:
            log.warning("a job that is done stays in the queue: the database is away (%s)", type(error).__name__)


def keep_to_the_point(sender: Any, task: dict[str, Any], **kwargs: Any) -> None:
    """Before a packet is packed: drop its options. One of them would run it at once, past the queue."""
    for name in task.keys() - KEYS:
        del task[name]


def _is_ours(packet: str) -> bool:
    """Whether it is signed, names a job of our list and says nothing else."""
    try:
        task = core_signing.loads(packet, key=Conf.SECRET_KEY, salt=Conf.PREFIX, serializer=_Plain)
        ours = task["func"] in JOBS and not task["args"] and not task["kwargs"] and not task.keys() - KEYS
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is not ours
        log.error("a queued job was refused: it cannot be read (%s)", type(error).__name__)
        return False
    if not ours:
        log.error("a queued job was refused: %.100r is not in our list, or has arguments", task["func"])
    return ours


class _Unpickler(pickle.Unpickler):
    """Reads plain values and times; a pickle that asks for anything else ends here."""

    def find_class(self, module: str, name: str) -> Any:
        """What a pickle may name."""
        if (module, name) not in _TIMES:
            raise pickle.UnpicklingError("not a plain value")
        return super().find_class(module, name)


class _Plain:
    """The signer's way to read."""

    def loads(self, data: bytes) -> dict[str, Any]:
        """The packet."""
        task: dict[str, Any] = _Unpickler(io.BytesIO(data)).load()  # noqa: S301 - the very point
        return task
