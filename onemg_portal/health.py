"""Probes: `/healthz` says that the process answers, `/readyz` that it can do its work."""

from datetime import timedelta

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from webhooks.models import Delivery

#: A delivery that is still pending after this has been missed by two sweeps.
OVERDUE = timedelta(minutes=2)


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers; asks nothing of the database, so that a frozen one does not restart us."""
    return JsonResponse({"status": "ok"})


@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """200 with the backlog, or 503 when the database does not answer or deliveries wait for too long."""
    try:
        waiting = Delivery.objects.pending().filter(received_at__lt=timezone.now() - OVERDUE)[:1000].count()
    except DatabaseError:
        return JsonResponse({"status": "database unavailable"}, status=503)
    status = "ok" if not waiting else "backlog"
    return JsonResponse({"status": status, "overdue_deliveries": waiting}, status=200 if not waiting else 503)
