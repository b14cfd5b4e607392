"""Fields of forms that several pages have."""

from __future__ import annotations

from typing import Any

import django_filters.fields
from django import forms
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from orders.care import owners
from orders.choices import PaymentMethod
from orders.listing import waits

#: So many words of one kind may be asked for, each of so many letters.
_MOST_WORDS = 20
_LONGEST_WORD = 100


class _ReadsMethod(forms.ChoiceField):
    def to_python(self, value: Any) -> str:
        """`online` -> `ONLINE`."""
        said = super().to_python(value)
        return PaymentMethod.read(said) or said


class MethodField(_ReadsMethod):
    """How a purchase is paid, in 1mg's word whatever its case."""


class MethodFilterField(_ReadsMethod, django_filters.fields.ChoiceField):
    """The same to filter by, where it may be left open."""


class SeveralWordsField(forms.MultipleChoiceField):
    """Some words, of which nobody has a list; each once, without the blanks around it."""

    default_validators = [MaxLengthValidator(_LONGEST_WORD), ProhibitNullCharactersValidator()]

    def to_python(self, value: Any) -> list[str]:
        """The words."""
        return list(dict.fromkeys(word.strip() for word in super().to_python(value) if word.strip()))

    def validate(self, value: list[str]) -> None:
        """Whether there are not too many."""
        if len(value) > _MOST_WORDS:
            raise forms.ValidationError(_("No more than %(n)s at once.") % {"n": _MOST_WORDS})

    def run_validators(self, value: list[str]) -> None:
        """Look at each of them."""
        for word in value:
            super().run_validators(word)


class WaitField(forms.CharField):
    """So many minutes, hours or days: `90m`, `24h`, `7d`."""

    def validate(self, value: str) -> None:
        """Whether it can be read."""
        super().validate(value)
        if value and waits.read(value) is None:
            raise forms.ValidationError(_("Say it as 90m, 24h or 7d."))


class OwnerField(forms.CharField):
    """Who looks after purchases: a username, "~me" or "~nobody"."""

    def clean(self, value: Any) -> str:
        """In one spelling."""
        said: str = super().clean(value)
        return owners.read(said) if said else said
