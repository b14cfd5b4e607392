"""Jobs of the front door. The queue only wakes them; the truth is the deliveries themselves."""

from webhooks import filling, services


def sweep_pending() -> int:
    """Every minute: finish deliveries that a crash, a lock or an outage left pending."""
    return services.sweep()


def fill_newest() -> int:
    """Every minute: fill in what the code before still writes while both run."""
    return filling.fill_newest()
