"""Whether the list stays as quick as it was: the same pages at 10,000 and at 1,000,000 orders. `make bench-scale`.

    python -m tests.bench.scale [--large N] [--rounds N]

Both sizes live side by side in one PostgreSQL and take turns, so that what disturbs one disturbs the other. A page is
what staff get, from the request to the HTML. Beside its time it must ask at most twelve statements, never skip rows
with OFFSET and never count a table of orders. Taking in an update is measured the same way.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import time
from collections.abc import Callable
from typing import Any

from tests import server
from tests.plugin import start_postgresql

REPORT = server.ROOT / "bench-scale.json"
SMALL, LARGE = 10_000, 1_000_000
GOAL, MOST_MS, MOST_STATEMENTS = 1.5, 150, 12


def main() -> None:
    """Build both sizes, measure, report."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    options.add_argument("--large", type=int, default=LARGE)
    options.add_argument("--rounds", type=int, default=19)
    chosen = options.parse_args()
    url = start_postgresql()
    os.environ.update(
        server.environment(url, ALLOWED_HOSTS="testserver"), DJANGO_SETTINGS_MODULE="onemg_portal.settings"
    )
    logging.disable(logging.INFO)
    import django

    django.setup()
    from tests.bench import pages

    # As `onemg_portal.wsgi` does, or else the collector looks through Django's own objects in the middle of a page.
    gc.collect()
    gc.freeze()

    sizes = (SMALL, chosen.large)
    built = {size: _timed(lambda size=size: pages.build(size)) for size in sizes}
    rows = pages.measure(sizes, chosen.rounds)
    report = {
        "sizes": sizes,
        "rounds": chosen.rounds,
        "built_seconds": built,
        "rows": {row.name: row.figures(*sizes) for row in rows},
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    show(report)


def show(report: dict[str, Any]) -> None:
    """The table."""
    small, large = report["sizes"]
    print(f"Built {large:,} orders in {report['built_seconds'][large]:.0f} s")
    print(f"{'':<34}{small:>9,}{large:>11,}{'p95':>11}{'ratio':>7}", end="")
    print(f"{'of it database':>21}{'statements':>12}{'rows shown':>12}")
    for name, row in report["rows"].items():
        missed = [*row["remarks"]]
        # A page of more rows is no slower page; its own time stands beside it.
        as_much = row["large_shown"] <= row["small_shown"]
        missed += ["slower"] if as_much and row["ratio"] > GOAL else []
        missed += ["slow"] if row["large_p95_ms"] > MOST_MS else []
        missed += ["too many statements"] if row["statements"] > MOST_STATEMENTS else []
        print(
            f"{name:<34}{row['small_ms']:>6.1f} ms{row['large_ms']:>8.1f} ms{row['large_p95_ms']:>8.1f} ms"
            f"{row['ratio']:>7.2f}"
            f"{row['small_database_ms']:>9.1f} /{row['large_database_ms']:>7.1f} ms{row['statements']:>12}"
            f"{row['small_shown']:>6} /{row['large_shown']:>4}  "
            f"{'MISSED: ' + ', '.join(missed) if missed else ''}"
        )


def _timed(work: Callable[[], None]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


if __name__ == "__main__":
    main()
