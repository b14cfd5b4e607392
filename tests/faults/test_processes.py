"""Processes that die, restart, freeze and start wrong: rows F1, F2, F4, F8, F9, F10, F13 and F22 of the catalogue.

What must hold each time: what was acknowledged is kept, nothing is applied twice, and everything is applied in the end.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import plugin
from tests.faults.kit import (
    Load,
    Postgres,
    Store,
    T,
    all_up,
    applied,
    crowd,
    group_of,
    kept,
    new_order,
    serving,
    until_it_waits,
)
from tests.server import PATIENCE, ROOT, Answer, Server, environment, free_port, manage, parse, start
from tests.until import until

only_postgresql = pytest.mark.skipif(plugin.WANTED != "postgresql", reason="SQLite is no process that could fail")
only_sqlite = pytest.mark.skipif(plugin.WANTED != "sqlite", reason="about SQLite's one writer at a time")

#: What is promised is 5 seconds, on a machine that has time for us.
SOON = 20
DEFAULTS = {"DJANGO_SETTINGS_MODULE": "tests.faults.default_settings"}


@pytest.fixture
def server(store: Store, tmp_path: Path) -> Iterator[Server]:
    """The production server over the test's own database."""
    with serving(store, tmp_path / "server.log") as running:
        yield running


@contextlib.contextmanager
def granian(application: str, database_url: str, log: Path) -> Iterator[Server]:
    """An application under granian's own supervision, which `make serve` does without."""
    port = free_port()
    arguments = f"{application} --interface wsgi --host 127.0.0.1 --port {port} --workers 2"
    supervised = "--blocking-threads 8 --respawn-failed-workers --respawn-interval 0.2"
    command = str(Path(sys.executable).with_name("granian"))
    with log.open("ab") as out:
        process = subprocess.Popen(
            [command, *arguments.split(), *supervised.split()],
            cwd=ROOT,
            env=environment(database_url),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    server = Server(process, port, log)
    try:
        while server.get("/healthz", timeout=1).code != 200:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield server
    finally:
        server.stop(signal.SIGKILL)


def kill(pid: int) -> None:
    """Kill -9, if it still lives."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def posted(server: Server, body: bytes, **more: Any) -> tuple[Answer, float]:
    """The answer and how many seconds it took."""
    started = time.monotonic()
    return server.post(body, **more), time.monotonic() - started


def in_the_background(server: Server, body: bytes, timeout: float = PATIENCE) -> tuple[threading.Thread, list[Answer]]:
    """Post without waiting; the answer turns up in the list."""
    answers: list[Answer] = []
    sender = threading.Thread(target=lambda: answers.append(server.post(body, timeout=timeout)))
    sender.start()
    return sender, answers


def assert_nothing_lost(load: Load, store: Store) -> None:
    """Every acknowledged update is kept; in the end every update sent is applied, once."""
    assert load.acknowledged - kept(store) == set()
    store.sweep()
    assert applied(store) == dict.fromkeys(load.sent, 1)
    assert set(store.outcomes()) <= {"applied", "duplicate"}


# --- F1, F2: the database goes away and comes back --------------------------------------------------------------------


@only_postgresql
def test_F1_without_the_database_the_answer_is_503_and_the_portal_recovers_alone(
    postgres: Postgres, server: Server, store: Store
):
    assert server.post(new_order("PO0")).code == 200
    postgres.stop()
    try:
        answer, seconds = posted(server, new_order("PO1"))
        alive, ready = server.get("/healthz"), server.get("/readyz")
    finally:
        postgres.start()
    afterwards = server.post(new_order("PO1"))

    assert (answer.code, answer.headers["retry-after"], answer.headers["content-type"]) == (
        503,
        "30",
        "application/json",
    )
    assert answer.json == {"status": "FAILED", "message": "Temporarily unavailable, please send again."}
    assert seconds < SOON
    assert (alive.code, ready.code, afterwards.json["status"]) == (200, 503, "SUCCESS")
    assert applied(store) == {"PO0": 1, "PO1": 1}


@only_postgresql
@pytest.mark.parametrize("path", ["/api/orders/", "/orders/"])
def test_F1_without_the_database_the_api_and_the_pages_say_when_to_try_again(
    postgres: Postgres, server: Server, path: str
):
    known = "Authorization: Token x\r\nCookie: sessionid=0123456789abcdef0123456789abcdef"
    postgres.stop()
    try:
        answer = server.raw(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{known}\r\nConnection: close\r\n\r\n".encode())
    finally:
        postgres.start()

    assert (answer.split()[1], b"retry-after: 30" in answer.lower()) == (b"503", True)


def restarted_under(load: Load, postgres: Postgres, mode: str) -> None:
    """Stop the database once updates have passed, and start it once one was turned away."""
    load.wait_for(20)
    postgres.stop(mode)
    try:
        load.wait_for(1, code=503)
    finally:
        postgres.start()


@only_postgresql
def test_F2_restarts_under_load_lose_nothing_and_answer_only_200_and_503(
    postgres: Postgres, server: Server, store: Store
):
    with Load(server.port) as load:
        for mode in ("fast", "immediate", "fast", "immediate"):
            restarted_under(load, postgres, mode)

    assert load.codes() == {200, 503}
    assert load.acknowledged == load.sent
    assert_nothing_lost(load, store)


def after_a_restart(postgres: Postgres, ask: Callable[[str], Answer]) -> list[int]:
    """The codes of a burst that begins when the database is back, on connections opened before it went."""
    crowd(ask, [f"before-{n}" for n in range(96)], threads=32)
    postgres.stop()
    postgres.start()
    return [answer.code for answer in crowd(ask, [f"after-{n}" for n in range(96)], threads=32)]


@only_postgresql
@pytest.mark.usefixtures("store")
def test_F2_once_the_database_is_back_no_request_fails(postgres: Postgres, server: Server):
    assert set(after_a_restart(postgres, lambda name: server.post(new_order(name)))) == {200}


@only_postgresql
def test_F2_the_receiver_notices_by_itself_that_a_connection_is_dead(postgres: Postgres, store: Store, tmp_path: Path):
    with serving(store, tmp_path / "server.log", **DEFAULTS) as server:
        codes = after_a_restart(postgres, lambda name: server.post(new_order(name)))

    assert set(codes) == {200}


@only_postgresql
def test_F2_control_without_health_checks_others_fail_on_old_connections(
    postgres: Postgres, store: Store, tmp_path: Path
):
    with serving(store, tmp_path / "server.log", **DEFAULTS) as server:
        codes = after_a_restart(postgres, lambda name: _read_api(server, name))

    assert codes.count(503) > 0


def _read_api(server: Server, name: str) -> Answer:
    """Ask the API, which looks the key up before it refuses it."""
    head = f"GET /api/orders/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {name}\r\nConnection: close\r\n\r\n"
    return parse(server.raw(head.encode()))


# --- F4: the database is there and does not answer --------------------------------------------------------------------


@only_postgresql
def test_F4_with_the_orders_locked_the_update_is_kept_and_applied_later(server: Server, store: Store):
    with contextlib.closing(store.connect()) as holder:
        holder.execute("LOCK TABLE orders_groupedorder IN ACCESS EXCLUSIVE MODE")
        answer, seconds = posted(server, new_order("PO1"))
    before = store.outcomes()
    store.sweep()

    assert (answer.code, answer.json["status"]) == (200, "PENDING")
    assert seconds < SOON
    assert (before, store.outcomes(), applied(store)) == ({"pending": 1}, {"applied": 1}, {"PO1": 1})


@only_postgresql
def test_F4_with_one_order_locked_its_siblings_are_applied(server: Server, store: Store):
    server.post(group_of(("PO1", 130, T), ("PO2", 130, T), purchase="M1"))
    store.sweep()
    with contextlib.closing(store.connect()) as holder:
        holder.execute("SELECT 1 FROM orders_groupedorder WHERE order_id = 'PO2' FOR UPDATE")
        answer = server.post(group_of(("PO1", 30, T + 1), ("PO2", 30, T + 1), purchase="M1"))
        during = _moved(store, "PO1")
    store.sweep()

    assert answer.json["status"] == "PENDING"
    assert during == [("PO1", 30), ("PO2", 130)]
    assert store.rows("SELECT order_id, status_id FROM orders_groupedorder ORDER BY order_id") == [
        ("PO1", 30),
        ("PO2", 30),
    ]
    assert store.rows("SELECT times_seen FROM orders_orderupdate") == [(1,)] * 4


def _moved(store: Store, order_id: str) -> list[tuple[str, int]]:
    """The status of each order, once that one has moved on; the thread that the answer wakes sees to it."""
    for _ in range(100):
        found = store.rows("SELECT order_id, status_id FROM orders_groupedorder ORDER BY order_id")
        if (order_id, 30) in found:
            break
        time.sleep(0.1)
    return found


def test_F4_the_limit_that_is_set_is_the_web_workers(store: Store, tmp_path: Path):
    with serving(store, tmp_path / "server.log", STATEMENT_TIMEOUT_MS="1500") as server:
        told = Path(f"/proc/{server.workers()[0]}/environ").read_text().split("\0")

    assert "STATEMENT_TIMEOUT_MS=1500" in told


@only_postgresql
def test_F4_with_the_deliveries_locked_the_answer_is_503(server: Server, store: Store):
    with contextlib.closing(store.connect()) as holder:
        holder.execute("LOCK TABLE webhooks_delivery IN ACCESS EXCLUSIVE MODE")
        answer, seconds = posted(server, new_order("PO1"))

    assert (answer.code, answer.headers["retry-after"]) == (503, "30")
    assert seconds < SOON
    assert store.outcomes() == {}


@only_postgresql
def test_F4_control_without_time_limits_a_locked_table_holds_the_sender(store: Store, tmp_path: Path):
    with (
        serving(store, tmp_path / "server.log", **DEFAULTS) as server,
        contextlib.closing(store.connect()) as holder,
    ):
        before = server.post(new_order("PO0"))
        holder.execute("LOCK TABLE webhooks_delivery IN ACCESS EXCLUSIVE MODE")
        answer = server.post(new_order("PO1"), timeout=5)

    assert (before.code, answer.code) == (200, 0)


@only_postgresql
def test_F4_a_frozen_database_loses_nothing_and_the_process_says_that_it_lives(
    postgres: Postgres, server: Server, store: Store
):
    names = [f"PO{n}" for n in range(6)]
    server.post(new_order("PO-before"))
    with postgres.frozen():
        senders = [in_the_background(server, new_order(name)) for name in names]
        time.sleep(1.5)
        during = [answer for _, answers in senders for answer in answers]
        alive, ready = server.get("/healthz"), server.get("/readyz", timeout=1)
    for sender, _ in senders:
        sender.join()
    afterwards = server.post(new_order("PO-after"))

    got = dict(zip(names, (answers[0].code for _, answers in senders), strict=True))
    assert (alive.code, ready.code, during) == (200, 0, [])  # /readyz asks the database: the freeze was real
    assert set(got.values()) <= {200, 503}
    assert {name for name, code in got.items() if code == 200} - kept(store) == set()
    assert afterwards.json["status"] == "SUCCESS"


# --- F8: one writer at a time -----------------------------------------------------------------------------------------


def burst(server: Server, number: int = 0) -> list[int]:
    """The codes of 480 different updates from 32 senders; another `number`, others."""
    bodies = [new_order(f"PO{number}-{n}") for n in range(480)]
    return [answer.code for answer in crowd(server.post, bodies, threads=32)]


@only_sqlite
def test_F8_thirty_two_writers_are_never_locked_out(server: Server, store: Store):
    codes = burst(server)
    store.sweep()

    assert set(codes) == {200}
    assert "OperationalError" not in server.log.read_text()
    assert store.one("SELECT count(*) FROM orders_orderupdate") == 480


@only_sqlite
def test_F8_control_djangos_own_options_lock_writers_out(store: Store, tmp_path: Path):
    with serving(store, tmp_path / "server.log", **DEFAULTS) as server:
        bursts = (burst(server, number) for number in itertools.count())

        until(lambda: 503 in next(bursts) or "OperationalError" in server.log.read_text())


@only_sqlite
def test_F8_the_options_are_what_the_promise_rests_on(store: Store):
    asked = (
        "from django.db import connection as c; cursor = c.cursor(); "
        "print([cursor.execute('PRAGMA ' + p).fetchone()[0] for p in ('journal_mode', 'synchronous', 'busy_timeout')],"
        " c.transaction_mode)"
    )

    assert manage(store.url, "shell", "-v0", "-c", asked).stdout == "['wal', 1, 20000] IMMEDIATE\n"


# --- F9, F10: web workers die -----------------------------------------------------------------------------------------


def a_kill_hit_a_request(server: Server, load: Load) -> bool:
    """Whether somebody got no answer; where nobody yet, the next worker dies: a kill may hit one that is idle."""
    workers = server.workers()  # none, where all of them have just died
    if workers and not load.answered()[0]:
        kill(random.choice(workers))
    return bool(load.answered()[0])


def test_F9_killing_workers_under_load_loses_nothing(store: Store, tmp_path: Path):
    with serving(store, tmp_path / "server.log", workers=4) as server, Load(server.port) as load:
        for worker in server.workers():
            load.wait_for(20)
            kill(worker)
        until(lambda: a_kill_hit_a_request(server, load))
        survivors = server.process.poll()

    assert survivors is None
    assert load.codes() == {0, 200}
    assert load.acknowledged == load.sent
    assert_nothing_lost(load, store)


def test_F9_control_under_granians_own_supervision_a_worker_that_dies_twice_is_the_end(store: Store, tmp_path: Path):
    with granian("onemg_portal.wsgi:application", store.url, tmp_path / "granian.log") as server:
        deadline = time.monotonic() + 30
        while server.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(FileNotFoundError, IndexError):
                kill(server.workers()[-1])
            time.sleep(0.3)

        assert server.process.wait(5) == 1


def test_F9_control_a_receiver_that_acknowledges_first_loses_updates(store: Store, tmp_path: Path):
    with granian("tests.faults.hasty:application", store.url, tmp_path / "hasty.log") as server:
        with Load(server.port) as load:
            until(lambda: len(load.acknowledged - kept(store)) > 20)
            for worker in server.workers():
                kill(worker)
        time.sleep(1)  # whatever still waits in memory gets its chance

    assert load.acknowledged - kept(store) != set()


#: What is left by a crash at each place: the bytes with all that came of them, or neither.
CRASHES: dict[str, dict[str, int]] = {"stored": {}, "applied": {}, "settled": {"applied": 1}}
TWO = group_of(("PO1", 130, T), ("PO2", 130, T))


@pytest.fixture
def crashed(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> str:
    """The place at which a worker has just died with a body of two orders in its hands."""
    point: str = request.param
    with serving(store, tmp_path / "crashing.log", workers=1, PORTAL_FAILPOINT=point) as server:
        assert server.post(TWO).code == 0
    return point


@pytest.mark.parametrize("crashed", CRASHES, indirect=True)
def test_F10_a_crash_leaves_all_or_nothing_and_the_sweep_adds_nothing(crashed: str, store: Store):
    before = store.outcomes()

    store.let_a_minute_pass()
    store.sweep()

    assert before == store.outcomes() == CRASHES[crashed]
    assert applied(store) == ({"PO1": 1, "PO2": 1} if crashed == "settled" else {})


@pytest.mark.parametrize("crashed", CRASHES, indirect=True)
def test_F10_after_a_crash_the_retry_is_applied_once(crashed: str, store: Store, tmp_path: Path):
    with serving(store, tmp_path / "server.log", workers=1) as server:
        again = server.post(TWO)
    store.sweep()

    assert (again.code, again.json["status"]) == (200, "SUCCESS")
    assert applied(store) == {"PO1": 1, "PO2": 1}
    seen = 2 if crashed == "settled" else 1
    assert store.rows("SELECT times_seen, outcome FROM orders_orderupdate") == [(seen, "applied")] * 2
    assert sum(store.outcomes().values()) == seen


@pytest.fixture
def cut_off(store: Store, tmp_path: Path) -> None:
    """A worker has died as soon as bytes were kept that could not be applied; by now they could."""
    log = tmp_path / "crashing.log"
    with serving(store, log, workers=1, PORTAL_FAILPOINT="kept") as server, nothing_recorded(store):
        assert server.post(TWO).code == 0


@contextlib.contextmanager
def nothing_recorded(store: Store) -> Iterator[None]:
    """While this lasts, the database takes no update of an order."""
    if store.on_postgresql:
        store.rows("ALTER TABLE orders_orderupdate ADD CONSTRAINT refused CHECK (false) NOT VALID")
    else:
        store.rows("CREATE TRIGGER refused BEFORE INSERT ON orders_orderupdate BEGIN SELECT RAISE(ABORT, 'no'); END")
    yield
    dropped = (
        "ALTER TABLE orders_orderupdate DROP CONSTRAINT refused" if store.on_postgresql else "DROP TRIGGER refused"
    )
    store.rows(dropped)


@pytest.mark.usefixtures("cut_off")
def test_F10_what_was_kept_alone_is_finished_by_the_sweep(store: Store):
    before = (store.outcomes(), applied(store))

    store.sweep()

    assert before == ({"pending": 1}, {})
    assert (store.outcomes(), applied(store)) == ({"applied": 1}, {"PO1": 1, "PO2": 1})
    assert store.rows("SELECT times_seen, outcome FROM orders_orderupdate") == [(1, "applied")] * 2


@pytest.mark.usefixtures("cut_off")
def test_F10_the_next_delivery_finishes_what_a_crash_left(store: Store, tmp_path: Path):
    store.let_a_minute_pass()

    with serving(store, tmp_path / "server.log", workers=1) as server:
        server.post(new_order("PO3"))
        outcomes = store.until_settled()

    assert outcomes == {"applied": 2}
    assert applied(store) == {"PO1": 1, "PO2": 1, "PO3": 1}


@pytest.mark.usefixtures("cut_off")
def test_F10_control_with_neither_it_stays_pending(store: Store, tmp_path: Path):
    store.let_a_minute_pass()

    with serving(store, tmp_path / "server.log", workers=1) as server:
        server.get("/healthz")

    assert (store.outcomes(), applied(store)) == ({"pending": 1}, {})


def test_F10_a_live_portal_refuses_to_start_with_a_failpoint(store: Store):
    done = manage(store.url, "check", PORTAL_ENVIRONMENT="live", PORTAL_FAILPOINT="stored")

    assert done.returncode != 0
    assert "PORTAL_FAILPOINT" in done.stderr


# --- F13: a deploy ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def writers_wait(store: Store) -> Iterator[None]:
    """While this lasts, no update can be kept; requests wait."""
    with contextlib.closing(store.connect()) as holder:
        holder.execute(
            "LOCK TABLE webhooks_delivery IN ACCESS EXCLUSIVE MODE" if store.on_postgresql else "BEGIN IMMEDIATE"
        )
        yield
        holder.rollback()


def during_a_request(server: Server, store: Store, how: signal.Signals) -> int:
    """The code of a request that is being worked on when the server is told to stop."""
    server.post(new_order("PO0"))
    with writers_wait(store):
        sender, answers = in_the_background(server, new_order("PO1"))
        until_it_waits(server, store)
        os.killpg(server.process.pid, how) if how is signal.SIGKILL else server.process.send_signal(how)
        time.sleep(0.5)
    sender.join()
    return answers[0].code


def test_F13_a_request_in_flight_is_answered_before_the_server_stops(server: Server, store: Store):
    code = during_a_request(server, store, signal.SIGTERM)

    assert (code, server.process.wait(15)) == (200, 0)
    assert kept(store) == {"PO0", "PO1"}


def test_F13_control_a_killed_server_answers_nothing(server: Server, store: Store):
    assert during_a_request(server, store, signal.SIGKILL) == 0


def test_F13_restarts_under_load_lose_nothing_and_answer_no_5xx(store: Store, tmp_path: Path):
    log = tmp_path / "server.log"
    server = start(store.url, log)
    all_up(server)
    try:
        with Load(server.port) as load:
            for _ in range(2):
                time.sleep(0.7)
                server.stop(signal.SIGTERM)
                server = start(store.url, log, port=server.port)
                all_up(server)
    finally:
        server.stop(signal.SIGKILL)

    assert load.codes() == {0, 200}
    assert load.acknowledged == load.sent
    assert_nothing_lost(load, store)


# --- F22: a wrong environment -----------------------------------------------------------------------------------------

SECRET = "hunter2-hunter2"  # whatever stands here must not be printed

WRONG = {
    "no SECRET_KEY": ({"SECRET_KEY": ""}, "SECRET_KEY"),
    "short SECRET_KEY": ({"SECRET_KEY": SECRET}, "SECRET_KEY"),
    "no such database": ({"DATABASE_URL": f"mysql://portal:{SECRET}@127.0.0.1/portal"}, "DATABASE_URL"),
    "no URL": ({"DATABASE_URL": SECRET}, "DATABASE_URL"),
    "empty URL": ({"DATABASE_URL": ""}, "DATABASE_URL"),
    "slash in the password": ({"DATABASE_URL": f"postgres://portal:{SECRET}/x@127.0.0.1/portal"}, "DATABASE_URL"),
    "port is no number": ({"DATABASE_URL": f"postgres://portal@127.0.0.1:{SECRET}/portal"}, "DATABASE_URL"),
    "short token": ({"ONEMG_WEBHOOK_TOKENS": SECRET}, "ONEMG_WEBHOOK_TOKENS"),
    "one short token": (
        {"ONEMG_WEBHOOK_TOKENS": f"a-long-token-0123456789,{SECRET}"},
        "ONEMG_WEBHOOK_TOKENS",
    ),
    "live without a token": ({"PORTAL_ENVIRONMENT": "live", "ONEMG_WEBHOOK_TOKENS": ""}, "ONEMG_WEBHOOK_TOKENS"),
    "unknown environment": ({"PORTAL_ENVIRONMENT": "production"}, "PORTAL_ENVIRONMENT"),
    "failpoint in live": ({"PORTAL_ENVIRONMENT": "live", "PORTAL_FAILPOINT": "stored"}, "PORTAL_FAILPOINT"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_F22_the_server_refuses_a_wrong_environment_and_names_the_variable(wrong: str, tmp_path: Path):
    variables, name = WRONG[wrong]
    url = variables.get("DATABASE_URL", f"sqlite:///{tmp_path}/portal.sqlite3")

    done = manage(url, "serve", **(variables | {"DATABASE_URL": url, "PORT": str(free_port())}))

    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert name in said.splitlines()[-1]
    assert [secret for secret in (SECRET, "test-test-", "a-long-token") if secret in said] == []


def test_F22_control_a_right_environment_passes(tmp_path: Path):
    done = manage(f"sqlite:///{tmp_path}/portal.sqlite3", "check")

    assert (done.returncode, done.stdout + done.stderr) == (0, "System check identified no issues (0 silenced).\n")
