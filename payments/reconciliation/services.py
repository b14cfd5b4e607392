"""Asking Nimbbl by the clock about what is open, so that nobody has to press for it to be known.

    sweep()     ask about what is due, a few at a time; how many were asked about

Every minute, by the worker, one after the other, so that the threads of whoever presses are left to them. What is due
stands in the rows (`payments.reconciliation.planning`): a run that is lost, killed or late leaves it due, and two runs
at once ask once. That a run has ended is noted, for monitors. Nothing is asked of a Nimbbl that is not configured.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Final

from django.utils import timezone

from payments import enquiry
from payments.models import Payment, ReconciliationRun
from payments.partners import clients

#: So many are asked about in a minute, and none is begun after so many seconds: the worker has other jobs as well.
MOST: Final = 60
SECONDS: Final = 20.0
#: Whoever has taken one to ask about it, and has not done so after this, is dead.
HELD: Final = timedelta(minutes=5)
log = logging.getLogger(__name__)


def sweep() -> int:
    """Ask about what is due, what fell due last first: an order that is being paid comes before the night's rest."""
    if clients.for_nimbbl() is None:
        return 0
    end, asked = time.monotonic() + SECONDS, 0
    for payment in Payment.objects.filter(next_ask_at__lte=timezone.now()).order_by("-next_ask_at", "pk")[:MOST]:
        if time.monotonic() > end:
            break
        asked += _ask(payment)
    ReconciliationRun.note(asked)
    return asked


def _ask(payment: Payment) -> bool:
    """Ask about one, unless somebody else has taken it or is asking. What goes wrong leaves it due after `HELD`."""
    if not _take(payment) or not enquiry.claim(payment):
        return False
    try:
        enquiry.refresh(payment)
    except Exception as error:  # noqa: BLE001 - an outer door: one that cannot be asked about must not stop the others
        log.error("enquiry of %s: %s", payment.pk, type(error).__name__, exc_info=True)
    return True


def _take(payment: Payment) -> bool:
    """Whether it is ours to ask about: of two who have read the same moment one gets it."""
    due = Payment.objects.filter(pk=payment.pk, next_ask_at=payment.next_ask_at)
    return bool(due.update(next_ask_at=timezone.now() + HELD))
