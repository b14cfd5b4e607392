"""Jobs of acting. The queue only wakes them; the truth is the calls themselves."""

from payments import services
from payments.reconciliation import services as reconciliation
from payments.refunds import requests


def sweep_calls() -> int:
    """Every minute: send what waits to be sent, call unknown what a crash left being sent, judge what 1mg asked for."""
    return services.sweep() + requests.finish()


def ask_about_payments() -> int:
    """Every minute: ask Nimbbl about the payments and refunds of which it is due."""
    return reconciliation.sweep()
