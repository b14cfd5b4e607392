"""Probes: `/healthz` says that the process answers, `/readyz` that it can do its work."""

from datetime import timedelta

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from orders.counting import many
from payments.models import RefundRequest
from webhooks import refused
from webhooks.models import Delivery, NimbblEvent

#: What is still pending after this has been missed by two sweeps.
OVERDUE = timedelta(minutes=2)


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers; asks nothing of the database, so that a frozen one does not restart us."""
    return JsonResponse({"status": "ok"})


@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """200, or 503 where the database does not answer or something that was acknowledged is not applied.

    That is a delivery, an event of Nimbbl's or a refund request that waits for too long (backlog), or a delivery that
    was set aside, since an error came again each time: it needs somebody. An event that waits for its purchase is no
    backlog: that is the shop's to register. What was refused within a day is told beside that: our work is done, 1mg's
    is not. Each is counted up to a thousand.
    """
    now = timezone.now()
    missed = now - OVERDUE
    try:
        counts = {
            "overdue_deliveries": many(Delivery.objects.pending().filter(received_at__lt=missed)),
            "overdue_events": many(NimbblEvent.objects.pending().filter(received_at__lt=missed)),
            "overdue_refund_requests": many(RefundRequest.objects.pending().filter(received_at__lt=missed)),
            "set_aside_deliveries": many(Delivery.objects.set_aside()),
            "refused_deliveries": many(Delivery.objects.refused_since(now - refused.TOLD)),
        }
    except DatabaseError:
        return JsonResponse({"status": "database unavailable"}, status=503)
    is_backlog = any(count for name, count in counts.items() if name.startswith("overdue_"))
    status = "backlog" if is_backlog else "set aside" if counts["set_aside_deliveries"] else "ok"
    return JsonResponse({"status": status, **counts}, status=200 if status == "ok" else 503)
