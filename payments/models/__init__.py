"""The records of acting and of money."""

from payments.models.calls import LEASE, ConfirmedOrder, PartnerCall, Ruling
from payments.models.money import Payment, Transaction
from payments.models.refunds import Refund, RefundRequest
from payments.models.runs import ReconciliationRun
from payments.models.tokens import PartnerToken

__all__ = [
    "LEASE",
    "ConfirmedOrder",
    "PartnerCall",
    "PartnerToken",
    "Payment",
    "ReconciliationRun",
    "Refund",
    "RefundRequest",
    "Ruling",
    "Transaction",
]
