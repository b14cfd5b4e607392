"""Deliveries that are left pending, and what may stand in the way of finishing them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
from django.db import connection
from django.utils import timezone

from tests.conftest import document, order_update
from tests.passing import let_pass
from webhooks import services
from webhooks.models import Delivery


def body_of(*order_ids: str, updated: int = 1_700_000_000, purchase: str = "M1") -> bytes:
    """A body about several orders of one purchase."""
    body = order_update()
    told = [document(order_update(order_id, updated=updated))["grouped_orders"][0] for order_id in order_ids]
    document(body).update(merchant_order_id=purchase, group_order_id="G1", grouped_orders=told)
    return json.dumps(body).encode()


def left_behind(body: bytes, age: timedelta = timedelta(minutes=1)) -> Delivery:
    """A delivery as a crash right after the commit of its bytes leaves it."""
    return Delivery.objects.create(
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        token_fingerprint="x",
        received_at=timezone.now() - age,
    )


def hours_pass(hours: int) -> None:
    """Sweep every twenty minutes; nothing is put off for longer."""
    for _ in range(3 * hours):
        let_pass(timedelta(minutes=20))
        services.sweep()


@contextlib.contextmanager
def another_connection() -> Iterator[Any]:
    """A connection of the driver's own to the test's database, in a transaction that is undone in the end."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "postgresql":
        given = connection.get_connection_params()
        with psycopg.connect(dbname=name, **{key: given[key] for key in ("host", "user") if key in given}) as other:
            yield other
            other.rollback()
    else:
        with contextlib.closing(sqlite3.connect(name, isolation_level=None)) as other:
            yield other


@contextlib.contextmanager
def locked(order_id: str) -> Iterator[None]:
    """Somebody else holds the order's row; on SQLite, where no row can be held, the whole database."""
    with another_connection() as other, connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            other.execute("SELECT 1 FROM orders_groupedorder WHERE order_id = %s FOR UPDATE", [order_id])
            cursor.execute("SET lock_timeout = '100ms'")
        else:
            other.execute("BEGIN IMMEDIATE")
            cursor.execute("PRAGMA busy_timeout = 50")
        try:
            yield
        finally:
            if connection.vendor == "postgresql":
                cursor.execute("SET lock_timeout = '2s'")
            else:
                other.execute("ROLLBACK")
                cursor.execute("PRAGMA busy_timeout = 20000")


@contextlib.contextmanager
def raising(sqlstate: str, order_id: str) -> Iterator[None]:
    """PostgreSQL answers every new update of an order with that error."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION in_the_way() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'in the way' USING ERRCODE = '{sqlstate}'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER in_the_way BEFORE INSERT ON orders_orderupdate FOR EACH ROW "
            f"WHEN (NEW.order_id = '{order_id}') EXECUTE FUNCTION in_the_way()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION in_the_way() CASCADE")


@contextlib.contextmanager
def without_table(name: str) -> Iterator[None]:
    """A table that a migration is still to make."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO not_there_yet")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE not_there_yet RENAME TO {name}")
