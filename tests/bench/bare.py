"""The least that could be called a receiver, or an answer: what Django and DRF cost by themselves."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders.models import OrderGroup
from tests.bench.models import Body

ANSWER = {"status": "SUCCESS", "message": "Order updated."}


def answer(request: HttpRequest) -> JsonResponse:
    """A view that answers JSON and does nothing."""
    return JsonResponse(ANSWER)


class Insert(APIView):
    """A DRF view that keeps the body, in one INSERT, without a look at it or at who sent it."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        """Keep it."""
        Body.objects.create(body=request.body)
        return Response(ANSWER)


class Select(APIView):
    """A DRF view that reads a purchase, in one SELECT, without a look at who asks."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request, merchant_order_id: str) -> Response:
        """Four values of it, as an answer about its payment has them."""
        found = OrderGroup.objects.values_list("onemg_order_id", "payable_amount", "environment").get(
            pk=merchant_order_id
        )
        order_id, amount, _environment = found
        told = {"order_id": order_id, "transaction_id": merchant_order_id}
        return Response({**told, "amount": float(amount or 0), "status": "SUCCESS"})


urlpatterns = [
    path("healthz", answer),
    path("json", answer),
    path("insert", Insert.as_view()),
    path("select/<str:merchant_order_id>", Select.as_view()),
]
