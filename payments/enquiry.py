"""Asking Nimbbl whether a purchase is paid. Reads only; whatever goes wrong is "not known", never an error."""

from __future__ import annotations

from typing import Final

from django.utils import timezone

from payments import parties
from payments.models import Payment
from payments.partners import clients, http, nimbbl, redact, tokens
from payments.partners.nimbbl import Enquiry, NotTold
from payments.partners.nimbbl_money import is_rupees
from payments.preflight import PaymentFact
from payments.token_store import SharedToken

#: Staff wait for this answer.
SECONDS: Final = 3.0


def ask(payment: Payment | None) -> tuple[PaymentFact | None, Enquiry | None]:
    """What Nimbbl says of the payment now, for the pre-flight and for `remember`; `None` where nothing is linked.

    Takes up to three seconds, so never under a lock.
    """
    if payment is None:
        return None, None
    client = clients.for_nimbbl()
    if client is None:
        return PaymentFact(trouble="Nimbbl is not configured in this portal"), None
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


def remember(payment_id: str, told: Enquiry) -> None:
    """Keep what Nimbbl last said of the payment."""
    Payment.objects.filter(pk=payment_id).update(
        state=told.status[:20],
        payment_status=told.payment_status[:20],
        currency=told.currency[:3].upper(),
        captured_amount=told.reckoning.captured if told.transactions is not None else None,
        taken_back_amount=told.reckoning.taken_back if told.transactions is not None else None,
        total_amount=told.total_amount,
        invoice_id=told.invoice_id[:100],
        heard_at=timezone.now(),
    )
