"""What the receiver answers, whatever was posted: the agreed JSON, at once, with nothing in it of what was sent."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any, Final

from django.db import connection

from orders.models import Act, GroupedOrder, OrderUpdate
from tests.conftest import NAMES, TOKEN, document, payload
from webhooks import results
from webhooks.models import Delivery, Outcome, RejectedAttempt

#: Every message there is about a body; each ends in the number of the delivery and holds nothing else of the request.
_MESSAGES: Final = re.compile(
    r"(?:Order updated|Kept for review|Kept, not applied yet|The body is (?:not UTF-8|empty|nested too deeply)"
    r"|The body is not JSON \(line \d+, column \d+\)|The body is not a JSON object|An object names a key twice"
    r"|A number is (?:too long|out of range)|(?:NaN|-?Infinity) is not JSON)\. Reference (\d+)\."
)
#: 1mg is answered within two seconds; measured as our own work, whatever else the machine is doing.
_AT_MOST_SECONDS: Final = 2


#: Every message is a sentence or two in plain letters.
_SENTENCES: Final = re.compile(r"-?[A-Z][A-Za-z0-9 ,()'-]+\.( [A-Za-z0-9 ,]+\.)?")


def _personal() -> frozenset[str]:
    """Names, phones and the like in the published bodies."""
    found: set[str] = set()
    for name in NAMES:
        told = document(payload(name))
        found.update(str(value) for value in [*told["user"].values(), *told["delivery_address"].values()])
        for entry in told["grouped_orders"]:
            for invoice in entry["invoice_data"].values():
                found.update({invoice["doctor_name"], invoice["patient_name"]})
    return frozenset(word for word in found if len(word) > 4)


#: Of people in the published bodies: no answer and no log may hold them.
PERSONAL: Final = _personal()
_UNSPEAKABLE: Final = (TOKEN, "next-token-0123456789", "<", "Traceback", *PERSONAL)


def agreed(response: Any, code: int, status: str) -> str:
    """Assert that `response` has the agreed shape and says nothing it must not; return its message."""
    answer = response.json()
    assert (response.status_code, answer) == (code, {"status": status, "message": answer["message"]})
    assert (response["Content-Type"], response["Content-Length"]) == ("application/json", str(len(response.content)))
    assert ("Location" in response, bool(response.cookies)) == (False, False)
    assert _SENTENCES.fullmatch(answer["message"]), answer["message"]
    assert [word for word in _UNSPEAKABLE if word in response.text] == []
    return str(answer["message"])


def refused(response: Any, code: int) -> str:
    """Assert that `response` is the agreed JSON of a failure; return its message."""
    return agreed(response, code, "FAILED")


def assert_nothing_kept() -> None:
    """No body, no order, no history."""
    assert [m.objects.count() for m in (Delivery, GroupedOrder, OrderUpdate, Act)] == [0, 0, 0, 0]


def turned_away() -> list[tuple[str, str, int]]:
    """Address, reason and number of the posts that were counted at the door."""
    return list(RejectedAttempt.objects.order_by("id").values_list("remote_address", "reason", "times"))


def assert_discreet(log: str) -> None:
    """Neither a token nor a patient in a log."""
    assert [secret for secret in (TOKEN, *PERSONAL) if secret in log] == []


def encoded(body: Any) -> bytes:
    """A body as it goes over the wire."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def delivered(post: Callable[..., Any], body: Any, code: int = 200, status: str = "SUCCESS") -> Delivery:
    """Post `body` and assert the answer; the delivery that keeps exactly those bytes, settled, and what was said."""
    sent, started = encoded(body), time.process_time()

    response = post(sent)

    assert time.process_time() - started < _AT_MOST_SECONDS
    said = _MESSAGES.fullmatch(agreed(response, code, status))
    assert said, response.text
    delivery = Delivery.objects.get(pk=said[1])
    assert bytes(delivery.body) == sent
    assert delivery.outcome != Outcome.PENDING
    assert (delivery.answer_code, delivery.answer_given) == (code, response.json())
    return delivery


def flags_of(delivery: Delivery) -> list[str]:
    """The flags of everything a delivery brought."""
    return sorted({flag for result in results.in_full(delivery) for flag in result.get("flags", ())})


def order(order_id: str = "PO1") -> GroupedOrder:
    """An order as it stands."""
    return GroupedOrder.objects.select_related("group").get(pk=order_id)


def empty_tables() -> None:
    """Forget everything that was posted: for tests that post many bodies, each to an empty portal."""
    with connection.cursor() as cursor:
        for table in (
            "orders_need",
            "orders_timelineentry",
            "orders_orderupdate",
            "orders_sku",
            "orders_invoice",
            "orders_groupedorder",
            "orders_ordergroup",
            "webhooks_delivery",
        ):
            cursor.execute(f"DELETE FROM {table}")
