"""`/api/metrics/`: gauges for Prometheus, read from the database when it asks, for who has a key of the API.

No process keeps anything, so any number of them answer alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders import metrics as of_orders
from orders.authentication import MayRead
from payments import metrics as of_payments
from webhooks import metrics as of_deliveries


class _Gauges:
    """Everything that is told, as a registry collects it."""

    def collect(self) -> Iterable[Metric]:
        yield from of_orders.gauges()
        yield from of_payments.gauges()
        yield from of_deliveries.gauges()


class TextRenderer(BaseRenderer):
    """Prometheus's text format; an error in the same, as a comment."""

    media_type = CONTENT_TYPE_LATEST.partition(";")[0]
    format = "txt"
    charset = None

    def render(self, data: Any, accepted: str | None = None, context: Mapping[str, Any] | None = None) -> bytes:
        """Bytes as they are; what else was to be said as a comment."""
        return data if isinstance(data, bytes) else f"# {data}\n".encode()


class MetricsView(APIView):
    """What needs somebody, what is not applied, and what is under way with money, as gauges."""

    permission_classes = (MayRead,)
    renderer_classes = (TextRenderer,)

    @extend_schema(operation_id="get_metrics", tags=["metrics"], responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request) -> Response:
        """Read them now."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Gauges())
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
