"""Asking Nimbbl whether a purchase is paid. Reads only; whatever goes wrong is "not known", never an error.

    claim(payment)     whether it is for the caller to have Nimbbl asked now; is_asked(payment): somebody has, and waits
    refresh(payment)   ask, and keep what came of it; for a thread of `payments.outbox`
    kept(payment)      what came of it last; fresh(payment): the same where it has only just come
    ask(payment)       ask and keep nothing, right before a call is sent

No page waits for Nimbbl: one that needs the answer has it asked for, shows what is kept, and looks again.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from orders import purchases
from payments import found_by, parties
from payments.models import Payment
from payments.partners import clients, http, nimbbl, redact, tokens
from payments.partners.nimbbl import Enquiry, NotTold
from payments.partners.nimbbl_money import Reckoning, is_rupees
from payments.preflight import gather
from payments.preflight.facts import PaymentFact
from payments.token_store import SharedToken

#: For the whole enquiry, the token included.
SECONDS: Final = 3.0
#: An answer is good for a page that is opened so much later.
FRESH: Final = timedelta(seconds=30)
#: Longer than asking may take; whoever has been asking for longer is dead.
LEASE: Final = timedelta(seconds=10)


def ask(payment: Payment | None) -> tuple[PaymentFact | None, Enquiry | None]:
    """What Nimbbl says of the payment now, for the pre-flight and for `keep`; `None` where nothing is linked.

    Takes up to three seconds, so never under a lock.
    """
    if payment is None:
        return None, None
    client = clients.for_nimbbl()
    if client is None:
        return _NOT_CONFIGURED, None
    secrets = client.secrets()

    def build(token: str) -> http.Request:
        secrets.append(token)
        return client.enquire(payment.pk, token)

    try:
        response = tokens.send(client, SharedToken.of(client), build, seconds=SECONDS)
        told = nimbbl.read_enquiry(response, order_id=payment.pk)
    except http.Trouble as trouble:
        return PaymentFact(trouble=trouble.user_message), None
    except NotTold as trouble:
        people = parties.of_purchase(payment.group_id)
        return PaymentFact(trouble=redact.text(trouble.reason, known=secrets, people=people)), None
    except http.BadId:
        return PaymentFact(trouble="its id at Nimbbl cannot be sent"), None
    return fact(told), told


def fact(told: Enquiry) -> PaymentFact:
    """What the pre-flight looks at."""
    return PaymentFact(
        order_status=told.status,
        payment_status=told.payment_status,
        listed=told.transactions is not None,
        reckoning=told.reckoning,
        foreign=next((one.currency for one in told.transactions or () if not is_rupees(one.currency)), ""),
    )


def claim(payment: Payment, *, every: timedelta = timedelta(0)) -> bool:
    """Whether Nimbbl is to be asked now; not where somebody is asking already. Two who claim at once: one may.

    `every`: nor where it was asked so short a time ago.
    """
    now = timezone.now()
    answered = Q(answered_at__gte=F("asked_at"), asked_at__lte=now - every)
    free = Q(asked_at=None) | Q(asked_at__lt=now - LEASE) | answered
    return bool(Payment.objects.filter(free, pk=payment.pk).update(asked_at=now))


def is_asked(payment: Payment) -> bool:
    """Whether somebody is asking Nimbbl, as the payment was read."""
    asked, answered = payment.asked_at, payment.answered_at
    return asked is not None and (answered is None or answered < asked) and timezone.now() - asked < LEASE


def refresh(payment: Payment) -> None:
    """Ask Nimbbl, and keep what came of it."""
    money, told = ask(payment)
    keep(payment, money, told)


def keep(payment: Payment, money: PaymentFact | None, told: Enquiry | None) -> None:
    """Keep what came of asking, and what Nimbbl said of the payment where it said something."""
    if money is None:
        return
    columns: dict[str, Any] = {"answer": _stored(money), "answered_at": timezone.now()}
    if told:
        columns |= _said(told)
    captured = columns.get("captured_amount", payment.captured_amount)
    otherwise = captured != payment.captured_amount, columns.get("invoice_id", payment.invoice_id) != payment.invoice_id
    if not any(otherwise):
        Payment.objects.filter(pk=payment.pk).update(**columns)
        return
    with transaction.atomic():
        group, _orders = purchases.locked(payment.group_id)  # before the payment, as everybody does
        Payment.objects.filter(pk=payment.pk).update(**columns)
        if gather.payment_of(group.pk) == payment:
            purchases.set_captured(group, captured)
        found_by.tell(group.pk)


def _said(told: Enquiry) -> dict[str, Any]:
    """What Nimbbl said, as columns."""
    return {
        "state": told.status[:20],
        "payment_status": told.payment_status[:20],
        "currency": told.currency[:3].upper(),
        "captured_amount": told.reckoning.captured if told.transactions is not None else None,
        "taken_back_amount": told.reckoning.taken_back if told.transactions is not None else None,
        "total_amount": told.total_amount,
        "invoice_id": told.invoice_id[:100],
        "heard_at": timezone.now(),
    }


def kept(payment: Payment | None) -> PaymentFact | None:
    """What came of asking last; `None` where nothing is linked, or nobody has asked yet."""
    if payment is None:
        return None
    if clients.for_nimbbl() is None:
        return _NOT_CONFIGURED
    return None if payment.answer is None else _restored(payment.answer)


def fresh(payment: Payment | None) -> PaymentFact | None:
    """The same, where it has only just come."""
    money = kept(payment)
    if payment is None or money is _NOT_CONFIGURED:
        return money
    return money if payment.answered_at and timezone.now() - payment.answered_at < FRESH else None


_NOT_CONFIGURED: Final = PaymentFact(trouble="Nimbbl is not configured in this portal")


def _stored(money: PaymentFact) -> dict[str, Any]:
    """As it is kept: amounts as text, which has no binary noise."""
    sums = {name: None if amount is None else str(amount) for name, amount in asdict(money.reckoning).items()}
    return {**asdict(money), "reckoning": sums}


def _restored(stored: dict[str, Any]) -> PaymentFact:
    sums = {name: None if amount is None else Decimal(amount) for name, amount in stored["reckoning"].items()}
    return PaymentFact(**{**stored, "reckoning": Reckoning(**sums)})
