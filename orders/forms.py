"""Fields of forms that several pages have."""

from __future__ import annotations

from typing import Any

import django_filters.fields
from django import forms

from orders.choices import PaymentMethod


class _ReadsMethod(forms.ChoiceField):
    def to_python(self, value: Any) -> str:
        """`online` -> `ONLINE`."""
        said = super().to_python(value)
        return PaymentMethod.read(said) or said


class MethodField(_ReadsMethod):
    """How a purchase is paid, in 1mg's word whatever its case."""


class MethodFilterField(_ReadsMethod, django_filters.fields.ChoiceField):
    """The same to filter by, where it may be left open."""
