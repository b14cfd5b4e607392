"""The backend that `ENGINE` names."""

from __future__ import annotations

from typing import Any, Final, cast

from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper
from django.utils.asyncio import async_unsafe

from onemg_portal.postgresql import driver

#: Seconds for the empty statement that asks a kept connection whether it still works.
HEALTH_SECONDS: Final = 1.0


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, which finds no text of a statement that was prepared before."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> Any:
        """The statement as it was sent, or its text with the places of the values."""
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with `OPTIONS["answer_within"]`, and cursors whose statements the server prepares."""

    Database = driver
    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        """What psycopg is told; ours is not among it."""
        params: dict[str, Any] = super().get_connection_params()
        params.pop("answer_within", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> driver.PatientConnection:
        """A connection that knows how long it may wait. Connecting itself is bounded by `connect_timeout`."""
        connection = cast(driver.PatientConnection, super().get_new_connection(conn_params))
        connection.answer_within = self.settings_dict["OPTIONS"].get("answer_within")
        connection.adapters.register_loader("jsonb", driver.JsonText)
        return connection

    def is_usable(self) -> bool:
        """Whether a kept connection still works; where the server is silent, there must be time to try a new one."""
        connection = cast(driver.PatientConnection, self.connection)
        patience, connection.answer_within = connection.answer_within, HEALTH_SECONDS
        try:
            return bool(super().is_usable())
        finally:
            connection.answer_within = patience

    @async_unsafe
    def prepared_cursor(self, sql: str) -> CursorWrapper:
        """The cursor of one of the few statements that are run for every update: the server parses and plans them once.

        Unlike Django's own cursors it binds values at the server, so text for a column of another type needs no cast
        only where the column says what it is. There is one a statement and connection: read its answer before the next.
        """
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor = cast(driver.PatientConnection, self.connection).prepared_cursor(sql)
            return cast(CursorWrapper, self._prepare_cursor(cursor))  # type: ignore[attr-defined]

    @async_unsafe
    def begin(self) -> None:
        """Send BEGIN by itself, in a transaction that Django has opened and nothing has been asked in yet.

        So a kept connection tells by its first word whether it still works, which spares the way of a health check.
        """
        with self.wrap_database_errors:
            cast(driver.PatientConnection, self.connection).begin(HEALTH_SECONDS)
