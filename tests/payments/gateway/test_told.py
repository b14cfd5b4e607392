"""What 1mg is told: SUCCESS and FAILED only where Nimbbl leaves no doubt."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.gateway import told
from payments.gateway.told import Status
from payments.partners.nimbbl import Enquiry
from payments.partners.nimbbl_money import Reckoning, Transaction
from payments.preflight.facts import PaymentFact

DUE = Decimal("652.36")


def paid(word: str = "succeeded", amount: str = "652.36", *, kind: str = "payment", **more: str) -> Transaction:
    """One entry of what Nimbbl lists."""
    return Transaction(kind, word, Decimal(amount), **more)


def fact(*entries: Transaction, order: str = "completed", refunded: str | None = "0") -> PaymentFact:
    """What Nimbbl says of an order with these transactions."""
    return PaymentFact.of(Enquiry(order, entries, None if refunded is None else Decimal(refunded)))


@pytest.mark.parametrize(
    ("money", "status"),
    [
        (fact(paid()), Status.SUCCESS),
        (fact(paid(amount="651.36")), Status.SUCCESS),
        (fact(paid(amount="651.35")), Status.PENDING),
        (fact(paid(amount="900")), Status.SUCCESS),
        (fact(paid(amount="400"), paid(amount="252.36", transaction_id="2")), Status.SUCCESS),
        (fact(paid("failed"), paid()), Status.SUCCESS),
        (fact(paid("what is this"), paid(transaction_id="2")), Status.SUCCESS),
        (fact(paid(currency="USD")), Status.PENDING),
        (fact(paid("authorized")), Status.PENDING),
        (fact(paid("pending"), order="pending"), Status.PENDING),
        (fact(paid("what is this")), Status.PENDING),
        (fact(paid("reversed")), Status.PENDING),
        (fact(paid(), paid(kind="chargeback", amount="100")), Status.PENDING),
        (fact(paid(), paid("pending", kind="full_refund")), Status.PENDING),
        (fact(paid(), refunded="652.36"), Status.PENDING),
        (fact(paid(), refunded=None), Status.PENDING),
        (fact(order="new"), Status.PENDING),
        (fact(paid("failed"), order="pending"), Status.PENDING),
        (fact(paid("failed"), order="lapsed"), Status.FAILED),
        (fact(order="lapsed"), Status.FAILED),
        (fact(paid("pending"), order="lapsed"), Status.PENDING),
        (fact(paid("pending"), paid("failed", transaction_id="2"), order="lapsed"), Status.PENDING),
        (fact(paid("authorized"), paid("failed", transaction_id="2"), order="lapsed"), Status.PENDING),
        (fact(paid("pending", kind="cashback"), paid("failed", transaction_id="2"), order="lapsed"), Status.PENDING),
        (fact(paid("failed"), paid("failed", transaction_id="2"), order="lapsed"), Status.FAILED),
        (fact(paid("what is this"), order="lapsed"), Status.PENDING),
        (fact(paid("failed"), order="what is this"), Status.PENDING),
        (fact(paid(), order="lapsed"), Status.SUCCESS),
        (fact(paid(), order="lapsed", refunded="652.36"), Status.PENDING),
        (PaymentFact.of(Enquiry("lapsed", None)), Status.PENDING),
        (PaymentFact(trouble="Nimbbl is away"), Status.PENDING),
        (PaymentFact(order_status="lapsed", trouble="Nimbbl is away"), Status.PENDING),
        (None, Status.PENDING),
    ],
)
def test_the_status(money: PaymentFact | None, status: Status) -> None:
    assert told.of([money], DUE).status == status


def test_without_an_order_at_nimbbl_nobody_knows() -> None:
    assert told.of([], DUE) == told.Told(Status.PENDING, DUE)


def test_what_is_due_must_be_known() -> None:
    assert told.of([fact(paid())], None).status == Status.PENDING


@pytest.mark.parametrize("due", ["0", "0.50", "1"])
def test_nothing_captured_covers_nothing(due: str) -> None:
    assert told.of([fact(order="new")], Decimal(due)).status == Status.PENDING


def test_of_several_orders_at_nimbbl_the_first_counts() -> None:
    assert told.of([fact(order="new"), fact(paid())], DUE).status == Status.PENDING
    assert told.of([fact(paid()), fact(order="lapsed")], DUE).status == Status.SUCCESS


@pytest.mark.parametrize("older", [fact(paid()), fact(order="new"), None])
def test_one_that_lapsed_is_no_failure_while_another_may_be_paid(older: PaymentFact | None) -> None:
    assert told.of([fact(order="lapsed"), older], DUE).status == Status.PENDING


@pytest.mark.parametrize(
    ("money", "due", "amount"),
    [
        (fact(paid(amount="652.364")), DUE, "652.36"),
        (fact(paid(amount="652.365")), DUE, "652.37"),
        (fact(paid(amount="900")), DUE, "900.00"),
        (fact(paid(), refunded="100"), DUE, "652.36"),
        (fact(paid("what is this"), paid(transaction_id="2")), DUE, "652.36"),
        (fact(order="new"), DUE, "652.36"),
        (fact(order="lapsed"), DUE, "652.36"),
        (PaymentFact(trouble="Nimbbl is away"), DUE, "652.36"),
        (None, DUE, "652.36"),
        (None, None, "0.00"),
    ],
)
def test_the_amount_is_what_was_captured_else_what_is_due(
    money: PaymentFact | None, due: Decimal | None, amount: str
) -> None:
    assert str(told.of([money], due).amount) == amount


AMOUNTS = st.none() | st.decimals(Decimal(-(10**6)), Decimal(10**6), places=2)
FACTS: Any = st.builds(
    PaymentFact,
    order_status=st.sampled_from(["new", "pending", "completed", "lapsed", "", "?"]),
    payment_status=st.sampled_from(["", "succeeded", "failed", "pending", "reversed", "?"]),
    reckoning=st.builds(Reckoning, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS),
    trouble=st.sampled_from(["", "away"]),
)


@given(FACTS, AMOUNTS)
def test_success_is_said_of_what_surely_covers_and_of_nothing_else(money: PaymentFact, due: Decimal | None) -> None:
    status = told.of([money], due).status

    least = money.reckoning.least
    if status == Status.SUCCESS:
        assert (money.trouble, due is None, least is None) == ("", False, False)
        assert least > 0  # type: ignore[operator]
        assert least >= due - 1  # type: ignore[operator]
    if status == Status.FAILED:
        assert (money.trouble, money.order_status, money.reckoning.captured) == ("", "lapsed", 0)
