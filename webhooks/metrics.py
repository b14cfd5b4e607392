"""What a monitor should know of deliveries and of Nimbbl's events, read when it asks."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from orders import counting
from webhooks import refused
from webhooks.models import Delivery, NimbblEvent, Source


def gauges() -> Iterator[GaugeMetricFamily]:
    """What 1mg and Nimbbl have posted and what is still to be made of it. Eight statements."""
    yield from _deliveries()
    yield from _events()


def _deliveries() -> Iterator[GaugeMetricFamily]:
    """How many wait, were set aside or refused within a day, each up to a thousand; and the last one's time."""
    refused_lately = Delivery.objects.refused_since(timezone.now() - refused.TOLD)
    waiting = {
        "pending": Delivery.objects.pending(),
        "set_aside": Delivery.objects.set_aside(),
        "refused": refused_lately,
    }
    many = GaugeMetricFamily("portal_deliveries", "Deliveries that are not applied, up to 1000.", labels=["state"])
    for state, some in waiting.items():
        many.add_metric([state], counting.many(some))
    yield many
    last = Delivery.objects.filter(source=Source.WEBHOOK).order_by("-pk").values_list("received_at", flat=True).first()
    if last:  # a time that there is none of is not said
        words = "When 1mg's last delivery came (Unix time)."
        yield GaugeMetricFamily("portal_last_delivery_timestamp_seconds", words, value=last.timestamp())


def _events() -> Iterator[GaugeMetricFamily]:
    """How many are to be taken in, and wait for their purchase, each up to a thousand; and for how long the first."""
    states = {"pending": NimbblEvent.objects.pending(), "waiting": NimbblEvent.objects.waiting()}
    many = GaugeMetricFamily("portal_nimbbl_events", "Events of Nimbbl's, not taken in, up to 1000.", labels=["state"])
    words = "For how long the oldest of them has waited; 0 where none does."
    oldest = GaugeMetricFamily("portal_nimbbl_event_oldest_seconds", words, labels=["state"])
    for state, some in states.items():
        many.add_metric([state], counting.many(some))
        oldest.add_metric([state], counting.oldest_seconds(some))
    yield many
    yield oldest
