"""A refund of 1mg's at every commit there is: the process dies right after each in turn, wherever that is. Row M17.

The named places of `test_refunds` are kills of a real web worker; here none needs a name, so that a commit that is
added later is tried as well.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from onemg_portal.sandbox.partners.server import Partners
from tests.faults import test_refunds as refunds
from tests.faults.kit import Store
from tests.faults.test_acting import Do, calls, do

__all__ = ["do"]
partners, env = refunds.partners, refunds.env

#: More purchases than a refund has commits.
MANY = 20


@pytest.fixture
def names(do: Do, partners: Partners) -> Iterator[str]:
    """Purchases that were paid, one for each death."""
    refunds.ready(do, partners, MANY)
    return (f"M{number}" for number in range(MANY))


def forget(store: Store) -> None:
    """Nimbbl has said nothing for long, and its token has ended: all of that has to be asked for and committed."""
    ago = (datetime.now(UTC) - timedelta(minutes=3)).strftime("%Y-%m-%d %H:%M:%S.%f")
    ago += "+00" if store.on_postgresql else ""
    store.rows("UPDATE payments_payment SET asked_at = %s, answered_at = %s", ago, ago)
    store.rows("DELETE FROM payments_partnertoken")


def dies(do: Do, word: str, name: str, number: int) -> bool:
    """Have a process do something until its commit of this number; whether it came so far."""
    return "done" not in do(word, name, at=f"commit {number}", dies=None)


def mended(store: Store, do: Do, name: str) -> list[str]:
    """The states of its refunds after the worker's sweeps, and after 1mg has asked again under other ids."""
    for _minute in range(2):
        forget(store)
        refunds.let_a_minute_pass(store)
        do("sweep")
    for _time in range(2):
        do("ask", name)
    return [state for (state,) in store.rows("SELECT state FROM payments_refund WHERE group_id = %s", name)]


def received(partners: Partners, name: str) -> list[str]:
    """Our ids of the refunds that Nimbbl was asked for, each time that it was."""
    asked = [json.loads(one.body) for one in partners.requests if one.path == "/api/v3/refund"]
    return [one["refund_request_id"] for one in asked if one["transaction_id"].startswith(f"o_{name}-")]


def check(store: Store, partners: Partners, do: Do, name: str, was_sending: bool) -> None:
    """Nothing was paid twice and nothing is lost: it is paid, or stands in doubt, where a person has it sent again."""
    assert mended(store, do, name) == ["unknown" if was_sending else "paid"]
    asked = received(partners, name)
    assert len(asked) == len(refunds.paid(partners, name)) == (len(asked) if was_sending else 1) <= 1
    if was_sending:
        [[refund]] = store.rows("SELECT id FROM payments_refund WHERE group_id = %s", name)
        do("send-again", str(refund))
        assert refunds.paid(partners, name) == ["100.00"]
        assert len(set(received(partners, name))) == 1


def test_M17_after_whichever_commit_the_process_dies_nothing_is_paid_twice_and_nothing_is_lost(
    names: Iterator[str], store: Store, partners: Partners, do: Do
) -> None:
    stood: Counter[str] = Counter()
    for number in itertools.count(1):
        name = next(names)
        forget(store)
        if not dies(do, "ask", name, number):
            break
        before = calls(store, name)
        stood[before[-1] if before else "not judged"] += 1
        check(store, partners, do, name, before == ["sending"])

    assert set(stood) == {"not judged", "intended", "sending", "succeeded"}


def test_M17_after_whichever_commit_the_sweep_dies_as_well_it_is_mended_all_the_same(
    names: Iterator[str], store: Store, partners: Partners, do: Do
) -> None:
    stood: Counter[str] = Counter()
    for number in itertools.count(1):
        name = next(names)
        do("ask", name, at="request_kept", dies=True)
        forget(store)
        refunds.let_a_minute_pass(store)
        if not dies(do, "sweep", name, number):
            break
        before = calls(store, name)
        stood[before[-1] if before else "not judged"] += 1
        check(store, partners, do, name, before == ["sending"])

    assert set(stood) == {"not judged", "intended", "sending", "succeeded"}
