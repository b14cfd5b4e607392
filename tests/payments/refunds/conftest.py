"""What the tests of refunds share: a purchase that was paid and cancelled, and people who pay back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from orders.actors import Actor
from orders.models import OrderGroup
from payments import enquiry, outbox
from payments.models import Refund
from payments.preflight import gather
from tests.payments.conftest import Buy

PAID = Decimal("652.36")


@pytest.fixture
def cancelled(buy: Buy) -> Callable[..., OrderGroup]:
    """Make a purchase that was paid online, ₹652.36, and that 1mg has cancelled; Nimbbl has said so."""

    def make(name: str = "M1", *, status: int = 99, **told: Any) -> OrderGroup:
        group = buy(name, status=status, **told)
        payment = gather.payment_of(name)
        assert payment
        enquiry.refresh(payment)
        return group

    return make


@pytest.fixture
def ravi(db: None) -> Actor:
    """Somebody else of operations."""
    return Actor.of(User.objects.create_user("ravi"))


def carried(refund: Refund) -> Refund:
    """The refund after the thread of its call has done with it."""
    assert outbox.drain(30)
    refund.refresh_from_db()
    return refund
