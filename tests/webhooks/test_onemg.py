"""Reading 1mg's bodies: the ten published ones field by field, both envelopes, and every oddity they show."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from orders.lines import InvoiceLine, SkuLine
from orders.updates import (
    Address,
    Customer,
    Dates,
    Eta,
    Group,
    InvoiceLinks,
    Invoices,
    Payment,
    Prescriptions,
    Progress,
    Purchase,
    Shipment,
    Skus,
    Update,
)
from tests.conftest import NAMES, document, order_update, payload
from tests.webhooks.answers import encoded
from webhooks import onemg
from webhooks.onemg import Document, EntryProblem


def read(body: Any) -> Document:
    return onemg.read(encoded(body))


def the_update(body: Any) -> Update:
    (update,) = read(body).updates
    return update


def changed(key: str, value: Any, name: str = "delivered") -> dict[str, Any]:
    """A published body with one key of its first order replaced."""
    body = payload(name)
    document(body)["grouped_orders"][0][key] = value
    return body


def told(key: str, value: Any, name: str = "delivered") -> dict[str, Any]:
    """A published body with one key of the document replaced."""
    body = payload(name)
    document(body)[key] = value
    return body


# --- the ten published bodies -----------------------------------------------------------------------------------------

ETA_TO = datetime(2020, 11, 9, 20, 45, 9, tzinfo=UTC)
ETA = Eta(datetime(2020, 11, 8, 12, 4, 37, tzinfo=UTC), ETA_TO)
ETA_END_ONLY = Eta(None, ETA_TO)
LINKS = InvoiceLinks("url", "url")
OWN_COURIER = Shipment("1mg", delivery_contact="1234", delivery_contact_name="Test")
XPRESSBEES = Shipment("XpressBeesCP", tracking_url="https://url/?waybill=131", tracking_number="131")

SMALL = {
    "additional_charges": [],
    "allow_payment_retry": False,
    "amount_payable": "0.00",
    "amount_collected": "0.00",
    "cart_mrp": "347.00",
    "cashback_earned": "0.00",
    "cashback_refund_due": "0.00",
    "coupon_discount": "0.00",
    "current_mrp": "347.00",
    "discounted_mrp": "326.00",
    "mode": "ONLINE",
    "online_collected": "376.00",
    "online_pending_amount": "0.00",
    "online_refund_due": "0.00",
    "online_refund_initiated": "0.00",
    "order_mrp": "376.00",
    "shipping_charges": "25.00",
    "total_refund_due": "0.00",
    "total_refunded_amount": "0.00",
    "vas": [],
}
LARGE = SMALL | {
    "cart_mrp": "697.98",
    "coupon_discount": "36.71",
    "current_mrp": "697.94",
    "discounted_mrp": "681.90",
    "online_collected": "652.40",
    "order_mrp": "652.36",
    "shipping_charges": "7.17",
}
WITH_FEE = LARGE | {
    "vas": [{"amount": "40.00", "display_text": "Rapid Delivery Fee", "id": "5f7596da5c9d823a8a25704b"}]
}


def sku(sku_id: str, name: str, pack: str, quantity: int, price: str) -> SkuLine:
    return SkuLine(
        sku_id, name, pack, Decimal(quantity), Decimal(10), Decimal(price), "OTC", False, False, "Ready for processing"
    )


LOTION = sku("232747", "Cetaphil Moisturising Lotion - Dry Sensitive Skin", "bottle of 100 ml Lotion", 1, "326")
REJECTED_LOTION = replace(
    LOTION,
    prescription_verified=True,
    prescription_status="All prescriptions rejected. Waiting for prescription",
)
SYRUP_AND_TABLETS = Skus(
    (
        sku("529785", "Iomag-TH Tablet", "strip of 10 tablets", 2, "15.19"),
        sku("135546", "Himalaya Liv.52 Syrup", "bottle of 200 ml Syrup", 1, "109"),
    )
)
LIVER_SYRUP = sku("210496", "Himalaya Liv.52 DS Syrup", "bottle of 200 ml Syrup", 1, "181")


def invoice(number: str, patient: str, sku_id: str, name: str, quantity: str, mrp: str) -> InvoiceLine:
    line = {"mrp": mrp, "name": name, "quantity": quantity, "onemg_sku_id": sku_id}
    return InvoiceLine(number, "https://url.com", "Hiramay Pushpayastha", patient, (line,))


ONE_INVOICE = Invoices((invoice("013879376", "Rishiraj", "232747", LOTION.name, "1", "347"),))
TWO_INVOICES = Invoices(
    (
        invoice("013879376", "Rishiraj", "261367", "Vitamin A Chewable Tablet", "4", "30.84"),
        invoice("013879377", "H purkayastha", "126711", "Tolol -XR 25 Tablet", "6", "203.7"),
    )
)

PUBLISHED_AT = datetime(2019, 7, 17, 12, 31, 29, tzinfo=UTC)
BIG_GROUP, OTHER_GROUP = "PO19719451082", "PO30920415645018"
PACKAGING = Progress(130, "Your order is being processed by our pharmacy partner A.S.Medicals", "Order Placed")

#: What all eleven orders in the published bodies have in common is said once, what differs in `EXPECTED`.
COMMON = Update(
    order_id=OTHER_GROUP,
    digest="",
    entry=0,
    purchase=Purchase("PO122434"),
    group=Group(OTHER_GROUP),
    updated_ms=1_563_366_689_000,
    updated_raw="1563366689",
    dates=Dates(PUBLISHED_AT, PUBLISHED_AT),
    eta=ETA_END_ONLY,
    invoice_links=LINKS,
    payment=Payment("ONLINE", SMALL),
    skus=Skus((LOTION,)),
    invoices=ONE_INVOICE,
    customer=Customer("[email protected]", "1234567890"),
    address=Address(
        "Mr USER1",
        "Bengaluru",
        "560076",
        "Karnataka",
        {
            "address_type": "home",
            "city": "Bengaluru",
            "contact_number": "1234567890",
            "country": "INDIA",
            "landmark": "",
            "latitude": "12.8845097",
            "locality": None,
            "locality2": None,
            "longitude": "77.6035522",
            "name": "Mr USER1",
            "pincode": "560076",
            "state": "Karnataka",
            "street1": "N",
            "street2": "Ranjan11",
        },
    ),
    prescriptions=Prescriptions(({"url": "https://url.com", "status": "In-progress", "reason": ""},), "in_progress"),
)

READY = (
    "Ready for Dispatch. Your order has been packed by our pharmacy partner House of pharma and is ready for dispatch."
)
PACKED_LATER = replace(
    COMMON,
    order_id="PO29520488322536",
    group=Group(BIG_GROUP),
    progress=PACKAGING,
    eta=ETA,
    shipment=Shipment(),
    payment=Payment("ONLINE", WITH_FEE),
    skus=SYRUP_AND_TABLETS,
    invoices=Invoices(),
)
DISPATCHED = replace(COMMON, progress=Progress(30, "Out for Delivery", "Order Dispatched"), shipment=XPRESSBEES)
RETURNING = replace(
    COMMON,
    progress=Progress(140, "Refund Request Raised", "Refund will be processed after your item(s) are picked up"),
    shipment=OWN_COURIER,
)

EXPECTED = {
    "endpoint-example-unwrapped": [PACKED_LATER],
    "packaging": [PACKED_LATER],
    "split-order": [
        replace(
            PACKED_LATER,
            order_id=BIG_GROUP,
            eta=ETA_END_ONLY,
            invoice_links=InvoiceLinks("", "url"),
            progress=Progress(25, READY, "Order Packed"),
            shipment=Shipment("1mg", tracking_number="PO19719451082626"),
            skus=Skus((LIVER_SYRUP,)),
            invoices=TWO_INVOICES,
        ),
        replace(PACKED_LATER, entry=1, invoice_links=InvoiceLinks()),
    ],
    "out-for-delivery-3pl": [DISPATCHED],
    "out-for-delivery-in-house": [
        replace(DISPATCHED, shipment=Shipment("1mg", delivery_contact="9876543210", delivery_contact_name="Test")),
    ],
    "order-cancelled-as-published": [DISPATCHED],
    "order-stuck": [
        replace(
            COMMON,
            progress=Progress(100, "Order Stuck. Action Required", ""),
            eta=Eta(),
            shipment=Shipment(),
            invoice_links=InvoiceLinks(),
            invoices=Invoices(),
            payment=Payment("ONLINE", LARGE),
            skus=Skus((REJECTED_LOTION,)),
            prescriptions=Prescriptions(
                ({"url": "https://url.com", "status": "Rejected", "reason": "Invalid Prescription"},), "rejected"
            ),
        ),
    ],
    "delivered": [replace(COMMON, progress=Progress(40, "Order Delivered", "Delivered"), shipment=OWN_COURIER)],
    "return-and-refund": [RETURNING],
    "request-for-return-and-refund": [RETURNING],
}


@pytest.mark.parametrize("name", NAMES)
def test_a_published_body_is_read_field_by_field(name: str) -> None:
    found = read(payload(name))

    assert [replace(update.against({}, {}), digest="") for update in found.updates] == EXPECTED[name]
    assert (found.problems, found.unknown_keys) == ((), ())


def test_every_published_body_is_expected() -> None:
    assert sorted(EXPECTED) == NAMES


# --- identity ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("endpoint-example-unwrapped", "packaging"),
        ("order-cancelled-as-published", "out-for-delivery-3pl"),
        ("return-and-refund", "request-for-return-and-refund"),
    ],
)
def test_bodies_that_say_the_same_under_two_titles_are_the_same_update(one: str, other: str) -> None:
    assert the_update(payload(one)).digest == the_update(payload(other)).digest


def test_the_published_bodies_hold_eight_different_updates() -> None:
    digests = {update.digest for name in NAMES for update in read(payload(name)).updates}

    assert len(digests) == 8


def test_two_contents_with_one_order_time_and_status_are_two_updates() -> None:
    by_courier, in_house = the_update(payload("out-for-delivery-3pl")), the_update(payload("out-for-delivery-in-house"))

    assert (by_courier.order_id, by_courier.updated_ms, by_courier.progress) == (
        in_house.order_id,
        in_house.updated_ms,
        in_house.progress,
    )
    assert by_courier.digest != in_house.digest


@pytest.mark.parametrize("key", ["group_order_id", "merchant_order_id", "user", "delivery_address", "prescriptions"])
def test_what_is_said_for_the_whole_purchase_is_part_of_the_identity(key: str) -> None:
    assert the_update(told(key, None)).digest != the_update(payload("delivered")).digest


def test_an_unchanged_sibling_keeps_its_identity() -> None:
    body = payload("split-order")
    before = read(body).updates
    document(body)["grouped_orders"][0]["order_status"]["status_id"] = 30

    after = read(body).updates

    assert [one.digest == other.digest for one, other in zip(before, after, strict=True)] == [False, True]


def test_an_unknown_key_of_the_document_is_no_part_of_the_identity() -> None:
    assert the_update(told("sent_at", 1)).digest == the_update(payload("delivered")).digest


# --- the envelope -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_D1_wrapped_and_bare_are_the_same(name: str) -> None:
    inner = document(payload(name))

    assert read({"result": inner}).updates == read(inner).updates


def test_D2_of_two_envelopes_result_counts_and_is_flagged() -> None:
    body = payload("delivered") | {"grouped_orders": document(order_update("PO-TOP"))["grouped_orders"]}

    update = the_update(body)

    assert (update.order_id, update.flags) == (OTHER_GROUP, {"two_envelopes"})


@pytest.mark.parametrize("result", [None, [], "text", 5, False])
def test_a_result_that_is_no_object_is_an_unknown_key(result: Any) -> None:
    found = read(document(payload("delivered")) | {"result": result})

    assert ([u.order_id for u in found.updates], found.unknown_keys) == ([OTHER_GROUP], ("result",))


@pytest.mark.parametrize("entries", [None, [], {}, {"order_id": "PO1"}, "PO1", 5, True])
@pytest.mark.parametrize("wrap", [lambda inner: {"result": inner}, lambda inner: inner], ids=["wrapped", "bare"])
def test_D5_a_document_without_orders_is_a_problem(entries: Any, wrap: Any) -> None:
    assert read(wrap({"grouped_orders": entries, "new": 1})) == Document(
        problems=(EntryProblem(None, "no_orders", "grouped_orders is missing, empty or not a list."),),
        unknown_keys=("new",),
    )


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (None, "entry_not_an_object"),
        ("PO1", "entry_not_an_object"),
        ([], "entry_not_an_object"),
        ({}, "order_id_missing"),
        ({"order_id": None}, "order_id_missing"),
        ({"order_id": ""}, "order_id_missing"),
        ({"order_id": ["PO1"]}, "order_id_missing"),
        ({"order_id": True}, "order_id_missing"),
        ({"order_id": "PO 1"}, "order_id_invalid"),
        ({"order_id": "PO1\n"}, "order_id_invalid"),
        ({"order_id": "x" * 65}, "order_id_invalid"),
        ({"order_id": "PO\u0661"}, "order_id_invalid"),
    ],
)
def test_D4_D8_a_broken_entry_does_not_hold_back_its_siblings(entry: Any, code: str) -> None:
    body = payload("split-order")
    document(body)["grouped_orders"].insert(1, entry)

    found = read(body)

    assert [(p.entry, p.code) for p in found.problems] == [(1, code)]
    assert [(u.order_id, u.entry) for u in found.updates] == [(BIG_GROUP, 0), ("PO29520488322536", 2)]


def test_updates_stand_in_the_order_of_their_ids() -> None:
    body = payload("split-order")
    entries = document(body)["grouped_orders"]
    document(body)["grouped_orders"] = [entries[0] | {"order_id": name} for name in ("b", "a", "B", "10", "9")]

    assert [update.order_id for update in read(body).updates] == ["10", "9", "B", "a", "b"]


def test_D6_the_same_entry_twice_is_said_once() -> None:
    body = payload("delivered")
    document(body)["grouped_orders"] *= 3

    assert the_update(body).flags == frozenset()


def test_D6_one_order_twice_with_different_content_is_flagged_on_both() -> None:
    body = payload("split-order")
    entries = document(body)["grouped_orders"]
    entries.append(copy.deepcopy(entries[0]) | {"eta": {}})

    assert [(u.order_id, u.entry, set(u.flags)) for u in read(body).updates] == [
        (BIG_GROUP, 0, {"listed_twice"}),
        (BIG_GROUP, 2, {"listed_twice"}),
        ("PO29520488322536", 1, set()),
    ]


def test_what_is_said_for_all_orders_is_translated_once() -> None:
    first, second = read(payload("split-order")).updates

    assert first.prescriptions is second.prescriptions
    assert first.address is second.address


# --- oddities of the published bodies, one by one ---------------------------------------------------------------------


def test_a_status_is_never_taken_from_a_title() -> None:
    body = changed("order_status", {"status_id": 30, "title": "Order Cancelled", "sub_title": "Cancelled"})

    assert the_update(body).progress == Progress(30, "Order Cancelled", "Cancelled")


def test_the_track_page_spells_it_subtitle() -> None:
    body = changed("order_status", {"status_id": 99, "title": "Cancelled", "subtitle": "By you"})

    found = read(body)

    assert (found.updates[0].progress, found.unknown_keys) == (Progress(99, "Cancelled", "By you"), ())


@pytest.mark.parametrize(
    ("eta", "expected"),
    [
        ({}, Eta()),
        ({"eta_from": 0, "eta_to": 0}, Eta()),
        ({"eta_from": None, "eta_to": 1604954709.0}, ETA_END_ONLY),
        ({"eta_from": 1604837077000, "eta_to": "1604954709"}, ETA),
    ],
)
def test_D15_an_unknown_eta_is_no_time(eta: Any, expected: Eta) -> None:
    update = the_update(changed("eta", eta))

    assert (update.eta, update.flags) == (expected, frozenset())


def test_invoice_numbers_keep_their_leading_zero() -> None:
    invoices = read(payload("split-order")).updates[0].invoices

    assert invoices is not None
    assert [line.number for line in invoices.lines] == ["013879376", "013879377"]


def test_C13_order_mrp_is_rounded_to_paise_and_totals_are_never_reproduced() -> None:
    payment = the_update(payload("packaging")).payment

    assert payment is not None
    assert (payment.payment_summary["order_mrp"], payment.payment_summary["online_collected"]) == ("652.36", "652.40")


def test_the_track_payload_differs_and_is_read_all_the_same() -> None:
    paper: dict[str, Any] = {"url": "https://url.com", "status": "Completed"}
    paper |= {"id": 12, "patient_id": "b0", "prescription_date": 1713422085000}
    body = order_update("PO1", 99, prescriptions=[paper])
    entry = document(body)["grouped_orders"][0]
    entry |= {"source": "shop", "is_cashless_order": False, "status_changed": True, "eta": {"eta_from": 0, "eta_to": 0}}
    entry |= {"shipment_detail": {"delivery_partner_name": None}, "invoice": {"shipping": None, "order": None}}
    entry["skus"][0] |= {"sku_type": "otc", "prescription_status": None}

    found = read(body)

    (update,) = found.updates
    assert (update.shipment, update.invoice_links, update.eta) == (Shipment(), InvoiceLinks(), Eta())
    assert update.prescriptions == Prescriptions(
        ({"url": "https://url.com", "status": "Completed", "reason": ""},), "completed"
    )
    assert (update.skus and update.skus.lines[0].sku_type, update.flags) == ("otc", frozenset())
    assert found.unknown_keys == (
        "grouped_orders.is_cashless_order",
        "grouped_orders.source",
        "grouped_orders.status_changed",
        "prescriptions.id",
        "prescriptions.patient_id",
        "prescriptions.prescription_date",
    )


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        ([], "none"),
        (["In-progress"], "in_progress"),
        (["Completed", "Completed"], "completed"),
        (["Completed", "In-progress", "Rejected"], "rejected"),
        (["REJECTED"], "rejected"),
        (["Completed", "In-progress"], "in_progress"),
        (["Completed", "Expired"], "other"),
        ([""], "other"),
    ],
)
def test_several_prescriptions_have_one_word(statuses: list[str], state: str) -> None:
    prescriptions = the_update(told("prescriptions", [{"status": status} for status in statuses])).prescriptions

    assert prescriptions is not None
    assert prescriptions.prescription_state == state


# --- parts that are missing, or of another shape ----------------------------------------------------------------------

PARTS = {
    "order_status": "progress",
    "eta": "eta",
    "shipment_detail": "shipment",
    "invoice": "invoice_links",
    "payment_summary": "payment",
    "skus": "skus",
    "invoice_data": "invoices",
}
GROUP_PARTS = {"user": "customer", "delivery_address": "address", "prescriptions": "prescriptions"}
QUIET = {"order_status": {"status_missing"}}


@pytest.mark.parametrize("key", PARTS)
def test_a_part_that_is_null_or_absent_says_nothing(key: str) -> None:
    body = payload("delivered")
    del document(body)["grouped_orders"][0][key]

    for update in (the_update(changed(key, None)), the_update(body)):
        assert (getattr(update, PARTS[key]), update.flags) == (None, QUIET.get(key, set()))


@pytest.mark.parametrize("key", GROUP_PARTS)
def test_D23_a_part_of_the_purchase_that_is_null_says_nothing(key: str) -> None:
    update = the_update(told(key, None))

    assert (getattr(update, GROUP_PARTS[key]), update.flags) == (None, set())


LISTS = ("skus", "prescriptions")


@pytest.mark.parametrize(
    ("key", "value"),
    [(key, value) for key in (*PARTS, *GROUP_PARTS) for value in ("text", 5, True, {"a": 1} if key in LISTS else [[]])],
)
def test_a_part_of_another_shape_is_flagged_and_its_siblings_are_read(key: str, value: Any) -> None:
    update = the_update(changed(key, value) if key in PARTS else told(key, value))

    assert "part_unreadable" in update.flags
    assert (update.order_id, update.updated_ms) == (OTHER_GROUP, 1_563_366_689_000)


def test_dates_that_are_both_absent_say_nothing() -> None:
    body = payload("delivered")
    for key in ("created", "updated"):
        del document(body)["grouped_orders"][0][key]

    update = the_update(body)

    assert (update.dates, update.updated_ms, update.updated_raw) == (None, None, "")


@pytest.mark.parametrize("value", [["x"], {"en": "x"}, True])
@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("order_status", "title"),
        ("order_status", "sub_title"),
        ("shipment_detail", "tracking_url"),
        ("shipment_detail", "delivery_contact"),
        ("invoice", "order"),
        ("payment_summary", "mode"),
        ("updated", ""),
    ],
)
def test_what_should_be_text_and_is_not_is_flagged(key: str, field: str, value: Any) -> None:
    entry = document(payload("delivered"))["grouped_orders"][0]

    update = the_update(changed(key, entry[key] | {field: value} if field else value))

    assert "part_unreadable" in update.flags


@pytest.mark.parametrize("key", ["merchant_order_id", "group_order_id"])
@pytest.mark.parametrize("value", ["a/b", "x" * 65, "\u0661", " PO1", ["PO1"], True])
def test_D8_a_purchase_id_that_is_none_is_flagged(key: str, value: Any) -> None:
    update = the_update(told(key, value))

    assert "part_unreadable" in update.flags
    assert getattr(update, {"merchant_order_id": "purchase", "group_order_id": "group"}[key]) is None


def test_D12_without_any_purchase_id_an_order_is_filed_under_itself() -> None:
    body = told("merchant_order_id", None)
    document(body)["group_order_id"] = None

    assert the_update(body).purchase_id == OTHER_GROUP


# --- lists ------------------------------------------------------------------------------------------------------------


def skus_of(items: Any) -> tuple[list[str], set[str]]:
    update = the_update(changed("skus", items))
    assert update.skus is not None
    return [line.sku_id for line in update.skus.lines], set(update.flags)


def test_a_sku_without_an_id_is_a_line_without_one_and_flagged() -> None:
    item = document(payload("delivered"))["grouped_orders"][0]["skus"][0]

    assert skus_of([item, item | {"sku_id": None}, item | {"sku_id": {}}]) == (
        ["232747", "", "#1"],
        {"part_unreadable"},
    )


def test_a_sku_listed_twice_is_two_lines() -> None:
    item = document(payload("delivered"))["grouped_orders"][0]["skus"][0]

    assert skus_of([item, item]) == (["232747", "232747#1"], set())


def test_sku_ids_that_are_equal_once_cut_are_two_lines_and_flagged() -> None:
    item = document(payload("delivered"))["grouped_orders"][0]["skus"][0]

    assert skus_of([item | {"sku_id": "9" * 64 + end} for end in "ab"]) == (
        ["9" * 64, "9" * 64 + "#1"],
        {"part_unreadable"},
    )


def test_what_is_no_sku_is_left_out_and_flagged() -> None:
    item = document(payload("delivered"))["grouped_orders"][0]["skus"][0]

    assert skus_of([item, None, "232747", [item]]) == (["232747"], {"part_unreadable"})


def test_an_empty_list_of_skus_is_a_list() -> None:
    assert skus_of([]) == ([], set())


@pytest.mark.parametrize(
    ("numbers", "kept"),
    [(["9" * 65], ["9" * 64]), (["9" * 64 + "a", "9" * 64 + "b"], ["9" * 64, "9" * 50 + "#1"])],
)
def test_invoice_numbers_are_cut_to_their_column_and_flagged(numbers: list[str], kept: list[str]) -> None:
    update = the_update(changed("invoice_data", {number: {} for number in numbers}))

    assert update.invoices == Invoices(tuple(InvoiceLine(number) for number in kept))
    assert update.flags == {"part_unreadable"}


@pytest.mark.parametrize("skus", [{"a": 1}, "text", [1], [[]], True])
def test_invoiced_skus_of_another_shape_are_flagged(skus: Any) -> None:
    update = the_update(changed("invoice_data", {"1": {"skus": skus}}))

    assert (update.invoices, update.flags) == (Invoices((InvoiceLine("1"),)), {"part_unreadable"})


@pytest.mark.parametrize("item", [None, "url", []])
def test_an_invoice_that_is_no_object_is_flagged(item: Any) -> None:
    update = the_update(changed("invoice_data", {"1": item, "2": {}}))

    assert (update.invoices, update.flags) == (Invoices((InvoiceLine("2"),)), {"part_unreadable"})


# --- what an engineer is told -----------------------------------------------------------------------------------------


def test_D22_a_key_that_the_page_does_not_name_is_reported_wherever_it_stands() -> None:
    body = payload("split-order")

    for holder in _objects(body):
        holder["zz"] = {"zz": 1}

    assert read(body).unknown_keys == (
        "delivery_address.zz",
        "grouped_orders.eta.zz",
        "grouped_orders.invoice.zz",
        "grouped_orders.invoice_data.*.skus.zz",
        "grouped_orders.invoice_data.*.zz",
        "grouped_orders.order_status.zz",
        "grouped_orders.payment_summary.vas.zz",
        "grouped_orders.payment_summary.zz",
        "grouped_orders.shipment_detail.zz",
        "grouped_orders.skus.zz",
        "grouped_orders.zz",
        "prescriptions.zz",
        "user.zz",
        "zz",
    )


def _objects(value: Any) -> list[dict[str, Any]]:
    """Every object of a body, but for `invoice_data`, whose keys are numbers."""
    if isinstance(value, list):
        return [found for item in value for found in _objects(item)]
    if not isinstance(value, dict):
        return []
    inner = [
        found
        for key, item in value.items()
        for found in (_objects(list(item.values())) if key == "invoice_data" else _objects(item))
    ]
    return [value, *inner]


def test_D22_a_key_beside_result_is_reported() -> None:
    assert read(payload("delivered") | {"is_success": True}).unknown_keys == ("is_success",)


def test_D22_the_name_of_an_unknown_key_is_cut() -> None:
    assert read(told("k" * 500, 1)).unknown_keys == ("k" * 80,)


@pytest.mark.parametrize("key", ["Order_ID", "ORDER_ID", "order_íd", "__proto__", "constructor", "order_id ", ""])
def test_C15_keys_that_only_look_known_are_unknown(key: str) -> None:
    body = changed(key, "PO-OTHER")

    found = read(body)

    assert ([u.order_id for u in found.updates], found.unknown_keys) == ([OTHER_GROUP], (f"grouped_orders.{key}",))
    assert replace(found.updates[0].against({}, {}), digest="") == EXPECTED["delivered"][0]


def test_C8_repaired_text_is_flagged() -> None:
    update = the_update(changed("order_status", {"status_id": 40, "title": "a\x00b", "sub_title": "\ud800"}))

    assert (update.progress, update.flags) == (Progress(40, "a\ufffdb", "\ufffd"), {"text_repaired"})
