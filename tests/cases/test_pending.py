"""What was acknowledged is applied: by one claimant, in nobody else's time, whatever stands in the way for a while."""

# ruff: noqa: F401, F811 - the databases are fixtures of the suite that breaks them
from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.models import GroupedOrder, OrderUpdate
from tests import plugin
from tests.cases.pending import body_of, hours_pass, left_behind, locked, raising, without_table
from tests.conftest import order_update
from tests.faults.conftest import _sqlite_template, postgres, store
from tests.faults.kit import Store, new_order, serving
from tests.passing import let_pass
from tests.refusing import refusing
from tests.server import ROOT, environment
from webhooks import onemg, pending, services
from webhooks.models import Delivery, Outcome

Post = Callable[..., Any]
committed = pytest.mark.django_db(transaction=True)
only_postgresql = pytest.mark.skipif(plugin.WANTED != "postgresql", reason="SQLite has neither these locks nor codes")


def outcome(delivery: Delivery) -> str:
    """What became of a delivery, as it stands in the database."""
    delivery.refresh_from_db()
    return delivery.outcome


# --- A9: a wait is no poison ------------------------------------------------------------------------------------------


@committed
def test_A9_an_order_that_is_locked_for_hours_is_applied_when_the_lock_ends(post: Post) -> None:
    post(order_update("PO1", 130))
    later = left_behind(json.dumps(order_update("PO1", 30, 1_700_000_100)).encode())

    with locked("PO1"):
        for _ in range(25):
            if connection.vendor == "postgresql":  # on SQLite nothing can be written at all
                let_pass(timedelta(minutes=20))
            services.sweep()
        during = outcome(later)
    hours_pass(1)

    assert (during, outcome(later)) == ("pending", "applied")
    assert GroupedOrder.objects.get(pk="PO1").status_id == 30


@committed
@only_postgresql
def test_A9_a_locked_order_does_not_hold_back_its_siblings(post: Post) -> None:
    post(order_update("PO2", merchant_order_id="M2"))
    body = left_behind(body_of("PO1", "PO2", "PO3", updated=1_700_000_100))

    with locked("PO2"):
        services.sweep()

        assert sorted(OrderUpdate.objects.filter(delivery_id=body.pk).values_list("order_id", flat=True)) == [
            "PO1",
            "PO3",
        ]


@committed
@only_postgresql
@pytest.mark.parametrize(
    "sqlstate", ["55P03", "57014", "40P01", "40001", "53100", "53300", "58030", "42P01", "42703", "25006"]
)
def test_A9_whatever_ends_by_itself_is_waited_for(post: Post, sqlstate: str) -> None:
    waiting = left_behind(json.dumps(order_update("PO1")).encode())

    with raising(sqlstate, "PO1"):
        hours_pass(8)
        during = outcome(waiting)
    hours_pass(1)

    assert (during, outcome(waiting)) == ("pending", "applied")


@committed
def test_A9_a_table_that_a_migration_is_still_to_make_is_waited_for(post: Post) -> None:
    waiting = left_behind(json.dumps(order_update("PO1")).encode())

    with without_table("orders_sku"):
        hours_pass(8)
        during = outcome(waiting)
    hours_pass(1)

    assert (during, outcome(waiting)) == ("pending", "applied")


@committed
def test_A9_tries_come_further_and_further_apart() -> None:
    waiting = left_behind(json.dumps(order_update("PO1")).encode(), timedelta(seconds=11))
    pauses = []

    with without_table("orders_sku"):
        for _ in range(5):
            services.sweep()
            waiting.refresh_from_db()
            pauses.append((waiting.next_try_at - waiting.received_at).total_seconds())  # type: ignore[operator]
            let_pass(timedelta(minutes=11))

    assert [round(later - sooner) > 600 for sooner, later in zip(pauses, pauses[1:], strict=False)] == [True] * 4
    assert pauses[0] < 30


@committed
def test_A9_what_fails_for_its_own_sake_is_set_aside_and_says_so(as_role: Callable[[str], Client]) -> None:
    poison = left_behind(json.dumps(order_update("PO1")).encode())
    browser = as_role("Viewer")

    with refusing("PO1"):
        hours_pass(3)
    ready, inbox = Client().get("/readyz"), browser.get("/deliveries/").content.decode()

    assert outcome(poison) == "quarantined"
    assert (ready.status_code, ready.json()["status"], ready.json()["set_aside_deliveries"]) == (503, "set aside", 1)
    assert "1 delivery is set aside" in inbox
    assert f"#{poison.pk}" in browser.get("/deliveries/?outcome=set_aside").content.decode()


@committed
@only_postgresql
@pytest.mark.parametrize("sqlstate", ["54000", "22001", "23514"])
def test_A9_what_the_database_will_never_take_is_set_aside(sqlstate: str) -> None:
    poison = left_behind(json.dumps(order_update("PO1")).encode())

    with raising(sqlstate, "PO1"):
        hours_pass(3)

    assert outcome(poison) == "quarantined"


@committed
def test_A9_what_was_set_aside_is_applied_by_a_replay_and_readyz_is_ready_again() -> None:
    poison = left_behind(json.dumps(order_update("PO1")).encode())
    with refusing("PO1"):
        hours_pass(3)

    call_command("replay_deliveries", quarantined=True, stdout=StringIO())

    assert (outcome(poison), Client().get("/readyz").status_code) == ("applied", 200)


# --- A10, F25: in nobody else's time ----------------------------------------------------------------------------------

NAMES = [f"PO{number:04}" for number in range(1_000)]


@pytest.fixture
def server(store: Store, tmp_path: Path) -> Iterator[Any]:
    """The production server over the test's own database; no worker runs."""
    with serving(store, tmp_path / "server.log") as running:
        yield running


def keep(store: Store, body: bytes) -> None:
    """A delivery that a process died with a minute ago."""
    aged = "now() - interval '1 minute'" if store.on_postgresql else "datetime('now', '-1 minute')"
    blank = "'{}', 'x', '', 'pending', '', '[]', '[]', 0"
    columns = "headers, token_fingerprint, remote_address, outcome, problem, results, unknown_keys, attempts"
    store.rows(
        f"INSERT INTO webhooks_delivery (received_at, body, sha256, size, {columns}) "
        f"VALUES ({aged}, %s, 'none', {len(body)}, {blank})",
        body,
    )


def test_F25_a_small_update_is_answered_before_what_others_left_is_finished(server: Any, store: Store):
    for purchase in ("M1", "M2"):
        keep(store, body_of(*[f"{purchase}-{name}" for name in NAMES[:100]], purchase=purchase))

    answer = server.post(new_order("PO-small"))
    behind = store.outcomes().get("pending")

    assert (answer.code, answer.json["status"], behind) == (200, "SUCCESS", 2)
    assert store.until_settled() == {"applied": 3}
    assert store.rows("SELECT count(*), sum(times_seen) FROM orders_orderupdate") == [(201, 201)]


def test_A10_a_body_of_a_thousand_orders_is_finished_after_its_answer(server: Any, store: Store):
    entries = [{"order_id": name, "order_status": {"status_id": 30}, "updated": 1_700_000_000} for name in NAMES]
    body = json.dumps({"merchant_order_id": "M1", "group_order_id": "G1", "grouped_orders": entries}).encode()

    answer = server.post(body, timeout=30)
    small = server.post(new_order("PO-small"))

    assert (answer.json["status"], small.json["status"]) == ("PENDING", "SUCCESS")
    assert store.outcomes() == {"pending": 1, "applied": 1}
    assert store.until_settled() == {"applied": 2}
    assert store.rows("SELECT count(*), sum(times_seen) FROM orders_orderupdate") == [(1_001, 1_001)]


@committed
def test_A10_a_small_delivery_is_finished_between_the_steps_of_a_large_one() -> None:
    large = left_behind(body_of(*NAMES[:60]), timedelta(minutes=9))
    small = left_behind(body_of("PO-small", purchase="M2"), timedelta(minutes=1))

    services.sweep()

    first = OrderUpdate.objects.filter(delivery_id=large.pk).order_by("-pk").values_list("pk", flat=True)[0]
    assert OrderUpdate.objects.get(delivery_id=small.pk).pk < first


# --- A11: one claimant ------------------------------------------------------------------------------------------------


def three_at_once(store: Store, first: str, then: str) -> None:
    """Run a script in three processes: `then` in none of them before all have done `first`."""
    script = f"{first}\nprint('ready', flush=True)\ninput()\n{then}"
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", script]
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    running: list[subprocess.Popen[str]] = [
        subprocess.Popen(command, cwd=ROOT, env=environment(store.url), **piped) for _ in range(3)
    ]
    for one in running:
        assert one.stdout
        assert one.stdout.readline() == "ready\n"
    for one in running:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in running:
        one.communicate(timeout=180)


def test_A11_three_sweeps_at_once_apply_and_count_each_order_once(store: Store):
    keep(store, body_of(*NAMES[:100]))

    three_at_once(store, "from webhooks import services", "services.sweep()")

    assert store.outcomes() == {"applied": 1}
    assert store.rows("SELECT count(*), sum(times_seen) FROM orders_orderupdate") == [(100, 100)]


LOOK = """
from django.db.models import F
from orders.fold import Arrival
from orders.models import OrderUpdate
from webhooks import applying, onemg
from webhooks.models import Delivery
delivery = Delivery.objects.get()
own = set(OrderUpdate.objects.filter(delivery_id=delivery.pk).values_list("pk", flat=True))
"""

WITHOUT_A_CLAIM = """
arrival = Arrival(delivery.pk, delivery.received_at)
for update in onemg.read(bytes(delivery.body)).updates:
    found = applying.apply_one(update, arrival)
    if found.outcome == "duplicate" and found.update_id not in own:
        OrderUpdate.objects.filter(pk=found.update_id).update(times_seen=F("times_seen") + 1)
"""


def test_A11_control_without_a_claim_they_are_counted_more_than_once(store: Store):
    keep(store, body_of(*NAMES[:100]))

    three_at_once(store, LOOK, WITHOUT_A_CLAIM)

    assert store.one("SELECT sum(times_seen) FROM orders_orderupdate") > 100


@committed
def test_A11_a_claim_that_ran_out_writes_nothing_any_more(post: Post) -> None:
    post(order_update("PO1"))
    delivery = left_behind(json.dumps(order_update("PO1") | {"unknown": 1}).encode())
    slow = pending.steps(delivery, pending.Claim.take(delivery.pk))  # type: ignore[arg-type]
    let_pass(2 * pending.LEASE)  # it falls asleep
    services.sweep()

    list(slow)

    assert OrderUpdate.objects.get().times_seen == 2
    assert Delivery.objects.get(pk=delivery.pk).outcome == "duplicate"


@committed
@pytest.mark.parametrize("seed", range(12))
def test_A11_whatever_is_killed_locked_or_claimed_twice_each_update_is_applied_and_counted_once(seed: int) -> None:
    chance = random.Random(seed)
    orders = [f"PO{number}" for number in range(6)]
    told: Counter[str] = Counter()
    for _ in range(8):
        some = chance.sample(orders, chance.randint(1, 6))
        at = 1_700_000_000 + chance.randint(0, 2)
        left_behind(body_of(*some, updated=at))
        told.update(f"{order}@{at}" for order in some)
    at_work: list[Iterator[None]] = []

    for _ in range(80):
        what = chance.choice(["claim", "step", "step", "step", "die", "time", "refuse", "again"])
        if what == "claim":
            waiting = list(pending.due())
            if waiting and (claim := pending.Claim.take((one := chance.choice(waiting)).pk)):
                at_work.append(pending.steps(one, claim))
        elif what == "step" and at_work:
            next(chance.choice(at_work), None)
        elif what == "die" and at_work:
            at_work.pop(chance.randrange(len(at_work))).close()  # type: ignore[attr-defined]
        elif what == "time":
            let_pass(timedelta(seconds=chance.choice([1, 40, 90])))
        elif what == "refuse" and at_work:
            with refusing(chance.choice(orders)):
                next(chance.choice(at_work), None)
        elif what == "again":
            services.reprocess(chance.choice(list(Delivery.objects.all())))
    for one in at_work:
        list(one)
    hours_pass(1)
    call_command("replay_deliveries", quarantined=True, stdout=StringIO())

    seen = {
        f"{row.order_id}@{row.updated_raw}": row.times_seen for row in OrderUpdate.objects.order_by("order_id", "pk")
    }
    assert (seen, OrderUpdate.objects.count()) == (dict(told), len(told))
    assert set(Delivery.objects.values_list("outcome", flat=True)) <= {"applied", "stale", "duplicate"}
    call_command("rebuild_orders", compare=True, stdout=StringIO())


# --- F27: a body is read once -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_F27_a_rebuild_reads_a_body_once_for_all_the_purchases_in_it(post: Post) -> None:
    bodies = []
    for at in range(3):
        entries = [
            {"order_id": name, "order_status": {"status_id": 30}, "updated": 1_700_000_000 + at} for name in NAMES[:40]
        ]
        bodies.append({"grouped_orders": entries})
    for body in bodies:
        post(body)

    with CaptureQueriesContext(connection) as asked:
        call_command("rebuild_orders", compare=True, stdout=(said := StringIO()))

    assert said.getvalue() == "40 purchases folded, 0 differ\n"
    assert sum('"webhooks_delivery"."body"' in query["sql"] for query in asked) == 1


@pytest.mark.django_db
def test_F27_a_purchase_whose_bytes_are_beyond_what_is_read_by_now_is_left_as_it_is(post: Post) -> None:
    post(order_update("PO1"))
    crowded = {"grouped_orders": [{"order_id": f"X{number}"} for number in range(1_001)]}
    Delivery.objects.update(body=json.dumps(crowded).encode())

    call_command("rebuild_orders", stdout=(said := StringIO()))

    assert "left as it is" in said.getvalue()
    assert GroupedOrder.objects.get().status_id == 130
