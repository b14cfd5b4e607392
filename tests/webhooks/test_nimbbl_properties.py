"""What holds for any body at Nimbbl's door, tried on events that hypothesis changes: no fault of ours, and nothing of
money that Nimbbl has not signed. The number of examples is that of `tests.webhooks.test_properties`."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from onemg_portal.sandbox.partners import nimbbl_webhooks as sandbox
from onemg_portal.sandbox.partners.books import Order
from orders.models import Act
from payments.acts import NIMBBL_SAID
from payments.choices import Proof
from tests.webhooks.test_events import ORDER, SECRET, register
from tests.webhooks.test_properties import SETTINGS, SNIPPETS, mutate
from webhooks import events
from webhooks.models import EventOutcome, NimbblEvent, RejectedAttempt

#: Of a purchase that the portal has, and of one that it has not.
ORDERS = (ORDER, Order("M2", "PO2", "o_2", payable_amount="652.36", payment_status="failed"))
MADE = [
    event
    for order in ORDERS
    for event in (sandbox.payment(order), sandbox.payment(order, "payment_failed"), sandbox.refund(order, "100.5"))
]
SIGNED = [sandbox.signed(event, SECRET) for event in MADE]
SEALED = [sandbox.sealed(event, SECRET) for event in MADE]
OTHERS = [sandbox.older(MADE[0], SECRET), sandbox.unsigned(MADE[0]), {"encrypted_response": "00" * 48}]
#: What Nimbbl has signed: kind, status, amount and id of each.
TRUE = {
    (
        event["transaction"]["transaction_id"],
        event["transaction"]["transaction_type"],
        event["transaction"].get("refund_status", event["transaction"]["status"]),
        f"{event['transaction'].get('refund_amount', event['transaction']['transaction_amount']):.2f}",
    )
    for event in MADE
}


@st.composite
def bodies(draw: Any) -> bytes:
    """An event with a few things changed, perhaps its bytes too, perhaps in an envelope that is opened and closed."""
    event = copy.deepcopy(draw(st.sampled_from([*SIGNED, *SEALED, *OTHERS])))
    if "payload" in event and draw(st.booleans()):
        inner = json.loads(base64.b64decode(event["payload"]))
        mutate(draw, inner)
        event["payload"] = base64.b64encode(json.dumps(inner).encode()).decode()
    for _time in range(draw(st.integers(0, 3))):
        mutate(draw, event)
    body = bytearray(json.dumps(event).encode())
    for _time in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(body)))
        body[at : at + draw(st.integers(0, 3))] = draw(st.sampled_from(SNIPPETS))
    return bytes(body)


def forget() -> None:
    """Begin anew, with the same purchase."""
    NimbblEvent.objects.all().delete()
    RejectedAttempt.objects.all().delete()
    Act.objects.filter(act=NIMBBL_SAID).delete()


@pytest.mark.django_db
def test_M5_M8_a_changed_event_is_no_fault_of_ours_and_moves_nothing_that_is_not_signed(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.NIMBBL_ACCESS_SECRET = SECRET
    settings.ONEMG_WEBHOOK_WRONG_TOKENS_A_MINUTE = 10**9
    register()

    @SETTINGS
    @given(bodies())
    def check(body: bytes) -> None:
        forget()

        answer = Client().post("/nimbbl/events/", body, content_type="application/json")

        assert answer.status_code in (200, 400, 401)
        assert NimbblEvent.objects.count() + RejectedAttempt.objects.count() == 1
        for event in NimbblEvent.objects.all():
            assert (bytes(event.body), event.outcome == EventOutcome.PENDING) == (body, False)
            if event.said is None:
                assert event.outcome == EventOutcome.SHOWN
                continue
            said = event.said
            assert event.proof == Proof.GENUINE
            assert (said["transaction_id"], said["kind"], said["word"], said["amount"]) in TRUE
        taken = NimbblEvent.objects.filter(outcome=EventOutcome.TAKEN).count()
        assert Act.objects.filter(act=NIMBBL_SAID).count() == taken

    check()


@pytest.mark.django_db
def test_control_an_event_that_is_not_changed_does_move_something(settings: Any) -> None:
    settings.NIMBBL_ACCESS_SECRET = SECRET
    register()

    for event in (*SIGNED, *SEALED):
        events.receive(events.Posted(sandbox.posted(event), "", {}))

    assert Act.objects.filter(act=NIMBBL_SAID).count() == 6
    assert NimbblEvent.objects.filter(outcome=EventOutcome.WAITING).count() == 6
