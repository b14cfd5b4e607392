"""Nimbbl's events, posted to a portal over real sockets in every manner that the sandbox knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from onemg_portal.sandbox.events import Events
from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.books import Order, PaidBack
from onemg_portal.sandbox.partners.nimbbl_telling import MANNERS, Telling, captured, refunded
from orders.actors import Actor
from orders.choices import PaymentMethod
from payments.models import Payment
from payments.registration import services as registration
from tests.onemg_portal.sandbox.playing import Play
from webhooks.models import NimbblEvent, RejectedAttempt

pytestmark = pytest.mark.django_db(transaction=True)

WHOLE = Decimal("652.36")
Tell = Callable[..., Events]


@pytest.fixture
def order(play: Play) -> Order:
    """A purchase that the shop has registered and whose payment is pending at Nimbbl."""
    told = registration.Registration("M1", "PO1", PaymentMethod.ONLINE, WHOLE, "o_1")
    registration.register(told, by=Actor("the shop"))
    return play.stage.partners.tell(
        merchant_order_id="M1", onemg_order_id="PO1", nimbbl_order_id="o_1", payment_status="pending"
    )


@pytest.fixture
def events(play: Play) -> Events:
    """Nimbbl, telling the portal of the play."""
    partners = play.stage.partners
    return Events(play.add, partners.books, partners.agreed, play.say)


def kept() -> list[tuple[str, str, str, int]]:
    """The events that the portal has: type, proof, outcome, how often."""
    return list(NimbblEvent.objects.order_by("pk").values_list("event_type", "proof", "outcome", "times_seen"))


def amount() -> Decimal | None:
    """What was captured, as far as the portal knows."""
    return Payment.objects.get(pk="o_1").captured_amount


SUCCESS = ("payment_success", "genuine", "taken", 1)
NOT_PROVED = ("payment_success", "unproved", "shown", 1)
REVERSING, REVERSED = (("payment_reversing", *SUCCESS[1:]), ("payment_reversed", *SUCCESS[1:]))


@pytest.mark.parametrize(
    ("manner", "events_kept", "known"),
    [
        ("fine", [SUCCESS], WHOLE),
        ("late", [SUCCESS], WHOLE),
        ("twice", [(*SUCCESS[:3], 2)], WHOLE),
        ("out-of-order", [SUCCESS], WHOLE),
        ("sealed", [SUCCESS], WHOLE),
        ("older", [NOT_PROVED], None),
        ("unsigned", [NOT_PROVED], None),
        ("forged", [], None),
    ],
)
def test_what_a_portal_makes_of_a_payment(
    play: Play, order: Order, events: Events, manner: str, events_kept: list[Any], known: Decimal | None
) -> None:
    events.tell(order, captured(order), manner)
    play.until(120)

    assert (kept(), amount()) == (events_kept, known)


@pytest.mark.parametrize(
    ("manner", "events_kept"),
    [("reversed", [SUCCESS, REVERSING, REVERSED]), ("reversed-out-of-order", [REVERSED, REVERSING, SUCCESS])],
)
def test_a_payment_that_is_reversed_is_none_in_whichever_order_it_is_told(
    play: Play, order: Order, events: Events, manner: str, events_kept: list[Any]
) -> None:
    events.tell(order, captured(order), manner)
    play.until(300)

    assert (kept(), amount()) == (events_kept, Decimal(0))
    assert play.stage.partners.books.find("M1") == replace(order, payment_status="reversed")


def test_a_forgery_is_refused_counted_and_not_repeated(play: Play, order: Order, events: Events) -> None:
    events.tell(order, captured(order), "forged")
    play.until(600)

    assert [line.split()[-2:] for line in play.lines] == [["401", "forged"]]
    assert [(one.reason, one.times) for one in RejectedAttempt.objects.all()] == [("signature", 1)]


def test_what_is_late_is_so_at_Nimbbl_before_it_is_told(play: Play, order: Order, events: Events) -> None:
    events.tell(order, captured(order), "late")
    play.until(30)

    found = play.stage.partners.books.find("M1")
    assert (found and found.payment_status, kept()) == ("succeeded", [])


def test_an_event_that_is_not_taken_comes_again(play: Play, order: Order, events: Events, settings: Any) -> None:
    secret, settings.NIMBBL_ACCESS_SECRET = settings.NIMBBL_ACCESS_SECRET, ""
    events.tell(order, captured(order), "fine")
    play.until(1)
    settings.NIMBBL_ACCESS_SECRET = secret
    play.until(30)

    assert [line.split()[-1] for line in play.lines] == ["503", "200"]
    assert kept() == [SUCCESS]


@pytest.mark.parametrize(
    ("manner", "types"),
    [
        ("fine", ["refund_pending", "refund_success"]),
        ("out-of-order", ["refund_success", "refund_pending"]),
        ("sealed", ["refund_pending", "refund_success"]),
    ],
)
def test_a_refund_is_told_when_it_is_taken_and_when_it_is_paid(
    play: Play, order: Order, events: Events, manner: str, types: list[str]
) -> None:
    paid_back = PaidBack("o_1-00003", "RF-1", "100.00")

    events.tell(order, refunded(order, paid_back), manner)
    play.until(60)

    assert [event_type for event_type, *_ in kept()] == types
    (transaction,) = Payment.objects.get(pk="o_1").transactions.all()
    assert (transaction.transaction_id, transaction.amount) == ("o_1-00003", Decimal("100.00"))


def test_without_an_address_it_happens_and_is_told_to_nobody(play: Play, order: Order) -> None:
    books = play.stage.partners.books

    Events(play.add, books, Agreed(), play.say).tell(order, captured(order), "fine")
    play.until(10)

    found = books.find("M1")
    assert (found and found.payment_status, play.lines) == ("succeeded", [])


@pytest.mark.parametrize("manner", MANNERS)
def test_no_manner_tells_of_what_has_not_happened_yet(manner: str) -> None:
    order = Order("M1", "PO1", "o_1")
    happens: list[Callable[[], list[Telling]]] = [
        partial(captured, order),
        partial(refunded, order, PaidBack("o_1-00003", "RF-1", "100.00")),
    ]

    assert all(one.told >= one.at for tell in happens for one in MANNERS[manner](order, tell()))
