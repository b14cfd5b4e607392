"""The stories: what they tell, in the shape that 1mg publishes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from onemg_portal.sandbox.day.stories import SCRIPTS, Clock, Story, day
from orders.choices import Flag
from tests.conftest import document, payload
from webhooks import onemg

NOW = 1_790_000_000
CLOCK = Clock(NOW, speed=60)


def told(seed: int = 1, orders: int = 60, run: int = NOW) -> list[Story]:
    """A day."""
    return day(seed, orders=orders, run=run, clock=CLOCK)


def one(kind: str) -> Story:
    """A story of this kind."""
    return next(story for story in told() if story.kind == kind)


def documents(story: Story) -> list[dict[str, Any]]:
    """What its steps say, unwrapped."""
    return [step.document["result"] for step in story.steps]


def entries(stories: list[Story]) -> Iterator[dict[str, Any]]:
    """Every grouped order of every update."""
    for story in stories:
        for said in documents(story):
            yield from said["grouped_orders"]


def statuses(story: Story) -> list[list[int]]:
    """The codes of each update, one for each child listed."""
    return [[e["order_status"]["status_id"] for e in said["grouped_orders"]] for said in documents(story)]


def money(story: Story, *keys: str) -> list[tuple[Any, ...]]:
    """Some amounts as each update gives them."""
    summaries = [said["grouped_orders"][0]["payment_summary"] for said in documents(story)]
    return [tuple(summary[key] for key in keys) for summary in summaries]


# --- a day ------------------------------------------------------------------------------------------------------------


def test_the_same_seed_tells_the_same_day() -> None:
    assert told(seed=7) == told(seed=7)


def test_another_seed_tells_another_day() -> None:
    assert told(seed=7) != told(seed=8)


def test_a_day_begins_with_each_kind_once() -> None:
    first = told()[: len(SCRIPTS)]

    assert sorted(story.kind for story in first) == sorted(SCRIPTS)


def test_ids_are_unique_within_a_day() -> None:
    stories = told(orders=1200)

    group_of = {
        e["order_id"]: said["group_order_id"] for s in stories for said in documents(s) for e in said["grouped_orders"]
    }
    assert len({story.merchant_order_id for story in stories}) == 1200
    assert len(set(group_of.values())) == 1200
    assert all(order[:-1] == group[:-1] for order, group in group_of.items())


def test_two_runs_share_no_id() -> None:
    one_run, next_run = told(run=NOW), told(run=NOW + 1)

    assert not {s.merchant_order_id for s in one_run} & {s.merchant_order_id for s in next_run}
    assert not {e["order_id"] for e in entries(one_run)} & {e["order_id"] for e in entries(next_run)}


def test_twelve_purchases_are_on_their_way_when_the_day_begins() -> None:
    stories = told()

    began = [story for story in stories if story.steps[0].minute < 0]
    assert len(began) == 12
    assert sum(story.steps[-1].minute > 0 for story in began) >= 8


@pytest.mark.parametrize("speed", [1, 60, 5000])
def test_updated_grows_with_each_step_and_never_lies_far_ahead(speed: float) -> None:
    for story in day(3, orders=40, run=NOW, clock=Clock(NOW, speed)):
        stamps = [max(e["updated"] for e in said["grouped_orders"]) for said in documents(story)]

        assert stamps == sorted(set(stamps))
        for step, stamp in zip(story.steps, stamps, strict=True):
            due = NOW + step.minute * 60 / (speed if step.minute > 0 else 1)
            assert stamp - due <= len(stamps)
        assert all(e["created"] <= e["updated"] for e in entries([story]))


# --- the kinds --------------------------------------------------------------------------------------------------------

LIVES = {
    "normal": [15, 160, 120, 130, 25, 30, 40],
    "checked": [17, 15, 170, 160, 120, 130, 25, 30, 40],
    "cod": [15, 160, 120, 130, 25, 30, 40],
    "prescription": [15, 160, 110, 100, 110, 120, 130, 25, 30, 40],
    "allocation": [15, 160, 120, 20, 120, 131, 130, 25, 30, 40],
    "delivered again": [15, 160, 120, 132, 25, 30, 45, 30, 45, 30, 40],
    "cancelled": [15, 160, 120, 95, 99, 99],
    "returned": [15, 160, 120, 130, 25, 30, 40, 140, 141, 142],
    "cod, paid by link": [15, 180, 160, 120, 130, 25, 30, 40],
    "unknown status": [15, 160, 120, 130, 155, 25, 30, 40],
}


@pytest.mark.parametrize("kind", LIVES)
def test_a_story_of_one_order_goes_through_these_statuses(kind: str) -> None:
    assert statuses(one(kind)) == [[code] for code in LIVES[kind]]


def test_every_kind_has_its_statuses_tested() -> None:
    assert {*LIVES, "split", "split in three"} == set(SCRIPTS)


def test_a_split_purchase_lists_now_both_children_now_one() -> None:
    said = documents(one("split"))

    listed = [[entry["order_id"] for entry in update["grouped_orders"]] for update in said]
    first, second = listed[3]
    assert said[0]["group_order_id"] == first
    assert listed == [
        [first],
        [first],
        [first],
        [first, second],
        [first, second],
        [second],
        [first],
        [second],
        [first, second],
        [second],
    ]


def test_a_split_purchase_tells_the_sibling_that_did_not_change_word_for_word() -> None:
    before, after = documents(one("split"))[3:5]

    assert after["grouped_orders"][1] == before["grouped_orders"][1]
    assert after["grouped_orders"][0]["order_status"] != before["grouped_orders"][0]["order_status"]


def test_a_split_purchase_divides_its_medicines() -> None:
    whole, parts = documents(one("split"))[2:4]

    def skus(said: dict[str, Any]) -> list[list[str]]:
        return [[sku["sku_id"] for sku in entry["skus"]] for entry in said["grouped_orders"]]

    first, second = skus(parts)
    assert [[*first, *second]] == skus(whole)


def test_a_purchase_split_in_three_arrives_child_by_child() -> None:
    said = documents(one("split in three"))

    listed = [[entry["order_id"][-1] for entry in update["grouped_orders"]] for update in said]
    assert listed[3:] == [["1", "2", "3"], ["1", "2", "3"], ["1"], ["1"], ["2"], ["1", "2", "3"], ["3"], ["2", "3"]]
    assert [len(entry["skus"]) >= 1 for entry in said[3]["grouped_orders"]] == [True] * 3
    assert statuses(one("split in three"))[-1] == [40, 40]


def test_a_rejected_prescription_stops_the_order_until_another_one_is_accepted() -> None:
    said = documents(one("prescription"))

    papers = [[(paper["status"], paper.get("reason")) for paper in update["prescriptions"]] for update in said[2:6]]
    rejected = ("Rejected", "Invalid Prescription")
    assert papers == [
        [("In-progress", None)],
        [rejected],
        [rejected, ("In-progress", None)],
        [rejected, ("Completed", None)],
    ]
    stuck = said[3]["grouped_orders"][0]
    assert [stuck["eta"], stuck["invoice"], stuck["shipment_detail"]] == [{}, {}, {}]


def test_a_cancelled_purchase_is_refunded_what_was_collected() -> None:
    keys = ("online_refund_due", "total_refund_due", "online_refund_initiated", "total_refunded_amount")

    story = one("cancelled")

    paid = money(story, "online_collected")[0][0]
    assert paid > 0
    assert money(story, *keys) == [(0, 0, 0, 0)] * 3 + [(paid, paid, 0, 0)] * 2 + [(0, 0, paid, paid)]


def test_a_returned_purchase_is_refunded_at_the_end() -> None:
    story = one("returned")

    paid = money(story, "online_collected")[0][0]
    assert money(story, "total_refund_due", "total_refunded_amount")[-3:] == [(paid, 0), (paid, 0), (0, paid)]


def test_a_cod_purchase_is_paid_at_the_door() -> None:
    story = one("cod")

    due = money(story, "amount_payable")[0][0]
    assert due > 0
    assert money(story, "mode", "amount_payable", "amount_collected")[-2:] == [("COD", due, 0), ("COD", 0, due)]


def test_a_cod_purchase_with_a_link_waits_for_the_online_payment() -> None:
    story = one("cod, paid by link")

    due = money(story, "amount_payable")[0][0]
    keys = ("mode", "online_pending_amount", "online_collected", "allow_payment_retry")
    assert money(story, *keys)[1:3] == [("COD", due, 0, True), ("COD", 0, due, False)]


# --- the published shape ----------------------------------------------------------------------------------------------


def test_a_document_has_exactly_the_published_keys() -> None:
    published = document(payload("packaging"))
    entry = published["grouped_orders"][0]

    for story in told():
        for step in story.steps:
            said = step.document["result"]
            assert set(step.document) == {"result"}
            assert set(said) == set(published)
            assert set(said["user"]) == set(published["user"])
            assert set(said["delivery_address"]) == set(published["delivery_address"])
            for found in said["grouped_orders"]:
                assert set(found) == set(entry)
                assert set(found["payment_summary"]) == set(entry["payment_summary"])
                assert {frozenset(sku) for sku in found["skus"]} == {frozenset(entry["skus"][0])}


def test_the_money_of_the_purchase_is_repeated_on_each_child() -> None:
    both = documents(one("split"))[3]["grouped_orders"]

    assert both[0]["payment_summary"] == both[1]["payment_summary"]


def test_shipments_are_told_in_every_published_variant() -> None:
    published = [
        document(payload(name))["grouped_orders"][0]["shipment_detail"]
        for name in ("packaging", "out-for-delivery-3pl", "out-for-delivery-in-house", "split-order", "order-stuck")
    ]

    told_keys = {frozenset(entry["shipment_detail"]) for entry in entries(told())}

    assert told_keys == {frozenset(shipment) for shipment in published}


def test_a_day_has_the_oddities_of_the_published_bodies() -> None:
    found = list(entries(told()))

    numbers = [number for entry in found for number in entry["invoice_data"]]
    contacts = {type(entry["shipment_detail"].get("delivery_contact")) for entry in found}
    text = json.dumps(found)
    assert all(number.startswith("0") for number in numbers)
    assert numbers
    assert contacts == {int, type(None)}
    assert {entry["eta"].get("eta_from", "absent") == 0 for entry in found} == {True, False}
    assert re.search(r'"order_mrp": \d+\.\d{8,}[,}]', text)
    assert {type(entry["payment_summary"]["shipping_charges"]) for entry in found} == {int, float}
    assert {type(sku["offered_price"]) for entry in found for sku in entry["skus"]} == {int, float}


@pytest.mark.parametrize("kind", SCRIPTS)
def test_the_front_door_understands_every_word_of_a_story(kind: str) -> None:
    for step in one(kind).steps:
        read = onemg.read(json.dumps(step.document).encode())

        entry = step.document["result"]["grouped_orders"][0]
        expected = {Flag.UNKNOWN_STATUS} if entry["order_status"]["status_id"] == 155 else set()
        assert read.problems == ()
        assert read.unknown_keys == ()
        assert {flag for update in read.updates for flag in update.flags} == expected


def test_some_customers_write_their_name_in_hindi_and_some_do_not() -> None:
    names = {step.document["result"]["delivery_address"]["name"] for story in told() for step in story.steps}

    assert {name.isascii() for name in names} == {True, False}
    assert any(re.fullmatch(r"[\u0900-\u097f]+ [\u0900-\u097f]+", name) for name in names)


def test_mrp_is_a_placeholder_here_and_above_the_price_there() -> None:
    skus = [sku for entry in entries(told()) for sku in entry["skus"]]

    above = {sku["mrp"] > sku["offered_price"] for sku in skus if sku["mrp"] != 10}
    assert {sku["mrp"] == 10 for sku in skus} == {True, False}
    assert above == {True}


def test_nobody_in_a_story_exists() -> None:
    text = json.dumps([step.document for story in told(orders=300) for step in story.steps])

    assert set(re.findall(r'"contact_number": "(\d{4})\d{6}"', text)) == {"9000"}
    assert set(re.findall(r"@([a-z.]+)", text)) == {"example.org"}
    assert {host.rpartition(".example.org")[2] for host in re.findall(r"https?://([^/\"]+)", text)} == {""}
