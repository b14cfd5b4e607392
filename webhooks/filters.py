"""What the lists of deliveries and of Nimbbl's events may be narrowed down to."""

from __future__ import annotations

from typing import Final

import django_filters
from django.utils.translation import gettext_lazy as _

from orders.filters import EmptyMeansAny
from payments.choices import Proof
from webhooks.models import Delivery, DeliveryQuerySet, EventOutcome, NimbblEvent, Outcome

#: Words beside the outcomes: deliveries that were set aside, which are quarantined, too; and those of which 1mg was
#: told that we have them, whatever has come of them since.
SET_ASIDE: Final = "set_aside"
ANSWERED_PENDING: Final = "answered_pending"


class DeliveryFilter(EmptyMeansAny):
    """Deliveries by what became of them."""

    outcome = django_filters.ChoiceFilter(
        choices=[*Outcome.choices, (SET_ASIDE, _("Set aside")), (ANSWERED_PENDING, _("Answered PENDING"))],
        method="filter_outcome",
        label=_("Outcome"),
    )
    problem = django_filters.CharFilter(field_name="problem", max_length=200, label=_("Problem"))

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = ()

    def filter_outcome(self, deliveries: DeliveryQuerySet, name: str, value: str) -> DeliveryQuerySet:
        beside = {SET_ASIDE: deliveries.set_aside, ANSWERED_PENDING: deliveries.answered_pending}
        return beside[value]() if value in beside else deliveries.filter(outcome=value)


class NimbblEventFilter(EmptyMeansAny):
    """Nimbbl's events by what became of them, and by what proves them."""

    outcome = django_filters.ChoiceFilter(choices=EventOutcome.choices, label=_("Outcome"))
    proof = django_filters.ChoiceFilter(choices=Proof.choices, label=_("Proof"))

    class Meta:
        model = NimbblEvent
        fields: tuple[str, ...] = ()
