"""Carrying a call: what is compared right before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.models import OrderGroup
from payments import services
from payments.models import PartnerCall, Ruling
from tests.conftest import document, order_update
from tests.payments.conftest import Buy, carried

pytestmark = pytest.mark.django_db(transaction=True)
Post = Callable[..., Any]


def waiting(name: str, partners: Partners, asha: Actor) -> PartnerCall:
    """A confirmation that 1mg has turned away unread, so that it waits for its second try."""
    partners.misbehave(f"PO{name}", "too-many", on="confirm", times=1)
    call = carried(services.confirm(name, by=asha))
    assert call.state == "intended"
    return call


def tried_again(call: PartnerCall) -> PartnerCall:
    """The call after its second try."""
    services.send_now(call)
    return carried(call)


def test_a_second_try_is_compared_without_the_people_who_were_taken_out_of_the_first(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    group = buy("M1")
    OrderGroup.objects.filter(pk="M1").update(customer_name="Asha Udaharan")  # asha's own name, which a tick names
    rival = OrderGroup.objects.create(
        merchant_order_id="M9", first_seen_at=timezone.now(), registered_at=timezone.now(), group_order_id="POM1"
    )
    Ruling.objects.create(kept=group, dropped=rival, onemg_ids=["POM1"], by="asha", why="The invoice says so")
    first = waiting("M1", partners, asha)

    again = tried_again(first)

    assert [tick["words"] for tick in again.ticks if tick["code"] == "one_purchase"] == [
        "1mg's order is this purchase's, says ••••"
    ]
    assert (again.state, again.said) == ("succeeded", "1mg confirmed the order.")


def test_of_two_live_confirmations_of_one_order_the_asking_one_does_not_hide_the_other(
    buy: Buy, partners: Partners, asha: Actor, post: Post
) -> None:
    buy("M1"), buy("M2")
    first = waiting("M1", partners, asha)
    assert carried(services.confirm("M2", by=asha)).state == "succeeded"
    moved = order_update("POM2", 15, 1_700_000_100)
    document(moved)["merchant_order_id"] = "M1"
    post(moved)

    again = tried_again(first)

    assert again.state == "abandoned"
    assert "Confirmed already for the purchase M2, by asha" in again.said
    assert partners.effects("POM1")["confirms_taken"] == 0
