"""Some days in India in a row, as somebody chooses them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: So many days are summed at once: a month is what one answer has the time for.
SHOWN: Final = 31
#: So many are in a file, which is written month by month.
MOST: Final = 366
#: The ranges that are one press away; the first is shown where none was chosen.
OFFERED: Final = (7, 30)
_DAY: Final = timedelta(days=1)
_OUR_TIMES: Final = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 1, 1)))


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last day, both with it."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """The moment, aware."""
        return _beginning(self.first)

    @property
    def ends(self) -> datetime:
        """The moment after the last one of it."""
        return _beginning(self.last + _DAY)

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    def months(self) -> Iterator[Span]:
        """The same days, so many at once as are summed at once; the latest first."""
        last = self.last
        while last >= self.first:
            first = max(self.first, last - (SHOWN - 1) * _DAY)
            yield Span(first, last)
            last = first - _DAY

    @property
    def query(self) -> str:
        """As the list's filter has it, and this page."""
        return f"since={self.first}&until={self.last}"


def latest(days: int) -> Span:
    """So many days, today the last of them."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    return Span(today - (days - 1) * _DAY, today)


class SpanForm(forms.Form):
    """From and to; without both the latest days, without the last until today, without the first so many before."""

    since = forms.DateField(
        label=_("From"), required=False, validators=_OUR_TIMES, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), required=False, validators=_OUR_TIMES, widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        """The days, in `span`."""
        found: dict[str, Any] = super().clean() or {}
        if self.errors:
            return found
        span = _span(found.get("since"), found.get("until"))
        if span.first > span.last:
            raise forms.ValidationError(_("The first day is after the last one."))
        if span.days > MOST:
            raise forms.ValidationError(_("No more than %(n)s days at once.") % {"n": MOST})
        return found | {"span": span}


def _span(since: date | None, until: date | None) -> Span:
    usual = latest(OFFERED[0])
    if since is None and until is None:
        return usual
    length = usual.last - usual.first
    return Span(since or (until or usual.last) - length, until or max(since or usual.last, usual.last))


def _beginning(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
