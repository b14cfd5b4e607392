"""The backend that `ENGINE` names."""

from __future__ import annotations

from typing import Any, Final, cast

from django.db.backends.postgresql import base

from onemg_portal.postgresql import driver

#: Seconds for the empty statement that asks a kept connection whether it still works.
HEALTH_SECONDS: Final = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with `OPTIONS["answer_within"]`."""

    Database = driver

    def get_connection_params(self) -> dict[str, Any]:
        """What psycopg is told; ours is not among it."""
        params: dict[str, Any] = super().get_connection_params()
        params.pop("answer_within", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> driver.PatientConnection:
        """A connection that knows how long it may wait. Connecting itself is bounded by `connect_timeout`."""
        connection = cast(driver.PatientConnection, super().get_new_connection(conn_params))
        connection.answer_within = self.settings_dict["OPTIONS"].get("answer_within")
        return connection

    def is_usable(self) -> bool:
        """Whether a kept connection still works; where the server is silent, there must be time to try a new one."""
        connection = cast(driver.PatientConnection, self.connection)
        patience, connection.answer_within = connection.answer_within, HEALTH_SECONDS
        try:
            return bool(super().is_usable())
        finally:
            connection.answer_within = patience
