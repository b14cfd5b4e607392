"""Valid JSON with odd content, over HTTP (docs/faults.md, group D): kept, applied as far as it goes, never refused."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from orders.models import GroupedOrder, Invoice, OrderGroup, OrderUpdate, Sku
from orders.statuses import STATUSES
from tests.conftest import NAMES, document, order_update, payload
from tests.story import texts
from tests.webhooks.answers import agreed, delivered, encoded, flags_of, order
from webhooks import bounds, receiving, results, services
from webhooks.models import Delivery, Outcome

pytestmark = pytest.mark.django_db

Send = Callable[..., Any]
T = 1_700_000_000
BUDGET = receiving.BUDGET_SECONDS


def entry_of(body: dict[str, Any]) -> dict[str, Any]:
    return document(body)["grouped_orders"][0]


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


# --- D1, D2: the envelope ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_D1_every_published_body_is_applied_wrapped_and_bare(post: Send, name: str) -> None:
    inner = document(payload(name))
    delivery = delivered(post, {"result": inner})

    again = delivered(post, inner)

    assert (delivery.outcome, again.outcome) == (Outcome.APPLIED, Outcome.DUPLICATE)
    assert GroupedOrder.objects.count() == len(inner["grouped_orders"])


def test_D2_with_both_envelopes_result_counts(post: Send) -> None:
    body = order_update("PO1") | document(order_update("PO2"))

    delivery = delivered(post, body, status="PENDING")

    assert list(GroupedOrder.objects.values_list("pk", flat=True)) == ["PO1"]
    assert flags_of(delivery) == ["two_envelopes"]


# --- D3: the status ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [130, "130", 130.0, "130.0"])
def test_D3_a_status_is_a_number_however_it_is_written(post: Send, value: Any) -> None:
    delivery = delivered(post, order_update(status_id=value))

    assert (order().status_id, flags_of(delivery)) == (130, [])


@pytest.mark.parametrize("code", STATUSES)
def test_D3_every_known_status_is_applied(post: Send, code: int) -> None:
    body = order_update(status_id=code)
    entry_of(body)["payment_summary"]["mode"] = "COD"

    delivery = delivered(post, body)

    assert (order().status_id, order().stage, flags_of(delivery)) == (code, STATUSES[code].stage, [])


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (0, 0),
        (-1, -1),
        (21, 21),
        (10**9, 10**9),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (10**30, None),
        (True, None),
        (False, None),
        (None, None),
        ("abc", None),
        ("", None),
        (130.5, None),
        ([130], None),
        ({"id": 130}, None),
        ("1_30", None),
    ],
)
def test_D3_an_unknown_status_is_shown_with_1mgs_title(post: Send, value: Any, kept: int | None) -> None:
    delivery = delivered(post, order_update(status_id=value), status="PENDING")

    assert (order().status_id, order().stage, order().title) == (kept, "unknown", f"Title {value}")
    assert (delivery.outcome, flags_of(delivery)) == (Outcome.APPLIED, ["unknown_status"])


# --- D4: a key is missing ---------------------------------------------------------------------------------------------


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every key of a body, however deep."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if isinstance(value, dict):
            yield (*here, key)
        yield from paths(item, (*here, key))


def without(body: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    body = copy.deepcopy(body)
    holder: Any = body
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return body


#: Keys without which a body, or an entry, says nothing that could be filed.
_NEEDED = ("result", "grouped_orders", "order_id")
#: Keys without which it is applied, and looked at.
_LOOKED_AT = ("order_status", "status_id", "sku_id")


@pytest.mark.parametrize("name", NAMES)
def test_D4_whichever_key_is_missing_the_rest_is_applied(post: Send, name: str) -> None:
    body = payload(name)

    for path in paths(body):
        mutilated = without(body, path)
        status = "PENDING" if path[-1] in _NEEDED + _LOOKED_AT else "SUCCESS"

        delivery = delivered(post, mutilated, status=status)

        assert (delivery.outcome == Outcome.QUARANTINED) is (path[-1] in _NEEDED), path
        left = document(mutilated).get("grouped_orders", ())
        there = {entry["order_id"] for entry in left if "order_id" in entry}
        assert {result["order_id"] for result in results.in_full(delivery) if "order_id" in result} == there, path


@pytest.mark.parametrize(
    ("key", "flags"),
    [
        ("order_status", ["status_missing"]),
        ("updated", ["clock_untrusted"]),
        ("skus", []),
        ("payment_summary", []),
        ("created", []),
        ("eta", []),
        ("invoice", []),
        ("invoice_data", []),
        ("shipment_detail", []),
    ],
)
def test_D4_a_missing_part_leaves_what_we_knew(post: Send, key: str, flags: list[str]) -> None:
    delivered(post, order_update(status_id=30, updated=T))
    body = order_update(status_id=30, updated=T + 1)
    del entry_of(body)[key]

    delivery = delivered(post, body, status="PENDING" if key == "order_status" else "SUCCESS")

    assert flags_of(delivery) == flags
    found = order()
    assert (found.status_id, found.mode, found.delivery_contact, found.invoice_order_url) == (
        30,
        "ONLINE",
        "1234",
        "url",
    )
    assert (found.eta_to, found.skus.count(), found.invoices.count()) == (at(1604954709), 1, 1)


# --- D5 to D10: the list of orders and their ids ----------------------------------------------------------------------


@pytest.mark.parametrize("entries", [[], None, {}, {"order_id": "PO1"}, "PO1", 5, False, "absent"])
def test_D5_nothing_to_apply_is_kept_for_a_person(post: Send, entries: Any) -> None:
    body = order_update()
    document(body)["grouped_orders"] = entries
    if entries == "absent":
        del document(body)["grouped_orders"]

    delivery = delivered(post, body, status="PENDING")

    assert (delivery.outcome, delivery.problem) == (Outcome.QUARANTINED, "no_orders")
    assert not GroupedOrder.objects.exists()


@pytest.mark.parametrize("body", [{}, {"result": {}}, {"data": {"result": {}}}, {"ping": True}, {"": None}])
def test_D5_json_that_is_about_something_else_is_kept_for_a_person(post: Send, body: Any) -> None:
    delivery = delivered(post, body, status="PENDING")

    assert (delivery.outcome, delivery.problem) == (Outcome.QUARANTINED, "no_orders")


@pytest.mark.parametrize("entry", [None, [], "PO1", 5, {}, {"order_id": None}, {"order_id": {"id": "PO1"}}])
def test_D5_an_entry_that_is_no_order_is_set_aside_alone(post: Send, entry: Any) -> None:
    body = order_update()
    document(body)["grouped_orders"].insert(0, entry)

    delivery = delivered(post, body, status="PENDING")

    assert (delivery.outcome, order().status_id) == (Outcome.QUARANTINED, 130)
    assert [result["outcome"] for result in results.in_full(delivery)] == ["applied", "quarantined"]


def test_D6_one_order_twice_with_equal_content_is_one_update(post: Send) -> None:
    body = order_update()
    document(body)["grouped_orders"] *= 2

    delivered(post, body)

    assert OrderUpdate.objects.get().times_seen == 1


@pytest.mark.parametrize("newest_first", [True, False])
def test_D6_one_order_twice_with_different_content_is_folded(post: Send, newest_first: bool) -> None:
    old, new = order_update(status_id=130, updated=T), order_update(status_id=30, updated=T + 60)
    body = new if newest_first else old
    document(body)["grouped_orders"].append(entry_of(old if newest_first else new))

    delivery = delivered(post, body)

    assert (order().status_id, OrderUpdate.objects.count()) == (30, 2)
    assert flags_of(delivery) == ["listed_twice"]


@pytest.mark.django_db(transaction=True)
def test_D7_a_thousand_orders_are_answered_in_time_and_applied_in_the_order_of_their_ids(
    post: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "BUDGET_SECONDS", BUDGET)
    body = order_update()
    lean = {"order_status": {"status_id": 30}, "updated": T}
    document(body)["grouped_orders"] = [lean | {"order_id": f"PO{n * 7919 % 1000:03}"} for n in range(1_000)]
    started = time.monotonic()

    response = post(body)

    assert time.monotonic() - started < 5
    agreed(response, 200, response.json()["status"])
    assert services.reprocess(Delivery.objects.get()) == Outcome.APPLIED
    recorded = OrderUpdate.objects.order_by("pk").values_list("order_id", flat=True)
    assert list(recorded) == [f"PO{n:03}" for n in range(1_000)]


@pytest.mark.parametrize(
    "order_id",
    [
        "PO/1",
        "..",
        "../../../admin",
        "PO?1",
        "PO#1",
        "PO 1",
        " PO1",
        "PO1\n",
        "PO1\r\nX: y",
        "x" * 65,
        "x" * 300,
        "PO\u0661\u0662",
        "ＰＯ１",
        "PO%2F1",
        "PO;1",
        "PO1'--",
        "<b>",
        "PO\u200b1",
        "\u202ePO1",
        "PO.1",
        "",
    ],
    ids=ascii,
)
def test_D8_an_id_that_could_bend_a_url_is_set_aside(post: Send, order_id: str) -> None:
    body = payload("split-order")
    entry_of(body)["order_id"] = order_id

    delivery = delivered(post, body, status="PENDING")

    assert (delivery.outcome, results.in_full(delivery)[-1]["entry"]) == (Outcome.QUARANTINED, 0)
    assert list(GroupedOrder.objects.values_list("pk", flat=True)) == ["PO29520488322536"]


@pytest.mark.parametrize("order_id", ["PO1", "0012", "1", "x" * 64, "a-b_C", "-", "_"])
def test_D8_an_id_is_kept_as_it_is(post: Send, order_id: str) -> None:
    delivered(post, order_update(order_id, merchant_order_id=order_id))

    assert GroupedOrder.objects.get().pk == order_id


def test_D9_ids_that_differ_by_case_are_two_orders(post: Send) -> None:
    for number, order_id in enumerate(("PO1a", "PO1A", "po1a")):
        delivered(post, order_update(order_id, merchant_order_id=order_id, status_id=(25, 30, 40)[number]))

    assert {o.pk: (o.status_id, o.group_id) for o in GroupedOrder.objects.all()} == {
        "PO1a": (25, "PO1a"),
        "PO1A": (30, "PO1A"),
        "po1a": (40, "po1a"),
    }


def test_D9_sku_and_invoice_numbers_that_differ_by_case_are_two(post: Send) -> None:
    sku = entry_of(order_update())["skus"][0]

    delivered(post, order_update(skus=[sku | {"sku_id": "a"}, sku | {"sku_id": "A"}], invoice_data={"b": {}, "B": {}}))

    assert sorted(Sku.objects.values_list("sku_id", flat=True)) == ["A", "a"]
    assert sorted(Invoice.objects.values_list("number", flat=True)) == ["B", "b"]


def test_D10_a_group_id_may_be_the_id_of_one_of_its_orders(post: Send) -> None:
    delivered(post, payload("split-order"))

    (group,) = OrderGroup.objects.all()
    assert (group.pk, group.group_order_id) == ("PO122434", "PO19719451082")
    assert sorted(group.orders.values_list("pk", flat=True)) == ["PO19719451082", "PO29520488322536"]


def test_D10_a_purchase_may_have_the_id_of_an_order(post: Send) -> None:
    delivered(post, order_update("PO1", merchant_order_id="PO2"))
    delivered(post, order_update("PO2", merchant_order_id="PO1"))

    assert (order("PO1").group_id, order("PO2").group_id) == ("PO2", "PO1")


# --- D11, D12: which purchase -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("newest_first", [True, False])
def test_D11_an_order_that_moves_belongs_to_the_newest_purchase(post: Send, newest_first: bool) -> None:
    bodies = [
        order_update(merchant_order_id="M1", updated=T),
        order_update(merchant_order_id="M2", updated=T + 60, status_id=30),
    ]

    for body in reversed(bodies) if newest_first else bodies:
        delivered(post, body)

    assert (order().group_id, order().review_flags) == ("M2", ["purchase_moved"])
    assert OrderUpdate.objects.filter(order="PO1").count() == 2
    assert (len(texts("M1", kind="status")), len(texts("M2", kind="status"))) == (0, 2)


def test_D11_the_group_id_is_the_newest_that_was_said(post: Send) -> None:
    delivered(post, order_update(group_order_id="G2", updated=T + 60))
    delivered(post, order_update(group_order_id="G1", updated=T))

    assert order().group.group_order_id == "G2"


@pytest.mark.parametrize(("group_id", "filed"), [("G1", "G1"), (None, "PO1")])
def test_D12_without_a_merchant_order_id_it_is_filed_under_1mgs_and_flagged(
    post: Send, group_id: str | None, filed: str
) -> None:
    delivered(post, order_update(merchant_order_id=None, group_order_id=group_id))

    assert (order().group_id, order().review_flags) == (filed, ["purchase_id_missing"])


def test_D12_the_merchant_order_id_may_come_later(post: Send) -> None:
    delivered(post, order_update(merchant_order_id=None, updated=T))
    delivered(post, order_update(updated=T + 60))

    assert (order().group_id, order().group.email) == ("M-PO1", "[email protected]")


def test_D12_a_purchase_of_another_group_is_shared_and_flagged(post: Send) -> None:
    delivered(post, order_update("PO1", merchant_order_id="M1", group_order_id="G1"))

    delivered(post, order_update("PO2", merchant_order_id="M1", group_order_id="G2", updated=T - 60))

    assert order("PO2").group_id == "M1"
    assert (order("PO1").review_flags, order("PO2").review_flags) == ([], ["purchase_shared"])


def test_D12_the_older_word_is_the_one_that_is_flagged_whichever_came_second(post: Send) -> None:
    delivered(post, order_update("PO2", merchant_order_id="M1", group_order_id="G2", updated=T - 60))

    delivered(post, order_update("PO1", merchant_order_id="M1", group_order_id="G1"))

    assert (order("PO1").review_flags, order("PO2").review_flags) == ([], ["purchase_shared"])


def test_D12_the_orders_of_one_group_share_a_purchase_without_a_flag(post: Send) -> None:
    delivered(post, order_update("PO1", merchant_order_id="M1", group_order_id="G1"))

    delivered(post, order_update("PO2", merchant_order_id="M1", group_order_id="G1"))

    assert (order("PO2").group_id, order("PO2").review_flags) == ("M1", [])


# --- D13 to D15: quantities, amounts, times ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kept", "flags"),
    [
        (2, 2, []),
        ("2", 2, []),
        (10**9, 10**9, []),
        (-2, -2, ["quantity_odd"]),
        (0, 0, ["quantity_odd"]),
        (1.5, Decimal("1.5"), ["quantity_odd"]),
        (None, None, ["quantity_odd"]),
        ("two", None, ["quantity_odd"]),
        (10**12, None, ["quantity_odd"]),
        ("999999999999.9999", None, ["quantity_odd"]),
        (10**30, None, ["quantity_odd"]),
        ([], None, ["quantity_odd"]),
        (99_999_999_999, 99_999_999_999, []),
        ("99999999999.9999", 10**11, ["quantity_odd"]),
    ],
)
def test_D13_a_quantity_is_stored_as_given(post: Send, value: Any, kept: Any, flags: list[str]) -> None:
    sku = entry_of(order_update())["skus"][0]

    delivery = delivered(post, order_update(skus=[sku | {"normalized_quantity": value}]))

    assert (Sku.objects.get().quantity, flags_of(delivery)) == (kept, flags)


def test_D13_an_invoice_keeps_its_own_quantity(post: Send) -> None:
    delivered(post, order_update(invoice_data={"007": {"skus": [{"onemg_sku_id": "1", "quantity": 4, "mrp": 30.84}]}}))

    assert Invoice.objects.get().skus == [{"onemg_sku_id": "1", "quantity": "4", "mrp": "30.84"}]
    assert Sku.objects.get().quantity == 1


@pytest.mark.parametrize(
    ("key", "value", "kept", "flags"),
    [
        ("order_mrp", -5, "-5.00", ["amount_negative"]),
        ("order_mrp", 10**12, None, ["amount_unreadable"]),
        ("order_mrp", "12,50", None, ["amount_unreadable"]),
        ("order_mrp", True, None, ["amount_unreadable"]),
        ("order_mrp", {"inr": 5}, None, ["amount_unreadable"]),
        ("order_mrp", None, None, ["amount_unreadable"]),
        ("order_mrp", 99_999_999_999.99, "99999999999.99", []),
        ("amount_payable", 12345, "12345.00", []),
        ("total_refunded_amount", 376.01, "376.01", ["refund_exceeds_collected"]),
        ("total_refund_due", 376, "376.00", []),
        ("never_heard_of", {"deep": [1, None]}, {"deep": ["1", None]}, []),
    ],
)
def test_D14_an_odd_amount_is_stored_and_flagged(post: Send, key: str, value: Any, kept: Any, flags: list[str]) -> None:
    body = order_update()
    entry_of(body)["payment_summary"][key] = value

    delivery = delivered(post, body, status="PENDING" if "amount_unreadable" in flags else "SUCCESS")

    assert (order().payment_summary[key], flags_of(delivery)) == (kept, flags)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (-5, "SUCCESS"),
        (10**12, "PENDING"),
        (10**30, "PENDING"),
        ("x", "PENDING"),
        (0.005, "SUCCESS"),
        (99_999_999_999.99, "SUCCESS"),
        ("99999999999.999", "SUCCESS"),
        ("-99999999999.999", "SUCCESS"),
    ],
)
@pytest.mark.parametrize("key", ["mrp", "offered_price"])
def test_D14_no_price_overflows(post: Send, key: str, value: Any, status: str) -> None:
    sku = entry_of(order_update())["skus"][0]

    delivery = delivered(post, order_update(skus=[sku | {key: value}]), status=status)

    assert delivery.outcome == Outcome.APPLIED


@pytest.mark.parametrize(
    ("vas", "status"),
    [
        (None, "SUCCESS"),
        ([], "SUCCESS"),
        ([{"id": "fee"}], "SUCCESS"),
        ([{"amount": "5.00"}], "SUCCESS"),
        ({}, "PENDING"),
        ("fee", "PENDING"),
        ([None], "PENDING"),
        ([[]], "PENDING"),
        (["fee"], "PENDING"),
    ],
)
def test_D14_fees_of_any_shape_are_kept(post: Send, vas: Any, status: str) -> None:
    body = order_update()
    entry_of(body)["payment_summary"]["vas"] = vas

    delivery = delivered(post, body, status=status)

    assert (order().payment_summary["vas"], delivery.outcome) == (vas, Outcome.APPLIED)


@pytest.mark.parametrize("amount", ["free", {"a": 1}, True, 10**12])
def test_D14_a_fee_that_is_no_amount_is_flagged(post: Send, amount: Any) -> None:
    body = order_update()
    entry_of(body)["payment_summary"]["vas"] = [{"id": "fee", "amount": amount}]

    delivery = delivered(post, body, status="PENDING")

    assert order().payment_summary["vas"] == [{"id": "fee", "amount": None}]
    assert flags_of(delivery) == ["amount_unreadable"]


@pytest.mark.parametrize(
    ("eta", "expected", "flags"),
    [
        ({}, (None, None), []),
        ({"eta_from": 0, "eta_to": 0}, (None, None), []),
        ({"eta_from": 0.0, "eta_to": None}, (None, None), []),
        ({"eta_from": T, "eta_to": T + 60.5}, (at(T), at(T + 60.5)), []),
        ({"eta_from": str(T), "eta_to": T * 1000}, (at(T), at(T)), []),
        ({"eta_from": T + 60, "eta_to": T}, (at(T + 60), at(T)), ["eta_reversed"]),
        ({"eta_from": "tomorrow", "eta_to": "2020-11-09T20:45:09Z"}, (None, None), ["time_unreadable"]),
        ({"eta_from": 253_402_300_799, "eta_to": -1}, (None, None), ["time_unreadable"]),
        ({"eta_from": 10**39, "eta_to": 10**16}, (None, None), ["time_unreadable"]),
        ({"eta_from": [], "eta_to": {}}, (None, None), ["time_unreadable"]),
        ({"eta_from": True, "eta_to": False}, (None, None), ["time_unreadable"]),
    ],
)
def test_D15_an_eta(post: Send, eta: Any, expected: tuple[Any, Any], flags: list[str]) -> None:
    delivery = delivered(post, order_update(eta=eta))

    assert ((order().eta_from, order().eta_to), flags_of(delivery)) == (expected, flags)


# --- D16 to D19: contacts, links, invoices, prescriptions -------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kept", "status"),
    [
        (1234, "1234", "SUCCESS"),
        ("9876543210", "9876543210", "SUCCESS"),
        (None, "", "SUCCESS"),
        ("+91 98765-43210", "+91 98765-43210", "SUCCESS"),
        ("0987", "0987", "SUCCESS"),
        (9.87654321e9, "9876543210", "SUCCESS"),
        ("9" * 41, "9" * 40, "PENDING"),
        ({"phone": "1"}, "", "PENDING"),
        (True, "", "PENDING"),
    ],
)
def test_D16_a_contact_is_text_as_sent(post: Send, value: Any, kept: str, status: str) -> None:
    delivered(post, order_update(shipment_detail={"delivery_contact": value}), status=status)

    assert order().delivery_contact == kept


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, ""),
        ("url", "url"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("", ""),
        ("//x", "//x"),
        ("https://url/?waybill=131", "https://url/?waybill=131"),
        ("https://x/" + "y" * 5_000, "https://x/" + "y" * 5_000),
        ("http://a b", "http://a b"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_D17_a_link_is_text_and_never_refused(post: Send, value: Any, kept: str) -> None:
    links = {"shipping": value, "order": value}

    delivered(
        post,
        order_update(
            shipment_detail={"tracking_url": value},
            invoice=links,
            invoice_data={"1": {"invoice_url": value}},
            prescriptions=[{"url": value}],
        ),
    )

    found = order()
    assert [found.tracking_url, found.invoice_shipping_url, found.invoice_order_url] == [kept] * 3
    assert (Invoice.objects.get().url, found.group.prescriptions[0]["url"]) == (kept, kept)


@pytest.mark.parametrize("count", [0, 1, 50])
def test_D18_any_number_of_invoices(post: Send, count: int) -> None:
    numbers = [f"{number:09}" for number in range(count)]

    delivered(post, order_update(invoice_data={number: {"patient_name": f"P{number}"} for number in numbers}))

    assert [i.number for i in order().invoices.all()] == numbers
    assert [i.patient_name for i in order().invoices.all()] == [f"P{number}" for number in numbers]


def test_D18_one_invoice_number_under_two_orders_is_two_invoices(post: Send) -> None:
    for order_id in ("PO1", "PO2"):
        delivered(post, order_update(order_id, invoice_data={"007": {"patient_name": order_id}}))

    assert sorted(Invoice.objects.values_list("order_id", "number", "patient_name")) == [
        ("PO1", "007", "PO1"),
        ("PO2", "007", "PO2"),
    ]


def test_D18_an_invoice_that_comes_again_is_the_same_row(post: Send) -> None:
    delivered(post, order_update(invoice_data={"007": {"patient_name": "A"}, "008": {}}, updated=T))
    before = Invoice.objects.get(number="007").pk

    delivered(post, order_update(invoice_data={"007": {"patient_name": "B"}, "009": {}}, updated=T + 60))

    assert list(Invoice.objects.order_by("number").values_list("number", "patient_name")) == [("007", "B"), ("009", "")]
    assert Invoice.objects.get(number="007").pk == before


def test_D19_a_reason_is_kept(post: Send) -> None:
    delivered(post, payload("order-stuck"))

    group = OrderGroup.objects.get()
    assert group.prescriptions == [{"url": "https://url.com", "status": "Rejected", "reason": "Invalid Prescription"}]
    assert group.prescription_state == "rejected"


@pytest.mark.parametrize(
    ("prescriptions", "kept", "state"),
    [
        (None, 0, ""),
        ([], 0, "none"),
        ([{"url": "u", "status": "Completed"}] * 100, 100, "completed"),
        ([{}], 1, "other"),
    ],
)
def test_D19_any_number_of_prescriptions(post: Send, prescriptions: Any, kept: int, state: str) -> None:
    delivered(post, order_update(prescriptions=prescriptions))

    assert (len(order().group.prescriptions), order().group.prescription_state) == (kept, state)


# --- D20, D21: cancelled, and who pays --------------------------------------------------------------------------------


def test_D20_the_body_published_as_cancelled_is_out_for_delivery(post: Send) -> None:
    delivered(post, payload("order-cancelled-as-published"))

    assert (GroupedOrder.objects.get().status_id, GroupedOrder.objects.get().stage) == (30, "ship")


@pytest.mark.parametrize("code", [95, 99])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"eta": {}, "invoice": {}, "invoice_data": {}, "shipment_detail": {}, "skus": []},
        {"eta": {"eta_from": 0, "eta_to": 0}, "invoice": {"shipping": None, "order": None}, "skus": None},
    ],
    ids=["nothing else", "all empty", "nulls"],
)
def test_D20_a_cancellation_needs_an_id_and_a_status(post: Send, code: int, more: dict[str, Any]) -> None:
    delivered(post, order_update(status_id=30, updated=T))
    entry = {"order_id": "PO1", "order_status": {"status_id": code}, "updated": T + 60} | more

    delivery = delivered(post, {"result": {"merchant_order_id": "M-PO1", "grouped_orders": [entry]}})

    assert (order().status_id, order().stage, delivery.outcome) == (code, "cancel", Outcome.APPLIED)


@pytest.mark.parametrize("title", ["Order Cancelled", "Cancelled", "CANCELLED BY CUSTOMER"])
def test_D20_a_title_cancels_nothing(post: Send, title: str) -> None:
    delivered(post, order_update(order_status={"status_id": 30, "title": title, "sub_title": title}))

    assert (order().status_id, order().stage) == (30, "ship")


@pytest.mark.parametrize(
    ("mode", "flags"),
    [
        ("COD", []),
        ("", []),
        (None, []),
        ("ONLINE", ["mode_mismatch"]),
        ("EMI", ["mode_mismatch", "word_unknown"]),
    ],
)
def test_D21_status_180_is_for_cod(post: Send, mode: str | None, flags: list[str]) -> None:
    body = order_update(status_id=180)
    entry_of(body)["payment_summary"]["mode"] = mode

    delivery = delivered(post, body, status="PENDING" if "word_unknown" in flags else "SUCCESS")

    assert (order().mode, flags_of(delivery)) == (mode or "", flags)


# --- D22, D23: unknown keys, absent people ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_D22_unknown_keys_everywhere_are_counted_and_change_nothing(post: Send, name: str) -> None:
    body = payload(name)
    delivered(post, body)
    before = list(GroupedOrder.objects.order_by("pk").values("pk", "status_id", "eta_to", "tracking_number", "title"))
    mutated = json.loads(encoded(body), object_hook=lambda found: found | {"zz_new": {"zz_new": [1]}})

    delivery = delivered(post, mutated)

    keys = delivery.unknown_keys
    assert {"zz_new", "user.zz_new", "grouped_orders.zz_new", "grouped_orders.skus.zz_new"} <= set(keys)
    assert len(keys) == len(set(keys)) <= 16
    after = GroupedOrder.objects.order_by("pk").values("pk", "status_id", "eta_to", "tracking_number", "title")
    assert list(after) == before


def test_D22_thousands_of_unknown_keys_are_no_trouble(post: Send) -> None:
    body = order_update() | {f"key-{number}": number for number in range(20_000)}

    delivery = delivered(post, body)

    assert (order().status_id, len(delivery.unknown_keys)) == (130, bounds.MOST_UNKNOWN)


@pytest.mark.parametrize("key", ["user", "delivery_address", "prescriptions"])
@pytest.mark.parametrize("value", [None, "absent", {}, []])
def test_D23_an_order_is_usable_without_people(post: Send, key: str, value: Any) -> None:
    body = order_update()
    document(body)[key] = value
    if value == "absent":
        del document(body)[key]
    published = {"prescriptions": list}.get(key, dict)
    odd = isinstance(value, dict | list) and not isinstance(value, published)

    delivered(post, body, status="PENDING" if odd else "SUCCESS")

    assert (order().status_id, order().group_id) == (130, "M-PO1")


def test_D23_a_person_who_is_not_named_again_stays(post: Send) -> None:
    delivered(post, order_update(updated=T))

    delivered(post, order_update(updated=T + 60, user=None, delivery_address=None, prescriptions=None))

    group = order().group
    assert (group.customer_name, group.email, len(group.prescriptions)) == ("Mr USER1", "[email protected]", 1)


@pytest.mark.parametrize("leaf", [5, 5.5, True, None, [], {}, ["x"], {"x": ["y"]}, "x" * 5_000, ""])
def test_D23_an_address_of_any_leaves_is_kept_whole(post: Send, leaf: Any) -> None:
    address = document(order_update())["delivery_address"]
    odd = leaf is not None and (not isinstance(leaf, int | float | str) or leaf is True or leaf == "x" * 5_000)

    delivered(post, order_update(delivery_address=dict.fromkeys(address, leaf)), status="PENDING" if odd else "SUCCESS")

    kept = str(leaf) if isinstance(leaf, int | float) and leaf is not True else leaf
    kept = kept[: bounds.MOST_TEXT] if isinstance(kept, str) else kept
    assert order().group.delivery_address == dict.fromkeys(address, kept)


# --- D24, D25: the clock ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [timedelta(days=365), timedelta(hours=25), timedelta(days=365 * 70)])
@pytest.mark.parametrize("factor", [1, 1000])
def test_D24_a_clock_far_ahead_does_not_freeze_the_order(post: Send, ahead: timedelta, factor: int) -> None:
    now = timezone.now().timestamp()
    poisoned = delivered(post, order_update(status_id=130, updated=int(now + ahead.total_seconds()) * factor))

    delivered(post, order_update(status_id=30, updated=int(now)))

    assert (order().status_id, flags_of(poisoned)[0]) == (30, "clock_untrusted")


def test_D24_a_clock_a_little_ahead_is_believed(post: Send) -> None:
    now = int(timezone.now().timestamp())

    delivery = delivered(post, order_update(status_id=30, updated=now + 9 * 60))

    assert flags_of(delivery) == []


UNTRUSTED = [0, -5, None, "soon", 1_599_999_999, 1_262_303_999, 10**15, 10**30, [], {}, True]


@pytest.mark.parametrize("updated", UNTRUSTED)
def test_D25_an_untrusted_clock_neither_hides_the_update_nor_wins_for_ever(post: Send, updated: Any) -> None:
    status = "PENDING" if updated in ([], {}) or updated is True else "SUCCESS"
    delivered(post, order_update(status_id=130, updated=T))

    untrusted = delivered(post, order_update(status_id=30, updated=updated), status=status)

    assert (order().status_id, "clock_untrusted" in flags_of(untrusted)) == (30, True)
    delivered(post, order_update(status_id=40, updated=T + 60))
    assert order().status_id == 40


@pytest.mark.parametrize("updated", UNTRUSTED)
def test_D25_untrusted_clocks_are_ordered_by_arrival_among_equals(post: Send, updated: Any) -> None:
    status = "PENDING" if updated in ([], {}) or updated is True else "SUCCESS"

    for courier in ("First", "Second"):
        shipment = {"delivery_partner_name": courier}
        delivered(post, order_update(status_id=30, updated=updated, shipment_detail=shipment), status=status)

    assert order().delivery_partner_name == "Second"


@pytest.mark.parametrize("updated", UNTRUSTED)
def test_D25_an_order_first_heard_of_with_an_untrusted_clock_began_when_we_heard(post: Send, updated: Any) -> None:
    status = "PENDING" if updated in ([], {}) or updated is True else "SUCCESS"

    delivery = delivered(post, order_update(status_id=30, updated=updated), status=status)

    assert order().status_since == delivery.received_at


# --- whatever is valid JSON can be applied ----------------------------------------------------------------------------

LONG = "\U0001f48a" * 300
TOO_MUCH: list[Any] = [LONG, "9" * 300, -(10**38), True, None, [], {LONG: LONG}, [[{}]]]


@pytest.mark.parametrize("value", TOO_MUCH, ids=lambda value: str(value)[:12])
def test_no_value_in_any_place_makes_a_body_that_cannot_be_applied(post: Send, value: Any) -> None:
    body = payload("split-order")

    for path in paths(body):
        mutated = without(body, path)
        holder: Any = mutated
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value

        response = post(mutated)

        agreed(response, 200, response.json()["status"])
        assert Delivery.objects.latest("pk").outcome != Outcome.PENDING, path


@pytest.mark.parametrize("key", ["\U0001f48a" * 300, "x" * 100_000, " ", "a.b", "*"], ids=lambda key: key[:5])
def test_no_name_of_a_key_makes_a_body_that_cannot_be_applied(post: Send, key: str) -> None:
    body = json.loads(encoded(payload("split-order")), object_hook=lambda found: found | {key: key})

    response = post(body)

    agreed(response, *(code_and_status(key)))
    assert len(encoded(body)) > 1_000_000 or GroupedOrder.objects.count() == 2


def code_and_status(key: str) -> tuple[int, str]:
    """Too large where the key is; else looked at, since `invoice_data` then holds something that is no invoice."""
    return (413, "FAILED") if len(key) > 10_000 else (200, "PENDING")


@pytest.mark.parametrize("letter", ["9", "\u023a"], ids=["ascii", "grows in lower case"])
def test_as_many_invoices_as_the_cap_lets_in_can_be_applied(post: Send, letter: str) -> None:
    numbers = ",".join(f'"{letter * 58}{number:06}":{{}}' for number in range(bounds.MOST_LINES))

    body = encoded(order_update(invoice_data="#")).replace(b'"#"', f"{{{numbers}}}".encode())
    agreed(post(body), 200, "SUCCESS")

    assert (order().status_id, Invoice.objects.count()) == (130, bounds.MOST_LINES)
