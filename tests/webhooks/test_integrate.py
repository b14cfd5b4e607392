"""The sample answers of docs/integrate.md: each row of its tables is what a partner is answered.

A row is found by its section, its code and its words; `WAYS` says how each comes about. A row without a way fails, and
so does a way without a row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from onemg_portal.sandbox.partners.server import Partners
from orders import purchases
from orders.actors import Actor
from orders.choices import PaymentMethod
from payments import enquiry, outbox
from payments.choices import Teller
from payments.ledger.services import take
from payments.ledger.statements import Statement
from payments.models import Payment, Refund
from payments.refunds import services as refunds
from payments.registration import services as registration
from tests.conftest import document, order_update
from tests.payments import conftest as acting
from tests.payments.ledger.said import payment
from tests.server import PAYMENT_TOKEN, ROOT, TOKEN
from tests.webhooks.test_nimbbl import FORGED, PAID
from tests.webhooks.test_nimbbl import SECRET as SIGNED_WITH
from tests.webhooks.test_views import without_table
from webhooks import events, receiving

key_pair, partners, asha = acting.key_pair, acting.partners, acting.asha

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = (ROOT / "docs" / "integrate.md").read_text()
ROW = re.compile(r"^\| (\d{3}) \| `(\{.*?\})` \|", re.M)
ORDER = "PO29523371880004"
WANTED = {"unique_id": "RF-1001", "order_id": ORDER, "refund_amount": 652.36}


@dataclass(frozen=True)
class Door:
    """One kind of request as a partner makes it."""

    method: str
    path: str
    token: str = ""
    body: bytes = b""

    def ask(self, *, token: str | None = None, path: str = "", **environ: Any) -> Any:
        """Make it, with other CGI variables where some are given."""
        shown = self.token if token is None else token
        given = {"CONTENT_LENGTH": str(len(self.body))} | ({"HTTP_AUTHORIZATION": f"Token {shown}"} if shown else {})
        return Client().generic(self.method, path or self.path, self.body, content_type="", **given | environ)

    def saying(self, body: Any) -> Door:
        """The same about something else."""
        return Door(self.method, self.path, self.token, body if isinstance(body, bytes) else json.dumps(body).encode())


UPDATES = Door("POST", "/update-status/", TOKEN, json.dumps(order_update()).encode())
PAYMENT = Door("GET", "/transactions/M1001", PAYMENT_TOKEN)
EVENTS = Door("POST", "/nimbbl/events/", body=json.dumps(PAID).encode())
REFUND = Door("POST", "/refund-requests/", PAYMENT_TOKEN, json.dumps(WANTED).encode())
LOOK = Door("GET", "/refund-requests/RF-1001", PAYMENT_TOKEN)
SECTIONS = {
    "The order update webhook": UPDATES,
    "What 1mg asks about a payment": PAYMENT,
    "What Nimbbl tells us": EVENTS,
    "Refunds that 1mg asks for": REFUND,
}


@dataclass
class World:
    """What a way may change."""

    door: Door
    settings: Any
    patch: pytest.MonkeyPatch
    partners: Partners
    asha: Actor

    def buy(self, amount: str, *, method: str = "ONLINE", **told: Any) -> None:
        """The page's purchase: registered, known to both partners, and what Nimbbl has taken is known."""
        self.partners.tell(
            merchant_order_id="M1001", onemg_order_id=ORDER, nimbbl_order_id="o_1001", payable_amount=amount, **told
        )
        said = registration.Registration("M1001", ORDER, PaymentMethod(method), Decimal(amount), "o_1001")
        registration.register(said, by=Actor("the shop"))
        enquiry.refresh(Payment.objects.get())


@pytest.fixture
def world(partners: Partners, asha: Actor, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A portal that is configured for both partners."""
    yield World(UPDATES, settings, monkeypatch, partners, asha)
    assert outbox.drain(30)


# --- how each row comes about -----------------------------------------------------------------------------------------


def throttled(world: World) -> Any:
    world.settings.ONEMG_WEBHOOK_WRONG_TOKENS_A_MINUTE = 0
    return (world.door.saying(FORGED) if world.door is EVENTS else world.door).ask(token="wrong")


def plain_http(world: World) -> Any:
    world.settings.SECURE_SSL_REDIRECT = True
    return world.door.ask()


def from_elsewhere(world: World) -> Any:
    world.settings.ONEMG_WEBHOOK_ALLOWED_ADDRESSES = ["10.0.0.5"]
    return world.door.ask()


def without_its_tables(world: World) -> Any:
    table = {UPDATES: "webhooks_delivery", PAYMENT: "orders_ordergroup", EVENTS: "webhooks_nimbblevent"}
    with without_table(table.get(world.door, "payments_refundrequest")):
        return world.door.ask()


def by(method: str) -> Callable[[World], Any]:
    return lambda world: Door(method, world.door.path, world.door.token).ask()


#: Of any door, by the words of the answer.
COMMON: dict[str, Callable[[World], Any]] = {
    "A valid token is required.": lambda world: world.door.ask(token="wrong"),
    "Use https.": plain_http,
    "This address may not post here.": from_elsewhere,
    "No such address.": lambda world: world.door.ask(path=f"{world.door.path}//"),
    "The request cannot be read.": lambda world: world.door.ask(HTTP_HOST="evil.example"),
    "Only POST is accepted.": by("PUT"),
    "Only GET is accepted.": by("PUT"),
    "Send the body with a length.": lambda world: world.door.ask(CONTENT_LENGTH=""),
    "The body is too large.": lambda world: world.door.ask(CONTENT_LENGTH="1000001"),
    "Send the body uncompressed.": lambda world: world.door.ask(HTTP_CONTENT_ENCODING="gzip"),
    "Request was throttled. Expected available in N seconds.": throttled,
    "Temporarily unavailable, please send again.": without_its_tables,
    "Temporarily unavailable, please ask again.": without_its_tables,
}


def half_applied(world: World) -> Any:
    world.patch.setattr(receiving, "BUDGET_SECONDS", -1.0)
    body = order_update()
    (entry,) = document(body)["grouped_orders"]
    document(body)["grouped_orders"] = [entry, {**entry, "order_id": "PO2"}]
    return world.door.saying(body).ask()


def paid(world: World) -> Any:
    world.buy("739.48")
    return world.door.ask()


def open_payment(world: World) -> Any:
    world.buy("739.48", payment_status="pending")
    return world.door.ask()


def closed(world: World) -> Any:
    world.buy("739.48", payment_status="failed")
    with transaction.atomic():
        purchases.locked("M1001")
        lost = (payment("failed", "739.48"),)
        later = timezone.now() + timedelta(seconds=1)
        take(
            Statement(Teller.ENQUIRY, later, "o_1001", lost, lists_all=True, refunded=Decimal(0), order_status="lapsed")
        )
    return world.door.ask()


def cash(world: World) -> Any:
    world.buy("739.48", method="COD")
    return world.door.ask()


def asked_for(world: World) -> Any:
    world.buy("652.36")
    return world.door.ask()


def paid_back(world: World) -> Any:
    asked_for(world)
    refunds.approve(Refund.objects.get(), by=world.asha)
    assert outbox.drain(30)
    return LOOK.ask()


def declined(world: World) -> Any:
    asked_for(world)
    refunds.decline(Refund.objects.get(), by=world.asha, why="It was delivered")
    return LOOK.ask()


def too_much(world: World) -> Any:
    world.buy("100.00")
    return world.door.ask()


def clashing(world: World) -> Any:
    asked_for(world)
    return world.door.saying(WANTED | {"refund_amount": 1}).ask()


def flooding(world: World) -> Any:
    world.patch.setattr(events, "MOST_UNPROVED", 0)
    return world.door.saying({"number": 1}).ask()


#: Of one section, by the words of the answer, or by its status.
OWN: dict[Door, dict[str, Callable[[World], Any]]] = {
    UPDATES: {
        "Order updated. Reference N.": lambda world: world.door.ask(),
        "Kept, not applied yet. Reference N.": half_applied,
        "Kept for review. Reference N.": lambda world: world.door.saying(order_update(status_id=987)).ask(),
        "The body is not JSON (line 1, column 9). Reference N.": lambda world: world.door.saying(b'{"a": 1,}').ask(),
    },
    PAYMENT: {
        "SUCCESS": paid,
        "PENDING": open_payment,
        "FAILED": closed,
        "No such transaction.": lambda world: world.door.ask(),
        "Cash on delivery: nothing is paid through us.": cash,
    },
    EVENTS: {
        "True": lambda world: world.door.ask(),
        "The body is not a JSON object.": lambda world: world.door.saying(b"[]").ask(),
        "The signature is not valid.": lambda world: world.door.saying(FORGED).ask(),
        "Too many events without a valid signature.": flooding,
    },
    REFUND: {
        "Refund taken by the payment gateway.": paid_back,
        "Kept; the refund is being looked at.": asked_for,
        "Declined by the merchant.": declined,
        "The order id is missing, or longer than N characters.": lambda world: world.door.saying(
            {"unique_id": "RF-1", "refund_amount": 1}
        ).ask(),
        "No such order.": lambda world: world.door.ask(),
        "No such refund request.": lambda _world: LOOK.ask(),
        "More than is left of what was captured.": too_much,
        "Another request has this unique id.": clashing,
        "Only GET is accepted.": lambda _world: Door("PUT", LOOK.path, LOOK.token).ask(),
    },
}

# --- the page ---------------------------------------------------------------------------------------------------------


def plain(words: str) -> str:
    """Without the numbers that differ from one answer to the next."""
    return re.sub(r"(Reference|in|than) \d+( seconds?)?", r"\1 N\2", words).replace("N second.", "N seconds.")


def key(told: dict[str, Any]) -> str:
    """By what a sample is found in the tables above."""
    return plain(str(told.get("message") or told.get("error") or told.get("status") or told["received"]))


def samples(section: str) -> Iterator[tuple[str, int, str]]:
    """The rows of a section's table: which section, code and body."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    for code, body in ROW.findall(text):
        yield section, int(code), body


ROWS = [row for section in SECTIONS for row in samples(section)]


@pytest.mark.parametrize(("section", "code", "body"), ROWS, ids=[f"{s} {c} {key(json.loads(b))}" for s, c, b in ROWS])
def test_a_sample_is_what_is_answered(world: World, section: str, code: int, body: str) -> None:
    world.door = SECTIONS[section]
    if world.door is EVENTS:
        world.settings.NIMBBL_ACCESS_SECRET = SIGNED_WITH
    ways = COMMON | OWN[world.door]

    answer = ways[key(json.loads(body))](world)

    assert (answer.status_code, plain(answer.content.decode())) == (code, plain(body))
    assert answer["Content-Type"] == "application/json"


@pytest.mark.parametrize("section", SECTIONS)
def test_whatever_is_known_to_be_answered_has_a_sample(section: str) -> None:
    documented = {key(json.loads(body)) for _section, _code, body in samples(section)}

    assert set(OWN[SECTIONS[section]]) - documented == set()
