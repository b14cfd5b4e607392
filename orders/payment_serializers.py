"""What Nimbbl has told of a payment, as the read API says it."""

from __future__ import annotations

from rest_framework import serializers

from orders.api_fields import Instant, Rupees, Word
from orders.paid import Paid, PaidTransaction


class TransactionSerializer(serializers.Serializer[PaidTransaction]):
    """A payment attempt or a refund at Nimbbl, in its words. `at`: when we heard `status`."""

    transaction_id = serializers.CharField()
    kind = Word(allow_null=True)
    status = Word(allow_null=True)
    amount = Rupees(allow_null=True)
    currency = Word(allow_null=True)
    mode = Word(allow_null=True)
    bank_reference = Word(allow_null=True)
    at = Instant()


class PaymentSerializer(serializers.Serializer[Paid]):
    """What Nimbbl has told of the payment, by whichever way. `net`: captured, less refunded and open refunds."""

    nimbbl_order_id = serializers.CharField()
    status = Word(allow_null=True)
    captured = Rupees(allow_null=True)
    refunded = Rupees(allow_null=True)
    net = Rupees(allow_null=True)
    open_refunds = Rupees(allow_null=True)
    said_by = Word(allow_null=True)
    said_at = Instant(allow_null=True)
    transactions = TransactionSerializer(many=True)
