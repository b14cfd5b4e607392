"""Nimbbl's events of very many orders, each order's in many orders: whether all of them come to the same.

    python -m tests.bench.ledger --orders 10000 --shuffles 12

Plain figures; exit code 1 where anything differs. Each shuffle repeats some of the events, and each event has the time
at which it comes. Compared is all that is known but for these times.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce

from payments.choices import Teller
from payments.ledger import fold
from payments.ledger.book import EMPTY, apart, join
from payments.ledger.statements import Statement
from tests.payments.ledger.said import TEN, arriving, life


def known(events: Sequence[Statement]) -> object:
    """What is known after they have come one by one, but for who said it and when."""
    book = reduce(join, map(apart, events), EMPTY)
    transactions = fold.known(book)
    timeless = [replace(one, at=TEN, by=Teller.WEBHOOK) for one in transactions]
    return fold.as_told(book, transactions), timeless


def differing(
    *, orders: int, shuffles: int, seed: int = 1, state: Callable[[Sequence[Statement]], object] = known
) -> int:
    """Of how many orders two shuffles come to something else."""
    chance, found = random.Random(seed), 0
    for _order in range(orders):
        events = life(chance)
        first = state(arriving(events, chance))
        found += any(state(arriving(events, chance)) != first for _again in range(shuffles - 1))
    return found


def main() -> int:
    """Run it and say what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--shuffles", type=int, default=12)
    given, begun = parser.parse_args(), time.monotonic()
    found = differing(orders=given.orders, shuffles=given.shuffles)
    print(f"{given.orders} orders x {given.shuffles} shuffles: {found} differ ({time.monotonic() - begun:.0f} s)")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
