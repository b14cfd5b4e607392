"""What a monitor should know of refunds and of what Nimbbl is asked, read when it asks."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from orders import counting
from payments.choices import FOR_A_PERSON, OPEN_REFUND, RefundState
from payments.models import Payment, ReconciliationRun, Refund, RefundRequest


def gauges() -> Iterator[GaugeMetricFamily]:
    """Refunds that are not over, requests that are not judged, payments to be asked about. Six statements."""
    yield _refunds()
    yield from _requests()
    yield from _to_ask()
    if last := ReconciliationRun.last():  # a time that there is none of is not said
        words = "When a run of asking Nimbbl by the clock last came to its end (Unix time)."
        yield GaugeMetricFamily("portal_reconciliation_finished_timestamp_seconds", words, value=last.timestamp())


def _refunds() -> GaugeMetricFamily:
    """By where they stand; one that is paid or declined is over."""
    states = [state for state in RefundState if state in OPEN_REFUND | FOR_A_PERSON]
    counted = Refund.objects.filter(state__in=states).order_by().values_list("state").annotate(Count("pk"))
    found = dict(counted)
    gauge = GaugeMetricFamily("portal_refunds", "Refunds that are not over, by where they stand.", labels=["state"])
    for state in states:
        gauge.add_metric([state.value], found.get(state, 0))
    return gauge


def _requests() -> Iterator[GaugeMetricFamily]:
    pending = RefundRequest.objects.pending()
    words = "Refund requests of 1mg's that are kept and not judged, up to 1000."
    yield GaugeMetricFamily("portal_refund_requests_pending", words, value=counting.many(pending))
    words = "For how long the oldest of them has waited; 0 where none does."
    yield GaugeMetricFamily("portal_refund_request_oldest_seconds", words, value=counting.oldest_seconds(pending))


def _to_ask() -> Iterator[GaugeMetricFamily]:
    due = Payment.objects.filter(next_ask_at__lte=timezone.now())
    words = "Payments that Nimbbl is to be asked about now, up to 1000."
    yield GaugeMetricFamily("portal_payments_to_ask", words, value=counting.many(due))
    words = "For how long the first of them has been due; 0 where none is."
    late = counting.oldest_seconds(due, since="next_ask_at")
    yield GaugeMetricFamily("portal_payment_ask_late_seconds", words, value=late)
