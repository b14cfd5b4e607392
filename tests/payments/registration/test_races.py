"""Two registrations at the same instant, through a real server: one is the first, and no two words ever stand."""

# ruff: noqa: F401, F811 - the databases are fixtures of the suite that breaks them
from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.faults.conftest import _sqlite_template, postgres, store
from tests.faults.kit import Postgres, Store, crowd, new_order, serving
from tests.faults.test_races import only_postgresql
from tests.server import Answer, Server, manage
from tests.until import until

ROUNDS = 30
Send = Callable[..., Answer]


@pytest.fixture
def server(store: Store, tmp_path: Path) -> Iterator[Server]:
    """The production server over the test's own database."""
    with serving(store, tmp_path / "server.log") as running:
        yield running


@pytest.fixture
def register(server: Server, store: Store) -> Send:
    """Register a purchase as the shop does."""
    key = manage(store.url, "createapikey", "shop", "--write").stdout.strip()

    def send(words: dict[str, Any]) -> Answer:
        usual = {"payment_method": "ONLINE", "payable_amount": "652.36"}
        return server.post(json.dumps(usual | words).encode(), token=key, path="/api/orders/")

    return send


def pair(register: Send, number: int, first: dict[str, str], second: dict[str, str]) -> tuple[int, ...]:
    """The codes of two registrations at once, sorted."""
    words = [{key: value.replace("#", str(number)) for key, value in one.items()} for one in (first, second)]
    return tuple(sorted(answer.code for answer in crowd(register, words, threads=2)))


def pairs(register: Send, first: dict[str, str], second: dict[str, str]) -> Counter[tuple[int, ...]]:
    """The codes of two registrations at once, as often as `ROUNDS`; `#` in a word is the number of the round."""

    return Counter(pair(register, number, first, second) for number in range(ROUNDS))


SAID = {"merchant_order_id": "M#", "onemg_order_id": "PO#", "nimbbl_order_id": "o_#"}


def test_the_same_words_twice_at_once_are_one_purchase(register: Send, store: Store) -> None:
    assert pairs(register, SAID, SAID) == {(200, 201): ROUNDS}
    assert store.one("SELECT count(*) FROM orders_ordergroup WHERE registered_at IS NOT NULL") == ROUNDS
    assert store.one("SELECT count(*) FROM payments_payment") == ROUNDS
    assert store.one("SELECT count(*) FROM orders_timelineentry") == 2 * ROUNDS


@pytest.mark.parametrize(
    "other",
    [
        {"onemg_order_id": "QO#"},
        {"nimbbl_order_id": "p_#"},
        {"merchant_order_id": "N#", "nimbbl_order_id": "p_#"},
        {"merchant_order_id": "N#", "onemg_order_id": "QO#"},
    ],
    ids=["another 1mg order", "another Nimbbl order", "one 1mg order twice", "one Nimbbl order twice"],
)
def test_contradicting_words_at_once_leave_one_of_them(
    register: Send,
    store: Store,
    other: dict[str, str],
) -> None:
    assert pairs(register, SAID, SAID | other) == {(201, 409): ROUNDS}
    assert store.one("SELECT count(*) FROM orders_ordergroup") == ROUNDS
    assert store.one("SELECT count(*) FROM payments_payment") == ROUNDS


def test_a_loser_is_told_what_stands(register: Send) -> None:
    words = [{"merchant_order_id": f"M{n}", "onemg_order_id": "PO"} for n in range(12)]

    answers = crowd(register, words, threads=12)

    [winner] = [answer.json["merchant_order_id"] for answer in answers if answer.code == 201]
    losers = [answer.json["fields"]["merchant_order_id"] for answer in answers if answer.code == 409]
    assert [loser["registered"] for loser in losers] == [winner] * 11


def test_E13_a_registration_and_1mgs_first_update_at_once_are_one_purchase(
    register: Send,
    server: Server,
    store: Store,
) -> None:
    def both(number: int) -> tuple[int, ...]:
        words = {"merchant_order_id": f"M{number}", "onemg_order_id": f"PO{number}"}
        update = new_order(f"PO{number}", merchant_order_id=f"M{number}")
        doors: list[Callable[[], Answer]] = [lambda: register(words), lambda: server.post(update)]
        return tuple(answer.code for answer in crowd(lambda door: door(), doors, threads=2))

    assert Counter(map(both, range(ROUNDS))) == {(201, 200): ROUNDS}
    store.sweep()
    linked = "SELECT count(*) FROM orders_ordergroup g JOIN orders_groupedorder o ON o.group_id = g.merchant_order_id"
    assert store.one(f"{linked} WHERE g.registered_at IS NOT NULL AND o.order_id = g.onemg_order_id") == ROUNDS
    assert "0 differ" in manage(store.url, "rebuild_orders", "--compare").stdout


@only_postgresql
def test_while_somebody_holds_the_purchase_the_shop_is_asked_to_come_again(register: Send, store: Store) -> None:
    words = {"merchant_order_id": "M1", "onemg_order_id": "PO1"}
    register(words)

    with psycopg.connect(store.url) as holder:
        holder.execute("SELECT 1 FROM orders_ordergroup FOR UPDATE")
        held = register(words)

    assert (held.code, held.headers["retry-after"], list(held.json)) == (503, "5", ["detail"])
    assert register(words).code == 200


@only_postgresql
def test_control_a_look_without_the_lock_lets_both_be_the_first(
    register: Send,
    store: Store,
    postgres: Postgres,
) -> None:
    register({"merchant_order_id": "M1", "onemg_order_id": "PO1"})
    store.rows("UPDATE orders_ordergroup SET registered_at = NULL, onemg_order_id = ''")
    both_looked = threading.Barrier(2)

    def look_then_write(order: str) -> str:
        with psycopg.connect(store.url) as connection:
            sql = "SELECT registered_at, onemg_order_id FROM orders_ordergroup WHERE merchant_order_id = 'M1'"
            known = connection.execute(sql).fetchone()
            both_looked.wait(5)
            if known and known[0]:
                return "409"
            connection.execute("UPDATE orders_ordergroup SET registered_at = now(), onemg_order_id = %s", (order,))
            return "201"

    assert crowd(look_then_write, ["PO1", "PO2"], threads=2) == ["201", "201"]


@only_postgresql
def test_control_without_the_constraint_one_1mg_order_is_registered_twice(
    register: Send,
    store: Store,
) -> None:
    store.rows("DROP INDEX registered_once")

    other = SAID | {"merchant_order_id": "N#", "nimbbl_order_id": "p_#"}
    numbers = itertools.count()

    until(lambda: pair(register, next(numbers), SAID, other) == (201, 201))
