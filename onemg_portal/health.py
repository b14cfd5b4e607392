"""Probes: `/healthz` says that the process answers, `/readyz` that it can do its work."""

from datetime import timedelta

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from webhooks import refused
from webhooks.models import Delivery

#: A delivery that is still pending after this has been missed by two sweeps.
OVERDUE = timedelta(minutes=2)


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
            "overdue_deliveries": Delivery.objects.pending().filter(received_at__lt=now - OVERDUE).many(),
            "set_aside_deliveries": Delivery.objects.set_aside().many(),
            "refused_deliveries": Delivery.objects.refused_since(now - refused.TOLD).many(),
        }
    except DatabaseError:
        return JsonResponse({"status": "database unavailable"}, status=503)
    status = "backlog" if counts["overdue_deliveries"] else "set aside" if counts["set_aside_deliveries"] else "ok"
    return JsonResponse({"status": status, **counts}, status=200 if status == "ok" else 503)
