"""Acting under crowds and crashes: battery T14, and rows O24, O25 and O29 against real server processes.

What must hold each time: a call is in one of its six states, none is lost in silence, and 1mg takes a confirmation once
at most, however often a button is pressed and wherever a process dies.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest

from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.server import Partners
from payments.choices import LIVE, State
from tests import plugin
from tests.faults.kit import Store, crowd, new_order, serving, until_it_waits
from tests.forms import fields
from tests.server import ROOT, Answer, Server, environment, parse
from tests.until import until

only_postgresql = pytest.mark.skipif(
    plugin.WANTED != "postgresql", reason="SQLite lets one writer in at a time: no race to lose"
)
PURCHASES, CLICKS = 200, 8
BEARER = "the-fixed-token-of-a-test"
CSRF = "c" * 32

#: Where a process may die -> how the call stands then, and how many confirmations 1mg received and took.
POINTS = {
    "intended": ("intended", (0, 0)),
    "sending": ("sending", (0, 0)),
    "answered": ("sending", (1, 1)),
    "recorded": ("succeeded", (1, 1)),
}


@pytest.fixture
def partners() -> Iterator[Partners]:
    """1mg on this machine."""
    with Partners(Agreed(bearer_token=BEARER)) as played:
        yield played


@pytest.fixture
def env(partners: Partners) -> dict[str, str]:
    """What a portal is started with to call it."""
    return {
        "ONEMG_BASE_URL": partners.base_url,
        "ONEMG_MERCHANT_ID": partners.agreed.merchant_id,
        "ONEMG_BEARER_TOKEN": BEARER,
        "DJANGO_SETTINGS_MODULE": "onemg_portal.settings",
    }


Do = Callable[..., str]


@pytest.fixture
def do(store: Store, env: dict[str, str]) -> Iterator[Do]:
    """Have a process of `tests.faults.acting` do something to its end, or to the failpoint `at`; what it printed.

    `dies`: whether it must come to the failpoint, `None` where it may.
    """
    actors = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.acting"],
        cwd=ROOT,
        env=environment(store.url, **env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    asked, answers = actors.stdin, actors.stdout
    assert asked
    assert answers

    def run(*words: str, at: str = "", dies: bool | None = False) -> str:
        print(json.dumps([at, *words]), file=asked, flush=True)
        code, said, errors = json.loads(answers.readline())
        assert code in ((0, 1) if dies is None else (int(dies),)), errors
        assert not dies or "Traceback" not in errors, errors
        return str(said)

    yield run
    actors.communicate()


@pytest.fixture
def people(do: Do, partners: Partners) -> list[str]:
    """One purchase, M0, that both sides know, and two people's sessions."""
    return ready(do, partners, 1)


def ready(do: Do, partners: Partners, count: int) -> list[str]:
    """Purchases that both sides know; the sessions."""
    for number in range(count):
        partners.tell(merchant_order_id=f"M{number}", onemg_order_id=f"POM{number}")
    return do("purchases", str(count)).split()


def page(server: Server, session: str, path: str) -> dict[str, list[str]]:
    """The fields of the form that somebody opens."""
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={session}; csrftoken={CSRF}\r\n"
    return fields(parse(server.raw(f"{head}Connection: close\r\n\r\n".encode(), timeout=60)).body.decode())


def click(server: Server, session: str, path: str, read: dict[str, list[str]] | None = None, **typed: str) -> Answer:
    """Open a form, or take the one that was `read`, and send it as a browser does; code 0 where no answer came."""
    form = (page(server, session, path) if read is None else read) | typed | {"csrfmiddlewaretoken": CSRF}
    body = urlencode(form, doseq=True).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={session}; csrftoken={CSRF}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        return parse(server.raw(head.encode() + body, timeout=60))
    except OSError:
        return Answer(0)


def taken(partners: Partners, name: str = "M0") -> tuple[int, int]:
    """How many confirmations reached 1mg, and how many had an effect there."""
    effects = partners.effects(name)
    return effects["confirms_received"], effects["confirms_taken"]


def calls(store: Store, name: str = "M0") -> list[str]:
    """The states of a purchase's calls, the oldest first."""
    return [
        state for (state,) in store.rows("SELECT state FROM payments_partnercall WHERE group_id = %s ORDER BY id", name)
    ]


def stands(store: Store, name: str = "M0") -> str:
    """How the purchase's confirmation stands."""
    return str(store.one("SELECT confirmation_state FROM orders_ordergroup WHERE merchant_order_id = %s", name))


def settled(store: Store, name: str = "M0") -> None:
    """Wait until nothing is under way."""
    until(lambda: not {"intended", "sending"} & set(calls(store, name)))


def let_time_pass(store: Store) -> None:
    """Whoever was sending is dead, whatever waits may be sent."""
    ago = (datetime.now(UTC) - timedelta(minutes=3)).strftime("%Y-%m-%d %H:%M:%S.%f")
    ago += "+00" if store.on_postgresql else ""
    store.rows("UPDATE payments_partnercall SET sent_at = %s WHERE state = 'sending'", ago)
    store.rows("UPDATE payments_partnercall SET not_before = %s WHERE state = 'intended'", ago)


# --- T14: many clicks -------------------------------------------------------------------------------------------------


def test_O24_O25_T14_however_many_click_each_purchase_is_confirmed_once(
    store: Store, partners: Partners, do: Do, env: dict[str, str], tmp_path: Path
) -> None:
    sessions = ready(do, partners, PURCHASES)
    paths = [f"/orders/M{n}/confirm/" for n in range(PURCHASES)]

    with serving(store, tmp_path / "server.log", **env) as server:
        read = crowd(lambda path: page(server, sessions[0], path), paths, threads=CLICKS)
        jobs = [(sessions[c % 2], path, form) for path, form in zip(paths, read, strict=True) for c in range(CLICKS)]
        answers = crowd(lambda job: click(server, *job).code, jobs, threads=CLICKS)
        until(lambda: store.one("SELECT count(*) FROM payments_partnercall WHERE state <> 'succeeded'") == 0)

    assert {taken(partners, f"M{n}") for n in range(PURCHASES)} == {(1, 1)}
    assert Counter(answers) == {302: PURCHASES, 409: PURCHASES * (CLICKS - 1)}
    assert store.rows("SELECT count(*), count(DISTINCT group_id) FROM payments_partnercall") == [(PURCHASES, PURCHASES)]
    assert store.rows("SELECT DISTINCT confirmation_state FROM orders_ordergroup") == [("confirmed",)]


@only_postgresql
def test_O24_O25_T14_control_looking_first_without_lock_and_index_confirms_twice(
    store: Store, partners: Partners, do: Do
) -> None:
    ready(do, partners, PURCHASES)
    store.rows("DROP INDEX one_live_confirmation")
    local, all_looked = threading.local(), threading.Barrier(CLICKS)
    columns = "(group_id, partner, operation, state, said, by, why, overridden, ticks, method, url, request_headers,"
    columns += " request_body, answer_headers, answer_body, findings, attempts, created_at, not_before, settled_by,"
    columns += " settled_reason)"

    def naive(number: int) -> None:
        if not hasattr(local, "connection"):
            local.connection = psycopg.connect(store.url, autocommit=True)
        execute, name = local.connection.execute, f"M{number}"
        live = execute("SELECT 1 FROM payments_partnercall WHERE group_id = %s AND state = ANY(%s)", (name, [*LIVE]))
        nobody = live.fetchone() is None
        all_looked.wait(30)
        if nobody:
            execute(
                f"INSERT INTO payments_partnercall {columns} VALUES (%s, '1mg', 'confirm', 'intended', '', 'x', '',"
                " '[]', '[]', '', '', '{}', '', '{}', '', '{}', 0, now(), now(), '', '')",
                (name,),
            )

    crowd(naive, [n for n in range(PURCHASES) for _ in range(CLICKS)], threads=CLICKS)

    assert store.one("SELECT count(*) FROM payments_partnercall") == PURCHASES * CLICKS


# --- O29: the process dies ------------------------------------------------------------------------------------------


@pytest.fixture(params=POINTS)
def point(
    request: pytest.FixtureRequest,
    store: Store,
    partners: Partners,
    env: dict[str, str],
    people: list[str],
    tmp_path: Path,
) -> str:
    """The place at which a web process has died with a press in its hands."""
    chosen: str = request.param
    with serving(store, tmp_path / "crashing.log", workers=1, PORTAL_FAILPOINT=chosen, **env) as server:
        before = server.workers()
        code = click(server, people[0], "/orders/M0/confirm/").code
        until(lambda: server.workers() not in (before, []))
    assert code in (0, 302)
    assert (calls(store), taken(partners)) == ([POINTS[chosen][0]], POINTS[chosen][1])
    return chosen


def test_O29_wherever_the_process_dies_the_call_is_found_and_acts_once(
    point: str, store: Store, partners: Partners, do: Do, env: dict[str, str], people: list[str], tmp_path: Path
) -> None:
    do("sweep")
    too_early = calls(store)
    let_time_pass(store)
    do("sweep")
    found = calls(store)
    with serving(store, tmp_path / "server.log", workers=1, **env) as server:
        pressed_again = click(server, people[1], "/orders/M0/confirm/").code
        resent = click(server, people[1], "/calls/1/resend/", why="1mg asks").code
        settled(store)

    in_doubt = point in ("sending", "answered")
    assert too_early == [POINTS[point][0]]
    assert found == (["unknown"] if in_doubt else ["succeeded"])
    assert (pressed_again, resent) == (409, 302 if in_doubt else 409)
    assert calls(store) == (["abandoned", "succeeded"] if in_doubt else ["succeeded"])
    assert (stands(store), taken(partners)[1]) == ("confirmed", 1)
    assert taken(partners)[0] == (2 if point == "answered" else 1)


@pytest.mark.parametrize("status", [130, 99])
@pytest.mark.parametrize("point", ["answered"], indirect=True)
def test_O29_what_1mg_says_afterwards_settles_it(
    point: str, status: int, store: Store, do: Do, env: dict[str, str], tmp_path: Path
) -> None:
    with serving(store, tmp_path / "server.log", workers=1, **env) as server:
        told = server.post(new_order("POM0", status, merchant_order_id="M0")).json["status"]
    let_time_pass(store)
    do("sweep")

    assert told == "SUCCESS"
    assert (calls(store), stands(store)) == (
        (["succeeded"], "confirmed") if status == 130 else (["abandoned"], "rejected")
    )


def test_O29_control_who_writes_it_down_afterwards_loses_it(
    store: Store, partners: Partners, do: Do, people: list[str]
) -> None:
    do("careless", "M0", dies=True)

    assert (taken(partners), calls(store), stands(store)) == ((1, 1), [], "none")


@pytest.mark.parametrize("first", POINTS)
def test_O29_dying_again_while_it_is_mended_loses_nothing_either(
    first: str, store: Store, partners: Partners, do: Do
) -> None:
    ready(do, partners, len(POINTS))
    for number, second in enumerate(POINTS):
        name = f"M{number}"
        do("press", name, at=first, dies=True)
        let_time_pass(store)
        sweep_dies = "intended" in calls(store, name)
        do("sweep", at=second, dies=sweep_dies)
        let_time_pass(store)
        do("sweep")
        if "unknown" in calls(store, name):
            do("resend", name, at=second, dies=True)
            let_time_pass(store)
            do("sweep")

        found = calls(store, name)
        assert set(found) <= set(State.values)
        assert found[-1] in ("succeeded", "unknown")
        assert len([state for state in found if state in LIVE]) == 1
        assert stands(store, name) == {"succeeded": "confirmed", "unknown": "unknown"}[found[-1]]
        assert taken(partners, name)[1] <= 1
        assert found[-1] != "succeeded" or taken(partners, name)[1] == 1
        asked = store.one(
            "SELECT count(*) FROM orders_timelineentry WHERE group_id = %s AND kind = 'call' AND source = 'person'",
            name,
        )
        assert asked == len(found)


# --- O29: between the steps of one commit -----------------------------------------------------------------------------


class Hold:
    """Keeps everybody else from committing, from `take` to `release`."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._connection: Any = None

    def take(self) -> None:
        """From now on nobody can write the story of a purchase, which is the last part of every commit."""
        self._connection = (
            psycopg.connect(self.store.url)
            if self.store.on_postgresql
            else sqlite3.connect(
                self.store.url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False
            )
        )
        lock = "LOCK TABLE orders_timelineentry IN EXCLUSIVE MODE" if self.store.on_postgresql else "BEGIN IMMEDIATE"
        self._connection.execute(lock)

    def release(self) -> None:
        """And now they can."""
        if self._connection is not None:
            self._connection.rollback()
            self._connection.close()
            self._connection = None


@pytest.fixture
def hold(store: Store) -> Iterator[Hold]:
    """Released in the end, whatever happens."""
    held = Hold(store)
    yield held
    held.release()


def die(server: Server) -> None:
    """Kill -9 to the web process, and wait until there is another that serves."""
    before = server.workers()
    for pid in before:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: server.workers() not in (before, []) and server.get("/healthz", timeout=1).code == 200)


def test_O29_dying_before_the_press_has_committed_nothing_was_asked(
    store: Store, partners: Partners, env: dict[str, str], people: list[str], tmp_path: Path, hold: Hold
) -> None:
    with serving(store, tmp_path / "server.log", workers=1, **env) as server:
        codes: list[int] = []
        path = "/orders/M0/confirm/"
        read = page(server, people[0], path)
        hold.take()
        presser = threading.Thread(target=lambda: codes.append(click(server, people[0], path, read).code))
        presser.start()
        until_it_waits(server, store)
        die(server)
        hold.release()
        presser.join(90)
        nothing = (codes, calls(store), stands(store), taken(partners))
        again = click(server, people[0], path).code
        settled(store)

    assert nothing == ([0], [], "none", (0, 0))
    assert (again, calls(store), taken(partners)) == (302, ["succeeded"], (1, 1))


def test_O29_dying_while_the_answer_is_written_down_leaves_a_doubt(
    store: Store, partners: Partners, do: Do, env: dict[str, str], people: list[str], tmp_path: Path, hold: Hold
) -> None:
    answered = threading.Event()

    def take() -> None:
        hold.take()
        answered.set()

    partners.misbehave("POM0", "fine", on="confirm", during=take, times=1)
    with serving(store, tmp_path / "server.log", workers=1, **env) as server:
        click(server, people[0], "/orders/M0/confirm/")
        assert answered.wait(60)
        until_it_waits(server, store)
        die(server)
        hold.release()
    during = (calls(store), taken(partners))
    let_time_pass(store)
    do("sweep")
    found = (calls(store), stands(store))
    do("resend", "M0")

    assert during == (["sending"], (1, 1))
    assert found == (["unknown"], "unknown")
    assert (calls(store), taken(partners)) == (["abandoned", "succeeded"], (2, 1))


def test_O29_a_database_that_is_busy_for_a_moment_does_not_cost_the_answer(
    store: Store, partners: Partners, env: dict[str, str], people: list[str], tmp_path: Path, hold: Hold
) -> None:
    partners.misbehave("POM0", "fine", on="confirm", during=hold.take, times=1)
    with serving(store, tmp_path / "server.log", workers=1, **env) as server:
        click(server, people[0], "/orders/M0/confirm/")
        until_it_waits(server, store)
        time.sleep(3)  # longer than a statement waits for a lock
        hold.release()
        settled(store)

    assert (calls(store), stands(store), taken(partners)) == (["succeeded"], "confirmed", (1, 1))
