"""The one door of the page for limits; each change is kept, who made it and when, as one made in the admin is.

put(clock, after, why, by)      this limit counts from now on
take_back(clock, by)            the one that the portal brings counts again
latest()                        the last changes, the newest first
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from orders.models import ClockLimit
from orders.templatetags.moments import duration

#: So many changes are shown.
_LATEST: Final = 20


@transaction.atomic
def put(clock: str, after: timedelta, why: str, *, by: User) -> None:
    """Let a limit count from now on, for every purchase. The same again writes nothing."""
    row = ClockLimit.objects.select_for_update().filter(clock=clock).first() or ClockLimit(clock=clock)
    if (row.after, row.why) == (after, why):
        return
    row.after, row.why, row.set_by, row.set_at = after, why, by, timezone.now()
    row.save()
    _log(row, CHANGE, f"{duration(after)}: {why}" if why else duration(after), by=by)


@transaction.atomic
def take_back(clock: str, *, by: User) -> None:
    """Let the limit that the portal brings count again. Where it does, nothing is written."""
    row = ClockLimit.objects.select_for_update().filter(clock=clock).first()
    if row:
        _log(row, DELETION, "", by=by)
        row.delete()


def latest() -> QuerySet[LogEntry]:
    """The last changes of limits, made here or in the admin."""
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(ClockLimit))
    return about.select_related("user").order_by("-action_time", "-pk")[:_LATEST]


def _log(row: ClockLimit, flag: int, words: str, *, by: User) -> None:
    LogEntry.objects.log_actions(by.pk, [row], flag, words, single_object=True)
