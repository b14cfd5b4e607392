"""The receiver of this checkout beside that of another one, in one run, each on a database of its own.

    git worktree add /tmp/before COMMIT && ln -s $PWD/.venv /tmp/before/.venv
    python -m tests.bench.against /tmp/before [--rounds 12] [--database sqlite]

Updates and duplicates, a round of one checkout after a round of the other, so that what disturbs one disturbs both; the
ratios are taken within a round, and their median is reported.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests import server
from tests.bench import bodies
from tests.bench.load import Run, closed_loop, message
from tests.plugin import start_postgresql

KNOWN = 400
SECONDS = 2.5


def main() -> None:
    """Start both, measure, report."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    options.add_argument("other", type=Path, help="the directory of the other checkout")
    options.add_argument("--rounds", type=int, default=12)
    options.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-against-") as directory, ExitStack() as stack:
        sides = {}
        for name, root in (("other", given.other.resolve()), ("ours", server.ROOT)):
            running = stack.enter_context(serving(root, Path(directory, name), given.database))
            sides[name] = Side(running)
        for kind in ("update", "duplicate"):
            pairs = [_pair(sides, kind, number) for number in range(given.rounds)]
            report(kind, pairs[1:])  # the first one warms up


class Side:
    """One checkout's server, and purchases of its own."""

    def __init__(self, running: server.Server) -> None:
        self.running = running
        self.known = bodies.purchases(KNOWN, "K")
        self.again = [message("/update-status/", one.next(), server.TOKEN) for one in bodies.purchases(KNOWN, "D")]
        first = [message("/update-status/", one.next(), server.TOKEN) for one in self.known]
        for some in (first, self.again):
            assert closed_loop(running.port, some, 60, b"SUCCESS").failures == 0

    def run(self, kind: str) -> Run:
        """One round."""
        messages: Iterable[bytes] = itertools.cycle(self.again)
        if kind == "update":
            some = bodies.updates(self.known, int(4000 * SECONDS))
            messages = [message("/update-status/", body, server.TOKEN) for body in some]
        run = closed_loop(self.running.port, messages, SECONDS, b"SUCCESS")
        assert run.failures == 0
        return run


def report(kind: str, pairs: list[dict[str, Run]]) -> None:
    """One line."""
    ratios = [pair["ours"].rate / pair["other"].rate for pair in pairs]
    told = {name: statistics.median(pair[name].rate for pair in pairs) for name in ("other", "ours")}
    slow = {name: statistics.median(pair[name].percentile(0.99) for pair in pairs) for name in ("other", "ours")}
    print(
        f"{kind:<10} other {told['other']:.0f}/s (p99 {slow['other']:.1f} ms), ours {told['ours']:.0f}/s "
        f"(p99 {slow['ours']:.1f} ms): {statistics.median(ratios):.2f} times as many "
        f"({min(ratios):.2f} to {max(ratios):.2f} over {len(ratios)} rounds)"
    )


@contextmanager
def serving(root: Path, log: Path, database: str) -> Iterator[server.Server]:
    """What `manage.py serve` of a checkout starts, on a database of its own."""
    before, server.ROOT = server.ROOT, root
    try:
        url = start_postgresql() if database == "postgresql" else f"sqlite:///{log}.sqlite3"
        done = server.manage(url, "migrate", "-v0")
        assert done.returncode == 0, done.stderr
        running = server.start(url, log, root=root)
    finally:
        server.ROOT = before
    try:
        yield running
    finally:
        running.stop()


def _pair(sides: dict[str, Side], kind: str, number: int) -> dict[str, Run]:
    """A round of each; who begins takes turns."""
    names = sorted(sides, reverse=bool(number % 2))
    return {name: sides[name].run(kind) for name in names}


if __name__ == "__main__":
    main()
