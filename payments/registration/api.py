"""Where the merchant's shop registers a purchase, and says more of it later. What is read: `orders.api`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.db import OperationalError
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from orders.actors import Actor
from orders.api import OrderDetailView, OrderListView
from orders.models import ApiKey, OrderGroup
from payments.registration import samples
from payments.registration import services as registration
from payments.registration.said import AdditionSerializer, RegistrationSerializer, StrictJSONParser
from payments.registration.services import Conflict, Outcome


class Busy(APIException):
    """The database is busy or away. The same words may be sent again: they are kept once."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = samples.BUSY
    wait = 5


class Contradicted(APIException):
    """Another word stands; nothing was changed."""

    status_code = status.HTTP_409_CONFLICT

    def __init__(self, conflict: Conflict) -> None:
        fields = {name: {"registered": stands, "sent": sent} for name, (stands, sent) in conflict.fields.items()}
        super().__init__({"detail": str(conflict), "fields": fields})


class OrdersView(OrderListView):
    """Purchases, newest first, by any filter of the staff list; and where the shop registers one."""

    parser_classes = (StrictJSONParser,)

    @extend_schema(
        operation_id="register_order",
        tags=["orders"],
        request=RegistrationSerializer,
        filters=False,
        responses=samples.ANSWERS,
        examples=[OpenApiExample("A purchase paid online", samples.REGISTRATION, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Register a purchase before 1mg speaks of it, so that it can be confirmed. Idempotent by merchant_order_id."""
        told = RegistrationSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        said = told.said()
        with kept_or_said_why():
            _group, outcome = registration.register(said, by=_shop(request))
        shown = self.get_serializer(self.get_queryset().get(pk=said.merchant_order_id)).data
        return Response(shown, status.HTTP_201_CREATED if outcome is Outcome.NEW else status.HTTP_200_OK)


class OrderView(OrderDetailView):
    """One purchase; and where the shop says of it what it did not know at first."""

    parser_classes = (StrictJSONParser,)

    @extend_schema(
        operation_id="complete_order",
        tags=["orders"],
        request=AdditionSerializer,
        responses=samples.ANSWERS_TO_MORE,
        examples=[OpenApiExample("Nimbbl's order", samples.ADDITION, request_only=True)],
    )
    def patch(self, request: Request, merchant_order_id: str) -> Response:
        """Add the Nimbbl order of a purchase that was registered without one, or what the shop knows of the payment."""
        told = AdditionSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        nimbbl_order_id, payment = told.said()
        by = _shop(request)
        with kept_or_said_why():
            registration.complete(merchant_order_id, nimbbl_order_id=nimbbl_order_id, payment=payment, by=by)
        return Response(self.get_serializer(self.get_queryset().get(pk=merchant_order_id)).data)


@contextmanager
def kept_or_said_why() -> Iterator[None]:
    """404, 409 or 503 for what keeps the shop's words from being kept."""
    try:
        yield
    except OrderGroup.DoesNotExist:
        raise NotFound from None
    except Conflict as conflict:
        raise Contradicted(conflict) from None
    except OperationalError as error:
        raise Busy from error


def _shop(request: Request) -> Actor:
    return Actor(cast(ApiKey, request.user).name)
