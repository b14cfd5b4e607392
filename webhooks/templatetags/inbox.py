"""What the inbox shows of deliveries."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import template
from django.db.models import QuerySet, Value
from django.utils import timezone

from orders.chips import Chip
from webhooks import chips, refused
from webhooks import tracking as asking
from webhooks.models import MOST, Delivery, DeliveryQuerySet

register = template.Library()


@register.inclusion_tag("includes/_chip.html")
def outcome_chip(row: Any) -> dict[str, Chip]:
    """The chip of a delivery or an update."""
    return {"chip": chips.outcome_chip(row.outcome, str(row.get_outcome_display()).partition(":")[0])}


@register.inclusion_tag("webhooks/_received.html", takes_context=True)
def received(context: template.Context) -> dict[str, Any]:
    """Whether all that came was applied, or what was not; counted up to a thousand each."""
    recent = timezone.now() - refused.TOLD
    some = {
        "pending": Delivery.objects.pending(),
        "set_aside": Delivery.objects.set_aside(),
        "refused": Delivery.objects.refused_since(recent),
    }
    first, *others = (_marked(rows, kind) for kind, rows in some.items())
    counts = Counter(kind for (kind,) in first.union(*others, all=True))
    return {**dict.fromkeys(some, 0), **counts, "perms": context["perms"]}


@register.inclusion_tag("webhooks/_tracking.html", takes_context=True)
def tracking(context: template.Context) -> dict[str, Any]:
    """The button that asks 1mg how a purchase stands; none where its path is not known."""
    shown = {name: context[name] for name in ("group", "perms", "csrf_token")}
    return {**shown, "may_ask": asking.may_ask()}


def _marked(rows: DeliveryQuerySet, kind: str) -> QuerySet[Any, Any]:
    some = Delivery.objects.order_by().filter(pk__in=rows.order_by().values("pk")[:MOST])
    return some.annotate(kind=Value(kind)).values_list("kind")
