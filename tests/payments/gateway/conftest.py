"""How 1mg asks about a payment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from payments import enquiry, outbox
from payments.models import Payment
from tests.server import PAYMENT_TOKEN

Ask = Callable[..., Any]


@pytest.fixture
def ask(client: Client) -> Ask:
    """Ask about the payment of a purchase, as 1mg does."""

    def send(name: str = "M1", *, token: str = PAYMENT_TOKEN, slash: str = "") -> Any:
        return client.get(f"/transactions/{name}{slash}", headers={"Authorization": f"Token {token}"})

    return send


def known() -> None:
    """Nimbbl has just said how each payment stands."""
    for payment in Payment.objects.all():
        enquiry.refresh(payment)


def aged(ago: timedelta = timedelta(minutes=2)) -> None:
    """What it said is so old."""
    then = timezone.now() - ago
    Payment.objects.update(asked_at=then, answered_at=then, heard_at=then)


def told(answer: Any) -> tuple[str, float]:
    """The status and the amount of an answer."""
    body = answer.json()
    assert (answer.status_code, sorted(body)) == (200, ["amount", "order_id", "status", "transaction_id"])
    return body["status"], body["amount"]


def settled() -> None:
    """Every thread has done with what it was given."""
    assert outbox.drain(30)
