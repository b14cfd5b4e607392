"""Two lines of one SKU are two lines: 1mg lists two bought and one free under one id."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from orders.fingerprints import fingerprint
from orders.lines import SkuLine
from orders.models import GroupedOrder, OrderUpdate, Sku
from orders.updates import Skus
from tests.cases.told import case, entry, page, purchase

pytestmark = pytest.mark.django_db
Send = Callable[..., Any]


def listed(*skus: dict[str, Any]) -> dict[str, Any]:
    """The case's body with other lines."""
    body = case("F11-sku-twice")
    entry(body)["skus"] = [{"name": "Tablet A", "normalized_quantity": 1, "offered_price": 9} | sku for sku in skus]
    return body


def lines() -> list[tuple[str, int, str]]:
    """The lines of the purchase in the read API: id, quantity, price."""
    (order,) = purchase("F11")["orders"]
    return [(sku["sku_id"], sku["quantity"], sku["offered_price"]) for sku in order["skus"]]


def differences() -> str:
    """What `rebuild_orders` says of all purchases, and mends."""
    out = StringIO()
    call_command("rebuild_orders", stdout=out)
    return out.getvalue()


def test_F11_a_sku_that_is_listed_twice_is_two_lines(post: Send) -> None:
    answer = post(case("F11-sku-twice")).json()

    assert answer["status"] == "SUCCESS"
    assert lines() == [("1", 2, "9.00"), ("1", 1, "0.00")]
    assert OrderUpdate.objects.get().flags == []


def test_F11_the_page_shows_both_lines(post: Send, as_role: Callable[[str], Client]) -> None:
    post(case("F11-sku-twice"))

    words = page(as_role("Operations"), "/orders/F11/")

    assert words.count("Tablet A") == 2
    assert "2 MRP 10.00 9.00 18.00" in words
    assert "1 MRP 10.00 0.00 0.00" in words
    assert "1#1" not in words


def test_F11_the_admin_shows_both_lines(post: Send, as_role: Callable[[str], Client]) -> None:
    post(listed({"sku_id": "777001"}, {"sku_id": "777001"}))
    administrator = as_role("Administrator")

    words = [page(administrator, "/admin/orders/sku/"), page(administrator, "/admin/orders/groupedorder/F11O/change/")]

    assert [text.count("777001") >= 2 for text in words] == [True, True]


def test_F11_two_lines_that_say_the_same_are_two_lines(post: Send) -> None:
    answer = post(listed({"sku_id": "1"}, {"sku_id": "1"}, {"sku_id": "1"})).json()

    assert answer["status"] == "SUCCESS"
    assert lines() == [("1", 1, "9.00")] * 3


def test_F11_the_lines_keep_1mgs_order(post: Send) -> None:
    post(listed({"sku_id": "2"}, {"sku_id": "1"}, {"sku_id": "2", "offered_price": 0}, {"sku_id": "1"}))

    assert lines() == [("2", 1, "9.00"), ("1", 1, "9.00"), ("2", 1, "0.00"), ("1", 1, "9.00")]


@pytest.mark.parametrize(
    "ids", [("1", "1", "1#1"), ("1#1", "1", "1"), ("1#1", "1#1", "1", "1"), ("1", "1", "1", "1#1", "1#2", "1#1")]
)
def test_F11_an_id_that_looks_like_a_repetition_keeps_its_own(post: Send, ids: tuple[str, ...]) -> None:
    post(listed(*({"sku_id": sku_id} for sku_id in ids)))

    assert [sku_id for sku_id, _quantity, _price in lines()] == list(ids)


def test_F11_the_longest_id_may_be_repeated(post: Send) -> None:
    post(listed(*({"sku_id": "S" * 64},) * 12))

    assert [sku_id for sku_id, _quantity, _price in lines()] == ["S" * 64] * 12


def test_F11_lines_without_an_id_are_all_kept_and_flagged(post: Send) -> None:
    answer = post(listed({"sku_id": None}, {"sku_id": "1"}, {})).json()

    assert answer["status"] == "PENDING"
    assert [sku_id for sku_id, _quantity, _price in lines()] == [None, "1", None]
    assert OrderUpdate.objects.get().flags == ["part_unreadable"]


def test_F11_a_line_that_is_no_longer_listed_goes(post: Send) -> None:
    post(case("F11-sku-twice"))
    later = listed({"sku_id": "1", "normalized_quantity": 2})
    entry(later)["updated"] += 60

    post(later)

    assert lines() == [("1", 2, "9.00")]


def test_F11_a_repetition_takes_the_place_of_an_id_that_looks_like_one(post: Send) -> None:
    post(listed({"sku_id": "1"}, {"sku_id": "1#1"}))
    later = listed({"sku_id": "1"}, {"sku_id": "1"})
    entry(later)["updated"] += 60

    post(later)

    assert [sku_id for sku_id, _quantity, _price in lines()] == ["1", "1"]


def test_F11_the_same_list_again_is_no_change(post: Send) -> None:
    post(case("F11-sku-twice"))
    later = case("F11-sku-twice")
    entry(later)["updated"] += 60

    post(later)

    assert purchase("F11")["timeline"][-1]["kind"] == "status"


def test_F11_a_repeated_sku_is_found(post: Send, as_role: Callable[[str], Client]) -> None:
    post(listed({"sku_id": "777001"}, {"sku_id": "777001"}))

    assert "F11" in page(as_role("Viewer"), "/orders/?q=777001")


def test_F11_long_invoice_numbers_that_begin_alike_are_two_invoices(post: Send) -> None:
    body = case("F11-sku-twice")
    entry(body)["invoice_data"] = {"9" * 64 + end: {"invoice_url": end} for end in "ab"}

    answer = post(body).json()

    assert answer["status"] == "PENDING"
    assert [invoice["url"] for invoice in purchase("F11")["orders"][0]["invoices"]] == ["a", "b"]


def test_F11_a_list_without_repetitions_is_known_by_the_name_it_had() -> None:
    line = SkuLine("1", "Tablet A", quantity=Decimal("2.000"), mrp=Decimal("10.00"))

    assert fingerprint(Skus((line,))) == "209872170f9fea5a"


# --- rebuilding, and the code before ----------------------------------------------------------------------------------


def test_F11_a_rebuild_finds_nothing_to_mend(post: Send) -> None:
    post(listed({"sku_id": "1"}, {"sku_id": "1"}, {"sku_id": None}))

    assert differences() == "1 purchases folded, 0 differ\n"


def test_F11_a_rebuild_brings_back_a_line_that_was_merged(post: Send) -> None:
    post(case("F11-sku-twice"))
    Sku.objects.filter(position=0).delete()
    Sku.objects.update(sku_id="1", again=0, position=0)
    GroupedOrder.objects.update(lists={"skus": {"fingerprint": "before", "keys": ["1"]}})

    said = differences()

    assert "1 differ" in said
    assert lines() == [("1", 2, "9.00"), ("1", 1, "0.00")]


def test_F11_the_code_before_writes_its_lines_on_this_schema(post: Send) -> None:
    post(case("F11-sku-twice"))
    columns = "order_id, sku_id, position, name, pack_size_label, sku_type, prescription_status"
    upsert = (
        f"INSERT INTO orders_sku ({columns}) VALUES ('F11O', %s, %s, %s, '', '', '') "  # noqa: S608
        "ON CONFLICT (order_id, sku_id) DO UPDATE SET position = excluded.position, name = excluded.name"
    )

    with connection.cursor() as cursor:
        for row in (["1", 5, "Tablet B"], ["2", 6, "Tablet C"]):
            cursor.execute(upsert, row)

    found = Sku.objects.order_by("position").values_list("sku_id", "name", "again")
    assert list(found) == [("1#1", "Tablet A", 1), ("1", "Tablet B", 0), ("2", "Tablet C", 0)]
