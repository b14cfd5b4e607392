"""A portal full of what layouts break on: long words, long ids, other scripts, large amounts, calls in every state."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone

from orders.actors import Actor
from orders.asks import services as asks
from orders.asks.forms import CLOCKS_TO_ASK
from orders.care import presence
from orders.care import services as care
from orders.choices import Confirmation
from orders.models import OrderGroup
from orders.saved import services as saved
from payments.models import PartnerCall, Payment, Refund, RefundRequest
from tests.conftest import PAYLOADS, document, payload
from webhooks.models import Delivery, NimbblEvent, RejectedAttempt

#: The longest id there may be, and one that differs at its end.
LONG_ID = "MERCHANT0123456789012345678901234567890123456789012345678901234X"
OTHER_ID = LONG_ID[:-1] + "Y"
WORD = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 4
TITLE = ("Your order is being processed by our pharmacy partner and will be ready for dispatch very soon " * 4)[:300]
HINDI = "श्रीमतीप्रियदर्शिनीकृष्णमूर्तिवेंकटरमणन्" * 3
ARABIC = "مستشفىالرعايةالصحيةالأوليةفيالمدينة" * 3
CRORES = 999999999.00
USER = "somebody.with.a.very.long.name.of.a.user@operations.pharmacy.example.com"

Post = Callable[[Any], Any]


def fill(post: Post) -> None:
    """Everything that the pages of this package show."""
    _updates(post)
    _registrations()
    _calls()
    _care()
    _odd_deliveries(post)
    _events()


def _events() -> None:
    """Of Nimbbl's, with the longest words that there are; an order of nobody's, and what nothing proves."""
    said = {"transaction_id": "t" * 100, "kind": "k" * 100, "word": "w" * 100, "amount": "999999999.00"}
    said |= {"currency": "INR", "mode": "Credit Card EMI", "bank_reference": "9" * 40}
    body = json.dumps({"event_type": "e" * 64, "nimbbl_order_id": "o" * 100, "message": WORD}).encode()
    given = {"body": body, "size": len(body), "event_type": "e" * 64, "nimbbl_order_id": "o" * 100}
    given |= {"invoice_id": "i" * 100, "remote_address": "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"}
    NimbblEvent.objects.create(identity="1", proof="genuine", outcome="waiting", said=said, **given)
    NimbblEvent.objects.create(identity="2", proof="unproved", outcome="shown", version="v2", **given)
    NimbblEvent.objects.create(identity="3", outcome="pending", problem="Fails: KeyError", **given)


def administrator() -> User:
    """Who sees every page; with a long name."""
    names = {"first_name": WORD[:150], "last_name": WORD[:150]}
    user = User.objects.create_user(USER, password="a long pass phrase", is_staff=True, **names)
    user.groups.set(Group.objects.all())
    return user


def _updates(post: Post) -> None:
    for name in ("delivered", "order-stuck", "split-order"):
        post(payload(name))
    post(json.loads((Path(PAYLOADS) / "cases" / "F17-layout.json").read_text()))
    post(told(LONG_ID, "L", WORD))
    post(told(LONG_ID, "L", WORD, status_id=20, updated=1_700_000_100, amount=CRORES / 9))
    post(told("HINDI", "H", HINDI))
    post(told("ARABIC", "A", ARABIC, mode="نقدا"))


def told(purchase: str, mark: str, word: str, *, amount: float = CRORES, mode: str = WORD, **first: Any) -> Any:
    """The published split order as purchase `purchase`, with `word` for each text and `amount` for each amount.

    `first`: `status_id` and `updated` of its first order.
    """
    body = payload("split-order")
    whole = document(body)
    whole |= {"merchant_order_id": purchase, "group_order_id": f"{mark}{LONG_ID[1:]}"}
    whole["prescriptions"] = [{"url": f"https://url.com/{word}", "status": "Rejected", "reason": word}] * 2
    whole["user"] = {"email": f"{word[:200]}@example.com", "contact_number": "+91 98765 43210 / 98765 43211"}
    whole["delivery_address"] |= dict.fromkeys(("name", "city", "landmark", "street1", "street2", "pincode"), word)
    for number, order in enumerate(whole["grouped_orders"]):
        _harden(order, f"{mark}{number}{LONG_ID[2:]}", word, amount, mode)
    order = whole["grouped_orders"][0]
    order["order_status"] |= {"status_id": first.get("status_id", 130)}
    order["updated"] = first.get("updated", 1_700_000_000)
    return body


def _harden(order: dict[str, Any], order_id: str, word: str, amount: float, mode: str) -> None:
    order["order_id"] = order_id
    order["order_status"] |= {"title": TITLE, "sub_title": word}
    order["shipment_detail"] = {
        "delivery_partner_name": word,
        "tracking_number": word[:100],
        "tracking_url": f"not a link {word}",
        "delivery_contact": "9876543210",
        "delivery_contact_name": word,
    }
    for sku in order["skus"]:
        sku |= {"name": word, "pack_size_label": word, "prescription_status": word, "sku_id": f"{word}{sku['sku_id']}"}
        sku |= {"mrp": amount, "offered_price": amount, "normalized_quantity": 123456}
    invoice = {"skus": [], "doctor_name": word, "patient_name": word, "invoice_url": f"https://url.com/{word}"}
    order["invoice_data"] = {f"{word[:50]}{number}": invoice for number in range(2)}
    money = order["payment_summary"]
    money |= {key: amount for key, value in money.items() if isinstance(value, int | float) and value is not False}
    money |= {"mode": mode, "vas": [{"amount": amount, "display_text": word}]}


def _registrations() -> None:
    """Two purchases for one order of 1mg's, with long orders at Nimbbl."""
    first = OrderGroup.objects.get(pk=LONG_ID)
    registered = {"registered_at": timezone.now(), "registered_method": "ONLINE", "payable_amount": "999999999999.99"}
    OrderGroup.objects.filter(pk=LONG_ID).update(onemg_order_id=first.group_order_id, **registered)
    child = first.orders.earliest("pk").pk
    OrderGroup.objects.create(pk=OTHER_ID, onemg_order_id=child, first_seen_at=timezone.now(), **registered)
    address = {"address_1": WORD, "street": HINDI, "city": WORD[:100], "pincode": "560076"}
    known = {"shipping_address": address, "custom_attributes": {WORD[:64]: WORD}}
    for purchase, nimbbl in ((LONG_ID, f"o_{LONG_ID[2:]}"), ("F17", "o_F17")):
        Payment.objects.create(
            pk=nimbbl,
            group_id=purchase,
            payment_status="reversed",
            captured_amount="999999999999.99",
            taken_back_amount="999999999999.99",
            heard_at=timezone.now(),
            known=known,
        )


def _calls() -> None:
    """One call in each state, on purchases of their own where two would stand in each other's way."""
    _call(LONG_ID, "unknown", Confirmation.UNKNOWN)
    _call("F17", "succeeded", Confirmation.CONFIRMED)
    _call("HINDI", "rejected", Confirmation.REJECTED)
    _call("ARABIC", "intended", Confirmation.IN_FLIGHT, attempts=3, answer_code=None)
    _call("PO122434", "sending", Confirmation.IN_FLIGHT, sent_at=timezone.now(), answer_code=None)
    update = _call(LONG_ID, "succeeded", operation="update_order", partner="nimbbl", findings={"not_applied": [WORD]})
    payment = Payment.objects.get(group_id=LONG_ID)
    changes = {"shipping_address": payment.known["shipping_address"], "user_agent": WORD}
    _refund(LONG_ID, "waiting")
    _refund("HINDI", "failed")
    RefundRequest.objects.create(body=b"{}", unique_id=WORD[:200], order_id=LONG_ID, judged="unknown", amount=10**9)
    payment.known["updates"] = {str(update.pk): {"sent": changes, "shown": {"shipping_address": {"city": ARABIC}}}}
    payment.save()


def _refund(purchase: str, state: str) -> None:
    told = {"asked_by": WORD[:150], "hold": "second_child", "reason": WORD, "said": f"Nimbbl says: {WORD}"}
    Refund.objects.create(group_id=purchase, amount=10**9, state=state, asker="1mg", order_id=WORD[:64], **told)


def _call(purchase: str, state: str, confirmation: str = "", **more: Any) -> PartnerCall:
    if confirmation:
        OrderGroup.objects.filter(pk=purchase).update(
            confirmation_state=confirmation, confirmation_at=timezone.now(), confirmation_reason=f"1mg says: {WORD}"
        )
    body = json.dumps({"merchant_order_id": purchase, "detail": WORD * 40})
    about = {"partner": "1mg", "operation": "confirm", "state": state, "by": USER, "why": WORD, "overridden": ["paid"]}
    ticks = [{"code": "paid", "verdict": "fail", "words": f"₹99,99,99,999.00 captured, {WORD}", "overridable": True}]
    sent = {"method": "PUT", "url": f"https://partner.example/{WORD}", "request_headers": {"X-Long": WORD}}
    came = {"answer_code": 500, "answer_headers": {"X-Long": WORD}, "answer_body": f"{body}\n" * 60, "took_ms": 14_999}
    said = {"said": f"1mg says: {WORD}", "request_body": body, "ticks": ticks, "finished_at": timezone.now()}
    return PartnerCall.objects.create(group_id=purchase, **(about | sent | came | said | more))


def _care() -> None:
    """Notes and tags, and a purchase of somebody's with a long name."""
    owner = User.objects.create_user(f"{WORD[:140]}@staff", password=None)
    care.take(LONG_ID, by=owner, instead_of=None)
    for text in (WORD[:30], HINDI[:30], ARABIC[:30], "call back"):
        care.tag(LONG_ID, text, by=Actor.of(owner))
    for text in (WORD, TITLE * 3, ARABIC):
        care.note(LONG_ID, text, by=Actor.of(owner))
    presence.sign(LONG_ID, owner)
    for name, query in ((WORD[:60], f"city={WORD[:90]}"), (HINDI[:60], "status=130&turn=us"), ("Stuck", "status=20")):
        saved.save(owner, name, query, is_shared=True)
    asks.ask([OTHER_ID, "HINDI", "F17"], CLOCKS_TO_ASK, by=Actor.of(owner))


def _odd_deliveries(post: Post) -> None:
    """Deliveries that nobody understands or that were set aside, and posts turned away."""
    odd = payload("delivered")
    document(odd)["grouped_orders"][0]["payment_summary"]["order_mrp"] = WORD
    document(odd).update({f"{WORD}{number}": WORD for number in range(3)})
    post(odd)
    post(json.dumps([WORD]).encode())
    post(b"{" + WORD.encode())
    post(told("ASIDE", "S", WORD))
    last = Delivery.objects.latest("pk")
    Delivery.objects.filter(pk=last.pk).update(outcome="quarantined", settled_at=None, problem=WORD[:200])
    RejectedAttempt.objects.create(
        minute=timezone.now(), remote_address="2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", reason=WORD[:40], times=123_456
    )
