"""How long a clock may run, as it is typed: a number and its unit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.models import ClockLimit

_UNITS: Final = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}
LONGEST: Final = timedelta(days=365)


class LimitForm(forms.Form):
    """A limit, and who says so. `cleaned_data["after"]`: the limit."""

    amount = forms.IntegerField(min_value=0, label=_("After"), widget=forms.NumberInput(attrs={"size": 4}))
    unit = forms.ChoiceField(
        choices=(("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))), label=_("Unit")
    )
    why = forms.CharField(
        max_length=ClockLimit._meta.get_field("why").max_length,
        required=False,
        label=_("Who says so"),
        widget=forms.TextInput(attrs={"placeholder": _("Who says so")}),
    )

    def clean(self) -> dict[str, Any]:
        """Work out the limit; none longer than a year."""
        data: dict[str, Any] = super().clean() or {}
        amount, unit = data.get("amount"), data.get("unit")
        if amount is None or unit is None:
            return data
        if amount > LONGEST / _UNITS[unit]:
            self.add_error("amount", _("At most a year."))
        else:
            data["after"] = amount * _UNITS[unit]
        return data


def typed(after: timedelta) -> dict[str, Any]:
    """A limit as the form takes it, in the largest unit that leaves nothing over."""
    unit = next(name for name in ("days", "hours", "minutes") if not after % _UNITS[name] or name == "minutes")
    return {"amount": after // _UNITS[unit], "unit": "minutes" if not after else unit}
