"""What staff send when they ask 1mg, and when it has answered."""

from __future__ import annotations

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.asks.gathered import MOST
from orders.asks.messages import title
from orders.desk.causes import ASKABLE, CLOCKS, cause_of
from orders.ids import is_id

CLOCKS_TO_ASK: Final = tuple(clock for clock in CLOCKS if cause_of(clock) in ASKABLE)
LONGEST_ANSWER: Final = 1000


class TickedForm(forms.Form):
    """Purchases of one clock that were ticked. `cleaned_data["id"]`: their ids, each once."""

    clock = forms.ChoiceField(choices=[(clock, title(clock)) for clock in CLOCKS_TO_ASK])
    id = forms.MultipleChoiceField(error_messages={"required": _("Tick at least one purchase.")})

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        said = self.data.getlist("id") if hasattr(self.data, "getlist") else []
        self.fields["id"].choices = [(one, one) for one in dict.fromkeys(said) if is_id(one)]  # type: ignore[attr-defined]

    def clean_id(self) -> list[str]:
        """Not more than one message should have."""
        ids = list(dict.fromkeys(self.cleaned_data["id"]))
        if len(ids) > MOST:
            raise forms.ValidationError(_("At most %(n)s at once.") % {"n": MOST})
        return ids


class AnswerForm(forms.Form):
    """What 1mg has answered."""

    text = forms.CharField(
        max_length=LONGEST_ANSWER, label=_("What 1mg answered"), widget=forms.Textarea(attrs={"rows": 3})
    )
