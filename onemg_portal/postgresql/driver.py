"""psycopg as Django's backend calls it, with connections of our own class."""

from __future__ import annotations

from typing import Any, Final, Self, TypeVar

import psycopg
from psycopg import *  # noqa: F403 - a DB-API module has these names, its exceptions above all
from psycopg.abc import Buffer, PQGen
from psycopg.adapt import Loader
from psycopg.pq import Format, TransactionStatus

RV = TypeVar("RV")

#: So many statements are kept prepared, psycopg's own number.
MOST_CURSORS: Final = 100
#: How often psycopg looks up from waiting, in seconds; its own default.
INTERVAL: Final = 0.1


class JsonText(Loader):
    """JSON in binary results as the text it is in others, so that Django's fields read it as they always do."""

    format = Format.BINARY

    def load(self, data: Buffer) -> str:
        """Without the one byte in front of it that names its version."""
        return bytes(data[1:]).decode()


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is closed, with an `OperationalError`, when the server does not answer for too long."""

    #: Seconds; `None`: for ever.
    answer_within: float | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._cursors: dict[str, PreparedCursor] = {}

    def wait(self, gen: PQGen[RV], interval: float = INTERVAL, timeout: float | None = None) -> RV:
        """Every exchange with the server passes through here, commits and copies too."""
        try:
            return super().wait(gen, interval, self.answer_within if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if self.info.transaction_status != TransactionStatus.ACTIVE:
                raise
            # In the middle of an answer: what comes next on this connection would be the rest of it.
            self.close()
            raise psycopg.OperationalError("PostgreSQL does not answer") from error

    def prepared_cursor(self, sql: str) -> PreparedCursor:
        """The one cursor for a statement, so that it need not find out each time how to send and read its values."""
        if (cursor := self._cursors.get(sql)) is None:
            if len(self._cursors) >= MOST_CURSORS:
                self._cursors.clear()
            cursor = self._cursors[sql] = PreparedCursor(self)
        return cursor

    def begin(self, within: float) -> None:
        """Begin the transaction that the next statement would begin; the answer is waited for so many seconds."""
        patience, self.answer_within = self.answer_within, within
        try:
            with self.lock:
                self.wait(self._start_query())
        finally:
            self.answer_within = patience


class PreparedCursor(psycopg.Cursor[Any]):
    """A cursor whose every statement is prepared when it is run for the first time on its connection.

    Its answers come in binary: times above all are read many times as fast.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        """Run a statement."""
        return super().execute(query, params, **{**options, "prepare": True, "binary": True})


connect = PatientConnection.connect
