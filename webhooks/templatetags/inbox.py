"""What the inbox shows of deliveries and of Nimbbl's events."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import template
from django.db.models import QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.chips import Chip
from orders.counting import MOST
from orders.templatetags.desk import brief
from webhooks import chips, refused
from webhooks import tracking as asking
from webhooks.models import Delivery, DeliveryQuerySet, NimbblEvent

register = template.Library()


@register.inclusion_tag("includes/_chip.html")
def outcome_chip(row: Any) -> dict[str, Chip]:
    """The chip of a delivery or an update."""
    return {"chip": chips.outcome_chip(row.outcome, brief(row.get_outcome_display()))}


@register.inclusion_tag("includes/_chip.html")
def event_chip(event: NimbblEvent) -> dict[str, Chip]:
    """The chip of what became of an event."""
    return {"chip": chips.event_chip(event.outcome, brief(event.get_outcome_display()))}


@register.inclusion_tag("includes/_chip.html")
def proof_chip(event: NimbblEvent) -> dict[str, Chip]:
    """The chip of what proves an event."""
    return {"chip": chips.proof_chip(event.proof, brief(event.get_proof_display()) or _("Not judged yet"))}


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
