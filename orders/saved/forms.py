"""What staff type about a view."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.saved import queries

LONGEST_NAME = 60


class NameForm(forms.Form):
    """The name of a view."""

    name = forms.CharField(max_length=LONGEST_NAME, label=_("Name"))

    def clean_name(self) -> str:
        """With single blanks."""
        return " ".join(str(self.cleaned_data["name"]).split())


class SaveForm(NameForm):
    """A view to be kept: its name, and the filters as they stand in the address of the list."""

    query = forms.CharField(required=False, widget=forms.HiddenInput)
    is_shared = forms.BooleanField(required=False, label=_("Everybody sees it"))

    def __init__(self, *args: Any, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_share:
            del self.fields["is_shared"]

    def clean_query(self) -> str:
        """The filters alone, of which there must be one."""
        try:
            kept = queries.clean(self.cleaned_data["query"])
        except queries.CannotBeKept as error:
            raise forms.ValidationError(_("A filter cannot be read, or there are too many to be kept.")) from error
        if not kept:
            raise forms.ValidationError(_("No filter is set; what was searched for is not kept."))
        return kept
