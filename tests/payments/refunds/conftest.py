"""What the tests of refunds share: a purchase that was paid and cancelled, and people who pay back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from orders.actors import Actor
from orders.models import OrderGroup
from payments import enquiry, outbox, services
from payments.choices import State
from payments.models import PartnerCall, Refund
from payments.preflight import gather
from tests.payments.conftest import Buy
from tests.until import until

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


def all_carried() -> None:
    """Until no call waits to be sent: what is put off is due at once, and sent by the sweep, one after the other.

    Tried all at once, each round of them would put off all but one, and five tries are as many as there are.
    """

    def none_waits() -> bool:
        assert outbox.drain(30)
        due = PartnerCall.objects.filter(state=State.INTENDED).update(not_before=timezone.now() - timedelta(hours=1))
        services.sweep()
        return not due

    until(none_waits)


def carried(refund: Refund) -> Refund:
    """The refund after the thread of its call has done with it."""
    assert outbox.drain(30)
    refund.refresh_from_db()
    return refund
