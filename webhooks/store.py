"""The front door's own statements, written by hand since each POST runs them; everything else here asks the ORM.

    transaction_of_one_post()
    keep(post, answer)       the bytes, as what they will most likely be; the very same bytes again are counted at once
    correct(id, columns)     what became of the delivery instead
    count(updates, ...)      known updates were delivered once more

All but `count` know one delivery by its id.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection
from django.db.transaction import Atomic
from django.utils import timezone

from orders import rows
from orders.models import OrderUpdate
from webhooks.models import Delivery


@dataclass(frozen=True, slots=True)
class Kept:
    """A delivery that is kept. `before`: so many updates an earlier one of the very same bytes had brought."""

    id: int
    received_at: datetime
    before: int | None


class Incomplete(Exception):  # noqa: N818 - a finding
    """Of the updates that the same bytes had brought, some are there no longer: the bytes must be read again."""


class Unreachable(DatabaseError):  # noqa: N818 - named by what it means
    """A transaction could not be begun. `had_died`: on a connection that was open; a new one may work."""

    def __init__(self, *, had_died: bool) -> None:
        super().__init__("the database cannot be reached")
        self.had_died = had_died


class transaction_of_one_post(Atomic):  # noqa: N801 - used as `with transaction_of_one_post():`
    """`transaction.atomic()` for one POST, without asking first whether a kept connection still works.

    Its own BEGIN tells, which spares a way to the database. Raises `Unreachable`.
    """

    def __init__(self) -> None:
        super().__init__(DEFAULT_DB_ALIAS, savepoint=True, durable=False)

    def __enter__(self) -> None:
        connection.health_check_done = True  # type: ignore[attr-defined]
        kept = connection.connection is not None
        try:
            super().__enter__()
        except Exception as error:
            raise Unreachable(had_died=False) from error
        try:
            getattr(connection, "begin", lambda: None)()
        except Exception as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise Unreachable(had_died=kept) from error


def keep(columns: Mapping[str, Any], *, look_back: bool) -> Kept:
    """Insert a delivery as one that brings one new update; or, of the very same bytes as before, as received again.

    `columns`: those of `GIVEN`. With `look_back` the updates that the same bytes brought are counted, where nothing
    else is to be said of these bytes than that they were applied. Raises `Incomplete`.
    """
    values = [json.dumps(columns[name]) if name in ("headers", "answer") else columns[name] for name in GIVEN]
    how = _keep_at_once if connection.vendor == "postgresql" else _keep_step_by_step
    kept, counted = how(columns["sha256"] if look_back else "", values)
    if counted != (kept.before or 0):
        raise Incomplete
    return kept


def correct(delivery_id: int, columns: Mapping[str, Any]) -> None:
    """Write what became of a delivery that was kept as applied."""
    sets = rows.sets(Delivery, tuple(columns))
    sql = f"UPDATE {rows.table(Delivery)} SET {sets} WHERE id = %s"  # noqa: S608
    rows.once(sql, [*rows.prepared(Delivery, columns), delivery_id])


def count(update_ids: Collection[int], at: datetime, delivery_id: int) -> int:
    """Count one more delivery of updates that were recorded before it; those it brought itself are counted.

    `at`: when it arrived (UTC).
    """
    some = ", ".join(["%s"] * len(update_ids))
    sets = "times_seen = times_seen + 1, last_seen_at = %s"
    sql = f"UPDATE {rows.table(OrderUpdate)} SET {sets} WHERE delivery_id <> %s AND id IN ({some})"  # noqa: S608
    moment = connection.ops.adapt_datetimefield_value(at)
    counted: int = rows.once(sql, [moment, delivery_id, *update_ids]).rowcount
    return counted


# --- keeping ----------------------------------------------------------------------------------------------------------

#: What the caller says of a delivery.
GIVEN: Final = ("body", "sha256", "size", "headers", "token_fingerprint", "remote_address", "answer_code", "answer")
#: What is so of every delivery that is kept here, unless it is corrected.
_ASSUMED: Final = {"problem": "''", "unknown_keys": "'[]'", "attempts": "0"}
#: A delivery of which nothing but updates came, all of them new then.
_PLAIN: Final = "outcome = 'applied' AND brought > 0 AND results = '[]' AND unknown_keys = '[]'"
#: Counting what it brought, with what is said of it in the results of a delivery that brings it again.
_COUNTING: Final = "times_seen = times_seen + 1, last_seen_at = {now} WHERE delivery_id = {same} RETURNING {told}"
_TOLD: Final = ("order_id", "status_id", "id")


@cache
def _same() -> str:
    return f"SELECT id, brought FROM {rows.table(Delivery)} WHERE sha256 = %s AND {_PLAIN} LIMIT 1"  # noqa: S608


def _counting(now: str, same: str) -> str:
    return f"UPDATE {rows.table(OrderUpdate)} SET {_COUNTING.format(now=now, same=same, told=', '.join(_TOLD))}"  # noqa: S608


def _insert(**more: str) -> str:
    """The INSERT, with expressions for the remaining columns."""
    said = {**dict.fromkeys(GIVEN, "%s"), **_ASSUMED, **more}
    names, values = ", ".join(said), ", ".join(said.values())
    return f"INSERT INTO {rows.table(Delivery)} ({names}) VALUES ({values}) RETURNING id, received_at"  # noqa: S608


@cache
def _all_at_once() -> str:
    """What PostgreSQL is asked; it keeps it prepared."""
    results = (
        "SELECT jsonb_agg(jsonb_build_object('order_id', order_id, 'outcome', 'duplicate', 'status_id', status_id,"
        " 'update', id, 'flags', '[]'::jsonb) ORDER BY order_id) FROM counted"
    )
    insert = _insert(
        settled_at="STATEMENT_TIMESTAMP()",
        outcome="CASE WHEN EXISTS (SELECT FROM same) THEN 'duplicate' ELSE 'applied' END",
        brought="CASE WHEN EXISTS (SELECT FROM same) THEN 0 ELSE 1 END",
        results=f"COALESCE(({results}), '[]')",
    )
    counting = _counting("STATEMENT_TIMESTAMP()", "(SELECT id FROM same)")
    told = "(SELECT brought FROM same), (SELECT count(*) FROM counted)"
    return f"WITH same AS MATERIALIZED ({_same()}), counted AS ({counting}) {insert}, {told}"


def _keep_at_once(sha256: str, values: list[Any]) -> tuple[Kept, int]:
    found, received_at, brought, counted = rows.execute(_all_at_once(), [sha256, *values]).fetchone()
    return Kept(found, received_at, before=brought), counted


def _keep_step_by_step(sha256: str, values: list[Any]) -> tuple[Kept, int]:
    """SQLite changes one table a statement; it is in our own process, so that a statement is no way away."""
    received_at = timezone.now()  # the database is on this machine, so its clock is ours
    now = connection.ops.adapt_datetimefield_value(received_at)
    same, brought = rows.execute(_same(), [sha256]).fetchone() or (None, None)
    counted = rows.execute(_counting("%s", "%s"), [now, same]).fetchall() if same else []
    results = [
        {"order_id": order_id, "outcome": "duplicate", "status_id": status_id, "update": update, "flags": []}
        for order_id, status_id, update in sorted(counted)
    ]
    sql = _insert(received_at="%s", settled_at="%s", outcome="%s", brought="%s", results="%s")
    said = [now, now, "duplicate" if same else "applied", 0 if same else 1, json.dumps(results)]
    found, _ = rows.execute(sql, [*values, *said]).fetchone()
    return Kept(found, received_at, before=brought), len(counted)
