"""What staff type about a purchase."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.words import normal, words_of

LONGEST_NOTE = 1000
LONGEST_TAG = 30


class NoteForm(forms.Form):
    """A note."""

    text = forms.CharField(max_length=LONGEST_NOTE, label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}))


class TagForm(forms.Form):
    """A tag: some words that are one when case, width and blanks are set aside."""

    tag = forms.CharField(max_length=LONGEST_TAG, label=_("Tag"))

    def clean_tag(self) -> str:
        """With single blanks, and at least one letter or digit."""
        said: Any = " ".join(self.cleaned_data["tag"].split())
        if not words_of(said) or len(normal(said)) > 2 * LONGEST_TAG:
            raise forms.ValidationError(_("A tag is a word or a few."))
        return str(said)
