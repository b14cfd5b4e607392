"""What the list of deliveries may be narrowed down to."""

from __future__ import annotations

from typing import Final

import django_filters
from django.utils.translation import gettext_lazy as _

from orders.filters import EmptyMeansAny
from webhooks.models import Delivery, DeliveryQuerySet, Outcome

#: The word for deliveries that were set aside, beside the outcomes; they are quarantined, too.
SET_ASIDE: Final = "set_aside"


class DeliveryFilter(EmptyMeansAny):
    """Deliveries by what became of them."""

    outcome = django_filters.ChoiceFilter(
        choices=[*Outcome.choices, (SET_ASIDE, _("Set aside"))], method="filter_outcome", label=_("Outcome")
    )

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = ()

    def filter_outcome(self, deliveries: DeliveryQuerySet, name: str, value: str) -> DeliveryQuerySet:
        return deliveries.set_aside() if value == SET_ASIDE else deliveries.filter(outcome=value)
