"""JSON's objects have no order: the same said with its keys in another order is the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F

from orders import rebuild
from orders.models import GroupedOrder, Invoice, OrderUpdate
from tests.cases.told import entry, purchase
from tests.conftest import document, payload

pytestmark = pytest.mark.django_db
Send = Callable[..., Any]


def delivered(*, later: int = 0) -> dict[str, Any]:
    """A published body with two invoices, `later` seconds later."""
    body = payload("delivered")
    invoices = entry(body)["invoice_data"]
    (number,) = invoices
    invoices[f"{number}-2"] = json.loads(json.dumps(invoices[number])) | {"doctor_name": "Test Doctor"}
    entry(body)["updated"] += later
    return body


def turned(value: Any) -> Any:
    """The same with the keys of every object the other way round; lists stay, their order says something."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(one) for one in value] if isinstance(value, list) else value


def names() -> dict[str, str]:
    """List -> the name of its content, of the only order."""
    return {name: told["fingerprint"] for name, told in GroupedOrder.objects.get().lists.items()}


def invoices() -> list[dict[str, Any]]:
    """Those of the only order, in the read API."""
    (order,) = purchase(document(delivered())["merchant_order_id"])["orders"]
    found: list[dict[str, Any]] = order["invoices"]
    return found


def differences() -> str:
    """What folding all purchases anew finds, and mends."""
    out = StringIO()
    call_command("rebuild_orders", stdout=out)
    return out.getvalue()


def test_the_same_with_its_keys_turned_is_counted_and_not_repeated(post: Send) -> None:
    post(delivered())

    post(turned(delivered()))

    assert [update.times_seen for update in OrderUpdate.objects.all()] == [2]


def test_later_news_with_its_keys_turned_leaves_the_lists_as_they_were(post: Send) -> None:
    post(delivered())
    before, shown = names(), invoices()

    body = turned(delivered(later=60))
    next(iter(entry(body)["invoice_data"].values()))["unknown"] = 1  # so that its text is another, and it is read
    post(body)

    assert OrderUpdate.objects.count() == 2
    assert names() == before
    assert invoices() == shown


def test_what_was_said_with_its_keys_turned_is_folded_anew_to_the_same(post: Send) -> None:
    post(delivered())

    post(turned(delivered(later=60)))

    assert differences() == "1 purchases folded, 0 differ\n"


def test_another_price_on_an_invoice_is_another_content(post: Send) -> None:
    post(delivered())
    before = names()
    body = delivered(later=60)
    number = next(iter(entry(body)["invoice_data"]))
    entry(body)["invoice_data"][number]["skus"][0]["mrp"] = 1

    post(body)

    assert names()["invoices"] != before["invoices"]
    assert names()["skus"] == before["skus"]


def test_the_lines_of_an_invoice_in_another_order_are_another_content(post: Send) -> None:
    post(delivered())
    before = names()
    body = delivered(later=60)
    for invoice in entry(body)["invoice_data"].values():
        invoice["skus"] = [*reversed(invoice["skus"]), {"sku_id": "9"}]

    post(body)

    assert names()["invoices"] != before["invoices"]


def test_invoices_stand_in_the_order_of_their_numbers(post: Send) -> None:
    post(turned(delivered()))

    numbers = [invoice["number"] for invoice in invoices()]

    assert numbers == sorted(entry(delivered())["invoice_data"])


def test_invoices_that_the_code_before_wrote_are_put_in_that_order(post: Send) -> None:
    post(delivered())
    before, shown, lists = names(), invoices(), GroupedOrder.objects.get().lists
    GroupedOrder.objects.update(lists=lists | {"invoices": {"fingerprint": "of before", "keys": []}})
    Invoice.objects.update(position=1 - F("position"))

    rebuild.put_invoices_anew(together=1)

    assert (names(), invoices()) == (before, shown)
    assert differences() == "1 purchases folded, 0 differ\n"
