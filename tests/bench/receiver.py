"""How fast the receiver is, against the least that Django and DRF could do: `make bench`.

    python -m tests.bench.receiver [--quick] [--database sqlite]

Rows in short rounds one after the other on the same machine and the same database, so that what disturbs one row
disturbs its neighbours too; what is reported is the median over the rounds, and ratios are taken within a round.

    json        a view that answers JSON and does nothing
    insert      a DRF view that keeps the body with one INSERT
    update      our receiver: a known order's status moved, and its clock
    changed     our receiver: ETA, courier and SKUs of a known order are others as well
    new         our receiver: an order never heard of
    duplicate   our receiver: exactly what it has received before
    at 300/s    updates that come by the clock, whether we are done with those before or not

The first two run under the same server with the same number of processes, without any middleware.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests import server
from tests.bench import bodies, load, machine
from tests.bench.load import Run, closed_loop, message, open_loop
from tests.bench.machine import Cpu
from tests.plugin import start_postgresql

REPORT = server.ROOT / "bench-receiver.json"
WORKERS = 2
KNOWN = 400
RATE = 300
MOST_P99_MS = 100.0
GOALS = {"update": 0.55, "changed": 0.45, "new": 0.35, "duplicate": 1.0}
BARE = {"DJANGO_SETTINGS_MODULE": "tests.bench.settings"}


@dataclass
class Row:
    """One kind of request and what its rounds measured. `messages`: enough of them for so many seconds."""

    name: str
    server: server.Server
    messages: Callable[[float], Iterable[bytes]]
    runs: list[Run] = field(default_factory=list)
    costs: list[Cpu] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Medians over the rounds; CPU in milliseconds a request."""
        each = list(zip(self.runs, self.costs, strict=True))
        return {
            "requests": sum(len(run.latencies) for run in self.runs),
            "failures": sum(run.failures for run in self.runs),
            "per_second": _median(run.rate for run in self.runs),
            "p50_ms": _median(run.percentile(0.50) for run in self.runs),
            "p99_ms": _median(run.percentile(0.99) for run in self.runs),
            "web_cpu_ms": _median(cost.workers / len(run.latencies) * 1000 for run, cost in each),
            "database_cpu_ms": _median(cost.database / len(run.latencies) * 1000 for run, cost in each),
            "load_cpu_share": _median(run.cpu / run.seconds for run in self.runs),
            "others_cpu_share": _median(
                (cost.machine - cost.workers - cost.database - run.cpu) / run.seconds for run, cost in each
            ),
        }


def main() -> None:
    """Start everything, measure, report."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    options.add_argument("--quick", action="store_true", help="half a minute instead of two and a half")
    options.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    given = options.parse_args()
    rounds, seconds = (3, 1.0) if given.quick else (8, 2.5)
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as directory:
        url = start_postgresql() if given.database == "postgresql" else f"sqlite:///{directory}/portal.sqlite3"
        for more in ({}, BARE):
            done = server.manage(url, "migrate", "--run-syncdb", "-v0", **more)
            assert done.returncode == 0, done.stderr
        with (
            server.serving(url, Path(directory, "ours.log"), workers=WORKERS) as ours,
            server.serving(url, Path(directory, "bare.log"), workers=WORKERS, **BARE) as bare,
        ):
            rows = _rows(ours, bare)
            measure(rows, _postmaster(url), rounds, seconds)
            steady = open_loop(ours.port, rows[2].messages(seconds * 4), RATE, seconds * 4, b"SUCCESS")
    report = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "database": given.database,
        "connections": load.CONNECTIONS,
        "web_workers": WORKERS,
        "rounds": rounds,
        "seconds_a_round": seconds,
        "rows": {row.name: row.figures() for row in rows},
        "ratios": _ratios(rows),
        "at_300_a_second": {
            "p50_ms": round(steady.percentile(0.50), 2),
            "p99_ms": round(steady.percentile(0.99), 2),
            "failures": steady.failures,
        },
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    show(report)


def _rows(ours: server.Server, bare: server.Server) -> list[Row]:
    """All rows, with the orders made known that they are about."""
    known, changing, twice = (bodies.purchases(KNOWN, letter) for letter in "KCD")
    again = list(map(_posted, (purchase.next() for purchase in twice)))
    for some in (known, changing):
        _make_known(ours, map(_posted, (purchase.next() for purchase in some)))
    _make_known(ours, again)
    numbers = itertools.count()

    def new(seconds: float) -> Iterator[bytes]:
        return (_posted(one.next()) for one in bodies.purchases(int(2000 * seconds), f"N{next(numbers)}-"))

    return [
        Row("json", bare, lambda _: itertools.cycle([message("/json", known[0].said, server.TOKEN)])),
        Row("insert", bare, lambda _: itertools.cycle([message("/insert", known[0].said, server.TOKEN)])),
        Row("update", ours, lambda seconds: map(_posted, bodies.updates(known, int(2500 * seconds)))),
        Row("changed", ours, lambda seconds: map(_posted, bodies.updates(changing, int(2500 * seconds), more=True))),
        Row("new", ours, new),
        Row("duplicate", ours, lambda _: itertools.cycle(again)),
    ]


def _posted(body: bytes) -> bytes:
    return message("/update-status/", body, server.TOKEN)


def _make_known(ours: server.Server, first: Iterable[bytes]) -> None:
    some = list(first)
    for _ in range(5):  # on a busy machine the second order of a body may be left for later
        if closed_loop(ours.port, some, 60, b"SUCCESS").failures == 0:
            return
    raise AssertionError("the orders could not be made known")


def measure(rows: list[Row], postmaster: int | None, rounds: int, seconds: float) -> None:
    """Run all rows in every round, in the same order; the first, shorter round warms up and is not counted."""
    for number in range(rounds + 1):
        for row in rows:
            lasting = seconds if number else 1.0
            messages = row.messages(lasting)
            if row.name in ("update", "changed", "new"):
                messages = list(messages)  # made before the clock runs
            workers = row.server.workers()
            before = machine.cpu(workers, postmaster)
            run = closed_loop(row.server.port, messages, lasting, b"SUCCESS")
            cost = machine.cpu(workers, postmaster) - before
            if number:
                row.runs.append(run)
                row.costs.append(cost)


def show(report: dict[str, Any]) -> None:
    """The table."""
    print(
        f"{'row':<11}{'req/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'web CPU ms':>12}{'db CPU ms':>11}"
        f"{'load CPU':>10}{'others':>8}{'failed':>8}"
    )
    for name, row in report["rows"].items():
        print(
            f"{name:<11}{row['per_second']:>8.0f}{row['p50_ms']:>9.2f}{row['p99_ms']:>9.2f}"
            f"{row['web_cpu_ms']:>12.2f}{row['database_cpu_ms']:>11.2f}{row['load_cpu_share']:>10.0%}"
            f"{row['others_cpu_share']:>8.0%}{row['failures']:>8}"
        )
    for name, ratio in report["ratios"].items():
        verdict = "reached" if ratio["median"] >= ratio["goal"] else "MISSED"
        print(
            f"{name} / insert: {ratio['median']:.2f} ({ratio['least']:.2f} to {ratio['most']:.2f} over the rounds), "
            f"goal {ratio['goal']:.2f} {verdict}"
        )
    steady = report["at_300_a_second"]
    verdict = "reached" if steady["p99_ms"] <= MOST_P99_MS and not steady["failures"] else "MISSED"
    print(
        f"updates at {RATE}/s: p50 {steady['p50_ms']:.1f} ms, p99 {steady['p99_ms']:.1f} ms, "
        f"{steady['failures']} failed, goal {MOST_P99_MS:.0f} ms {verdict}"
    )


def _ratios(rows: list[Row]) -> dict[str, dict[str, float]]:
    by_name = {row.name: row for row in rows}
    found = {}
    for name, goal in GOALS.items():
        pairs = zip(by_name[name].runs, by_name["insert"].runs, strict=True)
        each = [ours.rate / bare.rate for ours, bare in pairs]
        found[name] = {"median": statistics.median(each), "least": min(each), "most": max(each), "goal": goal}
    return found


def _median(values: Iterable[float]) -> float:
    return round(statistics.median(values), 4)


def _postmaster(url: str) -> int | None:
    """The process id of the PostgreSQL behind a URL that names its directory; SQLite is in our own processes."""
    if not url.startswith("postgres"):
        return None
    directory = parse_qs(urlsplit(url).query)["host"][0]
    return int(Path(directory, "postmaster.pid").read_text().split("\n", 1)[0])


if __name__ == "__main__":
    main()
