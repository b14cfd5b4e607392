"""What comes of calling a customer: one press writes the note and puts the purchase off.

Outcome, OUTCOMES
record(id, outcome, more, by)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.actors import Actor
from orders.care import services, snooze
from orders.desk.work import UNTIL_1MG_SPEAKS


@dataclass(frozen=True, slots=True)
class Outcome:
    """`words`: on the button and in the note. `rest`: how long the purchase is put off; `None`: until 1mg speaks."""

    slug: str
    words: str | Promise
    rest: timedelta | None

    def until(self, now: datetime) -> datetime:
        """Until when it is put off."""
        return now + self.rest if self.rest else UNTIL_1MG_SPEAKS


_ALL: Final = (
    Outcome("uploads-today", _("Uploads a new prescription today"), timedelta(hours=6)),
    Outcome("uploads-later", _("Uploads a new prescription later"), timedelta(hours=24)),
    Outcome("no-answer", _("No answer"), timedelta(hours=2)),
    Outcome("call-back", _("Asks to be called back later"), timedelta(hours=4)),
    Outcome("wrong-number", _("Wrong number"), timedelta(hours=4)),
    Outcome("wants-to-cancel", _("Wants to cancel at 1mg"), None),
)
OUTCOMES: Final = {outcome.slug: outcome for outcome in _ALL}


@transaction.atomic
def record(merchant_order_id: str, outcome: Outcome, more: str, *, by: Actor) -> None:
    """Write the note, with what else was said, and put off what the purchase needs."""
    words = str(outcome.words)
    services.note(merchant_order_id, f"{words}: {more}" if more else words, by=by)
    snooze.snooze(merchant_order_id, outcome.until(timezone.now()), words, by=by)
