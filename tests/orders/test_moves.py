"""An order that 1mg files under another purchase takes along what it brought, and leaves what the others say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from orders import reviews
from orders.actors import Actor
from orders.models import Act, GroupedOrder, OrderGroup, OrderUpdate
from tests.conftest import document, order_update
from tests.orders.test_services import differences
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
T0 = 1_700_000_000


def body(order_id: str, purchase: str, minute: int, city: str) -> dict[str, Any]:
    """An update of an order in that purchase, delivered to that city."""
    found = order_update(order_id, 130, T0 + 60 * minute, merchant_order_id=purchase)
    document(found)["delivery_address"]["city"] = city
    return found


def without_address(order_id: str, purchase: str, minute: int) -> dict[str, Any]:
    """One that says nothing of the address."""
    found = body(order_id, purchase, minute, "")
    del document(found)["delivery_address"]
    return found


def cities() -> dict[str, str]:
    """Where each purchase goes."""
    return dict(OrderGroup.objects.values_list("pk", "city"))


def test_D11_a_purchase_that_an_order_leaves_is_what_the_others_say(post: Post) -> None:
    post(body("PO1", "M1", 1, "Pune"))
    post(body("PO2", "M1", 2, "Agra"))

    post(without_address("PO2", "M2", 3))

    assert cities() == {"M1": "Pune", "M2": "Agra"}
    assert differences() == ""


def test_D11_a_purchase_that_its_last_order_leaves_is_empty_and_no_longer_shown(post: Post) -> None:
    post(body("PO1", "M1", 1, "Pune"))

    post(body("PO1", "M2", 2, "Agra"))

    assert cities() == {"M1": "", "M2": "Agra"}
    assert [group.pk for group in OrderGroup.objects.with_something_to_show()] == ["M2"]  # type: ignore[attr-defined]


def test_D11_what_was_done_about_an_order_goes_along(post: Post, db: None) -> None:
    post(order_update("PO1", 99, T0, merchant_order_id="M1"))
    post(order_update("PO1", 30, T0 + 1, merchant_order_id="M1"))
    reviews.mark_reviewed(GroupedOrder.objects.get(), by=Actor.of(User.objects.create_user("asha")))

    post(order_update("PO1", 40, T0 + 2, merchant_order_id="M2"))

    assert set(Act.objects.filter(order="PO1").values_list("act", "group")) == {("looked_at", "M2")}
    assert GroupedOrder.objects.get().review_flags == ["purchase_moved"]


@pytest.fixture
def gone(post: Post) -> None:
    """Two orders of one purchase, of which the first one's bytes are gone."""
    post(body("PO1", "M1", 1, "Pune"))
    post(body("PO2", "M1", 2, "Agra"))
    Delivery.objects.filter(pk=OrderUpdate.objects.get(order="PO1").delivery_id).delete()


def test_D11_where_bytes_are_gone_what_stands_stays_and_a_person_is_asked(post: Post, gone: None) -> None:
    post(body("PO2", "M2", 3, "Goa"))

    assert cities() == {"M1": "Agra", "M2": "Goa"}
    assert GroupedOrder.objects.get(pk="PO2").review_flags == ["purchase_moved"]
    assert Act.objects.get(order="PO2").act == "flagged"


def test_D11_what_was_asked_where_bytes_are_gone_is_over_when_a_person_has_looked(post: Post, gone: None) -> None:
    post(body("PO2", "M2", 3, "Goa"))
    reviews.mark_reviewed(GroupedOrder.objects.get(pk="PO2"), by=Actor.of(User.objects.create_user("asha")))

    post(order_update("PO2", 25, T0 + 300, merchant_order_id="M2"))

    assert GroupedOrder.objects.get(pk="PO2").review_flags == []
