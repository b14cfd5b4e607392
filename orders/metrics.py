"""What a monitor should know of purchases, read when it asks: the same rows and limits as *Now* shows."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from orders.desk.attention import Attention
from orders.desk.causes import Cause


def gauges() -> Iterator[GaugeMetricFamily]:
    """How many purchases need somebody now, and for how many seconds the oldest has; by cause. Two statements."""
    look = Attention()
    counts = look.counts()
    yield GaugeMetricFamily("portal_purchases_due", "Purchases that need somebody now.", value=counts.many)
    many = GaugeMetricFamily("portal_needs_due", "Purchases that need somebody now, by cause.", labels=["cause"])
    oldest = GaugeMetricFamily(
        "portal_need_oldest_seconds", "How long the oldest has stood, by cause.", labels=["cause"]
    )
    found = {tab.cause: tab for tab in counts.tabs}
    for cause in Cause:
        tab = found.get(cause)
        many.add_metric([cause.slug], tab.many if tab else 0)
        oldest.add_metric([cause.slug], (look.at - tab.oldest).total_seconds() if tab else 0)
    yield many
    yield oldest
