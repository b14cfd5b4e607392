"""How fast the receiver is, against the least that Django and DRF could do: `make bench`.

    python -m tests.bench.receiver [--quick]

Four rows, in short rounds one after the other on the same machine and the same PostgreSQL, so that what disturbs one
row disturbs its neighbours too; what is reported is the median over the rounds, and ratios are taken within a round.

    json        a view that answers JSON and does nothing
    insert      a DRF view that keeps the body with one INSERT
    update      our receiver: something new about a known order, its status moved
    duplicate   our receiver: exactly what it has received before

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
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests import server
from tests.bench import bodies, load, machine
from tests.bench.load import Run, closed_loop, message
from tests.bench.machine import Cpu
from tests.plugin import start_postgresql

REPORT = server.ROOT / "bench-receiver.json"
WORKERS = 2
KNOWN = 400
GOALS = {"update": 0.40, "duplicate": 0.60}
BARE = {"DJANGO_SETTINGS_MODULE": "tests.bench.settings"}


@dataclass
class Row:
    """One kind of request and what its rounds measured."""

    name: str
    server: server.Server
    expected: bytes
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
    options.add_argument("--quick", action="store_true", help="20 seconds instead of 90")
    rounds, seconds = (3, 1.0) if options.parse_args().quick else (8, 2.5)
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as directory:
        url = start_postgresql()
        for more in ({}, BARE):
            done = server.manage(url, "migrate", "--run-syncdb", "-v0", **more)
            assert done.returncode == 0, done.stderr
        with (
            server.serving(url, Path(directory, "ours.log"), workers=WORKERS) as ours,
            server.serving(url, Path(directory, "bare.log"), workers=WORKERS, **BARE) as bare,
        ):
            rows = measure(ours, bare, _postmaster(url), rounds, seconds)
    report = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "connections": load.CONNECTIONS,
        "web_workers": WORKERS,
        "rounds": rounds,
        "seconds_a_round": seconds,
        "rows": {row.name: row.figures() for row in rows},
        "ratios": _ratios(rows),
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    show(report)


def measure(ours: server.Server, bare: server.Server, postmaster: int, rounds: int, seconds: float) -> list[Row]:
    """Run all rows in every round, in the same order; the first, shorter round warms up and is not counted."""
    known = bodies.purchases(KNOWN, "K")
    stored = [message("/update-status/", purchase.next(), server.TOKEN) for purchase in known]
    twice = bodies.purchases(KNOWN, "D")
    again = [message("/update-status/", purchase.next(), server.TOKEN) for purchase in twice]
    rows = [
        Row("json", bare, b"SUCCESS"),
        Row("insert", bare, b"SUCCESS"),
        Row("update", ours, b"SUCCESS"),
        Row("duplicate", ours, b"SUCCESS"),
    ]
    for first in (stored, again):
        assert closed_loop(ours.port, first, 60, b"SUCCESS").failures == 0, "the orders could not be made known"
    for number in range(rounds + 1):
        for row in rows:
            messages: Iterable[bytes]
            if row.name == "update":
                enough = int(4000 * seconds)
                messages = [message("/update-status/", b, server.TOKEN) for b in bodies.updates(known, enough)]
            elif row.name == "duplicate":
                messages = itertools.cycle(again)
            else:
                messages = itertools.cycle([message(f"/{row.name}", known[0].said, server.TOKEN)])
            workers = row.server.workers()
            before = machine.cpu(workers, postmaster)
            run = closed_loop(row.server.port, messages, seconds if number else 1.0, row.expected)
            cost = machine.cpu(workers, postmaster) - before
            if number:
                row.runs.append(run)
                row.costs.append(cost)
    return rows


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


def _postmaster(url: str) -> int:
    """The process id of the PostgreSQL behind a URL that names its directory."""
    directory = parse_qs(urlsplit(url).query)["host"][0]
    return int(Path(directory, "postmaster.pid").read_text().split("\n", 1)[0])


if __name__ == "__main__":
    main()
