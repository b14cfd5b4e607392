"""Asking Nimbbl whether a purchase is paid. Reads only; whatever goes wrong is "not known", never an error.

    claim(payment)     whether it is for the caller to have Nimbbl asked now; is_asked(payment): somebody has, and waits
    refresh(payment)   ask, and keep what came of it; for a thread of `payments.outbox`
    kept(payment)      what is known since; fresh(payment): the same where an answer has only just come
    ask(payment)       ask and keep nothing, right before a call is sent

No page waits for Nimbbl: one that needs the answer has it asked for, shows what is kept, and looks again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from orders import purchases
from payments import parties
from payments.ledger import services as ledger
from payments.ledger.statements import of_enquiry
from payments.models import Payment
from payments.partners import clients, http, nimbbl, redact, tokens
from payments.partners.nimbbl import Enquiry, NotTold
from payments.preflight.facts import PaymentFact
from payments.reconciliation import planning
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

    asked_at = timezone.now()
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
    return PaymentFact.of(told), replace(told, asked_at=asked_at)


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


def keep(payment: Payment, money: PaymentFact | None, told: Enquiry | None) -> PaymentFact | None:
    """Keep what came of asking, and fold what Nimbbl said into what is known of the payment, which is returned.

    What its webhooks have said stands beside it: an answer may be older than they are.
    """
    if money is None:
        return None
    now = timezone.now()
    with transaction.atomic():
        purchases.locked(payment.group_id)
        if told:
            ledger.take(of_enquiry(told, nimbbl_order_id=payment.pk, at=told.asked_at or now))
        Payment.objects.filter(pk=payment.pk).update(answered_at=now, trouble=money.trouble)
        payment = Payment.objects.get(pk=payment.pk)
        planning.plan(payment)
    return ledger.known(payment)


def kept(payment: Payment | None) -> PaymentFact | None:
    """What is known of it by now; `None` where nothing is linked, or nothing was heard yet."""
    if payment is None:
        return None
    if clients.for_nimbbl() is None:
        return _NOT_CONFIGURED
    return ledger.known(payment)


def fresh(payment: Payment | None) -> PaymentFact | None:
    """The same, where an answer has only just come."""
    money = kept(payment)
    if payment is None or money is _NOT_CONFIGURED:
        return money
    return money if payment.answered_at and timezone.now() - payment.answered_at < FRESH else None


_NOT_CONFIGURED: Final = PaymentFact(trouble="Nimbbl is not configured in this portal")
