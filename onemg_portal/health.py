"""Probes: `/healthz` says that the process answers, `/readyz` that it can do its work."""

from collections import Counter
from datetime import timedelta

from django.db import DatabaseError
from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from webhooks.models import Delivery, Outcome

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
    time: it needs somebody. Both are counted up to a thousand.
    """
    overdue = Q(outcome=Outcome.PENDING, received_at__lt=timezone.now() - OVERDUE)
    set_aside = Q(outcome=Outcome.QUARANTINED, settled_at=None)
    outcomes = Delivery.objects.filter(overdue | set_aside).order_by().values_list("outcome", flat=True)
    try:
        found = Counter(outcomes[:1000])
    except DatabaseError:
        return JsonResponse({"status": "database unavailable"}, status=503)
    waiting, given_up = found[Outcome.PENDING], found[Outcome.QUARANTINED]
    status = "backlog" if waiting else "set aside" if given_up else "ok"
    told = {"status": status, "overdue_deliveries": waiting, "set_aside_deliveries": given_up}
    return JsonResponse(told, status=503 if found else 200)
