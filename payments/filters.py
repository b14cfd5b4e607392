"""What the list of calls may be narrowed down to."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _

from orders.filters import EmptyMeansAny
from payments.choices import Partner, State
from payments.models import PartnerCall


class CallFilter(EmptyMeansAny):
    """Calls by where they stand and whom they were made to."""

    state = django_filters.ChoiceFilter(choices=State.choices, label=_("State"))
    partner = django_filters.ChoiceFilter(choices=Partner.choices, label=_("Partner"))

    class Meta:
        model = PartnerCall
        fields: tuple[str, ...] = ()
