"""The read API (docs/integrate.md). What it says of a purchase: `orders/serializers.py`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from orders.authentication import MayRead
from orders.filters import OrderGroupFilter
from orders.models import ApiKey, OrderGroup
from orders.serializers import OrderGroupSerializer
from orders.stories import lookback, moment


class PersonalFilterBackend(DjangoFilterBackend):
    """Searching names and phones is seeing them: only for a key that may."""

    def get_filterset_kwargs(self, request: Any, queryset: Any, view: Any) -> dict[str, Any]:
        """Tell the filters what the key may see."""
        kwargs: dict[str, Any] = super().get_filterset_kwargs(request, queryset, view)
        return {**kwargs, "may_see_personal_data": _may_see(request)}


class NewestFirst(CursorPagination):
    """Keyset paging; `next` and `previous` are links."""

    ordering = ("-first_seen_at", "-merchant_order_id")
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Any:
        """The place a page begins at. A damaged one is 400, never the first page again or a fault of ours."""
        try:
            cursor = super().decode_cursor(request)
            if cursor and not any(cursor):
                raise ValueError
            if cursor and cursor.position and datetime.fromisoformat(str(cursor.position)).utcoffset() != timedelta(0):
                raise ValueError
        except (NotFound, ValueError) as error:
            raise ValidationError({self.cursor_query_param: [self.invalid_cursor_message]}) from error
        return cursor


class PurchaseView(GenericAPIView[OrderGroup]):
    """What both views share."""

    permission_classes = (MayRead,)
    serializer_class = OrderGroupSerializer

    def get_queryset(self) -> QuerySet[OrderGroup]:
        """Purchases with everything, in a fixed number of queries."""
        return OrderGroup.objects.with_everything()

    def get_serializer_context(self) -> dict[str, Any]:
        """Adds whether the key may see personal data, and whether the purchase is shown as it was."""
        then = self.request is not None and "as_of" in self.request.query_params
        return {**super().get_serializer_context(), "personal": _may_see(self.request), "then": then}


def _may_see(request: Request | None) -> bool:
    key = getattr(request, "user", None)
    return isinstance(key, ApiKey) and key.may_see_personal_data


@extend_schema_view(get=extend_schema(operation_id="list_orders", tags=["orders"]))
class OrderListView(PurchaseView, ListAPIView[OrderGroup]):
    """Purchases, newest first, by any filter of the staff list."""

    filter_backends = (PersonalFilterBackend,)
    filterset_class = OrderGroupFilter
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[OrderGroup]:
        """The purchases that the staff list shows."""
        return OrderGroup.objects.with_something_to_show().with_everything()

    def filter_queryset(self, queryset: Any) -> Any:
        """A parameter that we do not know is 400: ignored, a misspelt filter would show everything."""
        known = {*OrderGroupFilter.base_filters, "cursor", "page_size", "format"}
        if unknown := sorted(self.request.query_params.keys() - known):
            raise ValidationError({name[:100]: [_("There is no such parameter.")] for name in unknown[:10]})
        return super().filter_queryset(queryset)


_AS_OF: Final = OpenApiParameter(
    "as_of",
    OpenApiTypes.DATETIME,
    description="The purchase as we knew it at this time, ISO 8601; without a zone it is India's time.",
)
_ANSWERS: Final = {
    200: OrderGroupSerializer,
    400: OpenApiResponse(description="`as_of` is no time, or one that has not come yet."),
    404: OpenApiResponse(description="There is no such purchase, or nobody knew it then."),
    410: OpenApiResponse(description="Not all that 1mg had said by then is still kept."),
}


@extend_schema_view(
    get=extend_schema(operation_id="get_order", tags=["orders"], parameters=[_AS_OF], responses=_ANSWERS)
)
class OrderDetailView(PurchaseView, RetrieveAPIView[OrderGroup]):
    """One purchase by `merchant_order_id`; with `as_of` as we knew it then."""

    filter_backends = ()
    lookup_field = "merchant_order_id"

    def get_object(self) -> OrderGroup:
        """The purchase, now or then. Raises 400, 404 or 410 where there is none to be shown."""
        if (asked := self.request.query_params.get("as_of")) is None:
            return super().get_object()
        try:
            at = moment.read(asked, timezone.now())
            known = lookback.known_at(self.kwargs[self.lookup_field], at)
        except ValueError as error:
            raise ValidationError({"as_of": [str(error)]}) from None
        except OrderGroup.DoesNotExist:
            raise NotFound from None
        if not known.whole:
            raise BytesGone
        return known.group


class BytesGone(APIException):
    """What stood then cannot be told any more."""

    status_code = status.HTTP_410_GONE
    default_detail = _("Not all that 1mg had said by then is still kept; what stood then cannot be told.")
