"""The one set of filters: list, API, and whatever takes the same query string.

Of several values of one filter any may hold; of several filters all must. What is asked about what a purchase needs
(cause, turn, wait) must hold of one and the same need.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.care import owners
from orders.choices import Confirmation, PaymentMethod, Stage
from orders.daybook import figures
from orders.desk.attention import Attention
from orders.desk.causes import Cause, Turn
from orders.finding import search
from orders.listing import conditions, waits
from orders.listing.kinds import MethodFilter, OwnerFilter, WaitFilter, WordsFilter
from orders.models import OrderGroup, Tag
from orders.prescriptions import COMPLETED, IN_PROGRESS, NONE, OTHER, REJECTED
from orders.statuses import STATUSES
from orders.words import normal

_QUEUES = (
    ("to_confirm", _("To confirm")),
    ("unknown_outcome", _("Outcome unknown")),
    ("in_flight", _("Being confirmed")),
)
_STATUS_CHOICES = [(str(code), f"{status.label} ({code})") for code, status in STATUSES.items()]
_CAUSE_CHOICES = [(cause.slug, cause.label) for cause in Cause]
#: The one word for all papers of a purchase, as people choose it.
PRESCRIPTIONS = (
    (REJECTED, _("Rejected")),
    (IN_PROGRESS, _("Being checked")),
    (COMPLETED, _("Accepted")),
    (OTHER, _("See the papers")),
    (NONE, _("No paper")),
)
_PASSED = "passed"
#: So many letters of a city or a courier are compared.
_COMPARED = 100

#: A day at either end of the calendar has no beginning in India, or no end.
_OUR_TIMES = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 1, 1)))


class EmptyMeansAny(django_filters.FilterSet):
    """Filters in which a choice that is left open means any: a browser sends it all the same, `?status=&city=Pune`."""

    def __init__(self, data: QueryDict | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data and _chosen(data), *args, **kwargs)


def _chosen(data: QueryDict) -> QueryDict:
    found = QueryDict(mutable=True)
    for name, values in data.lists():
        if chosen := [value for value in values if value.strip()]:
            found.setlist(name, chosen)
    return found


class OrderGroupFilter(EmptyMeansAny):
    """Purchases by what 1mg said of any of their orders. Dates are days in India, by when we first heard of it."""

    q = django_filters.CharFilter(method="filter_text", label=_("Search"), max_length=200)
    cause = django_filters.MultipleChoiceFilter(choices=_CAUSE_CHOICES, method="with_the_others", label=_("Needs"))
    turn = django_filters.MultipleChoiceFilter(choices=Turn.choices, method="with_the_others", label=_("Turn"))
    wait = WaitFilter(method="with_the_others", label=_("Waiting"))
    queue = django_filters.ChoiceFilter(choices=_QUEUES, method="filter_queue", label=_("Queue"))
    stage = django_filters.MultipleChoiceFilter(choices=Stage.choices, method="filter_orders", label=_("Stage"))
    status = django_filters.MultipleChoiceFilter(choices=_STATUS_CHOICES, method="filter_orders", label=_("Status"))
    promise = django_filters.ChoiceFilter(
        choices=((_PASSED, _("Passed")),), method="filter_promise", label=_("Promise"), empty_label=_("Any promise")
    )
    prescription = django_filters.MultipleChoiceFilter(
        choices=PRESCRIPTIONS, method="filter_prescription", label=_("Prescription")
    )
    mode = MethodFilter(
        choices=PaymentMethod.choices,
        field_name="payment_method",
        label=_("Payment"),
        empty_label=_("Any payment"),
    )
    money = django_filters.ChoiceFilter(
        choices=figures.CHOICES, method="filter_money", label=_("Money"), empty_label=_("Any money")
    )
    city = WordsFilter(method="filter_city", label=_("City"))
    courier = WordsFilter(method="filter_courier", label=_("Courier"))
    owner = OwnerFilter(method="filter_owner", label=_("Owner"), max_length=151)
    tag = django_filters.CharFilter(method="filter_tag", label=_("Tag"), max_length=60)
    since = django_filters.DateFilter(
        method="filter_since", label=_("From"), widget=forms.DateInput(attrs={"type": "date"}), validators=_OUR_TIMES
    )
    until = django_filters.DateFilter(
        method="filter_until", label=_("To"), widget=forms.DateInput(attrs={"type": "date"}), validators=_OUR_TIMES
    )

    class Meta:
        model = OrderGroup
        fields: tuple[str, ...] = ()

    def __init__(
        self,
        *args: Any,
        may_see_personal_data: bool = False,
        user_id: int | None = None,
        look: Attention | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.may_see_personal_data = may_see_personal_data
        self.user_id = user_id
        self.look = look

    def filter_queryset(self, queryset: Any) -> Any:
        """All filters; those about what a purchase needs together."""
        groups = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        if asked["cause"] or asked["turn"] or asked["wait"]:
            groups = groups.filter(self._needed(asked["cause"], asked["turn"], asked["wait"]))
        return groups

    def _needed(self, causes: list[str], turns: list[str] | None = None, wait: str = "") -> Q:
        look = self.look or Attention()
        return conditions.needed(look, causes=causes, turns=turns or (), wait=waits.read(wait))

    def with_the_others(self, groups: QuerySet[OrderGroup], name: str, value: list[str]) -> QuerySet[OrderGroup]:
        """All of them: `filter_queryset` asks for it, of the same need as for the others."""
        return groups

    def filter_text(self, groups: QuerySet[OrderGroup], name: str, value: str) -> QuerySet[OrderGroup]:
        """Ids and their parts, invoices, waybills; names and phones too, and only for who may see them."""
        return search.matching(groups, value, personal=self.may_see_personal_data)

    def filter_city(self, groups: QuerySet[OrderGroup], name: str, values: list[str]) -> QuerySet[OrderGroup]:
        """In one of those cities, whatever its case and blanks."""
        return groups.filter(city_word__in=_compared(values)) if values else groups

    def filter_courier(self, groups: QuerySet[OrderGroup], name: str, values: list[str]) -> QuerySet[OrderGroup]:
        """An order goes with one of those couriers, whatever its case and blanks.

        1mg's word for a courier is free text, and may name a person: none for who may not see people.
        """
        if not values:
            return groups
        if not self.may_see_personal_data:
            return groups.none()
        return groups.filter(conditions.with_order(courier_word__in=_compared(values)))

    def filter_owner(self, groups: QuerySet[OrderGroup], name: str, value: str) -> QuerySet[OrderGroup]:
        """Looked after by "~me", by "~nobody", or by whoever has that username."""
        return groups.filter(owners.owned_by(value, self.user_id))

    def filter_tag(self, groups: QuerySet[OrderGroup], name: str, value: str) -> QuerySet[OrderGroup]:
        """With that tag; none for who may not see what staff have written, or asking would find it out."""
        if not self.may_see_personal_data:
            return groups.none()
        return groups.filter(pk__in=Tag.objects.filter(word=normal(value)).values("group"))

    def filter_queue(self, groups: QuerySet[OrderGroup], name: str, value: str) -> QuerySet[OrderGroup]:
        """The causes about confirming, as the API has named them from the beginning."""
        if value == "in_flight":
            return groups.filter(payment_method=PaymentMethod.ONLINE, confirmation_state=Confirmation.IN_FLIGHT)
        return groups.filter(self._needed([{"unknown_outcome": "unknown"}.get(value, value)]))

    def filter_orders(self, groups: QuerySet[OrderGroup], name: str, values: list[str]) -> QuerySet[OrderGroup]:
        """Purchases of which at least one order has one of the values."""
        if not values:
            return groups
        column = {"stage": "stage__in", "status": "status_id__in"}[name]
        return groups.filter(conditions.with_order(**{column: values}))

    def filter_promise(self, groups: QuerySet[OrderGroup], name: str, value: str) -> QuerySet[OrderGroup]:
        """An order is still on its way that was promised for a moment that is over."""
        return groups.filter(conditions.promise_passed(self.look.at if self.look else timezone.now()))

    def filter_prescription(self, groups: QuerySet[OrderGroup], name: str, values: list[str]) -> QuerySet[OrderGroup]:
        """By the one word for all papers; no paper is also where 1mg has not spoken of any."""
        states = [*values, ""] if NONE in values else values
        return groups.filter(prescription_state__in=states) if states else groups

    def filter_money(self, groups: QuerySet[OrderGroup], name: str, value: str) -> QuerySet[OrderGroup]:
        """Those that a figure of the page Money is about."""
        return groups.filter(figures.CONDITIONS[value])

    def filter_since(self, groups: QuerySet[OrderGroup], name: str, value: date) -> QuerySet[OrderGroup]:
        """From the beginning of a day in India."""
        return groups.filter(first_seen_at__gte=_beginning(value))

    def filter_until(self, groups: QuerySet[OrderGroup], name: str, value: date) -> QuerySet[OrderGroup]:
        """To the end of a day in India."""
        return groups.filter(first_seen_at__lt=_beginning(value) + timedelta(days=1))


class ListFilter(OrderGroupFilter):
    """The same in the address of a page, which others may read: by words only ids are found."""

    def filter_text(self, groups: QuerySet[OrderGroup], name: str, value: str) -> QuerySet[OrderGroup]:
        """Ids and their parts, invoices, waybills."""
        return search.matching(groups, value, personal=False)


def _compared(words: list[str]) -> list[str]:
    return sorted({normal(word)[:_COMPARED] for word in words})


def _beginning(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
