"""`PATCH /api/orders/<id>/` and the shop's word on a payment: said later, kept once, never counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from orders.models import Act, ApiKey, OrderGroup
from payments.models import Payment
from tests.conftest import order_update
from tests.rows import changed, everything

pytestmark = pytest.mark.django_db
Complete = Callable[..., Any]

REGISTERED = {
    "merchant_order_id": "M1",
    "onemg_order_id": "PO1",
    "payment_method": "ONLINE",
    "payable_amount": "652.36",
}
PAID = {"status": "succeeded", "amount": "652.36", "transaction_id": "o_1-00001"}


@pytest.fixture
def shop() -> str:
    """The key of a shop that may write."""
    return ApiKey.issue("shop", may_write=True)[1]


@pytest.fixture
def complete(client: Client, shop: str) -> Complete:
    """Register M1 without a Nimbbl order, and give back the way to say more of it."""
    send(client, client.post, "/api/orders/", shop, REGISTERED)

    def patch(purchase: str = "M1", key: str = shop, **words: Any) -> Any:
        return send(client, client.patch, f"/api/orders/{purchase}/", key, words)

    return patch


def send(client: Client, verb: Any, address: str, key: str, words: dict[str, Any]) -> Any:
    client.raise_request_exception = False
    return verb(address, json.dumps(words), content_type="application/json", headers={"Authorization": f"Token {key}"})


def story(answer: Any) -> list[str]:
    return [line["text"] for line in answer.json()["timeline"]]


# --- Nimbbl's order ---------------------------------------------------------------------------------------------------


def test_a_nimbbl_order_is_added(complete: Complete) -> None:
    answer = complete(nimbbl_order_id="o_1")

    assert answer.status_code == 200
    assert Payment.objects.values_list("pk", "group_id").get() == ("o_1", "M1")
    assert "Nimbbl order o_1 linked by shop" in story(answer)


def test_the_same_again_changes_nothing(complete: Complete) -> None:
    complete(nimbbl_order_id="o_1")
    before = everything()

    answer = complete(nimbbl_order_id="o_1")

    assert (answer.status_code, changed(before, everything())) == (200, set())


def test_another_nimbbl_order_is_409_and_changes_nothing(complete: Complete) -> None:
    complete(nimbbl_order_id="o_1")
    before = everything()

    answer = complete(nimbbl_order_id="o_2")

    assert (answer.status_code, changed(before, everything())) == (409, set())
    assert answer.json()["fields"] == {"nimbbl_order_id": {"registered": "o_1", "sent": "o_2"}}


def test_the_order_of_another_purchase_is_409(complete: Complete, client: Client, shop: str) -> None:
    other = REGISTERED | {"merchant_order_id": "M2", "onemg_order_id": "PO2", "nimbbl_order_id": "o_2"}
    send(client, client.post, "/api/orders/", shop, other)

    answer = complete(nimbbl_order_id="o_2")

    assert answer.status_code == 409
    assert answer.json()["detail"] == "The Nimbbl order o_2 belongs to the purchase M2."


def test_a_purchase_that_only_1mg_spoke_of_may_be_completed(complete: Complete, post: Any) -> None:
    post(order_update("PO9"))

    assert complete("M-PO9", nimbbl_order_id="o_9").status_code == 200
    assert Payment.objects.get().group_id == "M-PO9"


def test_a_purchase_that_nobody_knows_is_404(complete: Complete) -> None:
    before = everything()

    assert complete("M404", nimbbl_order_id="o_1").status_code == 404
    assert changed(before, everything()) == set()


def test_a_key_that_may_only_read_is_403(complete: Complete) -> None:
    answer = complete(key=ApiKey.issue("reader")[1], nimbbl_order_id="o_1")

    assert (answer.status_code, Payment.objects.exists()) == (403, False)


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"nimbbl_order": "o_1"}, "nimbbl_order"),
        ({"nimbbl_order_id": "o 1"}, "nimbbl_order_id"),
        ({"payable_amount": "1.00"}, "payable_amount"),
        ({"payment": {"amount": "1.00"}}, "payment"),
        ({"payment": {"status": "succeeded", "amount": "-1"}}, "payment"),
        ({"payment": {"status": "<b>", "amount": "1"}}, "payment"),
        ({"payment": {"status": "succeeded", "upi_id": "asha@example"}}, "payment"),
    ],
)
def test_what_is_not_of_its_form_is_400_and_named(complete: Complete, words: dict[str, Any], field: str) -> None:
    before = everything()

    answer = complete(**words)

    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert changed(before, everything()) == set()


def test_a_purchase_is_read_at_the_same_address_as_before(complete: Complete, client: Client, shop: str) -> None:
    patched = complete(nimbbl_order_id="o_1")

    read = client.get("/api/orders/M1/", headers={"Authorization": f"Token {shop}"})

    assert (read.status_code, read.json()) == (200, patched.json())


@pytest.mark.django_db(transaction=True)
def test_two_who_name_different_orders_at_once_leave_one(complete: Complete, shop: str) -> None:
    def name(order: str) -> int:
        try:
            client = Client()
            return send(client, client.patch, "/api/orders/M1/", shop, {"nimbbl_order_id": order}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(name, [f"o_{n}" for n in range(8)]))

    assert (codes, Payment.objects.count()) == ([200] + [409] * 7, 1)


# --- the shop's word on the payment -----------------------------------------------------------------------------------


def test_the_shops_word_is_a_line_of_the_story(complete: Complete) -> None:
    answer = complete(payment=PAID)

    assert "shop says of the payment: “succeeded” · ₹652.36 · o_1-00001" in story(answer)


def test_the_shops_word_is_not_counted(complete: Complete) -> None:
    complete(nimbbl_order_id="o_1", payment=PAID)

    assert Payment.objects.values_list("captured_amount", "payment_status").get() == (None, "")
    assert OrderGroup.objects.get(pk="M1").captured_amount is None


def test_the_same_word_again_is_said_once(complete: Complete) -> None:
    complete(payment=PAID)
    complete(payment=PAID)

    assert Act.objects.filter(act="shop_said_payment").count() == 1


def test_another_word_later_is_another_line(complete: Complete) -> None:
    complete(payment={"status": "pending"})

    answer = complete(payment=PAID)

    said = [line for line in story(answer) if line.startswith("shop says of the payment")]
    assert sorted(said) == [
        "shop says of the payment: “pending”",
        "shop says of the payment: “succeeded” · ₹652.36 · o_1-00001",
    ]


def test_a_registration_may_carry_the_shops_word(client: Client, shop: str) -> None:
    answer = send(client, client.post, "/api/orders/", shop, REGISTERED | {"nimbbl_order_id": "o_1", "payment": PAID})

    assert answer.status_code == 201
    assert "shop says of the payment: “succeeded” · ₹652.36 · o_1-00001" in story(answer)
