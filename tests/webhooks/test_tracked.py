"""1mg's answer to Track Order beside its updates: the same things, differently spelt."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onemg_portal.sandbox.partners.onemg import as_tracked
from orders.updates import Update
from tests.conftest import NAMES, document, order_update, payload
from webhooks import onemg, tracked
from webhooks.strict_json import BodyProblem


def answered(body: dict[str, Any], **changed: Any) -> bytes:
    """What 1mg answers where an update would have had this body."""
    return json.dumps({"data": {"result": as_tracked(document(body)) | changed}, "is_success": True}).encode()


def told(body: bytes) -> list[Update]:
    """The updates in an answer."""
    return list(onemg.read(tracked.as_update(body)).updates)


@pytest.mark.parametrize("name", NAMES)
def test_M23_what_was_told_before_is_known_again(name: str) -> None:
    body = payload(name)

    before = onemg.read(json.dumps(body).encode())
    found = onemg.read(tracked.as_update(answered(body)))

    assert [update.digest for update in found.updates] == [update.digest for update in before.updates]
    assert found.unknown_keys == before.unknown_keys


def test_M23_control_read_as_it_came_it_says_nothing() -> None:
    read = onemg.read(answered(order_update()))

    assert [problem.code for problem in read.problems] == ["no_orders"]


def test_M23_its_subtitle_and_its_milliseconds_are_read() -> None:
    paper = {"url": "https://papers.example.com/1.jpg", "status": "Completed"}
    body = order_update(prescriptions=[paper])
    document(body)["grouped_orders"][0]["order_status"]["sub_title"] = "As you asked"

    (update,) = told(answered(body))

    assert update.progress is not None
    assert update.progress.sub_title == "As you asked"
    assert update.updated_ms == 1_700_000_000_000


def test_M23_a_shipment_that_names_nothing_takes_nothing_away() -> None:
    body = order_update(shipment_detail={"delivery_partner_name": None})

    (update,) = told(answered(body))

    assert "shipment" not in {part.name for part in update.order_parts()}


@pytest.mark.parametrize("result", [None, [], "x", 1])
def test_M23_without_a_document_nothing_is_made_of_it(result: Any) -> None:
    body = json.dumps({"data": {"result": result}}).encode()

    assert [problem.code for problem in onemg.read(tracked.as_update(body)).problems] == ["no_orders"]


@pytest.mark.parametrize("part", ["grouped_orders", "prescriptions", "delivery_address"])
@pytest.mark.parametrize("value", [None, "x", 1, ["x"], [None], {"country": "IN"}, [{"skus": "x", "order_status": 1}]])
def test_M23_a_part_of_another_shape_breaks_nothing(part: str, value: Any) -> None:
    onemg.read(tracked.as_update(answered(order_update(), **{part: value})))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff"])
def test_M23_what_is_no_object_is_named(body: bytes) -> None:
    with pytest.raises(BodyProblem):
        tracked.as_update(body)
