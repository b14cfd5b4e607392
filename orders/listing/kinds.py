"""Kinds of filters that the library does not have."""

from __future__ import annotations

import django_filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from orders.forms import MethodFilterField, OwnerField, SeveralWordsField, WaitField


class MethodFilter(django_filters.ChoiceFilter):
    """Purchases by how they are paid."""

    field_class = MethodFilterField


@extend_schema_field(OpenApiTypes.STR)
class WordsFilter(django_filters.MultipleChoiceFilter):
    """Purchases by a word of 1mg's, or by any of several."""

    field_class = SeveralWordsField


@extend_schema_field(OpenApiTypes.STR)
class WaitFilter(django_filters.CharFilter):
    """Purchases by how long something has been waiting."""

    field_class = WaitField


class OwnerFilter(django_filters.CharFilter):
    """Purchases by who looks after them."""

    field_class = OwnerField
