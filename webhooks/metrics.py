"""What a monitor should know of deliveries, read when it asks."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from webhooks import refused
from webhooks.models import Delivery, Source


def gauges() -> Iterator[GaugeMetricFamily]:
    """How many deliveries wait, were set aside or refused within a day, each up to a thousand; and the last one's time.

    Four statements.
    """
    refused_lately = Delivery.objects.refused_since(timezone.now() - refused.TOLD)
    waiting = {
        "pending": Delivery.objects.pending(),
        "set_aside": Delivery.objects.set_aside(),
        "refused": refused_lately,
    }
    many = GaugeMetricFamily("portal_deliveries", "Deliveries that are not applied, up to 1000.", labels=["state"])
    for state, some in waiting.items():
        many.add_metric([state], some.many())
    yield many
    last = Delivery.objects.filter(source=Source.WEBHOOK).order_by("-pk").values_list("received_at", flat=True).first()
    if last:  # a time that there is none of is not said
        words = "When 1mg's last delivery came (Unix time)."
        yield GaugeMetricFamily("portal_last_delivery_timestamp_seconds", words, value=last.timestamp())
