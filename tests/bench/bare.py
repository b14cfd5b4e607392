"""The least that could be called a receiver: what Django and DRF cost by themselves."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

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


urlpatterns = [path("healthz", answer), path("json", answer), path("insert", Insert.as_view())]
