"""Times as they are said on the telephone, in English and in Hindi: a day and an hour in India. Pure.

    when(at, now)             Both("Sat 28 Nov, 11:00 am", "शनिवार 28 नवंबर, सुबह 11:00 बजे")
    by(at, now), since(at, now), between(start, end, now)   "by Sat 28 Nov, 11:00 am" and the like

Never "today" or "tomorrow": what is said is also copied into messages, which are read later.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from orders.answering.bilingual import Both
from orders.stories.changes import INDIA

_DAYS: Final = ("सोमवार", "मंगलवार", "बुधवार", "गुरुवार", "शुक्रवार", "शनिवार", "रविवार")
_MONTHS: Final = (
    "जनवरी",
    "फ़रवरी",
    "मार्च",
    "अप्रैल",
    "मई",
    "जून",
    "जुलाई",
    "अगस्त",
    "सितंबर",
    "अक्टूबर",
    "नवंबर",
    "दिसंबर",
)
#: The part of the day that begins at an hour.
_PARTS: Final = ((20, "रात"), (16, "शाम"), (12, "दोपहर"), (6, "सुबह"), (3, "तड़के"), (0, "आधी रात के बाद"))


def when(at: datetime, now: datetime) -> Both:
    """A moment; with its year where that is not the year of `now`."""
    day, hour = _day(at, now), _hour(at)
    return Both(f"{day.english}, {hour.english}", f"{day.hindi}, {hour.hindi}")


def by(at: datetime, now: datetime) -> Both:
    """Until a moment."""
    said = when(at, now)
    return Both(f"by {said.english}", f"{said.hindi} तक")


def since(at: datetime, now: datetime) -> Both:
    """From a moment on."""
    said = when(at, now)
    return Both(f"from {said.english} on", f"{said.hindi} से")


def between(start: datetime, end: datetime, now: datetime) -> Both:
    """The time between two moments; a day that both are of is named once."""
    first = when(start, now)
    last = _hour(end) if _day(start, now) == _day(end, now) else when(end, now)
    return Both(f"between {first.english} and {last.english}", f"{first.hindi} से {last.hindi} के बीच")


def _day(at: datetime, now: datetime) -> Both:
    local = at.astimezone(INDIA)
    year = "" if local.year == now.astimezone(INDIA).year else f" {local.year}"
    hindi = f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}{year}"
    return Both(f"{local:%a} {local.day} {local:%b}{year}", hindi)


def _hour(at: datetime) -> Both:
    local = at.astimezone(INDIA)
    clock = f"{local.hour % 12 or 12}:{local:%M}"
    part = next(word for begins, word in _PARTS if local.hour >= begins)
    return Both(f"{clock} {'am' if local.hour < 12 else 'pm'}", f"{part} {clock} बजे")
