"""Jobs of acting. The queue only wakes them; the truth is the calls themselves."""

from payments import services
from payments.refunds import requests


def sweep_calls() -> int:
    """Every minute: send what waits to be sent, call unknown what a crash left being sent, judge what 1mg asked for."""
    return services.sweep() + requests.finish()
