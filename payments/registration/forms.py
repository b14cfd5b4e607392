"""What staff fill in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from orders.choices import PaymentMethod
from orders.forms import MethodField
from orders.ids import ID
from orders.rupees import plain
from payments.registration import services as registration
from payments.registration.services import Conflict, Registration

_IS_ID = RegexValidator(ID, registration.NO_ID)


class RupeesField(forms.CharField):
    """An amount above zero, as the desk prints it or plainer; `None` for nothing."""

    def clean(self, value: Any) -> Decimal | None:
        """Two decimals."""
        if not (text := super().clean(value)):
            return None
        try:
            return registration.rupees(plain(text))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None


class RegistrationForm(forms.Form):
    """One purchase, as the merchant's order desk knows it; one line of the CSV import."""

    merchant_order_id = forms.CharField(label=_("Merchant order"), max_length=64, validators=[_IS_ID])
    onemg_order_id = forms.CharField(label=_("1mg order"), max_length=64, validators=[_IS_ID])
    nimbbl_order_id = forms.CharField(
        label=_("Nimbbl order, if known"), max_length=64, validators=[_IS_ID], required=False
    )
    payment_method = MethodField(
        label=_("Payment"), choices=PaymentMethod.choices, error_messages={"invalid_choice": registration.NO_METHOD}
    )
    payable_amount = RupeesField(label=_("To pay, ₹ (for ONLINE)"), max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        """An ONLINE purchase is compared with what was paid."""
        words = super().clean() or {}
        online = words.get("payment_method") == PaymentMethod.ONLINE
        if online and "payable_amount" in words and words["payable_amount"] is None:
            self.add_error("payable_amount", registration.NO_AMOUNT)
        return words

    def said(self) -> Registration:
        words = self.cleaned_data
        return Registration(**{**words, "payment_method": PaymentMethod(words["payment_method"])})

    def contradict(self, conflict: Conflict) -> None:
        """Show a conflict at the fields it is about."""
        self.add_error(None, str(conflict))
        for name, (stands, _sent) in conflict.for_staff().items():
            self.add_error(name, _("Registered: %(stands)s") % {"stands": stands})

    def problems(self) -> str:
        """All errors in one line."""
        return " ".join(
            f"{error}" if name == "__all__" else f"{name}: {error}"
            for name, errors in self.errors.items()
            for error in errors
        )
