"""Jobs of the front door. The queue only wakes them; the truth is the deliveries themselves."""

from webhooks import events, filling, services


def sweep_pending() -> int:
    """Every minute: finish deliveries that a crash, a lock or an outage left pending."""
    return services.sweep()


def fill_newest() -> int:
    """Every minute: fill in what the code before still writes while both run."""
    return filling.fill_newest()


def sweep_events() -> int:
    """Every minute: take in events of Nimbbl's that were left pending, or whose order is registered by now."""
    return events.sweep()
