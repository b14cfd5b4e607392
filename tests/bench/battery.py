"""The receiver under kills and crashes, and beside large bodies. Plain figures; exit code 1 where anything is wrong.

    python -m tests.bench.battery --posts 48000     posts x 12 connections x 20 killed workers x 6 crashed databases
    python -m tests.bench.battery --bodies          honest updates beside bodies of 1,000, 2,000 and 40,000 orders

Senders behave as 1mg does: each sends an update until it is acknowledged. In the end every acknowledged update must be
in the rows, once, counted as often as it was kept, and every order must stand where the fold of all of them puts it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import django

from tests import plugin, server  # noqa: F401 - the plugin sets the environment that the settings are read from

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "onemg_portal.settings")
django.setup()

from orders.statuses import STATUSES  # noqa: E402 - the apps first
from tests.bench import bodies, load  # noqa: E402
from tests.bench.load import closed_loop, message  # noqa: E402
from tests.conftest import document  # noqa: E402
from tests.faults.kit import Postgres, Store, T, group_of, new_order  # noqa: E402
from tests.server import Server, manage  # noqa: E402

CONNECTIONS, KILLS, CRASHES = 12, 20, 6
#: An update: an order, its status, its time. No order has two of one time, so the latest is the one that counts.
Update = tuple[str, int, int]


@dataclass
class Battery:
    """What is sent, what happens meanwhile, and what was acknowledged."""

    posts: int
    postgres: Postgres
    store: Store
    log: Path
    server: Server
    acknowledged: list[list[Update]] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)
    restarts: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> float:
        """Send everything while workers are killed and the database crashes; the seconds it took."""
        started = time.monotonic()
        upsets = threading.Thread(target=self._upset)
        upsets.start()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(self._send, told(self.posts)))
        upsets.join()
        return time.monotonic() - started

    def _send(self, updates: list[Update]) -> None:
        body = new_order(*updates[0]) if len(updates) == 1 else group_of(*updates, purchase=f"M-{updates[0][0]}")
        while True:
            answer = Server(None, self.server.port, self.log).post(body, timeout=10)  # type: ignore[arg-type]
            with self._lock:
                self.codes[answer.code] += 1
                if answer.code == 200:
                    self.acknowledged.append(updates)
                    return
            time.sleep(random.uniform(0.02, 0.1))

    def _upset(self) -> None:
        """Kill workers and crash the database, spread over the posts."""
        upsets = ["kill"] * KILLS + ["crash"] * CRASHES
        random.Random(1).shuffle(upsets)
        for number, what in enumerate(upsets, start=1):
            self._until(self.posts * number // (len(upsets) + 1))
            if what == "kill":
                with contextlib.suppress(OSError, IndexError):
                    os.kill(random.choice(self.server.workers()), signal.SIGKILL)
            else:
                self.postgres.stop("immediate")
                self.postgres.start()
        self._until(self.posts)

    def _until(self, acknowledged: int) -> None:
        """Wait until so many posts are acknowledged; start the server again where it has given up, as systemd would."""
        while len(self.acknowledged) < acknowledged:
            if self.server.process.poll() is not None:
                self.restarts += 1
                self.server = server.start(self.store.url, self.log, port=self.server.port)
            time.sleep(0.05)


def told(posts: int) -> Iterator[list[Update]]:
    """What is posted: some updates an order, in no order, a tenth of them twice, some bodies about several orders."""
    chance = random.Random(2)
    said: list[list[Update]] = []
    for number in range(max(posts // 10, 1)):
        times = chance.sample(range(1000), 9)
        updates = [(f"PO{number}", chance.choice(sorted(STATUSES)), T + at) for at in times]
        many = chance.randint(2, 20) if number % 20 == 0 else 1
        said += [[(f"{order}-{n}" if n else order, status, at) for n in range(many)] for order, status, at in updates]
    said += chance.sample(said, min(posts - len(said), len(said)))
    chance.shuffle(said)
    yield from said[:posts]


def wrong(battery: Battery) -> dict[str, int]:
    """How much is not as it must be, by name; all noughts where all is well."""
    store = battery.store
    sent = {update for updates in battery.acknowledged for update in updates}
    rows = store.rows("SELECT order_id, status_id, updated_raw, times_seen FROM orders_orderupdate")
    recorded = {(order, status, int(updated)): seen for order, status, updated, seen in rows}
    kept = Counter(_kept(store))
    latest: dict[str, tuple[int, int]] = {}
    for order, status, at in kept:
        latest[order] = max(latest.get(order, (0, 0)), (at, status))
    shown = dict(store.rows("SELECT order_id, status_id FROM orders_groupedorder"))
    compared = manage(store.url, "rebuild_orders", "--compare")
    print(compared.stdout.strip().splitlines()[-1])
    return {
        "lost": len(sent - recorded.keys()),
        "applied without having been kept": len(recorded.keys() - kept.keys()),
        "counted wrongly": sum(recorded.get(update) != times for update, times in kept.items()),
        "orders that stand wrong": sum(shown.get(order) != status for order, (_at, status) in latest.items()),
        "still pending or set aside": sum(n for o, n in store.outcomes().items() if o in ("pending", "quarantined")),
        "differing from a rebuild": int(compared.returncode != 0),
    }


def _kept(store: Store) -> Iterator[Update]:
    for (body,) in store.rows("SELECT body FROM webhooks_delivery"):
        for entry in document(json.loads(bytes(body)))["grouped_orders"]:
            yield entry["order_id"], entry["order_status"]["status_id"], entry["updated"]


def kills(posts: int) -> bool:
    """Run the battery and print what came of it; whether all is well."""
    with _portal() as (postgres, store, log, running):
        battery = Battery(posts, postgres, store, log, running)
        seconds = battery.run()
        store_of = time.monotonic()
        store.sweep()
        print(
            f"{posts} posts, {CONNECTIONS} connections, {KILLS} workers killed, {CRASHES} databases crashed: "
            f"{seconds:.0f} s, then {time.monotonic() - store_of:.0f} s of sweeps"
        )
        print(
            f"answers by code (0: none): {dict(battery.codes)}; the server was started again {battery.restarts} times"
        )
        print(f"deliveries: {store.outcomes()}")
        found = wrong(battery)
        battery.server.stop(signal.SIGKILL)
    for name, count in found.items():
        print(f"{name}: {count}")
    return not any(found.values())


# --- beside large bodies ----------------------------------------------------------------------------------------------

LARGE = (1_000, 2_000, 40_000)


def lean(orders: int, mark: str) -> bytes:
    """A body about so many orders, each as short as it can be; 40,000 would not fit into a megabyte otherwise."""
    told = ",".join(f'{{"order_id":"{mark}{n:x}"}}' for n in range(orders))
    return f'{{"group_order_id":"G{mark}","grouped_orders":[{told}]}}'.encode()


def beside(rounds: int, seconds: float) -> bool:
    """Compare honest updates alone and beside large bodies, in turn; prints the ratios."""
    alone, crowded = [], []
    with _portal() as (_postgres, store, _log, running):
        known = bodies.purchases(200, "H")
        first = [message("/update-status/", one.next(), server.TOKEN) for one in known]
        assert closed_loop(running.port, first, 60, b"SUCCESS").failures == 0
        for number in range(rounds):
            alone.append(closed_loop(running.port, _honest(known, seconds), seconds, b"SUCCESS"))
            senders = [
                threading.Thread(target=running.post, args=(lean(many, f"R{number}-{many}-"),), kwargs={"timeout": 60})
                for many in LARGE
            ]
            for sender in senders:
                sender.start()
            crowded.append(closed_loop(running.port, _honest(known, seconds), seconds, b"SUCCESS"))
            for sender in senders:
                sender.join()
            waiting = time.monotonic()
            while store.outcomes().get("pending"):
                time.sleep(0.5)
            print(
                f"round {number + 1}: p95 {alone[-1].percentile(0.95):.1f} -> {crowded[-1].percentile(0.95):.1f} ms, "
                f"{alone[-1].rate:.0f} -> {crowded[-1].rate:.0f} updates/s, failed {crowded[-1].failures}, "
                f"large ones done {time.monotonic() - waiting:.0f} s later"
            )
        running.stop(signal.SIGKILL)
    for share in (0.5, 0.95, 0.99):
        ratios = sorted(b.percentile(share) / a.percentile(share) for a, b in zip(alone, crowded, strict=True))
        print(
            f"p{share * 100:.0f} beside large bodies / alone: {ratios[len(ratios) // 2]:.2f} "
            f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )
    return not any(run.failures for run in (*alone, *crowded))


def _honest(known: list[bodies.Purchase], seconds: float) -> Iterable[bytes]:
    return [message("/update-status/", body, server.TOKEN) for body in bodies.updates(known, int(2500 * seconds))]


@contextlib.contextmanager
def _portal() -> Iterator[tuple[Postgres, Store, Path, Server]]:
    """A portal over a PostgreSQL of its own."""
    with tempfile.TemporaryDirectory(prefix="portal-battery-") as directory:
        postgres = Postgres()
        postgres.execute("CREATE DATABASE battery")
        store = Store(postgres.url("battery"))
        assert manage(store.url, "migrate", "-v0").returncode == 0
        log = Path(directory, "server.log")
        yield postgres, store, log, server.start(store.url, log)


def main() -> None:
    """Run what was asked for."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    options.add_argument("--posts", type=int, default=4_800)
    options.add_argument("--bodies", action="store_true", help="honest updates beside large bodies")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=5, help="of each half of a round")
    options.add_argument("--connections", type=int, default=load.CONNECTIONS, help="of honest senders beside bodies")
    chosen = options.parse_args()
    load.CONNECTIONS = chosen.connections
    well = beside(chosen.rounds, chosen.seconds) if chosen.bodies else kills(chosen.posts)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
