"""A purchase is found by what Nimbbl calls it."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import pytest
from django.apps import apps
from django.test import Client

from orders.actors import Actor
from orders.choices import PaymentMethod
from orders.models import OrderGroup
from payments import enquiry
from payments.models import Payment
from payments.partners.nimbbl import Enquiry
from payments.preflight.facts import PaymentFact
from payments.registration import services as registration
from tests.conftest import order_update
from tests.finding import hits

pytestmark = pytest.mark.django_db
AsRole = Callable[[str], Client]
NIMBBL = "o_aQ7xkD9Zp1LmW3tR"


@pytest.fixture
def paid() -> Payment:
    """A purchase that the shop has registered with its Nimbbl order."""
    said = registration.Registration("M1", "POM1", PaymentMethod.COD, nimbbl_order_id=NIMBBL)
    group, _new = registration.register(said, by=Actor("the shop"))
    return Payment.objects.get(group=group)


@pytest.mark.parametrize("typed", [NIMBBL, NIMBBL.lower(), "o_aQ7x", "kD9Zp1", "mW3tR"])
def test_a_purchase_is_found_by_its_nimbbl_order(paid: Payment, as_role: AsRole, typed: str) -> None:
    assert hits(as_role("Viewer"), typed) == ["M1"]


@pytest.mark.parametrize("typed", ["INV-2024/00417", "inv202400417", "00417", "202400417"])
def test_and_by_the_invoice_that_nimbbl_names_when_it_is_asked(paid: Payment, as_role: AsRole, typed: str) -> None:
    enquiry.keep(paid, PaymentFact(), Enquiry(invoice_id="INV-2024/00417"))

    assert hits(as_role("Viewer"), typed) == ["M1"]


def test_a_hit_says_that_it_is_nimbbls(paid: Payment, as_role: AsRole) -> None:
    page = as_role("Viewer").post("/find/", {"q": f"{NIMBBL}, PO404"}, follow=True).content.decode()

    assert f"Nimbbl order {NIMBBL}" in page


def test_it_is_still_found_when_1mg_speaks(paid: Payment, post: Callable[..., object], as_role: AsRole) -> None:
    post(order_update("POM1", updated=1_700_000_000, merchant_order_id="M1"))
    waybill = {"tracking_number": "W1"}
    post(order_update("POM1", 25, updated=1_700_000_100, merchant_order_id="M1", shipment_detail=waybill))

    assert hits(as_role("Viewer"), NIMBBL) == ["M1"]


def test_those_that_stood_before_are_told_by_the_migration(paid: Payment, as_role: AsRole) -> None:
    OrderGroup.objects.update(other_ids=None, search_text="m1", personal_text="m1")

    importlib.import_module("payments.migrations.0007_found_by_nimbbls_ids").tell(apps, None)

    assert hits(as_role("Viewer"), NIMBBL) == ["M1"]
