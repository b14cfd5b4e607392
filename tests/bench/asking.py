"""How fast 1mg is told of a payment: `make bench`.

    python -m tests.bench.asking [--quick] [--database sqlite]

Rows in short rounds one after the other on the same machine and the same database; ratios are taken within a round.

    select      a bare DRF view that reads four columns of a purchase with one SELECT and answers them
    asked       ours: who asks is looked at, the purchase and its payment are read, and a line is written
    hanging     ours, while 50 confirmations hang at a 1mg that asks about each payment before it answers, on two web
                workers with a thread for each of them; its p99 counts. The others are not asked meanwhile

The payments are known and young, so that Nimbbl is not asked. Goals: asked / select 0.8, p99 while hanging 100 ms.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import server
from tests.bench import acting, hanging
from tests.bench.hanging import Hung
from tests.bench.load import CONNECTIONS, Run, closed_loop
from tests.bench.receiver import BARE
from tests.plugin import start_postgresql

REPORT = server.ROOT / "bench-asking.json"
WORKERS = 2
PURCHASES = 400
GOALS = {"ratio": 0.8, "p99_ms": 100.0}
EXPECTED = b'"SUCCESS"'


def main() -> None:
    """Start everything, measure, report."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    options.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    options.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    given = options.parse_args()
    rounds, seconds = (3, 1.0) if given.quick else (8, 2.5)
    private, public = acting.keys()
    asked_at = server.free_port()
    with (
        tempfile.TemporaryDirectory(prefix="portal-bench-") as directory,
        acting.partners(public, f"http://127.0.0.1:{asked_at}") as base_url,
    ):
        configured = _configured(base_url, private)
        url = start_postgresql() if given.database == "postgresql" else f"sqlite:///{directory}/portal.sqlite3"
        done = server.manage(url, "migrate", "--run-syncdb", "-v0", **configured)
        assert done.returncode == 0, done.stderr
        os.environ.update(server.environment(url, DJANGO_SETTINGS_MODULE="onemg_portal.settings", **configured))
        import django

        django.setup()
        _make_paid()
        with (
            server.serving(url, Path(directory, "ours.log"), workers=WORKERS, **configured) as ours,
            server.serving(url, Path(directory, "bare.log"), workers=WORKERS, **BARE) as bare,
        ):
            runs = measure(ours, bare, rounds, seconds)
        patient = configured | {"DJANGO_SETTINGS_MODULE": "tests.bench.hanging_settings", "PORT": str(asked_at)}
        with server.serving(url, Path(directory, "hanging.log"), workers=WORKERS, port=asked_at, **patient) as ours:
            hung = hang(ours, base_url, rounds, seconds)
    report = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "database": given.database,
        "connections": CONNECTIONS,
        "web_workers": WORKERS,
        "rounds": rounds,
        "seconds_a_round": seconds,
        "rows": {name: _figures(some) for name, some in {**runs, "hanging": [one.run for one in hung]}.items()},
        "ratio": _ratio(runs),
        "confirmations_hanging_at_once": [one.at_once for one in hung],
        "confirmed_of_them": [one.confirmed for one in hung],
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    show(report)


def measure(ours: server.Server, bare: server.Server, rounds: int, seconds: float) -> dict[str, list[Run]]:
    """Both rows in every round; the first, shorter round warms up and is not counted."""
    runs: dict[str, list[Run]] = {"select": [], "asked": []}
    for number in range(rounds + 1):
        _keep_young()
        for name, portal, path in (("select", bare, "select"), ("asked", ours, "transactions")):
            run = closed_loop(portal.port, _askings(path), seconds if number else 1.0, EXPECTED)
            if number:
                runs[name].append(run)
    return runs


def hang(portal: server.Server, base_url: str, rounds: int, seconds: float) -> list[Hung]:
    """Askings while fifty confirmations hang, and what came of these."""
    cookies = acting.signed_in()

    def ask() -> Run:
        _keep_young()
        return closed_loop(portal.port, _askings("transactions"), seconds, EXPECTED)

    ask()  # warms up
    return [hanging.hang(portal, base_url, f"H{number}-", cookies, ask) for number in range(max(1, rounds // 4))]


def show(report: dict[str, Any]) -> None:
    """The table."""
    print(f"{'row':<9}{'req/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'failed':>8}")
    for name, row in report["rows"].items():
        print(f"{name:<9}{row['per_second']:>8.0f}{row['p50_ms']:>9.2f}{row['p99_ms']:>9.2f}{row['failures']:>8}")
    ratio = report["ratio"]
    verdict = "reached" if ratio["median"] >= GOALS["ratio"] else "MISSED"
    print(
        f"asked / select: {ratio['median']:.2f} ({ratio['least']:.2f} to {ratio['most']:.2f} over the rounds), "
        f"goal {GOALS['ratio']:.2f} {verdict}"
    )
    p99 = report["rows"]["hanging"]["p99_ms"]
    verdict = "reached" if p99 <= GOALS["p99_ms"] else "MISSED"
    print(
        f"p99 while {hanging.HANGING} confirmations hang (first and last: {report['confirmations_hanging_at_once']}): "
        f"{p99:.1f} ms, goal {GOALS['p99_ms']:.0f} ms {verdict}; then 1mg asked about each of them, and confirmed "
        f"{report['confirmed_of_them']}"
    )


# --- pieces -----------------------------------------------------------------------------------------------------------


def _configured(base_url: str, private: str) -> dict[str, str]:
    """The partners as they are played."""
    return {
        "ONEMG_BASE_URL": base_url,
        "ONEMG_MERCHANT_ID": "demo-merchant",
        "ONEMG_PRIVATE_KEY": private,
        "NIMBBL_BASE_URL": base_url,
        "NIMBBL_ACCESS_KEY": "access_key_sandbox",
        "NIMBBL_ACCESS_SECRET": "access_secret_sandbox",
        "PORTAL_ENVIRONMENT": "sandbox",
    }


def _make_paid() -> None:
    """Purchases that are paid, as Nimbbl has said."""
    from decimal import Decimal

    from orders.actors import Actor
    from orders.choices import PaymentMethod
    from payments import enquiry
    from payments.models import Payment
    from payments.partners.nimbbl import Enquiry
    from payments.partners.nimbbl_money import Transaction
    from payments.preflight.facts import PaymentFact
    from payments.registration import services as registration

    due = Decimal("652.36")
    told = Enquiry("completed", (Transaction("payment", "succeeded", due),))
    for number in range(PURCHASES):
        name = f"A{number}"
        said = registration.Registration(name, f"PO{name}", PaymentMethod.ONLINE, due, f"o_{name}")
        registration.register(said, by=Actor("bench"))
        enquiry.keep(Payment.objects.get(pk=f"o_{name}"), PaymentFact.of(told), told)


def _keep_young() -> None:
    """Nimbbl has said so just now."""
    from django.utils import timezone

    from payments.models import Payment

    Payment.objects.filter(pk__startswith="o_A").update(answered_at=timezone.now())


def _askings(path: str) -> Iterator[bytes]:
    """About one purchase after another."""
    head = f"HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {server.PAYMENT_TOKEN}\r\n\r\n"
    return itertools.cycle([f"GET /{path}/A{number} {head}".encode() for number in range(PURCHASES)])


def _figures(runs: list[Run]) -> dict[str, Any]:
    """Medians over the rounds."""
    return {
        "requests": sum(len(run.latencies) for run in runs),
        "failures": sum(run.failures for run in runs),
        "per_second": round(statistics.median(run.rate for run in runs), 1),
        "p50_ms": round(statistics.median(run.percentile(0.50) for run in runs), 2),
        "p99_ms": round(statistics.median(run.percentile(0.99) for run in runs), 2),
    }


def _ratio(runs: dict[str, list[Run]]) -> dict[str, float]:
    each = [ours.rate / bare.rate for ours, bare in zip(runs["asked"], runs["select"], strict=True)]
    return {"median": statistics.median(each), "least": min(each), "most": max(each), "goal": GOALS["ratio"]}


if __name__ == "__main__":
    main()
