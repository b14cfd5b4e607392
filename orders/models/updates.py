"""What 1mg said, one row each distinct thing: the evidence."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders import choices
from orders.fold import GENERATION, Position
from orders.models.orders import GroupedOrder
from orders.said import Said
from orders.statuses import Status, status_of


class OrderUpdateManager(models.Manager["OrderUpdate"]):
    """Adds what is done for every delivery."""

    def recorded(self, contents: Collection[tuple[str, str]]) -> dict[tuple[str, str], OrderUpdate]:
        """Those of some contents, each an order's id and a digest, that are recorded."""
        orders, digests = {order for order, _digest in contents}, {digest for _order, digest in contents}
        found = self.filter(order__in=orders, digest__in=digests).defer("changes")
        return {key: row for row in found if (key := (row.order_id, row.digest)) in contents}

    def for_the_story(self) -> models.QuerySet[OrderUpdate]:
        """Without what no story asks for."""
        return self.order_by().defer("changes", "digest", "updated_raw", "last_seen_at")


class OrderUpdate(models.Model):
    """One distinct content 1mg sent for one order: evidence, written once; only the count of sightings grows.

    `delivery_id` names the delivery that first carried it (`webhooks.Delivery`; a number, since orders must not know
    the front door) and `entry` its place there. `at_ms` is the time the fold ordered it by.
    """

    order = models.ForeignKey(
        GroupedOrder, on_delete=models.CASCADE, related_name="updates", db_index=False, db_constraint=False
    )  # whoever records an update holds its order, so the database need not look whether there is one
    digest = models.CharField(max_length=80)
    delivery_id = models.BigIntegerField()
    entry = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    status_id = models.BigIntegerField(null=True)
    updated_raw = models.CharField(max_length=64, blank=True)
    at_ms = models.BigIntegerField()
    outcome = models.CharField(max_length=16, choices=choices.Outcome.choices)
    said = models.JSONField(null=True, help_text=_("`orders.said.said_of` the update; null until it is filled in."))
    changes = models.JSONField(default=list, db_default=[])
    flags = models.JSONField(default=list)
    times_seen = models.PositiveIntegerField(default=1)
    last_seen_at = models.DateTimeField()
    generation = models.PositiveSmallIntegerField(
        null=True, default=GENERATION, editable=False, help_text=_("Of the code that worked it out; null: before 2.")
    )

    order_id: str
    objects: ClassVar[OrderUpdateManager] = OrderUpdateManager()

    class Meta:
        ordering = ("order_id", "id")
        constraints = (models.UniqueConstraint(fields=("order", "digest"), name="update_once_an_order"),)
        indexes = (models.Index(fields=("delivery_id",), name="update_delivery"),)

    def __str__(self) -> str:
        return f"{self.order_id} {self.outcome}"

    @property
    def status(self) -> Status:
        """The status table's line for what this update said."""
        return status_of(self.status_id)

    @property
    def position(self) -> Position:
        """Where it stands among the order's updates."""
        return Position(self.at_ms, self.status.rank, self.delivery_id, self.entry)

    @property
    def words(self) -> Said:
        """What it said; where `said` is not filled in yet, what the other columns tell."""
        if self.said is not None:
            return dict(self.said)
        return {} if choices.Flag.STATUS_MISSING in self.flags else {"status": self.status_id}
