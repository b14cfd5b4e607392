"""Stops, starts and deaths of what `make serve`, `make run` and `make work` start, and a database that is silent.

Times are asserted only where the wrong ones are several times as long: a stop that hangs took 30 seconds and more.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from onemg_portal.management.commands.run import free_port
from tests import plugin
from tests import server as servers
from tests.faults import conftest, kit
from tests.faults.kit import Load, Postgres, Store, all_up, applied, crowd, kept, new_order, until_it_waits
from tests.onemg_portal.test_run import Run, children_of, is_alive
from tests.server import ROOT, Answer, Server, environment, manage, parse, start
from tests.until import until

#: What is promised is 5 seconds, on a machine that has time for us.
SOON = 25

_sqlite_template, postgres, store = conftest._sqlite_template, conftest.postgres, conftest.store

only_sqlite = pytest.mark.skipif(plugin.WANTED != "sqlite", reason="the database has no part in it")
only_postgresql = pytest.mark.skipif(plugin.WANTED != "postgresql", reason="SQLite is no process that could freeze")


@pytest.fixture
def server(store: Store, tmp_path: Path) -> Iterator[Server]:
    """The production server over the test's own database."""
    with kit.serving(store, tmp_path / "server.log") as running:
        yield running


@pytest.fixture
def begin(store: Store, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Begin a command of `manage.py`, as the leader of a group of its own; killed afterwards."""
    begun: list[subprocess.Popen[bytes]] = []

    def command(*arguments: str, **more: str) -> subprocess.Popen[bytes]:
        with (tmp_path / "log").open("ab") as log:
            begun.append(
                subprocess.Popen(
                    arguments,
                    cwd=ROOT,
                    env=environment(store.url, **more),
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    # Where the tests run in the background SIGINT is ignored, and what they start would ignore it too.
                    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                )
            )
        return begun[-1]

    yield command
    for process in begun:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


def send(process: subprocess.Popen[bytes], whom: str, number: int) -> None:
    """Send a signal to a process alone or to its whole group."""
    if whom == "group":
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)


def is_listening(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# --- A20: workers die -------------------------------------------------------------------------------------------------


@only_sqlite
def test_A20_a_worker_killed_ten_times_in_a_row_is_started_again_each_time(server: Server):
    seen = set()

    for _ in range(10):
        victim = server.workers()[-1]  # the newest: the same place each time
        seen.add(victim)
        os.kill(victim, signal.SIGKILL)
        until(lambda gone=victim: gone not in server.workers() and len(server.workers()) == 2)

    assert len(seen) == 10
    assert server.process.poll() is None
    assert server.post(new_order("PO1"), timeout=30).code == 200


@only_sqlite
def test_A20_whoever_calls_while_no_worker_is_left_waits_for_the_next_one(server: Server, store: Store):
    workers = server.workers()
    server.process.send_signal(signal.SIGSTOP)  # it starts no other for now
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    until(lambda: not any(map(is_alive, workers)))

    with ThreadPoolExecutor(1) as caller:
        asked = caller.submit(server.post, new_order("PO1"))
        server.process.send_signal(signal.SIGCONT)
        answer = asked.result()

    assert (answer.code, applied(store)) == (200, {"PO1": 1})


@only_sqlite
def test_A20_no_worker_outlives_a_server_that_is_killed(server: Server):
    workers = server.workers()

    server.process.kill()
    server.process.wait(5)

    until(lambda: not any(map(is_alive, workers)))
    assert not is_listening(server.port)


@only_sqlite
def test_A20_the_background_worker_goes_on_after_each_of_its_processes_was_killed(
    store: Store, begin: Callable[..., subprocess.Popen[bytes]]
):
    """One that waits for a job holds the lock of the queue: its successor alone would wait for ever."""
    ask = "from django_q.tasks import async_task; async_task('webhooks.tasks.sweep_pending')"
    work = begin(sys.executable, "manage.py", "work")
    until(lambda: len(queue_of(work)) == 3)

    for position in range(3):
        before = queue_of(work)
        os.kill(before[position], signal.SIGKILL)
        until(lambda old=before: len(now := queue_of(work)) == 3 and not set(now) & set(old))
    manage(store.url, "shell", "-v0", "-c", ask)

    until(lambda: store.one("SELECT count(*) FROM django_q_ormq") == 0)


def queue_of(work: subprocess.Popen[bytes]) -> list[int]:
    """The processes of the queue below the one that watches them."""
    return [pid for watching in children_of(work.pid) for pid in children_of(watching)]


# --- A21: stops -------------------------------------------------------------------------------------------------------

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@only_sqlite
@pytest.mark.parametrize(
    ("begun", "whom", "number"),
    [(0, "main", signal.SIGINT), (0, "group", signal.SIGTERM), *itertools.product([2], ["main", "group"], SIGNALS)],
)
def test_A21_a_server_that_is_starting_stops(
    begin: Callable[..., subprocess.Popen[bytes]], begun: int, whom: str, number: int
):
    """Before it has any workers, and while they load the application."""
    serve = begin(sys.executable, "manage.py", "serve", PORT="0", HOST="127.0.0.1")
    until(lambda: len(children_of(serve.pid)) >= begun)
    time.sleep(random.random() * 0.5)
    workers = children_of(serve.pid)

    send(serve, whom, number)

    serve.wait(SOON)
    assert [pid for pid in workers if is_alive(pid)] == []


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("whom", ["main", "group"])
def test_A21_a_busy_server_stops_and_what_it_acknowledged_is_kept(store: Store, tmp_path: Path, whom: str, number: int):
    server = start(store.url, tmp_path / "server.log")
    all_up(server)
    workers = server.workers()
    try:
        with Load(server.port) as load:
            load.wait_for(20)
            send(server.process, whom, number)
            code = server.process.wait(SOON)
            load.give_up()
    finally:
        server.stop(signal.SIGKILL)

    assert (code, [pid for pid in workers if is_alive(pid)]) == (0, [])
    assert load.acknowledged - kept(store) == set()


@only_sqlite
@pytest.mark.parametrize("first", SIGNALS)
def test_A21_signals_that_follow_each_other_at_once_stop_it_as_one_does(server: Server, first: int):
    for _ in range(10):
        server.process.send_signal(first)
        os.killpg(server.process.pid, signal.SIGTERM)

    assert server.process.wait(SOON) == 0


@only_sqlite
def test_A21_a_connection_that_says_nothing_does_not_hold_up_the_end(server: Server):
    with socket.create_connection(("127.0.0.1", server.port)):
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)

        assert server.process.wait(SOON) == 0


@only_sqlite
def test_A21_a_worker_that_is_frozen_does_not_hold_up_the_end(server: Server):
    os.kill(server.workers()[0], signal.SIGSTOP)

    server.process.send_signal(signal.SIGTERM)

    assert server.process.wait(SOON) == 0


@only_sqlite
@pytest.mark.parametrize(("whom", "number"), [("main", signal.SIGINT), ("group", signal.SIGTERM)])
def test_A21_make_itself_can_be_told(begin: Callable[..., subprocess.Popen[bytes]], whom: str, number: int):
    """It passes SIGTERM on to what it started, but not SIGINT."""
    make, port = shutil.which("make"), servers.free_port()
    if not (make and (ROOT / ".venv" / "bin" / "python").exists()):
        pytest.skip("needs make, and the environment that it has made")
    serve = begin(make, "--assume-old=.venv/installed", "serve", PORT=str(port), HOST="127.0.0.1")
    until(lambda: is_listening(port))

    send(serve, whom, number)

    serve.wait(SOON)
    assert not is_listening(port)


@only_sqlite
@pytest.mark.parametrize(("whom", "number", "seconds"), [("group", signal.SIGINT, 2), ("main", signal.SIGTERM, 5)])
def test_A21_a_run_that_is_starting_stops(store: Store, tmp_path: Path, whom: str, number: int, seconds: float):
    run = Run(store.url, tmp_path / "output", "--orders=2")
    try:
        time.sleep(seconds + random.random())
        family = run.family()

        send(run.process, whom, number)

        run.process.wait(SOON)
        assert [name for name, pid in family.items() if is_alive(pid)] == []
    finally:
        run.clean_up()


@only_sqlite
def test_A21_no_part_outlives_a_run_that_is_killed(store: Store, tmp_path: Path):
    run = Run(store.url, tmp_path / "output", "--orders=2")
    try:
        family = run.up().family()

        run.process.kill()
        run.process.wait(5)

        until(lambda: not any(map(is_alive, family.values())))
    finally:
        run.clean_up()


@only_sqlite
def test_A21_the_sandbox_starts_again_on_its_port_at_once(begin: Callable[..., subprocess.Popen[bytes]]):
    port = servers.free_port()
    command = (sys.executable, "manage.py", "sandbox", "--orders=1", f"--partners-port={port}")

    for _ in range(2):
        sandbox = begin(*command)
        until(lambda: is_listening(port))
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.sendall(b"GET /_sandbox/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert caller.recv(12) == b"HTTP/1.1 200"
            sandbox.send_signal(signal.SIGTERM)
            sandbox.wait(SOON)
            while caller.recv(65_536):
                pass  # closed by the sandbox first: its side of the connection lingers


def test_A21_a_port_that_was_just_left_is_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as caller:
            server.accept()[0].close()
            assert caller.recv(1) == b""  # closed by the server first: its side of the connection lingers

    assert free_port(port) == port


# --- A22: a database that is there and does not answer ----------------------------------------------------------------

AWAY = {"status": "FAILED", "message": "Temporarily unavailable, please send again."}


def asked(server: Server, path: str, timeout: float = SOON) -> Answer:
    """What the API or a probe answers."""
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token unknown\r\nConnection: close\r\n\r\n"
    return parse(server.raw(head.encode(), timeout=timeout))


def everybody(server: Server) -> list[Answer]:
    """The receiver, the API and the probe, all at once, on connections that worked before."""
    callers: list[Callable[[], Answer]] = [
        lambda: server.post(new_order("PO-frozen"), timeout=SOON),
        lambda: asked(server, "/api/orders/"),
        lambda: asked(server, "/readyz"),
    ]
    return crowd(lambda call: call(), callers, threads=3)


def warmed_up(server: Server) -> None:
    """Every thread has its connection to the database."""
    answers = crowd(server.post, [new_order(f"PO-before-{n}") for n in range(64)], threads=32)
    assert {answer.code for answer in answers} == {200}


@only_postgresql
def test_A22_a_frozen_postgresql_is_503(postgres: Postgres, server: Server, store: Store):
    warmed_up(server)

    with postgres.frozen():
        update, orders, ready = everybody(server)
    afterwards = server.post(new_order("PO-after"))

    assert (update.code, update.json, update.headers["retry-after"]) == (503, AWAY, "30")
    assert (orders.code, list(orders.json), orders.headers["retry-after"]) == (503, ["detail"], "30")
    assert (ready.code, ready.json) == (503, {"status": "database unavailable"})
    assert afterwards.json["status"] == "SUCCESS"


@only_postgresql
def test_A22_a_statement_that_is_under_way_when_postgresql_freezes_is_503(
    postgres: Postgres, server: Server, store: Store
):
    answers: list[Answer] = []
    warmed_up(server)
    with contextlib.closing(store.connect()) as holder:
        holder.execute("LOCK TABLE webhooks_delivery IN ACCESS EXCLUSIVE MODE")
        sender = threading.Thread(target=lambda: answers.append(server.post(new_order("PO-frozen"), timeout=SOON)))
        sender.start()
        until_it_waits(server, store)

        with postgres.frozen():
            sender.join()

    assert (answers[0].code, answers[0].json) == (503, AWAY)


@only_postgresql
def test_A22_a_network_that_swallows_everything_is_503(postgres: Postgres, store: Store, tmp_path: Path):
    with Swallowing(postgres) as network, kit.serving(Store(network.url(store)), tmp_path / "server.log") as server:
        warmed_up(server)

        network.silent.set()
        update, orders, ready = everybody(server)

    assert (update.code, orders.code, ready.code) == (503, 503, 503)


@only_postgresql
def test_A22_control_the_servers_own_limits_end_nothing_while_it_is_frozen(
    postgres: Postgres, store: Store, tmp_path: Path
):
    more = {"DJANGO_SETTINGS_MODULE": "tests.faults.djangos_backend_settings"}
    with kit.serving(store, tmp_path / "server.log", **more) as server:
        warmed_up(server)
        with postgres.frozen():
            answer = server.post(new_order("PO-frozen"), timeout=8)

    assert answer.code == 0


class Swallowing:
    """A way to PostgreSQL over TCP that, once `silent`, takes what is sent and brings nothing."""

    def __init__(self, server: Postgres) -> None:
        self.path = next(str(path) for path in server.directory.glob(".s.PGSQL.*") if path.suffix != ".lock")
        self.silent = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))

    def url(self, store: Store) -> str:
        """The `DATABASE_URL` of the same database by this way."""
        name = store.url.partition("?")[0].rpartition("/")[2]
        return f"postgres://postgres@127.0.0.1:{self.listener.getsockname()[1]}/{name}?sslmode=disable"

    def __enter__(self) -> Swallowing:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = self.listener.accept()[0]
                far = socket.socket(socket.AF_UNIX)
                far.connect(self.path)
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self.silent.is_set():
                    target.sendall(data)
            target.close()
