"""Carrying a cancellation to 1mg: check again under lock, commit that it is being sent, send, write down the outcome.

The failpoints are those of `payments.sending`.
"""

from __future__ import annotations

import logging
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from orders import purchases as orders
from orders.failpoints import failpoint
from payments import states
from payments.cancelling import looking
from payments.choices import State
from payments.exchange import Private, complete, exchange, note_request, waits
from payments.models import PartnerCall
from payments.partners import clients, http, onemg, onemg_cancel
from payments.partners.results import Result
from payments.preflight import gather

log = logging.getLogger(__name__)
#: Seconds that the call may take in all.
SECONDS: Final = 15.0


def carry(call: PartnerCall) -> None:
    """Send the cancellation if it waits to be sent."""
    payments = gather.payments_of(call.group_id)
    with transaction.atomic():
        group, members = orders.locked(call.group_id)
        call = states.held(call.pk)
        if not waits(call):
            return
        found = looking.look(group, members, call.onemg_order_id, besides=call)
        if stopped := found.stopped():
            words = f"Not sent: {'; '.join(tick.words for tick in stopped)}."
            states.end(call, group, members, Result(State.ABANDONED, words))
            return
        try:
            client = clients.for_onemg()
            assert client is not None  # noqa: S101 - a tick says so
            request = client.cancel(call.onemg_order_id, call.why, now=timezone.now())
        except (ValueError, OSError) as error:
            log.error("a cancellation cannot be made: %s", type(error).__name__)
            words = "Not sent: 1mg's key or our id there cannot be used. An administrator must look."
            states.end(call, group, members, Result(State.REJECTED, words))
            return
        private = Private(group, members, payments)
        private.secrets += [*client.secrets(), request.headers["Authorization"].removeprefix("Bearer ")]
        note_request(call, request, private)
        states.start(call)
    failpoint("sending")
    response, result = exchange(
        onemg.PARTNER,
        lambda: http.send(request, hosts=settings.PARTNER_HOSTS, seconds=SECONDS),
        lambda answer: onemg_cancel.read_cancel(answer, now=timezone.now()),
    )
    failpoint("answered")
    complete(call, response, result, private)
