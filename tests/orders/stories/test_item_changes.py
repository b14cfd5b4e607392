"""Which items changed: from the bytes, for who may see medicines."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from orders.lines import SkuLine
from orders.stories import item_changes
from tests.conftest import order_update
from tests.orders.stories.test_story import HOUR, update
from tests.orders.stories.test_timeline import AT, entries
from webhooks.models import Delivery

Post = Callable[[Any], Any]
AsRole = Callable[[str], Client]


def line(sku_id: str = "1", quantity: str | None = "2", price: str | None = "15.19", name: str = "Kalpanil") -> SkuLine:
    """One line of the items."""
    numbers = {"quantity": quantity, "offered_price": price}
    return SkuLine(sku_id, name, **{key: Decimal(value) if value else None for key, value in numbers.items()})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([line()], [line(quantity="1.000")], "Items changed: Kalpanil 2 → 1"),
        ([line()], [line(price="14")], "Items changed: Kalpanil ₹15.19 → ₹14.00"),
        ([line()], [line(quantity=None, price=None)], "Items changed: Kalpanil 2 → —, Kalpanil ₹15.19 → —"),
        ([line()], [line(), line("2", name="")], "Items changed: 2 added, 2"),
        ([line(), line("2", name="Namunacet")], [line()], "Items changed: Namunacet removed"),
        ([line()], [line(name="Kalpanil XR")], "Items changed"),
        ([line(str(n)) for n in range(7)], [], f"Items changed: {'Kalpanil removed, ' * 5}and 2 more"),
        ([line(name="x" * 99)], [], f"Items changed: {'x' * 59}… removed"),
    ],
)
def test_it_says_which_items_changed(before: list[SkuLine], after: list[SkuLine], said: str) -> None:
    assert item_changes.sentence(before, after) == said


def test_an_update_is_compared_with_the_last_that_named_items() -> None:
    first, other, silent, last = (
        update(130, hour * HOUR, said=said, order_id=order)
        for hour, order, said in (
            (0, "PO1", {"skus": "aaa"}),
            (1, "PO2", {"skus": "bbb"}),
            (2, "PO1", {}),
            (3, "PO1", {"skus": "ccc"}),
        )
    )

    assert item_changes.pairs([last, silent, other, first]) == [(first, last)]


# --- on the page ------------------------------------------------------------------------------------------------------


def fewer(post: Post) -> None:
    """1mg lists three of something, then two."""
    for hours, quantity in enumerate((3, 2)):
        sku = {"sku_id": "7", "name": "Kalpanil XR", "normalized_quantity": quantity, "offered_price": 5}
        post(order_update("PO1", 130, AT + hours * 3600, skus=[sku]))


@pytest.mark.django_db
def test_the_page_says_which_items_changed(post: Post, as_role: AsRole) -> None:
    fewer(post)

    newest, _first = entries(as_role("Operations").get("/orders/M-PO1/").text)

    assert newest.startswith("Items changed: Kalpanil XR 3 → 2 ")


@pytest.mark.django_db
def test_U11_who_may_not_see_medicines_reads_that_items_changed(post: Post, as_role: AsRole) -> None:
    fewer(post)

    page = as_role("Viewer").get("/orders/M-PO1/").text

    assert entries(page)[0].startswith("Items changed we heard")
    assert "Kalpanil" not in page


@pytest.mark.django_db
def test_where_the_bytes_are_gone_it_says_only_that_items_changed(post: Post, as_role: AsRole) -> None:
    fewer(post)
    Delivery.objects.update(body=b"")

    newest, _first = entries(as_role("Operations").get("/orders/M-PO1/").text)

    assert newest.startswith("Items changed we heard")
