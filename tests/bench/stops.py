"""How a running portal ends, and whether its workers come back.

    python -m tests.bench.stops [200] [--what serve|run] [--kills 10]

Each stop is another one of: SIGTERM or SIGINT; to the main process alone or to its whole group; at a random moment of
the first seconds or once it is up; idle or while updates are posted. Printed are how many ended within 5 seconds, how
long they took, what was left behind, and how many acknowledged updates were lost: all on SQLite, in one database.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests import server
from tests.bench import bodies
from tests.server import Server

GOAL_SECONDS = 5.0
#: After this a stop is given up, and counted as hanging.
GIVE_UP_SECONDS = 45.0
#: How long a start takes, about; stops fall into all of it.
START_SECONDS = {"serve": 3.0, "run": 7.0}
WAYS = tuple(itertools.product(("main", "group"), (signal.SIGTERM, signal.SIGINT), ("start", "up"), ("idle", "busy")))


@dataclass
class Senders:
    """Some threads that post updates one after the other, until they are told to end; `acknowledged` grows."""

    port: int
    name: str
    many: int = 4
    acknowledged: set[str] = field(default_factory=set)
    ending: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Senders:
        self.threads = [threading.Thread(target=self._send, args=(n,)) for n in range(self.many)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def _send(self, sender: int) -> None:
        door = Server(None, self.port, Path())  # type: ignore[arg-type]
        for number in itertools.count():
            if self.ending.is_set():
                return
            order_id = f"{self.name}-{sender}-{number}"
            if door.post(bodies.about([(order_id, order_id)])[0].next(), timeout=3).code == 200:
                self.acknowledged.add(order_id)
            else:
                time.sleep(0.05)


def main() -> None:
    """Stop, kill, report."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    options.add_argument("stops", nargs="?", type=int, default=200)
    options.add_argument("--what", choices=("serve", "run"), default="serve")
    options.add_argument("--kills", type=int, default=10, help="of one worker after the other")
    options.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = options.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what we start would ignore it with us, in a background
    dice = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="portal-stops-") as directory:
        store, log = Path(directory, "portal.sqlite3"), Path(directory, "log")
        assert server.manage(url(store), "migrate", "-v0").returncode == 0
        print(f"{given.stops} stops of `{given.what}`, --seed {given.seed}", flush=True)
        stops(given.what, given.stops, store, log, dice)
        if given.kills:
            kills(given.kills, store, log)


def stops(what: str, many: int, store: Path, log: Path, dice: random.Random) -> None:
    """Stop it so many times, each way in turn."""
    took: list[float] = []
    acknowledged: set[str] = set()
    left = 0
    for number, way in zip(range(many), itertools.cycle(WAYS), strict=False):
        seconds, said, behind = one_stop(what, store, log, way, f"S{number}", dice)
        took.append(seconds)
        acknowledged |= said
        left += behind
        if seconds > GOAL_SECONDS or behind:
            print(f"  {' '.join(map(str, way))}: {seconds:.1f} s, {behind} processes left behind", flush=True)
    lost = acknowledged - kept(store)
    within = sum(seconds <= GOAL_SECONDS for seconds in took)
    print(
        f"{within} of {many} within {GOAL_SECONDS:.0f} s; median {statistics.median(took):.2f} s, "
        f"most {max(took):.2f} s; {left} processes left behind; "
        f"{len(lost)} of {len(acknowledged)} acknowledged updates lost",
        flush=True,
    )


def one_stop(
    what: str, store: Path, log: Path, way: tuple[str, signal.Signals, str, str], name: str, dice: random.Random
) -> tuple[float, set[str], int]:
    """Start it, stop it one way: the seconds it took, what was acknowledged, how many processes it left behind."""
    whom, number, moment, load = way
    with starting(what, store, log) as portal:
        if moment == "up":
            assert _until(lambda: portal.get("/healthz", timeout=1).code == 200, 60), log.read_text()[-2000:]
        with Senders(portal.port, name, many=4 if load == "busy" else 0) as senders:
            time.sleep(dice.uniform(0.0, START_SECONDS[what]) if moment == "start" else dice.uniform(0.0, 0.7))
            family = descendants(portal.process.pid)
            began = time.monotonic()
            if whom == "group":
                os.killpg(portal.process.pid, number)
            else:
                portal.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                portal.process.wait(GIVE_UP_SECONDS)
            seconds = time.monotonic() - began
        behind = [pid for pid in family if is_alive(pid)]
        for pid in behind:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return seconds, senders.acknowledged, len(behind)


def kills(many: int, store: Path, log: Path) -> None:
    """Kill one worker after the other; how long until two serve again, and whether the portal answers all along."""
    took = []
    with server.serving(url(store), log) as portal:
        _until(lambda: len(serving_workers(portal)) == 2, 30)
        for _ in range(many):
            began = time.monotonic()
            victim = serving_workers(portal)[-1]  # the newest
            os.kill(victim, signal.SIGKILL)
            back = _until(lambda gone=victim: gone not in (now := serving_workers(portal)) and len(now) == 2, 30)
            if not back or portal.process.poll() is not None:
                print(f"a worker killed {many} times: not started again after {len(took)} times")
                return
            took.append(time.monotonic() - began)
    print(
        f"a worker killed {many} times: started again each time, median {statistics.median(took):.2f} s, "
        f"most {max(took):.2f} s"
    )


# --- pieces -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def starting(what: str, store: Path, log: Path) -> Iterator[Server]:
    """Begin to start it, and wait for nothing."""
    port = server.free_port()
    more = {"DEBUG": "true"} if what == "run" else {}
    environment = server.environment(url(store), PORT=str(port), HOST="127.0.0.1", **more)
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", what],
            cwd=server.ROOT,
            env=environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield Server(process, port, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)
        for part in (server.ROOT / "var" / "log").glob(f"*-{port}.log"):
            part.unlink()


def url(store: Path) -> str:
    """The `DATABASE_URL` of a file."""
    return f"sqlite:///{store}"


def kept(store: Path) -> set[str]:
    """The orders whose bytes are stored."""
    with contextlib.closing(sqlite3.connect(store, timeout=20)) as database:
        documents = [json.loads(body) for (body,) in database.execute("SELECT body FROM webhooks_delivery")]
    return {document.get("result", document)["group_order_id"] for document in documents}


def descendants(pid: int) -> list[int]:
    """Every process below one."""
    found = []
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def serving_workers(portal: Server) -> list[int]:
    """The web workers that have their threads."""
    up = []
    for worker in portal.workers():
        with contextlib.suppress(OSError):
            if is_alive(worker) and len(os.listdir(f"/proc/{worker}/task")) > 2:
                up.append(worker)
    return up


def _until(true: object, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


if __name__ == "__main__":
    main()
