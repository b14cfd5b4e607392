"""Refunds under crowds and crashes, against real server processes: battery of M14, and M17 at every commit boundary.

What must hold each time: no refund is paid twice at Nimbbl, none is lost, and none that may have been paid is sent
again by anybody but a person.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.server import Partners
from tests.faults.kit import Store, crowd, serving
from tests.faults.test_acting import Do, calls, do, let_time_pass
from tests.server import PAYMENT_TOKEN, Answer, Server
from tests.until import until

__all__ = ["do"]  # a fixture
#: The battery asks for 200 refunds; a run of the suite for fewer.
PURCHASES, COPIES, THREADS = int(os.environ.get("REFUND_BATTERY", "40")), 8, 16
_numbers = itertools.count(1)

#: Where a process may die.
POINTS = ("request_kept", "request_judged", "intended", "sending", "answered", "recorded")


@pytest.fixture
def partners() -> Iterator[Partners]:
    """Nimbbl on this machine."""
    with Partners(Agreed()) as played:
        yield played


@pytest.fixture
def env(partners: Partners) -> dict[str, str]:
    """What a portal is started with that pays back by itself."""
    return {
        "NIMBBL_BASE_URL": partners.base_url,
        "NIMBBL_ACCESS_KEY": partners.agreed.nimbbl_access_key,
        "NIMBBL_ACCESS_SECRET": partners.agreed.nimbbl_access_secret,
        "REFUND_POLICY": "auto",
        "REFUND_AUTO_LIMIT": "500",
        "DJANGO_SETTINGS_MODULE": "onemg_portal.settings",
    }


def ready(do: Do, partners: Partners, count: int) -> None:
    """Purchases that were paid, each ₹652.36."""
    for number in range(count):
        partners.tell(merchant_order_id=f"M{number}", onemg_order_id=f"POM{number}", nimbbl_order_id=f"o_M{number}")
    do("paid", str(count))


def ask(server: Server, name: str = "M0") -> Answer:
    """Ask for ₹100 as 1mg does, with another unique id each time."""
    told = {"unique_id": f"RF-{next(_numbers)}", "order_id": f"PO{name}", "refund_amount": 100}
    return server.post(json.dumps(told).encode(), token=PAYMENT_TOKEN, path="/refund-requests/")


def paid(partners: Partners, name: str = "M0") -> list[str]:
    """The refunds that Nimbbl has paid of a purchase."""
    refunds: list[str] = partners.effects(name)["refunds"]
    return refunds


def states(store: Store) -> list[str]:
    """How the refunds stand."""
    return [state for (state,) in store.rows("SELECT state FROM payments_refund ORDER BY id")]


def let_a_minute_pass(store: Store) -> None:
    """What was kept and not judged is due, and so is what waits to be sent."""
    ago = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
    store.rows("UPDATE payments_refundrequest SET received_at = %s", ago + ("+00" if store.on_postgresql else ""))
    let_time_pass(store)


def test_M14_however_often_1mg_asks_each_refund_is_paid_once(
    store: Store, partners: Partners, do: Do, env: dict[str, str], tmp_path: Path
) -> None:
    ready(do, partners, PURCHASES)
    jobs = [f"M{number}" for number in range(PURCHASES)] * COPIES
    random.shuffle(jobs)

    with serving(store, tmp_path / "server.log", **env) as server:
        answers = crowd(lambda name: ask(server, name), jobs, threads=THREADS)
        until(lambda: set(states(store)) == {"paid"})

    assert Counter(answer.code for answer in answers) == {200: len(jobs)}
    assert [paid(partners, f"M{number}") for number in range(PURCHASES)] == [["100.00"]] * PURCHASES
    judged = store.rows("SELECT judged, count(*) FROM payments_refundrequest GROUP BY judged")
    assert dict(judged) == {"new": PURCHASES, "same": PURCHASES * (COPIES - 1)}


@pytest.fixture(params=POINTS)
def point(
    request: pytest.FixtureRequest, store: Store, partners: Partners, do: Do, env: dict[str, str], tmp_path: Path
) -> str:
    """The place at which a web process has died with a request of 1mg's in its hands."""
    chosen: str = request.param
    ready(do, partners, 1)
    with serving(store, tmp_path / "crashing.log", workers=1, PORTAL_FAILPOINT=chosen, **env) as server:
        before = server.workers()
        code = ask(server).code
        until(lambda: server.workers() not in (before, []))
    assert code in (0, 200)
    return chosen


def test_M17_wherever_the_process_dies_nothing_is_paid_twice_and_nothing_is_lost(
    point: str, store: Store, partners: Partners, do: Do, env: dict[str, str], tmp_path: Path
) -> None:
    kept = store.one("SELECT count(*) FROM payments_refundrequest")
    let_a_minute_pass(store)
    do("sweep")
    let_a_minute_pass(store)
    do("sweep")
    with serving(store, tmp_path / "server.log", workers=1, **env) as server:
        again = [ask(server), ask(server)]
        until(lambda: not {"intended", "sending"} & set(calls(store)))

    in_doubt = point in ("sending", "answered")
    assert (kept, states(store)) == (1, ["unknown"] if in_doubt else ["paid"])
    assert [answer.code for answer in again] == [200, 200]
    assert again[1].json["status"] == ("PENDING" if in_doubt else "SUCCESS")
    assert len(paid(partners)) == (0 if point == "sending" else 1)


@pytest.mark.parametrize("point", ["sending", "answered"], indirect=True)
def test_M17_what_a_person_sends_again_is_paid_once(point: str, store: Store, partners: Partners, do: Do) -> None:
    let_a_minute_pass(store)
    do("sweep")

    do("send-again", "1")

    assert states(store) == (["paid"] if point == "sending" else ["unknown"])
    assert paid(partners) == ["100.00"]
    sent = [json.loads(one.body)["refund_request_id"] for one in partners.requests if one.path == "/api/v3/refund"]
    assert len(set(sent)) == 1


@pytest.mark.parametrize("second", ["intended", "sending", "answered", "recorded"])
@pytest.mark.parametrize("point", ["intended"], indirect=True)
def test_M17_dying_again_while_it_is_mended_pays_once_at_most(
    point: str, second: str, store: Store, partners: Partners, do: Do
) -> None:
    let_a_minute_pass(store)
    do("sweep", at=second, dies=True)
    let_a_minute_pass(store)
    do("sweep")

    assert states(store) == (["unknown"] if second in ("sending", "answered") else ["paid"])
    assert len(paid(partners)) == (0 if second == "sending" else 1)


def test_M17_control_who_sends_what_is_in_doubt_under_another_id_pays_twice(
    store: Store, partners: Partners, do: Do, env: dict[str, str], tmp_path: Path
) -> None:
    ready(do, partners, 1)
    with serving(store, tmp_path / "crashing.log", workers=1, PORTAL_FAILPOINT="answered", **env) as server:
        ask(server)
        until(lambda: paid(partners))
    let_a_minute_pass(store)
    do("sweep")
    store.rows("UPDATE payments_refund SET refund_request_id = 'another'")

    do("send-again", "1")

    assert paid(partners) == ["100.00", "100.00"]
