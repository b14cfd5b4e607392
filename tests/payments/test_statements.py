"""How many SQL statements a confirmation costs; BEGIN and COMMIT apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.choices import PaymentMethod
from payments import outbox, services
from payments.models import PartnerCall
from payments.registration import services as registration

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def registered(partners: Partners) -> str:
    """A purchase that the shop has registered, without a Nimbbl order."""
    partners.tell(merchant_order_id="M1", onemg_order_id="POM1")
    group, _new = registration.register(
        registration.Registration("M1", "POM1", PaymentMethod.ONLINE), by=Actor("the shop")
    )
    return group.pk


def statements(do: Callable[[], object]) -> int:
    """What `do` asks of the database, without the marks of transactions."""
    with CaptureQueriesContext(connection) as asked:
        do()
    return sum(not query["sql"].startswith(("BEGIN", "COMMIT")) for query in asked)


def test_a_press_takes_at_most_twelve(registered: str, asha: Actor) -> None:
    assert statements(lambda: services.confirm(registered, by=asha)) <= 12


def test_sending_it_takes_at_most_fifteen(registered: str, asha: Actor, partners: Partners) -> None:
    partners.misbehave("POM1", "too-many", on="confirm", times=1)
    call = services.confirm(registered, by=asha)
    assert outbox.drain(20)
    PartnerCall.objects.update(not_before="2026-01-01T00:00:00Z")

    assert statements(lambda: outbox.carry(call)) <= 15
    assert PartnerCall.objects.get().state == "succeeded"
