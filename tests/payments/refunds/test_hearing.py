"""What Nimbbl says of a refund after its answer, by whichever way: M17, settled by a webhook or an enquiry."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from orders.models import Act, OrderGroup
from payments.choices import Asker, RefundState, State
from payments.ledger.statements import TransactionSaid
from payments.models import PartnerCall, Refund
from payments.refunds.hearing import hear
from tests.conftest import order_update

pytestmark = pytest.mark.django_db
HUNDRED = Decimal("100.00")


@pytest.fixture
def group(post: Callable[..., Any]) -> OrderGroup:
    """A purchase."""
    post(order_update("PO1", 99))
    return OrderGroup.objects.get()


def refund(group: OrderGroup, state: str, **more: Any) -> Refund:
    """A refund that stands so, by the ids of it that Nimbbl and we have."""
    told = {"asker": Asker.ONEMG, "asked_by": "1mg", "refund_request_id": "refund_1"} | more
    found = Refund.objects.create(group=group, amount=HUNDRED, state=state, **told)
    if state == RefundState.UNKNOWN:
        call = {"partner": "nimbbl", "operation": "refund", "state": State.UNKNOWN, "by": "asha"}
        PartnerCall.objects.create(group=group, refund=found, **call)
    return found


def said(word: str, transaction_id: str = "t_1", refund_request_id: str = "refund_1") -> TransactionSaid:
    """Nimbbl says this of a refund."""
    return TransactionSaid(transaction_id, "partial_refund", word, HUNDRED, refund_request_id=refund_request_id)


@pytest.mark.parametrize(
    ("state", "word", "then"),
    [
        ("unknown", "succeeded", "paid"),
        ("unknown", "pending", "accepted"),
        ("unknown", "failed", "failed"),
        ("unknown", "dispatched", "unknown"),
        ("accepted", "succeeded", "paid"),
        ("accepted", "pending", "accepted"),
        ("accepted", "failed", "failed"),
        ("sending", "succeeded", "paid"),
        ("sending", "failed", "sending"),
        ("failed", "succeeded", "paid"),
        ("failed", "pending", "failed"),
        ("paid", "failed", "paid"),
        ("paid", "pending", "paid"),
        ("waiting", "succeeded", "waiting"),
        ("declined", "succeeded", "paid"),
        ("declined", "failed", "declined"),
    ],
)
def test_M17_each_word_of_nimbbls_for_a_refund_that_stands_so(
    group: OrderGroup, state: str, word: str, then: str
) -> None:
    found = refund(group, state)

    hear(group.pk, [said(word)])

    found.refresh_from_db()
    assert found.state == then


@pytest.mark.parametrize(
    ("word", "call"), [("succeeded", "succeeded"), ("pending", "succeeded"), ("failed", "rejected")]
)
def test_M17_a_doubt_is_settled_by_it(group: OrderGroup, word: str, call: str) -> None:
    found = refund(group, "unknown")

    hear(group.pk, [said(word)])

    settled = PartnerCall.objects.get(refund=found)
    group.refresh_from_db()
    assert (settled.state, settled.settled_by, group.doubt_since) == (call, "nimbbl", None)


@pytest.mark.parametrize(("word", "then"), [("failed", "unknown"), ("succeeded", "paid")])
def test_M17_a_failure_of_an_earlier_sending_settles_no_later_one(group: OrderGroup, word: str, then: str) -> None:
    found = refund(group, "unknown")
    earlier = {"partner": "nimbbl", "operation": "refund", "state": State.REJECTED, "by": "asha"}
    PartnerCall.objects.create(group=group, refund=found, **earlier)

    hear(group.pk, [said(word)])

    found.refresh_from_db()
    assert found.state == then


def test_M17_a_failure_of_the_last_sending_by_its_id_counts(group: OrderGroup) -> None:
    found = refund(group, "unknown", transaction_id="t_1")
    earlier = {"partner": "nimbbl", "operation": "refund", "state": State.REJECTED, "by": "asha"}
    PartnerCall.objects.create(group=group, refund=found, **earlier)

    hear(group.pk, [said("failed")])

    found.refresh_from_db()
    assert found.state == "failed"


def test_a_doubt_about_one_that_is_known_to_be_paid_is_settled_too(group: OrderGroup) -> None:
    found = refund(group, "unknown")
    Refund.objects.update(state="paid", transaction_id="t_1")

    hear(group.pk, [said("succeeded")])

    assert PartnerCall.objects.get(refund=found).state == "succeeded"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, ("t_1", "")),
        ({}, ("t_1", "refund_2")),
        ({"transaction_id": "t_1"}, ("t_2", "refund_1")),
    ],
)
def test_M17_another_refund_of_the_same_amount_settles_nothing(
    group: OrderGroup, ours: dict[str, str], theirs: tuple[str, str]
) -> None:
    found = refund(group, "unknown", **ours)

    assert hear(group.pk, [said("succeeded", *theirs)]) == 0

    found.refresh_from_db()
    assert found.state == "unknown"


def test_by_nimbbls_id_alone_it_is_known_again(group: OrderGroup) -> None:
    found = refund(group, "accepted", transaction_id="t_1")

    hear(group.pk, [said("succeeded", "t_1", "")])

    found.refresh_from_db()
    assert (found.state, found.transaction_id) == ("paid", "t_1")


def test_heard_again_it_changes_and_tells_nothing(group: OrderGroup) -> None:
    refund(group, "accepted")

    heard = [hear(group.pk, [said("succeeded")]) for _ in range(3)]

    assert (heard, Act.objects.filter(act="refund_stands").count()) == ([1, 0, 0], 1)


@pytest.mark.parametrize("words", list(itertools.permutations(["pending", "failed", "succeeded"])))
def test_in_whatever_order_it_is_heard_it_is_paid_in_the_end(group: OrderGroup, words: tuple[str, ...]) -> None:
    found = refund(group, "unknown")

    for word in words:
        hear(group.pk, [said(word)])

    found.refresh_from_db()
    assert found.state == "paid"
