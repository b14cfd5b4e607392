"""What staff type about a purchase."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.desk.work import UNTIL_1MG_SPEAKS
from orders.words import normal, words_of

LONGEST_NOTE = 1000
LONGEST_TAG = 30
LONGEST_REASON = 200
#: The field that a page with one form is opened for: the hand is in it at once.
AT_ONCE: Final = {"autofocus": True}


class NoteForm(forms.Form):
    """A note."""

    text = forms.CharField(
        max_length=LONGEST_NOTE, label=_("Note"), widget=forms.Textarea(attrs={"rows": 2, **AT_ONCE})
    )


class TagForm(forms.Form):
    """A tag: some words that are one when case, width and blanks are set aside."""

    tag = forms.CharField(max_length=LONGEST_TAG, label=_("Tag"), widget=forms.TextInput(attrs=AT_ONCE))

    def clean_tag(self) -> str:
        """With single blanks, and at least one letter or digit."""
        said: Any = " ".join(self.cleaned_data["tag"].split())
        if not words_of(said) or len(normal(said)) > 2 * LONGEST_TAG:
            raise forms.ValidationError(_("A tag is a word or a few."))
        return str(said)


class SnoozeForm(forms.Form):
    """Until when something is put off, and why. `cleaned_data["moment"]`: until when (UTC)."""

    until = forms.ChoiceField(
        label=_("Put it off"),
        choices=(
            ("hour", _("for an hour")),
            ("three", _("for three hours")),
            ("tomorrow", _("until tomorrow, 9:00")),
            ("1mg", _("until 1mg speaks")),
            ("at", _("until the time below")),
        ),
        widget=forms.Select(attrs=AT_ONCE),
    )
    why = forms.CharField(label=_("Why"), max_length=LONGEST_REASON)
    at = forms.TimeField(label=_("At"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def clean(self) -> dict[str, Any]:
        """Work out the moment; a time that is over today is tomorrow's."""
        data: dict[str, Any] = super().clean() or {}
        until, at = data.get("until"), data.get("at")
        if until == "at" and at is None:
            self.add_error("at", _("Say a time, such as 14:00."))
        elif until:
            data["moment"] = _moment(until, at)
        return data


def _moment(until: str, at: time | None) -> datetime:
    now = timezone.localtime()
    if until == "1mg":
        return UNTIL_1MG_SPEAKS
    if until in ("hour", "three"):
        return now + timedelta(hours=1 if until == "hour" else 3)
    found = datetime.combine(now.date(), at if until == "at" and at else time(9), now.tzinfo)
    return found if until == "at" and found > now else found + timedelta(days=1)
