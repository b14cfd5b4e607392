"""Jobs of the front door. The queue only wakes them; the truth is the deliveries themselves."""

from webhooks import services


def sweep_pending() -> int:
    """Every minute: finish deliveries that a crash, a lock or an outage left pending."""
    return services.sweep()
