"""The ticks before a confirmation, as one matrix: what differs from a good purchase, and what is found.

The base case is a purchase paid online, registered, accepted by 1mg, and captured at Nimbbl.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from orders.statuses import STATUSES
from payments.choices import State, Verdict
from payments.partners import nimbbl_money
from payments.partners.nimbbl import Enquiry
from payments.partners.nimbbl_money import Reckoning
from payments.preflight import ticks
from payments.preflight.facts import Facts, LiveCall, OrderFact, PaymentFact, Rival

MAY = Facts(
    merchant_order_id="M1",
    payment_method="ONLINE",
    registered_method="ONLINE",
    onemg_order_id="PO1",
    registered_order_id="PO1",
    group_order_id="PO1",
    orders=(OrderFact("PO1", 15),),
    nimbbl_order_id="o_1",
    payment=PaymentFact("completed", "succeeded", reckoning=Reckoning(*[Decimal("652.40")] * 3, Decimal(0))),
    payable=Decimal("652.36"),
    environment="sandbox",
    portal_environment="sandbox",
    prescription_state="completed",
)


def orders(*status_ids: int | None, flagged: bool = False) -> dict[str, Any]:
    """Orders with these statuses."""
    return {"orders": tuple(OrderFact(f"PO{n}", code, flagged) for n, code in enumerate(status_ids, start=1))}


def money(word: str = "succeeded", amount: Any = "652.36", currency: str = "INR", order: str = "completed") -> Any:
    """What Nimbbl says of one payment, as its enquiry is read."""
    told = {"transaction_type": "payment", "payment_status": word, "transaction_amount": amount}
    told |= {"transaction_currency": currency}
    return listed(*[told] if word else [], order=order)


def listed(*transactions: dict[str, Any], order: str = "completed") -> dict[str, Any]:
    """What Nimbbl says of these transactions."""
    return {"payment": PaymentFact.of(Enquiry(order, nimbbl_money.read_transactions(list(transactions))))}


REFUND = {"transaction_type": "partial_refund", "payment_status": "succeeded", "transaction_amount": "600"}
PAYMENT = {"transaction_type": "payment", "payment_status": "succeeded", "transaction_amount": "652.36"}


def live(state: State) -> dict[str, Any]:
    """A confirmation that stands."""
    return {"live": LiveCall(state, "ravi", "21 Nov 14:32")}


F, U, W, P = "fail", "unknown", "warn", "pass"
NOT_PAID = (
    "new",
    "pending",
    "failed",
    "cancelled",
    "declined",
    "expired",
    "voided",
    "reversing",
    "reversed",
    "lapsed",
    "authorized",
    "Authorised",
)
MATRIX: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("as it should be", {}, {}),
    ("1mg not configured", {"configured": False}, {"configured": F}),
    # method
    ("cash on delivery", {"payment_method": "COD", "registered_method": "COD"}, {"method": F}),
    ("cash on delivery, not registered", {"payment_method": "COD", "registered_method": ""}, {"method": F}),
    ("1mg says COD, the shop ONLINE", {"payment_method": "COD"}, {"method": F}),
    ("1mg says ONLINE, the shop COD", {"registered_method": "COD"}, {"method": F}),
    ("nobody says how it is paid", {"payment_method": "", "registered_method": ""}, {"method": U}),
    ("1mg says a word that nobody knows", {"payment_method": "UPI", "registered_method": ""}, {"method": U}),
    # open
    ("1mg has not spoken", {**orders(), "group_order_id": ""}, {"open": U, "ids_agree": U}),
    ("one of two is cancelled", orders(15, 99), {"open": F}),
    ("cancelling", orders(95), {"open": F}),
    ("delivered", orders(40), {"open": F, "unconfirmed": F}),
    ("returned", orders(142), {"open": F, "unconfirmed": F}),
    ("a status nobody knows", orders(155), {"open": F}),
    ("no status", orders(None), {"open": F}),
    ("marked for a look", orders(15, flagged=True), {"looked_at": F}),
    # unconfirmed
    ("packing already", orders(130), {"unconfirmed": F}),
    ("confirmed", {"confirmation": "confirmed"}, {"unconfirmed": F}),
    ("a call has succeeded", live(State.SUCCEEDED), {"unconfirmed": F}),
    ("a call is in doubt", live(State.UNKNOWN), {"unconfirmed": F}),
    ("a call waits to be sent", live(State.INTENDED), {"nobody_else": F}),
    ("a call is being sent", live(State.SENDING), {"nobody_else": F}),
    ("refused before", {"confirmation": "rejected"}, {}),
    # ids
    ("1mg's id is not known", {"onemg_order_id": "", "registered_order_id": ""}, {"ids_usable": F, "ids_agree": U}),
    ("an id with a path in it", {"onemg_order_id": "../admin"}, {"ids_usable": F}),
    ("an id with a fragment", {"merchant_order_id": "M1#f"}, {"ids_usable": F}),
    ("a very long id", {"onemg_order_id": "P" * 65}, {"ids_usable": F}),
    ("1mg speaks of another order", {"registered_order_id": "PO9"}, {"ids_agree": F}),
    ("filed under 1mg's own id", {"merchant_order_id": "PO1"}, {"ids_agree": F}),
    ("not registered", {"registered_order_id": "", "registered_method": ""}, {"ids_agree": U}),
    ("the registered id is a child's", {"registered_order_id": "PO2", **orders(15, 15)}, {}),
    # paid
    ("no Nimbbl order", {"nimbbl_order_id": "", "payment": None}, {"paid": U}),
    ("nobody asked", {"payment": None}, {"paid": U}),
    ("Nimbbl in trouble", {"payment": PaymentFact(trouble="no answer")}, {"paid": U}),
    *((f"payment {word}", money(word), {"paid": F}) for word in NOT_PAID),
    *((f"payment {word}", money(word), {}) for word in ("success", "SUCCEEDED", "Succeeded ")),
    ("a word nobody knows", money("settled"), {"paid": U}),
    ("no payment at all", money(""), {"paid": F}),
    ("no payments listed, order lapsed", {"payment": PaymentFact("lapsed", listed=False)}, {"paid": F}),
    ("no payments listed, order completed", {"payment": PaymentFact("completed", listed=False)}, {"paid": U}),
    ("exactly a rupee too little", money(amount="651.36"), {}),
    ("more than a rupee too little", money(amount="651.35"), {"paid": F}),
    ("more than a rupee too much", money(amount="653.37"), {"paid": F}),
    ("nothing captured", money(amount="0"), {"paid": F}),
    ("an amount that cannot be read", money(amount=None), {"paid": U}),
    ("dollars", money(currency="USD"), {"paid": F}),
    ("rupees in small letters", money(currency="inr"), {}),
    ("what is due is not known", {"payable": None}, {"paid": U}),
    ("what is due is not known, and nothing is captured", {**money("failed"), "payable": None}, {"paid": F}),
    ("paid back", listed(PAYMENT, REFUND), {"paid": F}),
    ("a refund on its way", listed(PAYMENT, REFUND | {"payment_status": "pending"}), {"paid": F}),
    ("a refund that failed", listed(PAYMENT, REFUND | {"payment_status": "failed"}), {}),
    ("a refund nobody can judge", listed(PAYMENT, REFUND | {"payment_status": "odd"}), {"paid": U}),
    ("a kind nobody knows", listed(PAYMENT, REFUND | {"transaction_type": "adjustment"}), {"paid": U}),
    # prescription
    ("the prescription is rejected", {"prescription_state": "rejected"}, {"prescription": W}),
    ("a word of the prescription's nobody knows", {"prescription_state": "other"}, {"prescription": U}),
    ("no prescription", {"prescription_state": "none"}, {}),
    # one purchase
    ("another purchase names the order", {"rivals": (Rival("M2", ("PO1",)),)}, {"one_purchase": F}),
    ("it is this one's", {"rivals": (Rival("M2", ("PO1",), "M1", "ravi"),)}, {}),
    ("it is the other one's", {"rivals": (Rival("M2", ("PO1",), "M2", "ravi"),)}, {"one_purchase": F}),
    ("confirmed for another", {"live": LiveCall(State.SUCCEEDED, "ravi", "21 Nov", "M2")}, {"unconfirmed": F}),
    # world
    ("a purchase from test", {"environment": "test"}, {"same_world": F}),
    ("a purchase from before", {"environment": ""}, {"same_world": U}),
]


@pytest.mark.parametrize(("changed", "found"), [row[1:] for row in MATRIX], ids=[row[0] for row in MATRIX])
def test_every_tick_of_a_purchase(changed: dict[str, Any], found: dict[str, str]):
    seen = ticks.of(replace(MAY, **changed))

    assert {tick.code: tick.verdict for tick in seen if tick.verdict != P} == found


def test_every_tick_can_stop_it_or_warn():
    failing = {code for _name, _changed, found in MATRIX for code, verdict in found.items() if verdict in (F, W)}

    assert failing == {tick.code for tick in ticks.of(MAY)}


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_of_1mgs_lets_through_only_before_packing(status: int):
    blocked = ticks.blocking(ticks.of(replace(MAY, **orders(status))))

    assert bool(blocked) == (status not in {15, 17, 180, 170, 160, 100, 110})


def test_what_is_not_known_does_not_block():
    seen = ticks.of(replace(MAY, payment=None, environment="", **orders()))

    assert Verdict.UNKNOWN in {tick.verdict for tick in seen}
    assert ticks.blocking(seen) == []


@pytest.mark.parametrize(
    ("changed", "code", "may"),
    [
        (orders(99), "open", True),
        (orders(15, flagged=True), "looked_at", True),
        ({"registered_order_id": "PO9"}, "ids_agree", True),
        (money("pending"), "paid", True),
        ({"configured": False}, "configured", False),
        ({"payment_method": "COD"}, "method", False),
        (live(State.SUCCEEDED), "unconfirmed", False),
        (live(State.SENDING), "nobody_else", False),
        ({"onemg_order_id": ""}, "ids_usable", False),
        ({"environment": "live"}, "same_world", False),
    ],
)
def test_only_what_a_person_may_know_better_is_overridden(changed: dict[str, Any], code: str, may: bool):
    seen = ticks.of(replace(MAY, **changed))

    assert [tick.code for tick in ticks.blocking(seen)] == [code]
    assert (ticks.blocking(seen, {code}) == []) == may


def test_a_mark_covers_every_tick_and_the_order():
    seen = ticks.of(MAY)
    later = ticks.of(replace(MAY, **money("reversed")))

    read = ticks.mark(seen, "PO1")

    assert ticks.unread(read, seen, "PO1") == []
    assert ticks.unread(read, later, "PO2") == ["paid", "sent"]
    assert ticks.unread("", seen, "PO1") == [*(tick.code for tick in seen), "sent"]
