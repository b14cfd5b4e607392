"""The one set of filters: list, API, and whatever takes the same query string."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders import search
from orders.attention import Attention
from orders.causes import Cause
from orders.choices import Confirmation, PaymentMethod, Stage
from orders.forms import MethodFilterField
from orders.models import Care, GroupedOrder, OrderGroup, Tag
from orders.statuses import STATUSES
from orders.words import normal

_QUEUES = (
    ("to_confirm", _("To confirm")),
    ("unknown_outcome", _("Outcome unknown")),
    ("in_flight", _("Being confirmed")),
)
_STATUS_CHOICES = [(str(code), f"{status.label} ({code})") for code, status in STATUSES.items()]


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


class MethodFilter(django_filters.ChoiceFilter):
    """Purchases by how they are paid."""

    field_class = MethodFilterField


class OrderGroupFilter(EmptyMeansAny):
    """Purchases by what 1mg said of any of their orders. Dates are days in India, by when we first heard of it."""

    q = django_filters.CharFilter(method="filter_text", label=_("Search"), max_length=200)
    cause = django_filters.MultipleChoiceFilter(
        choices=[(cause.slug, cause.label) for cause in Cause], method="filter_cause", label=_("Needs")
    )
    queue = django_filters.ChoiceFilter(choices=_QUEUES, method="filter_queue", label=_("Queue"))
    stage = django_filters.MultipleChoiceFilter(choices=Stage.choices, method="filter_orders", label=_("Stage"))
    status = django_filters.MultipleChoiceFilter(choices=_STATUS_CHOICES, method="filter_orders", label=_("Status"))
    mode = MethodFilter(
        choices=PaymentMethod.choices,
        field_name="payment_method",
        label=_("Payment"),
        empty_label=_("Any payment"),
    )
    city = django_filters.CharFilter(method="filter_city", label=_("City"), max_length=100)
    owner = django_filters.CharFilter(method="filter_owner", label=_("Owner"), max_length=150)
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

    def filter_text(self, groups: QuerySet[OrderGroup], name: str, value: str) -> QuerySet[OrderGroup]:
        """Ids and their parts, invoices, waybills; names and phones too, and only for who may see them."""
        return search.matching(groups, value, personal=self.may_see_personal_data)

    def filter_city(self, groups: QuerySet[OrderGroup], name: str, value: str) -> QuerySet[OrderGroup]:
        """In that city, whatever its case and blanks."""
        return groups.filter(city_word=normal(value))

    def filter_cause(self, groups: QuerySet[OrderGroup], name: str, values: list[str]) -> QuerySet[OrderGroup]:
        """Purchases of which at least one of the causes holds, whether somebody is to see to it by now or not."""
        if not values:
            return groups
        wanted = [cause for cause in Cause if cause.slug in values]
        look = self.look or Attention()
        return groups.filter(pk__in=look.holding.filter(cause__in=wanted).values("group"))

    def filter_owner(self, groups: QuerySet[OrderGroup], name: str, value: str) -> QuerySet[OrderGroup]:
        """Looked after by "me", by "nobody", or by whoever has that username."""
        owned = Care.objects.exclude(owner=None)
        if value == "nobody":
            return groups.filter(~Exists(owned.filter(group=OuterRef("pk"))))
        by = {"owner": self.user_id} if value == "me" else {"owner__username": value}
        return groups.filter(pk__in=owned.filter(**by).values("group"))

    def filter_tag(self, groups: QuerySet[OrderGroup], name: str, value: str) -> QuerySet[OrderGroup]:
        """With that tag; none for who may not see what staff have written, or asking would find it out."""
        if not self.may_see_personal_data:
            return groups.none()
        return groups.filter(pk__in=Tag.objects.filter(word=normal(value)).values("group"))

    def filter_queue(self, groups: QuerySet[OrderGroup], name: str, value: str) -> QuerySet[OrderGroup]:
        """The causes about confirming, as the API has named them from the beginning."""
        if value == "in_flight":
            return groups.filter(payment_method=PaymentMethod.ONLINE, confirmation_state=Confirmation.IN_FLIGHT)
        return self.filter_cause(groups, name, [{"unknown_outcome": "unknown"}.get(value, value)])

    def filter_orders(self, groups: QuerySet[OrderGroup], name: str, values: list[str]) -> QuerySet[OrderGroup]:
        """Purchases of which at least one order has one of the values."""
        if not values:
            return groups
        column = {"stage": "stage__in", "status": "status_id__in"}[name]
        return groups.filter(Exists(GroupedOrder.objects.filter(group=OuterRef("pk"), **{column: values})))

    def filter_since(self, groups: QuerySet[OrderGroup], name: str, value: Any) -> QuerySet[OrderGroup]:
        """From the beginning of a day in India."""
        return groups.filter(first_seen_at__gte=_beginning(value))

    def filter_until(self, groups: QuerySet[OrderGroup], name: str, value: Any) -> QuerySet[OrderGroup]:
        """To the end of a day in India."""
        return groups.filter(first_seen_at__lt=_beginning(value) + timedelta(days=1))


class ListFilter(OrderGroupFilter):
    """The same in the address of a page, which others may read: by words only ids are found."""

    def filter_text(self, groups: QuerySet[OrderGroup], name: str, value: str) -> QuerySet[OrderGroup]:
        """Ids and their parts, invoices, waybills."""
        return search.matching(groups, value, personal=False)


def _beginning(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
