"""Jobs of acting. The queue only wakes them; the truth is the calls themselves."""

from payments import services


def sweep_calls() -> int:
    """Every minute: send what waits to be sent, and call unknown what a crash left being sent."""
    return services.sweep()
