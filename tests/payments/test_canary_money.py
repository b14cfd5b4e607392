"""The canary of the money side: people, in whatever Nimbbl, 1mg and the shop say, by every way in.

Row O32: a payer is nobody that the portal knows, so no list of names can hide one. What is shown to a Viewer, told by
the API without personal data, exported, measured or logged must hold none of it, on any page that there is.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db.models import Model
from django.test import Client

from onemg_portal.logs import JsonFormatter
from onemg_portal.sandbox.partners import nimbbl_webhooks as nimbbl
from onemg_portal.sandbox.partners.kinds import KINDS
from onemg_portal.sandbox.partners.server import Partners
from onemg_portal.sandbox.partners.turn import Turn
from onemg_portal.sandbox.partners.wire import Answer, json_answer
from orders.actors import Actor
from orders.models import ApiKey, OrderGroup
from payments import outbox, services
from payments.cancelling import services as cancelling
from payments.models import PartnerCall, Payment, Refund, RefundRequest, Transaction
from payments.refunds import services as refunds
from tests import addresses
from tests.conftest import document, order_update
from tests.payments import conftest as acting
from tests.payments.conftest import Buy, carried
from tests.payments.test_canary import hits, leaks
from tests.rows import everything
from tests.server import PAYMENT_TOKEN
from webhooks import tracking
from webhooks.models import Delivery, NimbblEvent

key_pair, partners, buy, asha = acting.key_pair, acting.partners, acting.buy, acting.asha
pytestmark = pytest.mark.django_db(transaction=True)

NAME, UPI, CARD, PHONE = "Zqpayer Kanarija", "zqpayer.kanarija@zqbank", "XXXXZq91", "9876504321"
MAIL, BANK, ADDRESS_IP = "zqpayer@example.org", "Zqref of Kanarija 77", "203.0.113.78"
PERSONAL = [NAME, UPI, CARD, PHONE, MAIL, BANK, ADDRESS_IP, "Zqpayer"]
SENTENCE = f"{NAME} ({UPI}, card {CARD}, {PHONE}, {MAIL}, {ADDRESS_IP}) paid as {BANK}"
PAYER = {"name": NAME, "upi_id": UPI, "card": CARD, "mobile_number": PHONE, "email": MAIL, "reference": BANK}
#: Texts that a partner fills in as it likes.
FREE = {
    *("message", "nimbbl_consumer_message", "nimbbl_merchant_message", "payment_partner", "processing_payment_partner"),
    *("payment_acquirer", "psp_transaction_id", "payment_mode", "payment_arn", "refund_arn", "offer_id", "upi_holder"),
    *("upi_id", "upi_app_name", "bank_name", "title", "sub_title", "description", "reason"),
}


def tainted(told: Any) -> Any:
    """The same with a person in every text that is free, and in keys that nobody has described."""
    if isinstance(told, list):
        return [tainted(one) for one in told]
    if not isinstance(told, dict):
        return told
    kept = {key: SENTENCE if key in FREE else tainted(value) for key, value in told.items()}
    return kept | {"payer": PAYER, "note": SENTENCE, SENTENCE[:40]: NAME}


@pytest.fixture(autouse=True)
def _gossip(monkeypatch: pytest.MonkeyPatch, partners: Partners) -> None:
    """Both partners do as they should, and tell of people in every answer."""

    def kind(turn: Turn) -> Answer:
        answer = turn.act()
        return json_answer(answer.code, tainted(json.loads(answer.body)))

    def refusing(turn: Turn) -> Answer:
        return turn.refuse(400, SENTENCE)

    monkeypatch.setitem(KINDS, "gossips", kind)
    monkeypatch.setitem(KINDS, "refuses-and-gossips", refusing)


def say(event: Any) -> int:
    """Nimbbl posts an event, whose sender is a person too."""
    headers = {"User-Agent": SENTENCE, "X-Payer": NAME}
    return Client().post("/nimbbl/events/", nimbbl.posted(event), "application/json", headers=headers).status_code


def ask(body: bytes) -> int:
    """1mg asks for a refund."""
    headers = {"Authorization": f"Token {PAYMENT_TOKEN}", "User-Agent": SENTENCE}
    return Client().post("/refund-requests/", body, "application/json", headers=headers).status_code


@pytest.fixture
def written() -> Iterator[list[str]]:
    """What is logged, as and where a portal of its own logs it."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Keep()
    handler.setFormatter(JsonFormatter())
    loggers = [logging.getLogger(name) for name in ("", *settings.LOGGING["loggers"])]
    for logger in loggers:
        logger.addHandler(handler)
    yield lines
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.fixture
def done(buy: Buy, partners: Partners, asha: Actor, post: Callable[..., Any], written: list[str]) -> list[str]:
    """Everything of money has happened, with people in all of it; what was logged."""
    for name, kind in (("M1", "gossips"), ("M2", "refuses-and-gossips")):
        buy(name, status=99)
        for address in (f"o_{name}", f"PO{name}"):
            partners.misbehave(address, "gossips", on="enquiry")
            for endpoint in ("update", "refund", "cancel", "track"):
                partners.misbehave(address, kind, on=endpoint)
    events(partners)
    requests()
    the_shop()
    for name in ("M1", "M2"):
        carried(services.update_order(f"o_{name}", {"user_agent": "Mozilla"}, by=asha))
        refunds.start(name, Decimal(50), by=asha, why="Broken")
        tracked(partners, name)
        tracking.ask(name, by=asha)
    buy("M3")
    partners.misbehave("POM3", "gossips", on="cancel")
    carried(cancelling.cancel("M3", "POM3", why="Ordered twice", by=asha))
    assert outbox.drain(30)
    return written


def events(partners: Partners) -> None:
    """Signed in each way, not at all, and forged; of a known order, of another's, and of a type that nobody knows."""
    secret = partners.agreed.nimbbl_access_secret
    order = partners.books.find("M1")
    assert order
    for attempt, kind in enumerate(("payment_success", "payment_failed"), 7):
        event = tainted(nimbbl.payment(order, kind, attempt=attempt))
        ways = (nimbbl.signed(event, secret), nimbbl.sealed(event, secret), nimbbl.older(event, secret))
        codes = [say(one) for one in (*ways, nimbbl.unsigned(event), nimbbl.signed(event, "test-forged"))]
        assert codes == [200, 200, 200, 200, 401]
    say(nimbbl.signed(tainted(nimbbl.refund(order, "10")) | {"event_type": SENTENCE}, secret))
    say(nimbbl.unsigned(tainted(nimbbl.payment(order)) | {"nimbbl_order_id": NAME, "event_type": SENTENCE}))
    say({"encrypted_response": SENTENCE})
    say({"version": "v4", "payload": SENTENCE, "signature": SENTENCE})


def requests() -> None:
    """Requests that are judged, that nobody knows and that cannot be read, with people for ids as well."""
    asked = {"unique_id": SENTENCE, "order_id": "POM1", "refund_amount": 20}
    codes = [ask(json.dumps(told).encode()) for told in (tainted(asked), asked | {"order_id": NAME}, {"x": SENTENCE})]
    assert codes[0] == 200
    ask(json.dumps(asked | {"unique_id": UPI, "merchant_order_id": NAME, "refund_amount": 21}).encode())
    ask(SENTENCE.encode())
    for name in (SENTENCE, UPI):
        headers = {"Authorization": f"Token {PAYMENT_TOKEN}"}
        Client().get(f"/refund-requests/{name}", headers=headers)
        Client().get(f"/transactions/{name}", headers=headers)


def the_shop() -> None:
    """A registration and what is added to it, with what the shop knows of the payment."""
    key = ApiKey.issue("shop", may_write=True)[1]
    headers = {"Authorization": f"Token {key}"}
    paid = {"status": SENTENCE, "amount": "652.36", "transaction_id": BANK, "mode": NAME, "payer": PAYER}
    said = {"merchant_order_id": "M9", "onemg_order_id": "POM9", "payment_method": "ONLINE", "payable_amount": "652.36"}
    for payment in (paid, {"status": "succeeded", "amount": "652.36", "transaction_id": "o_M9-00001"}):
        Client().post("/api/orders/", said | {"payment": payment}, "application/json", headers=headers)
        Client().post("/api/orders/", said, "application/json", headers=headers)
        Client().patch("/api/orders/M9/", {"payment": payment}, "application/json", headers=headers)


def tracked(partners: Partners, name: str) -> None:
    """1mg's own books tell of people."""
    told = document(order_update(f"PO{name}", 99, 1_700_000_500))
    told |= {"merchant_order_id": name, "group_order_id": f"PO{name}", "note": SENTENCE}
    told["user"] = {"email": MAIL, "contact_number": PHONE}
    told["delivery_address"] |= {"name": NAME, "contact_number": PHONE, "street1": SENTENCE}
    partners.books.note(json.dumps(told).encode())


# --- where it may not be ----------------------------------------------------------------------------------------------

#: The rows that have a page each.
PAGES: dict[str, type[Model]] = {
    "/nimbbl/{}/": NimbblEvent,
    "/refunds/{}/": Refund,
    "/refunds/{}/approve/": Refund,
    "/calls/{}/": PartnerCall,
    "/deliveries/{}/": Delivery,
    "/orders/{}/": OrderGroup,
    "/orders/{}/?source=1mg": OrderGroup,
    "/orders/{}/?source=nimbbl": OrderGroup,
    "/admin/payments/payment/{}/change/": Payment,
    "/admin/payments/transaction/{}/change/": Transaction,
    "/admin/payments/refund/{}/change/": Refund,
    "/admin/payments/refundrequest/{}/change/": RefundRequest,
    "/admin/payments/partnercall/{}/change/": PartnerCall,
    "/admin/webhooks/nimbblevent/{}/change/": NimbblEvent,
    "/admin/webhooks/delivery/{}/change/": Delivery,
}


def every_page() -> list[str]:
    """Every address there is, and those of each row of money."""
    each = [
        path.format(pk) for path, model in PAGES.items() for pk in model._default_manager.values_list("pk", flat=True)
    ]
    lists = ["/orders/?format=csv", "/orders/?q=M1", "/find/?q=M1", "/money/?money=captured", "/nimbbl/?proof=unproved"]
    return [*addresses.every().values(), *each, *lists]


def shown(browser: Client) -> dict[str, str]:
    """Each page as this browser is answered."""
    browser.raise_request_exception = False
    found = {}
    for path in every_page():
        answer = browser.get(path)
        found[path] = "".join(map(bytes.decode, answer)) if answer.streaming else answer.content.decode()
    return found


def test_O32_a_viewer_is_shown_nobody_who_pays_on_any_page(done: list[str], as_role: Callable[[str], Client]) -> None:
    assert leaks(shown(as_role("Viewer")), PERSONAL) == {}


def test_O32_the_api_and_the_metrics_tell_of_nobody_who_pays(done: list[str]) -> None:
    browser = Client(headers={"Authorization": f"Token {ApiKey.issue('tool')[1]}"})
    groups = OrderGroup.objects.values_list("pk", flat=True)
    paths = ["/api/orders/", "/api/metrics/", *[f"/api/orders/{pk}/" for pk in groups], "/api/schema/"]

    answers = {path: browser.get(path) for path in paths}

    assert {answer.status_code for answer in answers.values()} == {200}
    assert leaks({path: answer.content.decode() for path, answer in answers.items()}, PERSONAL) == {}


def test_O32_the_log_tells_of_nobody_who_pays(done: list[str]) -> None:
    assert hits("\n".join(done), PERSONAL) == []


def test_O32_control_who_pays_is_in_the_bytes_that_are_kept_and_was_said(done: list[str]) -> None:
    rows = everything()

    assert set(hits(str([row["body"] for row in rows["webhooks.NimbblEvent"].values()]), PERSONAL)) == set(PERSONAL)
    assert set(hits(str([row["body"] for row in rows["payments.RefundRequest"].values()]), PERSONAL)) == set(PERSONAL)
    assert {call.operation for call in PartnerCall.objects.exclude(answer_body="")} == {
        "refund",
        "update_order",
        "cancel",
    }
