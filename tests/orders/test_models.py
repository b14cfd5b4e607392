"""What the records promise by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders import store
from orders.models import ApiKey, GroupedOrder, Invoice, OrderGroup, OrderUpdate, Sku
from tests.conftest import document, order_update, payload

pytestmark = pytest.mark.django_db
T0 = 1_700_000_000


def told(body: dict[str, Any], mode: str) -> dict[str, Any]:
    """A body whose money says `mode`."""
    document(body)["grouped_orders"][0]["payment_summary"]["mode"] = mode
    return body


def test_the_purchases_money_is_the_one_1mg_said_last_whatever_its_orders_id(post: Callable[..., Any]) -> None:
    post(told(order_update("PO1", updated=T0 + 10, merchant_order_id="M"), "COD"))
    post(told(order_update("PO2", updated=T0, merchant_order_id="M"), "ONLINE"))

    summary = OrderGroup.objects.with_everything().get().payment_summary()

    assert summary is not None
    assert summary["mode"] == "COD"


def test_a_purchase_without_a_word_on_money_has_none() -> None:
    group = OrderGroup.objects.create(merchant_order_id="M", first_seen_at=timezone.now())

    assert group.payment_summary() is None


def test_everything_of_a_purchase_costs_the_same_however_much_there_is(post: Callable[..., Any]) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            for group in OrderGroup.objects.with_everything():
                [(list(o.skus.all()), list(o.invoices.all())) for o in group.orders.all()]
                [(line.update, line.actor) for line in group.acts.all()]
        return len(queries)

    post(order_update("PO1"))
    one = cost()
    for number in range(2, 6):
        post(order_update(f"PO{number}"))
    post(payload("split-order"))

    assert cost() == one


def update(order: GroupedOrder, digest: str) -> OrderUpdate:
    """An unsaved update."""
    now = timezone.now()
    return OrderUpdate(order=order, digest=digest, delivery_id=1, entry=0, received_at=now, last_seen_at=now, at_ms=0)


@pytest.fixture
def order() -> GroupedOrder:
    """An order of which nothing is known."""
    now = timezone.now()
    group = OrderGroup.objects.create(merchant_order_id="M", first_seen_at=now)
    return GroupedOrder.objects.create(order_id="PO1", group=group, listed_at=now)


def test_a_digest_is_recorded_once_and_the_second_attempt_breaks_nothing(order: GroupedOrder) -> None:
    with transaction.atomic():
        first, second = update(order, "v1:a"), update(order, "v1:a")

        answers = (store.record(first), store.record(second))

        assert (answers, OrderUpdate.objects.get().pk, second.pk) == ((True, False), first.pk, None)


def test_control_without_the_clause_the_second_attempt_breaks(order: GroupedOrder) -> None:
    update(order, "v1:a").save()

    with pytest.raises(IntegrityError), transaction.atomic():
        update(order, "v1:a").save()


def test_what_was_recorded_reads_back_as_it_was(order: GroupedOrder) -> None:
    row = update(order, "v1:a")
    row.changes, row.flags, row.updated_raw = [{"part": "eta", "old": None, "new": "’"}], ["x"], "1e3"

    store.record(row)

    found = OrderUpdate.objects.get()
    assert (found.changes, found.flags, found.updated_raw, found.times_seen) == (row.changes, ["x"], "1e3", 1)


def test_D9_ids_that_differ_by_case_are_two_orders(post: Callable[..., Any]) -> None:
    post(order_update("PO1a", merchant_order_id="M"))
    post(order_update("po1A", merchant_order_id="m"))

    assert sorted(GroupedOrder.objects.values_list("pk", "group_id")) == [("PO1a", "M"), ("po1A", "m")]


def test_a_purchase_with_orders_cannot_be_deleted(order: GroupedOrder) -> None:
    with pytest.raises(ProtectedError):
        order.group.delete()


@pytest.mark.parametrize(("model", "key"), [(Sku, "sku_id"), (Invoice, "number")])
def test_a_line_stands_once_in_an_order(order: GroupedOrder, model: Any, key: str) -> None:
    model.objects.create(order=order, position=0, **{key: "1"})

    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(order=order, position=1, **{key: "1"})


def test_every_record_names_itself(post: Callable[..., Any]) -> None:
    post(payload("split-order"))
    key = ApiKey.issue("shop")[0]

    names = [
        str(model.objects.order_by("pk").first()) for model in (OrderGroup, GroupedOrder, Sku, Invoice, OrderUpdate)
    ]

    assert names == [
        "PO122434",
        "PO19719451082",
        "210496",
        "013879376",
        "PO19719451082 applied",
    ]
    assert str(key) == f"shop ({key.prefix}…)"


def test_a_purchase_knows_its_page() -> None:
    assert OrderGroup(merchant_order_id="M-1").get_absolute_url() == "/orders/M-1/"


def test_of_a_key_only_a_hash_is_kept() -> None:
    key, secret = ApiKey.issue("shop")

    assert secret not in repr(ApiKey.objects.values())
    assert (key.digest, key.prefix) == (ApiKey.digest_of(secret), secret[:6])
    assert len(secret) >= 43  # 256 bits


def test_two_keys_are_never_the_same() -> None:
    assert len({ApiKey.issue(f"shop {n}")[1] for n in range(20)}) == 20
