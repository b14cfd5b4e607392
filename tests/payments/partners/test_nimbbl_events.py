"""What Nimbbl posts: what proves it, and that nothing is read but what is signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from decimal import Decimal
from typing import Any

import pytest

from onemg_portal.sandbox.partners import nimbbl_webhooks as sandbox
from onemg_portal.sandbox.partners.books import Order
from payments.choices import Proof
from payments.ledger.statements import TransactionSaid
from payments.partners import nimbbl_events
from payments.partners.nimbbl_events import EVENTS, Event, Forged, Unreadable

SECRET = "test-access-secret"
ORDER = Order("M1", "PO1", "o_1", payable_amount="739.48")
PAID = sandbox.signed(sandbox.payment(ORDER), SECRET)
REFUNDED = sandbox.signed(sandbox.refund(ORDER, "100.5"), SECRET)


def read(event: dict[str, Any]) -> Event:
    return nimbbl_events.read(sandbox.posted(event), SECRET)


def mac(signed: str) -> str:
    """As Nimbbl signs, written once more so that the sandbox and the portal cannot be wrong together."""
    return hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()


def changed(event: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """The event with another value at `a.b`."""
    found = json.loads(json.dumps(event))
    *path, last = place.split(".")
    inner = found
    for name in path:
        inner = inner[name]
    inner[last] = value
    return found


# --- version 3 --------------------------------------------------------------------------------------------------------


def test_a_payment_of_version_3_is_read_as_signed() -> None:
    assert PAID["transaction"]["signature"] == mac("M1|o_1-00001|739.48|INR|succeeded|payment")

    event = read(PAID)

    said = TransactionSaid("o_1-00001", "payment", "succeeded", Decimal("739.48"), "INR", "UPI", "NAMUNA0001")
    assert (event.proof, event.version, event.said) == (Proof.GENUINE, "v3", said)
    assert (event.event_type, event.nimbbl_order_id, event.invoice_id) == ("payment_success", "o_1", "M1")


def test_a_refund_of_version_3_is_read_as_signed() -> None:
    assert REFUNDED["nimbbl_signature"] == mac("M1|o_1-00002|100.50|INR|succeeded|partial_refund")

    said = read(REFUNDED).said

    assert said == TransactionSaid(
        "o_1-00002", "partial_refund", "succeeded", Decimal("100.50"), "INR", "UPI", "NAMUNA0002"
    )


@pytest.mark.parametrize(
    ("event_type", "kind", "word"),
    [
        ("payment_authorized", "payment", "authorized"),
        ("capture_success", "capture", "succeeded"),
        ("void_success", "void", "succeeded"),
        ("payment_reversed", "payment", "reversed"),
    ],
)
def test_captures_and_voids_are_signed_as_payments_are(event_type: str, kind: str, word: str) -> None:
    event = sandbox.payment(ORDER) | {"event_type": event_type}
    event["transaction"] |= {"transaction_type": kind, "status": word}

    said = read(sandbox.signed(event, SECRET)).said

    assert said is not None
    assert (said.kind, said.word) == (kind, word)


@pytest.mark.parametrize("place", ["nimbbl_signature", "transaction.nimbbl_signature", "transaction.signature"])
def test_a_refunds_signature_may_stand_in_each_of_three_places(place: str) -> None:
    signature = REFUNDED["nimbbl_signature"]
    bare = sandbox.unsigned(REFUNDED)

    assert read(changed(bare, place, signature)).proof == Proof.GENUINE


def test_a_payment_link_is_proved_and_says_nothing_of_a_transaction() -> None:
    event = {
        "event_type": "payment_link_paid",
        "invoice_id": "M1",
        "status": "paid",
        "currency": "INR",
        "amount_paid": 739.48,
        "payment_link_hash": "abc",
        "nimbbl_signature": mac("M1|paid|INR|739.48|abc"),
    }

    assert (read(event).proof, read(event).said) == (Proof.GENUINE, None)
    with pytest.raises(Forged):
        read(event | {"amount_paid": 739.49})


SIGNED_OF_A_PAYMENT = [
    ("order.invoice_id", "M2"),
    ("transaction.transaction_id", "o_2-00001"),
    ("transaction.transaction_amount", 739.49),
    ("transaction.transaction_amount", 7394.8),
    ("transaction.transaction_currency", "INS"),
    ("transaction.status", "succeedee"),
    ("transaction.transaction_type", "paymenu"),
]
SIGNED_OF_A_REFUND = [
    ("order.invoice_id", "M2"),
    ("transaction.transaction_id", "o_1-00003"),
    ("transaction.refund_amount", 100.51),
    ("transaction.transaction_currency", "INS"),
    ("transaction.refund_status", "failed"),
    ("transaction.transaction_type", "full_refund"),
]


@pytest.mark.parametrize(("place", "value"), SIGNED_OF_A_PAYMENT)
def test_M5_each_signed_part_of_a_payment_changed_is_a_forgery(place: str, value: Any) -> None:
    with pytest.raises(Forged):
        read(changed(PAID, place, value))


@pytest.mark.parametrize(("place", "value"), SIGNED_OF_A_REFUND)
def test_M5_each_signed_part_of_a_refund_changed_is_a_forgery(place: str, value: Any) -> None:
    with pytest.raises(Forged):
        read(changed(REFUNDED, place, value))


@pytest.mark.parametrize("number", range(0, 64, 7))
def test_M5_a_signature_with_one_other_letter_is_a_forgery(number: int) -> None:
    right = PAID["transaction"]["signature"]
    wrong = right[:number] + ("0" if right[number] != "0" else "1") + right[number + 1 :]

    with pytest.raises(Forged):
        read(changed(PAID | {"nimbbl_signature": wrong}, "transaction.signature", wrong))


@pytest.mark.parametrize("wrong", ["0" * 64, "\ud800", "é", mac("M1").upper(), " "])
def test_M5_whatever_a_wrong_signature_is_written_with_is_a_forgery(wrong: str) -> None:
    with pytest.raises(Forged):
        read(changed(PAID | {"nimbbl_signature": wrong}, "transaction.signature", wrong))


def test_M5_no_secret_proves_nothing() -> None:
    event = sandbox.signed(sandbox.payment(ORDER), "")

    with pytest.raises(Forged):
        nimbbl_events.read(sandbox.posted(event), "")


def test_M5_a_bar_in_a_part_cannot_move_the_border_between_two() -> None:
    forged = changed(PAID, "order.invoice_id", "M1|o_1-00001")
    forged["transaction"] |= {"transaction_id": "739.48", "transaction_amount": "INR"}

    with pytest.raises(Forged):
        read(forged)


UNSIGNED_PLACES = [
    ("nimbbl_order_id", "o_2"),
    ("status", "failed"),
    ("event_type", "payment_failed"),
    ("order.total_amount", 1),
    ("order.status", "new"),
    ("transaction.refund_request_id", "R1"),
    ("transaction.refund_amount", 1),
    ("transaction.refund_status", "failed"),
]


@pytest.mark.parametrize(("place", "value"), UNSIGNED_PLACES)
def test_M5_what_is_not_signed_changes_nothing_that_moves_money(place: str, value: Any) -> None:
    first, other = read(PAID), read(changed(PAID, place, value))

    assert (other.said, other.nimbbl_order_id, other.identity) == (first.said, first.nimbbl_order_id, first.identity)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("transaction.payment_mode", "bina.namuna@namunabank"),
        ("transaction.payment_arn", "Bina Namuna"),
        ("transaction.payment_arn", "bina@bank"),
    ],
)
def test_a_description_that_is_none_of_nimbbls_words_is_left_out(place: str, value: str) -> None:
    said = read(changed(PAID, place, value)).said

    assert value not in repr(said)


# --- amounts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        (26752, "26752.00"),
        ("26752", "26752.00"),
        (0.1, "0.10"),
        ("4.205", "4.20"),
        ("4.205", "4.21"),
        ("739.4800000000001", "739.48"),
        ("1e3", "1000.00"),
    ],
)
def test_an_amount_is_signed_with_two_decimals_cut_off_or_rounded(written: Any, spelt: str) -> None:
    event = changed(sandbox.payment(ORDER), "transaction.transaction_amount", written)
    event["transaction"]["signature"] = mac(f"M1|o_1-00001|{spelt}|INR|succeeded|payment")

    said = read(event).said

    assert said is not None
    assert said.amount == Decimal(spelt)  # as signed: further decimals are anybody's


@pytest.mark.parametrize("written", ["4.22", "4.194", "-4.20", None, "4,20", [], True, "1_0", 10**30])
def test_M5_another_amount_is_a_forgery(written: Any) -> None:
    event = changed(sandbox.payment(ORDER), "transaction.transaction_amount", "4.205")
    event["transaction"] |= {"signature": mac("M1|o_1-00001|4.20|INR|succeeded|payment"), "signature_version": "v3"}

    with pytest.raises(Forged):
        read(changed(event, "transaction.transaction_amount", written))


# --- version 4 --------------------------------------------------------------------------------------------------------

SEALED = sandbox.sealed(sandbox.payment(ORDER), SECRET)
SEALED_REFUND = sandbox.sealed(sandbox.refund(ORDER, "100.50", request_id="R1"), SECRET)


def test_an_envelope_of_version_4_is_read_once_it_is_proved() -> None:
    event = read(SEALED)

    assert (event.proof, event.version, event.event_type) == (Proof.GENUINE, "v4", "payment_success")
    assert event.said == read(PAID).said


def test_an_envelope_signs_what_a_refund_is_of() -> None:
    said = read(SEALED_REFUND).said

    assert said is not None
    assert (said.refund_request_id, said.pays_back, said.amount) == ("R1", "o_1-00001", Decimal("100.50"))


@pytest.mark.parametrize("blank", [b" ", b"\n", b"\t"])
def test_M5_one_blank_more_in_an_envelope_is_a_forgery(blank: bytes) -> None:
    content = base64.b64decode(SEALED["payload"]) + blank

    with pytest.raises(Forged):
        read(SEALED | {"payload": base64.b64encode(content).decode()})


@pytest.mark.parametrize("payload", ["", "*", None, 5, {}, [], SEALED["payload"][:-1], "é"])
def test_M5_an_envelope_that_cannot_be_opened_is_a_forgery(payload: Any) -> None:
    with pytest.raises(Forged):
        read(SEALED | {"payload": payload})


def test_M5_an_envelope_is_not_looked_into_before_it_is_proved() -> None:
    content = b"[" * 100_000

    with pytest.raises(Forged):
        read({"version": "v4", "payload": base64.b64encode(content).decode(), "signature": "0" * 64})


def test_an_envelope_with_something_else_in_it_is_proved_and_says_nothing() -> None:
    content = b"not json"
    sealed = {"version": "v4", "payload": base64.b64encode(content).decode(), "signature": mac(content.decode())}

    assert (read(sealed).proof, read(sealed).said) == (Proof.GENUINE, None)


# --- what proves nothing ----------------------------------------------------------------------------------------------


def test_M5_an_older_signature_leaves_out_the_status_and_proves_nothing() -> None:
    event = read(sandbox.older(sandbox.payment(ORDER), SECRET))

    assert (event.proof, event.said, event.nimbbl_order_id) == (Proof.UNPROVED, None, "o_1")


@pytest.mark.parametrize("made", [PAID, REFUNDED])
def test_M5_no_signature_proves_nothing(made: dict[str, Any]) -> None:
    event = read(sandbox.unsigned(made))

    assert (event.proof, event.said) == (Proof.UNPROVED, None)


@pytest.mark.parametrize("version", ["v2", "v1", "", None, "V3", 3])
def test_M5_a_forgery_that_calls_itself_older_moves_nothing(version: Any) -> None:
    forged = changed(changed(PAID, "transaction.status", "failed"), "transaction.signature_version", version)

    event = read(forged)

    assert (event.proof, event.said) == (Proof.UNPROVED, None)


def test_M5_an_envelope_without_a_signature_proves_nothing() -> None:
    event = read({"version": "v4", "payload": SEALED["payload"]})

    assert (event.proof, event.said) == (Proof.UNPROVED, None)


def test_M5_an_envelope_that_calls_itself_version_3_proves_nothing() -> None:
    assert read(SEALED | {"version": "v3"}).proof == Proof.UNPROVED


@pytest.mark.parametrize("where", ["", "payload", "callback"])
def test_what_is_encrypted_is_named_so(where: str) -> None:
    encrypted = {"encrypted_response": "00" * 48}

    event = read({where: encrypted} if where else encrypted)

    assert (event.proof, event.said) == (Proof.ENCRYPTED, None)


@pytest.mark.parametrize("event_type", ["payment_teleported", "", None, 5, "order.paid", "PAYMENT_SUCCESS"])
def test_M7_an_event_nobody_knows_says_nothing_though_it_is_signed(event_type: Any) -> None:
    event = read(PAID | {"event_type": event_type})

    assert (event.proof, event.said) == (Proof.GENUINE, None)
    assert event.identity != read(PAID).identity  # so that it cannot stand in the way of the real one


def test_M7_an_event_nobody_knows_that_is_signed_in_a_way_nobody_knows_is_no_forgery() -> None:
    event = read(changed(PAID, "transaction.status", "disputed") | {"event_type": "dispute_opened"})

    assert (event.proof, event.event_type, event.said) == (Proof.UNPROVED, "dispute_opened", None)


def test_every_event_that_nimbbl_names_is_known() -> None:
    assert len(EVENTS) == 23


# --- bytes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"not json", b"[]", b"null", b"5", b'{"a": 1, "a": 2}', b'{"a": NaN}', b"\xff{}", b"[" * 90_000]
    + ["{}".encode("utf-16"), b'{"a": ' + b"9" * 5000 + b"}"],
)
def test_what_is_no_json_object_is_not_readable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        nimbbl_events.read(body, SECRET)


def test_what_is_shown_of_an_event_holds_no_person_and_no_bank() -> None:
    for event in (PAID, REFUNDED, SEALED, SEALED_REFUND):
        text = nimbbl_events.shown(sandbox.posted(event))

        assert [word for word in ("bina", "Bina", "BINA", "4242", "192.0.2") if word in text] == []
        assert "739.48" in text
