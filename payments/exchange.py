"""One exchange with a partner for a call: what may be kept of it, the way out, and writing down what came of it.

    Private(...)          what must not be kept of a call
    waits(call)           whether it is still to be sent
    note_request(...)     what is about to be sent, redacted
    exchange(...)         the call itself, outside of any transaction, and what it came to
    complete(...)         commit that, however long the database is away

`payments.sending` puts them together, and each operation has a carrier of its own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from typing import Any, Final

from django.db import InterfaceError, OperationalError, connection, models, transaction
from django.utils import timezone

from orders import purchases as orders
from orders.masking.personal import Personal
from orders.models import GroupedOrder, OrderGroup
from payments import parties, states
from payments.choices import State
from payments.models import LEASE, PartnerCall, Payment
from payments.partners import http, redact
from payments.partners.nimbbl import NotTold
from payments.partners.results import Result

log = logging.getLogger(__name__)
#: Characters of a sentence for staff that quotes a partner; cut only after redaction, which must see whole secrets.
LONGEST_WORDS: Final = 600
#: Waits before writing an answer down once more; it exists nowhere else. They grow up to the last.
_WRITE_AGAIN: Final = (0.2, 0.5, 1.0, 2.0)


class Private:
    """What must not be kept of a call: secrets, and the people of its purchase, who are prepared once a call."""

    def __init__(self, group: OrderGroup, members: list[GroupedOrder], payments: list[Payment]) -> None:
        self.secrets: list[str] = []
        self.people = parties.of(group, members, payments)
        self._rows = _columns(group, *members)

    def people_by_now(self, group: OrderGroup, members: list[GroupedOrder]) -> Personal:
        """The people by what the rows are now; those from before where nothing has been said since."""
        if self._rows != _columns(group, *members):
            self.people = parties.of(group, members)
        return self.people


def _columns(*rows: models.Model) -> list[dict[str, Any]]:
    return [{name: value for name, value in vars(row).items() if not name.startswith("_")} for row in rows]


def waits(call: PartnerCall) -> bool:
    """Whether it is to be sent now; another thread may have been quicker."""
    return call.state == State.INTENDED and call.not_before <= timezone.now()


def exchange(
    partner: str, send: Callable[[], http.Response], read: Callable[[http.Response], Result]
) -> tuple[http.Response | None, Result]:
    """One call, outside of any transaction, and what it came to."""
    if connection.in_atomic_block:
        raise RuntimeError("a partner must not be called inside a transaction")
    try:
        response = send()
    except http.Trouble as trouble:
        log.warning("%s gave no answer: %s", partner, trouble)
        return None, _of_trouble(partner, trouble)
    except NotTold as refusal:
        return None, Result(State.REJECTED, f"Not sent: {refusal.reason}")
    return response, read(response)


def _of_trouble(partner: str, trouble: http.Trouble) -> Result:
    """What a call came to that brought no answer."""
    if isinstance(trouble, http.NotSent) and trouble.again:
        return Result(State.INTENDED, f"{partner} could not be reached; nothing was sent.")
    if isinstance(trouble, http.NotSent):
        words = f"The connection to {partner} breaks our own rules; nothing was sent. An administrator must look."
        return Result(State.REJECTED, words)
    return Result(State.UNKNOWN, f"No usable answer came from {partner}: whether it acted is not known.")


def complete(
    call: PartnerCall,
    response: http.Response | None,
    result: Result,
    private: Private,
    besides: Callable[[PartnerCall], object] = lambda call: None,
) -> None:
    """Commit what came of the call: nothing else knows the answer.

    A database that is busy or away is asked again for as long as the call's lease runs. Only then may the sweep have
    taken us for dead.
    """
    end = time.monotonic() + LEASE.total_seconds()
    for wait in chain(_WRITE_AGAIN, repeat(_WRITE_AGAIN[-1])):
        try:
            with transaction.atomic():
                _write_down(call, response, result, private, besides)
            return
        except (OperationalError, InterfaceError):
            if time.monotonic() > end:
                raise
            connection.close()
            time.sleep(wait)


def _write_down(
    call: PartnerCall,
    response: http.Response | None,
    result: Result,
    private: Private,
    besides: Callable[[PartnerCall], object],
) -> None:
    group, members = orders.locked(call.group_id)
    call = states.held(call.pk)
    known, people = private.secrets, private.people_by_now(group, members)
    result = replace(result, said=redact.text(result.said, known=known, people=people)[:LONGEST_WORDS])
    if response is not None:
        call.answer_code, call.took_ms = response.code, response.took_ms
        call.answer_headers = redact.headers(response.headers, known=known, people=people)
        call.answer_body = redact.body(response.body, known=known, people=people)
    besides(call)
    late = call.state == State.UNKNOWN and not call.settled_by  # the sweep thought that we were dead
    if call.state == State.SENDING or late:
        states.end(call, group, members, result)
    else:
        states.keep_late_answer(call, result)


def note_request(call: PartnerCall, request: http.Request, private: Private) -> None:
    """What is about to be sent, with the call; the caller saves it with the state."""
    call.method, call.url = request.method, request.url
    call.request_headers = redact.headers(request.headers, people=private.people)
    call.request_body = redact.body(request.body, known=private.secrets, people=private.people)
