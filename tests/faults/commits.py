"""A process that dies right after one of its commits, whichever code makes it: no place has to be named for it.

    die_after(number)    this process ends as in a crash once so much is committed

Counted is what any of its threads commits: each transaction, and each statement that writes by itself.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any, Final

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

_WRITES: Final = ("INSERT", "UPDATE", "DELETE")


def die_after(number: int) -> None:
    """End this process, without clean-up, right after its commit of this number, 1 the first."""
    numbers = itertools.count(1)

    def committed() -> None:
        if next(numbers) == number:
            os._exit(1)

    _watch_transactions(committed)
    _watch_statements(committed)


def _watch_transactions(committed: Callable[[], None]) -> None:
    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    def watched(self: BaseDatabaseWrapper) -> None:
        commit(self)
        committed()

    BaseDatabaseWrapper._commit = watched  # type: ignore[attr-defined]


def _watch_statements(committed: Callable[[], None]) -> None:
    def watched(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        found = execute(sql, params, many, context)
        connection = context["connection"]
        if sql.lstrip().upper().startswith(_WRITES) and not connection.in_atomic_block:
            committed()
        return found

    def watch(connection: BaseDatabaseWrapper, **_: Any) -> None:
        if watched not in connection.execute_wrappers:
            connection.execute_wrappers.append(watched)

    connection_created.connect(watch, weak=False)
    connections.close_all()  # those of this thread are opened anew
