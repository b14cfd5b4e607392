"""Probes: `/healthz` says that the process answers, `/readyz` that it can do its work."""

from datetime import timedelta

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from webhooks.models import Delivery, DeliveryQuerySet

#: A delivery that is still pending after this has been missed by two sweeps.
OVERDUE = timedelta(minutes=2)
#: So long a refused delivery is told of.
REFUSED_WITHIN = timedelta(days=1)
MOST = 1000


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers; asks nothing of the database, so that a frozen one does not restart us."""
    return JsonResponse({"status": "ok"})


@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """200, or 503 where the database does not answer or something that was acknowledged is not applied.

    That is a delivery that waits for too long (backlog), or one that was set aside, since an error came again each
    time: it needs somebody. What was refused within a day is told beside that: our work is done, 1mg's is not. Each is
    counted up to a thousand.
    """
    now = timezone.now()
    try:
        counts = {
            "overdue_deliveries": _count(Delivery.objects.pending().filter(received_at__lt=now - OVERDUE)),
            "set_aside_deliveries": _count(Delivery.objects.set_aside()),
            "refused_deliveries": _count(Delivery.objects.refused_since(now - REFUSED_WITHIN)),
        }
    except DatabaseError:
        return JsonResponse({"status": "database unavailable"}, status=503)
    status = "backlog" if counts["overdue_deliveries"] else "set aside" if counts["set_aside_deliveries"] else "ok"
    return JsonResponse({"status": status, **counts}, status=200 if status == "ok" else 503)


def _count(deliveries: DeliveryQuerySet) -> int:
    return deliveries.order_by()[:MOST].count()
