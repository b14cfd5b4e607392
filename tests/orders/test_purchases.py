"""What the merchant says of a purchase: the same before and after 1mg's first word, and never two answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orders import purchases
from orders.actors import Actor
from orders.choices import PaymentMethod
from orders.models import GroupedOrder, OrderGroup
from tests.conftest import document, order_update
from tests.orders.test_services import differences

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
T0 = 1_700_000_000


def nameless(order_id: str = "PO1", at: int = T0, **more: Any) -> dict[str, Any]:
    """An update in which 1mg names no purchase."""
    body = order_update(order_id, updated=at, **more)
    del document(body)["merchant_order_id"]
    return body


def register(purchase: str = "SHOP1", onemg_order_id: str = "PO1") -> OrderGroup:
    """The shop registers a purchase."""
    group, _new = purchases.register(
        purchase,
        onemg_order_id=onemg_order_id,
        payment_method=PaymentMethod.ONLINE,
        payable_amount=None,
        by=Actor("shop"),
    )
    return group


@pytest.mark.parametrize("onemg_order_id", ["PO1", "G1"])
@pytest.mark.parametrize("first", ["the registration", "the update"])
def test_D12_an_order_without_the_merchants_id_is_in_the_registered_purchase(
    post: Post, onemg_order_id: str, first: str
) -> None:
    steps = [lambda: register(onemg_order_id=onemg_order_id), lambda: post(nameless(group_order_id="G1"))]

    for step in steps if first == "the registration" else reversed(steps):
        step()

    order = GroupedOrder.objects.get()
    assert (order.group_id, order.review_flags, order.group.city) == ("SHOP1", [], "Bengaluru")
    assert [group.pk for group in OrderGroup.objects.with_something_to_show()] == ["SHOP1"]  # type: ignore[attr-defined]
    assert differences() == ""


def test_D12_all_orders_of_a_registered_group_come(post: Post) -> None:
    for order_id in ("PO1", "PO2"):
        post(nameless(order_id, group_order_id="G1"))

    register(onemg_order_id="G1")

    assert set(GroupedOrder.objects.values_list("group", flat=True)) == {"SHOP1"}


def test_D12_an_order_that_1mg_has_named_a_purchase_for_stays_there(post: Post) -> None:
    post(order_update("PO1", merchant_order_id="M1"))

    register(onemg_order_id="PO1")

    assert GroupedOrder.objects.get().group_id == "M1"


def test_D12_the_purchase_that_1mg_names_later_counts_before_the_registered_one(post: Post) -> None:
    post(nameless())
    register()

    post(order_update("PO1", 30, T0 + 10, merchant_order_id="M1"))

    assert GroupedOrder.objects.get().group_id == "M1"


def test_D12_an_order_without_any_id_follows_the_group_that_1mg_names_last(post: Post) -> None:
    post(nameless(at=T0 + 10, group_order_id="G2"))
    post(nameless(at=T0, group_order_id="G1"))
    post(nameless(at=T0 + 20, group_order_id="G3"))

    assert GroupedOrder.objects.get().group_id == "G3"
    assert differences() == ""
