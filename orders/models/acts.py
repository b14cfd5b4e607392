"""What we did or noted about a purchase."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from orders import choices
from orders.models.orders import GroupedOrder
from orders.models.updates import OrderUpdate


class Act(models.Model):
    """One thing that we did or noted about a purchase. Append-only; written by `orders.acts.record` alone.

    `act` is what it was, `params` what its words need; `orders.acts.text_of` puts it into words. `at` is when it
    happened by the clock of whoever did it, `received_at` when we heard of it. `call_id` names the call that it is
    about (`payments.PartnerCall`; a number, since orders must not know who acts on them).

    Rows with an `update` tell of what 1mg said; only the code before writes and reads them.
    """

    group = models.ForeignKey("orders.OrderGroup", on_delete=models.CASCADE, related_name="acts", db_index=False)
    order = models.ForeignKey(GroupedOrder, on_delete=models.CASCADE, null=True, blank=True, related_name="acts")
    update = models.ForeignKey(
        OrderUpdate, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    source = models.CharField(max_length=8, choices=choices.Source.choices)
    kind = models.CharField(max_length=16, choices=choices.Kind.choices)
    status_id = models.BigIntegerField(null=True, blank=True)
    act = models.CharField(max_length=32, blank=True, default="", db_default="")
    params = models.JSONField(default=dict, blank=True, db_default=models.Value({}, models.JSONField()))
    text = models.TextField()
    call_id = models.BigIntegerField(null=True, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, db_index=False
    )

    group_id: str
    order_id: str | None

    class Meta:
        db_table = "orders_timelineentry"
        ordering = ("at", "id")
        indexes = (models.Index(fields=("group", "at", "id"), name="timeline_by_purchase"),)

    def __str__(self) -> str:
        return f"{self.group_id} {self.act or self.kind} #{self.pk}"  # not the text, which may name people
