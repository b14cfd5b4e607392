"""A process in which many threads want Nimbbl's token at the same instant, over and over; started by `test_tokens.py`.

    python -m tests.payments.partners.stampede <how> <threads> <rounds>

In the first round there is no token yet, before each later one it has ended. `how`: `current` as the portal does it,
`refused` as where Nimbbl turned the token down, `naive` without a lease, all looking before one fetches. Prints "ready"
and waits for a line; then prints, a line a round, how many different tokens the threads got, and the names of their
errors.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import django

PATIENCE = 15.0


def main(how: str, threads: int, rounds: int) -> None:
    """Run it."""
    django.setup()
    from django.db import connections
    from django.utils import timezone

    from payments.models import PartnerToken
    from payments.partners import clients, tokens
    from payments.partners.nimbbl import NimbblClient
    from payments.token_store import SharedToken

    found = clients.for_nimbbl()
    assert found
    client: NimbblClient = found

    def end_it() -> None:
        PartnerToken.objects.update(good_until=timezone.now() - timedelta(seconds=1))

    def naive() -> str:
        row = PartnerToken.objects.first()
        all_looked.wait(60)
        if row and row.good_until and row.good_until > timezone.now():
            return row.sealed
        lease = PartnerToken.objects.update_or_create(key="naive", defaults={"lease": "mine"})[0].lease
        return tokens.fetch(client, SharedToken("naive"), lease, seconds=PATIENCE)

    refused = tokens.current(client, SharedToken.of(client), seconds=PATIENCE) if how == "refused" else ""
    asks: dict[str, Callable[[], str]] = {
        "current": lambda: tokens.current(client, SharedToken.of(client), seconds=PATIENCE),
        "refused": lambda: tokens.current(client, SharedToken.of(client), seconds=PATIENCE, refused=refused),
        "naive": naive,
    }
    got: list[str] = []
    all_looked = threading.Barrier(threads)
    begin, done = threading.Barrier(threads + 1), threading.Barrier(threads + 1)

    def run() -> None:
        for _ in range(rounds):
            begin.wait(60)
            try:
                got.append(asks[how]())
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                got.append(type(error).__name__)
            done.wait(60)
        connections.close_all()

    crowd = [threading.Thread(target=run) for _ in range(threads)]
    for one in crowd:
        one.start()
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(rounds):
        if number:
            end_it()
        begin.wait(60)
        done.wait(60)
        print(len(set(got)), *sorted(token for token in set(got) if token.isidentifier() and len(token) < 30))
        got.clear()
    for one in crowd:
        one.join(60)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
