"""Django's `migrate`, one at a time."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

#: PostgreSQL names advisory locks by number; this one is ours.
LOCK: Final = 1_316_240_917


class Command(migrate.Command):
    help = "Update the database schema. A second one that runs at the same time waits, and then finds nothing to do."

    def handle(self, *args: Any, **options: Any) -> None:
        with _alone(connections[options["database"]], self._say_that_we_wait):
            super().handle(*args, **options)

    def _say_that_we_wait(self) -> None:
        self.stderr.write("Another migrate is running; waiting for its end.")


@contextmanager
def _alone(connection: BaseDatabaseWrapper, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of this database; calls `waiting` once when somebody else has it."""
    with _on_postgresql(connection, waiting) if connection.vendor == "postgresql" else _in_a_file(connection, waiting):
        yield


@contextmanager
def _on_postgresql(connection: BaseDatabaseWrapper, waiting: Callable[[], None]) -> Iterator[None]:
    """A lock of the session: it ends with its process, however that ends. Asked for in turns, past `lock_timeout`."""
    with connection.cursor() as cursor:
        said = False
        while not _answer(cursor, "SELECT pg_try_advisory_lock(%s)"):
            if not said:
                waiting()
            said = True
            time.sleep(0.2)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            _answer(cursor, "SELECT pg_advisory_unlock(%s)")


def _answer(cursor: Any, question: str) -> bool:
    cursor.execute(question, [LOCK])
    return bool(cursor.fetchone()[0])


@contextmanager
def _in_a_file(connection: BaseDatabaseWrapper, waiting: Callable[[], None]) -> Iterator[None]:
    """A lock on a file beside SQLite's; a database in memory is nobody else's."""
    name = str(connection.settings_dict["NAME"])
    if ":memory:" in name or "mode=memory" in name:
        yield
        return
    with open(f"{name}.migrate", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
