"""What wrong sign-ins cost updates: p50 and p95 without them and while 32 connections try passwords, in one run.

python -m tests.bench.signins [--seconds 8] [--rounds 3]

quiet      updates of known purchases, from eight connections that each send the next as soon as they have an answer
sign-ins   the same while another process posts wrong passwords to /login/ from 32 connections, without an account
probes     the same while it asks for /healthz as fast: what any flood from this machine costs, the least there is

SQLite's default and PostgreSQL differ little here; this runs on PostgreSQL, which the tests bring.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import server
from tests.bench import bodies
from tests.bench.load import closed_loop, message
from tests.plugin import start_postgresql

CONNECTIONS = 32
GOAL = 1.5


def main() -> None:
    """Start everything, measure, report."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    options.add_argument("--seconds", type=float, default=8, help="of each measurement")
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    url = start_postgresql()
    assert server.manage(url, "migrate", "-v0").returncode == 0
    with (
        tempfile.TemporaryDirectory(prefix="portal-bench-") as folder,
        server.serving(url, Path(folder, "log")) as portal,
    ):
        rounds = list(_rounds(portal, chosen.rounds, chosen.seconds))
    show(rounds)


Figures = dict[str, tuple[float, float]]


def _rounds(portal: server.Server, count: int, seconds: float) -> Iterator[Figures]:
    """p50 and p95 in milliseconds of each kind, a round after another."""
    known = bodies.purchases(400, "K")
    stored = [message("/update-status/", purchase.next(), server.TOKEN) for purchase in known]
    assert closed_loop(portal.port, stored, 60, b"SUCCESS").failures == 0
    for _ in range(count):
        figures = {"quiet": _updates(portal, known, seconds)}
        for kind in ("sign-ins", "probes"):
            with _flood(portal.port, kind):
                time.sleep(1)
                figures[kind] = _updates(portal, known, seconds)
        yield figures


def _updates(portal: server.Server, known: list[bodies.Purchase], seconds: float) -> tuple[float, float]:
    turn = (known[n % len(known)] for n in range(10**9))
    run = closed_loop(
        portal.port, (message("/update-status/", one.next(), server.TOKEN) for one in turn), seconds, b"SUCCESS"
    )
    assert run.failures == 0, run.failures
    return run.percentile(0.5), run.percentile(0.95)


@contextmanager
def _flood(port: int, kind: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.flood", str(port), kind, str(CONNECTIONS)])
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def show(rounds: list[Figures]) -> None:
    """The table."""
    for figures in rounds:
        print(" · ".join(f"{kind}: p50 {p50:.1f} ms, p95 {p95:.1f} ms" for kind, (p50, p95) in figures.items()))
    for kind in ("sign-ins", "probes"):
        ratios = [tuple(a / b for a, b in zip(one[kind], one["quiet"], strict=True)) for one in rounds]
        p50, p95 = (statistics.median(values) for values in zip(*ratios, strict=True))
        print(f"with {kind} / without: p50 {p50:.2f}, p95 {p95:.2f} (goal for sign-ins {GOAL})")


if __name__ == "__main__":
    main()
