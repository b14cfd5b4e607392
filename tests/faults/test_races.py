"""Many senders at once against real server processes: rows E2, E6, E7, E11 and E14 of the fault catalogue.

Every race has a control: the same crowd against code without the protection, which must go wrong, or the race was none.
"""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from orders.statuses import STATUSES
from tests import plugin
from tests.conftest import document, order_update
from tests.faults.kit import Postgres, Store, T, crowd, group_of, new_order, serving, until_it_waits
from tests.server import Server
from tests.until import until

only_postgresql = pytest.mark.skipif(
    plugin.WANTED != "postgresql", reason="SQLite lets one writer in at a time: no race to lose"
)


@pytest.fixture
def server(store: Store, tmp_path: Path) -> Iterator[Server]:
    """The production server over the test's own database."""
    with serving(store, tmp_path / "server.log") as running:
        yield running


Errors = Callable[[], list[str]]


@pytest.fixture
def errors(request: pytest.FixtureRequest, store: Store) -> Errors:
    """The errors that PostgreSQL wrote to its log during the test; none can be seen on SQLite."""
    if not store.on_postgresql:
        return list
    postgres: Postgres = request.getfixturevalue("postgres")
    before = len(postgres.log)
    return lambda: [line for line in postgres.log[before:].splitlines() if "ERROR" in line]


def spoken(answer: Any) -> str:
    """What 1mg is told, with the code."""
    return f"{answer.code} {answer.json['status']}" if answer.code else "no answer"


# --- E2: the same content at once -------------------------------------------------------------------------------------


def test_E2_two_hundred_exact_duplicates_at_once_are_one_update(server: Server, store: Store, errors: Errors):
    rounds = ["PO-round-1", "PO-round-2", "PO-round-3"]

    answers = [answer for one in rounds for answer in crowd(server.post, [new_order(one)] * 200, threads=32)]
    store.sweep()

    assert {answer.code for answer in answers} == {200}
    seen = store.rows("SELECT order_id, times_seen FROM orders_orderupdate ORDER BY order_id")
    assert seen == [(one, 200) for one in rounds]
    assert store.outcomes() == {"applied": 3, "duplicate": 597}
    assert errors() == []


@only_postgresql
def test_E2_E14_control_look_then_insert_runs_into_the_constraint(postgres: Postgres, store: Store):
    store.rows("CREATE TABLE seen (round int, digest text, UNIQUE (round, digest))")
    before = postgres.log.count("duplicate key")
    all_looked = threading.Barrier(32)

    def look_then_insert(number: int) -> str:
        with psycopg.connect(store.url) as connection:
            known = connection.execute("SELECT 1 FROM seen WHERE round = %s", (number // 32,)).fetchone()
            all_looked.wait(30)
            if known:
                return "known"
            try:
                connection.execute("INSERT INTO seen VALUES (%s, 'same')", (number // 32,))
            except psycopg.errors.UniqueViolation:
                return "collided"
            return "inserted"

    results = crowd(look_then_insert, range(320), threads=32)

    assert Counter(results) == {"inserted": 10, "collided": 310}
    assert postgres.log.count("duplicate key") - before == 310


# --- E6: a storm in any order -----------------------------------------------------------------------------------------

ORDERS = [f"PO{number:03}" for number in range(100)]


def storm() -> tuple[list[tuple[str, int, int]], dict[str, int]]:
    """Twelve updates for each of a hundred orders, two an instant, half of them twice; and what is right.

    Shuffled within each order, the orders one after the other: a burst about one order is where a race is lost.
    """
    chance = random.Random(6)
    told: list[tuple[str, int, int]] = []
    right: dict[str, int] = {}
    for order in ORDERS:
        codes = chance.sample(sorted(STATUSES), 12)
        updates = [(order, code, T + number // 2) for number, code in enumerate(codes)]
        right[order] = max(updates, key=lambda one: (one[2], STATUSES[one[1]].rank))[1]
        twice = updates + chance.sample(updates, 6)
        told += chance.sample(twice, 18)
    return told, right


def test_E6_a_shuffled_storm_with_duplicates_leaves_every_order_right(server: Server, store: Store):
    told, right = storm()

    answers = crowd(server.post, [new_order(*one) for one in told], threads=16)
    store.sweep()

    assert Counter(answer.code for answer in answers) == {200: 1800}
    assert dict(store.rows("SELECT order_id, status_id FROM orders_groupedorder")) == right
    assert store.rows("SELECT count(*), sum(times_seen) FROM orders_orderupdate") == [(1200, 1800)]


@only_postgresql
def test_E6_control_compare_and_save_without_a_lock_leaves_some_wrong(store: Store):
    told, right = storm()
    store.rows("CREATE TABLE naive (order_id text PRIMARY KEY, status int, updated bigint, rank int)")
    local = threading.local()

    def read_compare_save(one: tuple[str, int, int]) -> None:
        order, status, updated = one
        if not hasattr(local, "connection"):
            local.connection = psycopg.connect(store.url, autocommit=True)
        execute, rank = local.connection.execute, STATUSES[status].rank
        known = execute("SELECT updated, rank FROM naive WHERE order_id = %s", (order,)).fetchone()
        if known is None or known < (updated, rank):
            execute(
                "INSERT INTO naive VALUES (%s, %s, %s, %s) ON CONFLICT (order_id) DO UPDATE SET"
                " status = excluded.status, updated = excluded.updated, rank = excluded.rank",
                (order, status, updated, rank),
            )

    def wrong_after_a_storm() -> list[str]:
        store.rows("DELETE FROM naive")
        crowd(read_compare_save, told, threads=16)
        found = dict(store.rows("SELECT order_id, status FROM naive"))
        return [order for order in ORDERS if found[order] != right[order]]

    until(wrong_after_a_storm)


# --- E7: the same orders in opposite order ----------------------------------------------------------------------------


def test_E7_bodies_that_list_the_same_orders_in_opposite_order_do_not_deadlock(
    server: Server, store: Store, errors: Errors
):
    names = [f"PO{number}" for number in range(6)]

    def send(number: int) -> Any:
        listed = names if number % 2 else names[::-1]
        return server.post(group_of(*[(name, 130, T + number) for name in listed]))

    answers = crowd(send, range(120), threads=8)
    store.sweep()

    assert {answer.code for answer in answers} == {200}
    assert store.one("SELECT count(*) FROM orders_orderupdate") == 720
    assert [line for line in errors() if "deadlock" in line] == []


def test_E7_orders_that_change_places_between_two_purchases_end_where_1mg_said_last(
    server: Server, store: Store, errors: Errors
):
    def send(job: tuple[str, str, int]) -> Any:
        order, purchase, updated = job
        return server.post(new_order(order, 130, updated, merchant_order_id=purchase))

    jobs = [job for n in range(60) for job in (("PO1", f"M{n % 2}", T + n), ("PO2", f"M{(n + 1) % 2}", T + n))]
    answers = crowd(send, jobs, threads=8)
    store.sweep()

    assert {answer.code for answer in answers} == {200}
    assert dict(store.rows("SELECT order_id, group_id FROM orders_groupedorder")) == {"PO1": "M1", "PO2": "M0"}
    assert set(store.outcomes()) <= {"applied", "stale"}
    assert [line for line in errors() if "deadlock" in line] == []


@only_postgresql
def test_E7_control_locks_taken_in_the_order_of_the_list_do_deadlock(server: Server, store: Store):
    for number in (1, 2):
        server.post(new_order(f"PO{number}", merchant_order_id=f"M{number}"))
    one = "SELECT 1 FROM orders_ordergroup WHERE merchant_order_id = %s FOR NO KEY UPDATE"
    both_hold_one = threading.Barrier(2)

    def lock(listed: tuple[str, str]) -> str:
        with psycopg.connect(store.url) as connection:
            for purchase in listed:
                try:
                    connection.execute(one, (purchase,))
                except psycopg.errors.DeadlockDetected:
                    return "deadlock"
                if purchase == listed[0]:
                    both_hold_one.wait(30)
        return "both"

    assert sorted(crowd(lock, [("M1", "M2"), ("M2", "M1")], threads=2)) == ["both", "deadlock"]


# --- E11: staff and 1mg at the same order -----------------------------------------------------------------------------


@only_postgresql
def test_E11_an_update_waits_while_staff_hold_the_order_and_loses_nothing(server: Server, store: Store):
    server.post(new_order("PO1", 99, T))
    server.post(new_order("PO1", 30, T + 1))
    with psycopg.connect(store.url) as staff:
        staff.execute("SELECT 1 FROM orders_ordergroup FOR NO KEY UPDATE")
        late = threading.Thread(target=server.post, args=(new_order("PO1", 40, T + 2),))
        late.start()
        until_it_waits(server, store)
        staff.execute("UPDATE orders_groupedorder SET review_flags = '[]'")

    late.join()

    assert store.rows("SELECT status_id, review_flags FROM orders_groupedorder") == [(40, [])]


@only_postgresql
def test_E11_control_a_row_saved_as_it_was_read_undoes_what_staff_did(server: Server, store: Store):
    server.post(new_order("PO1", 99, T))
    server.post(new_order("PO1", 30, T + 1))
    [(read_before,)] = store.rows("SELECT review_flags FROM orders_groupedorder")
    store.rows("UPDATE orders_groupedorder SET review_flags = '[]'")

    store.rows("UPDATE orders_groupedorder SET status_id = 40, review_flags = %s", json.dumps(read_before))

    [(status, flags)] = store.rows("SELECT status_id, review_flags FROM orders_groupedorder")
    assert (status, flags) == (40, ["late_cancellation", "left_final"])


# --- E14: two server processes, one database --------------------------------------------------------------------------


def test_E14_the_same_delivery_at_two_servers_is_one_update(server: Server, store: Store, tmp_path: Path):
    bodies = [new_order(f"PO{number}") for number in range(40)]

    with serving(store, tmp_path / "other.log") as other:

        def to_both(body: bytes) -> list[str]:
            return crowd(lambda door: spoken(door.post(body)), [server, other], threads=2)

        answers = crowd(to_both, bodies, threads=8)
    store.sweep()

    assert {told.split()[0] for pair in answers for told in pair} == {"200"}
    assert store.rows("SELECT count(*), min(times_seen), max(times_seen) FROM orders_orderupdate") == [(40, 2, 2)]
    assert store.outcomes() == {"applied": 40, "duplicate": 40}


def test_E14_first_words_about_one_purchase_at_two_servers_make_it_once(server: Server, store: Store, tmp_path: Path):
    def body(number: int) -> bytes:
        told = order_update(f"PO{number}")
        document(told).update(merchant_order_id=f"M{number // 4}", group_order_id="G")
        return json.dumps(told).encode()

    with serving(store, tmp_path / "other.log") as other:
        answers = crowd(lambda n: (server, other)[n % 2].post(body(n)), range(80), threads=16)
    store.sweep()

    assert {answer.code for answer in answers} == {200}
    assert store.rows("SELECT count(*), count(DISTINCT group_id) FROM orders_groupedorder") == [(80, 20)]
    assert store.outcomes() == {"applied": 80}
