"""What a person types to start a refund."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.rupees import plain


class StartForm(forms.Form):
    """An amount and a reason. `seen`: the newest refund of the purchase when the page was opened."""

    amount = forms.DecimalField(label=_("Amount in rupees"), max_digits=14, decimal_places=2, min_value=Decimal("0.01"))
    why = forms.CharField(label=_("Why it is paid back"), max_length=500)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **more: Any) -> None:
        """Amounts may be typed as the desk prints them."""
        typed = None if data is None else {**data.dict(), "amount": plain(data.get("amount", ""))}
        super().__init__(typed, **more)
