"""How purchases were paid for at Nimbbl, told to `orders.paid`.

register()     say that we know
of(ids)        purchase -> Paid: its latest order at Nimbbl, which is the one that counts
"""

from __future__ import annotations

from collections.abc import Collection

from orders import paid
from orders.paid import Paid, PaidTransaction
from payments.models import Payment, Transaction


def register() -> None:
    """Say that we know."""
    paid.told_by(of)


def of(merchant_order_ids: Collection[str]) -> dict[str, Paid]:
    """How they stand, in two queries."""
    payments = Payment.objects.filter(group__in=merchant_order_ids).order_by("created_at", "-pk")
    return {payment.group_id: _paid(payment) for payment in payments.prefetch_related("transactions")}


def _paid(payment: Payment) -> Paid:
    return Paid(
        nimbbl_order_id=payment.pk,
        status=payment.payment_status,
        captured=payment.captured_amount,
        refunded=payment.refunded_amount,
        net=payment.net_amount,
        open_refunds=payment.open_refunds,
        said_by=payment.said_by,
        said_at=payment.said_at,
        transactions=tuple(_transaction(one) for one in payment.transactions.all()),
    )


def _transaction(one: Transaction) -> PaidTransaction:
    return PaidTransaction(
        transaction_id=one.transaction_id,
        kind=one.kind,
        status=one.word,
        amount=one.amount,
        currency=one.currency,
        mode=one.mode,
        bank_reference=one.bank_reference,
        at=one.said_at,
    )
