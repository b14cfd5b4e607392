"""1mg's orders, the shipments of a purchase, with their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders import choices
from orders.lines import sku_id_of
from orders.statuses import Status, status_of

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from orders.models.updates import OrderUpdate


class GroupedOrder(models.Model):
    """One 1mg order (a shipment) of a purchase, as it stands: the fold of everything 1mg said about it.

    A projection: `rebuild_orders` can make it again from the bytes. Written by `orders.services.apply` alone, but
    for `review_flags`, which `orders.reviews.mark_reviewed` empties when a person has looked.

    `odd` names the newest update of those whose words stand here that was not understood in full: `{"delivery",
    "entry", "at", "flags"}`, empty where all were. `attempts` is null until it was counted (`orders.backfill`).
    """

    order_id = models.CharField(max_length=64, primary_key=True)
    group = models.ForeignKey("orders.OrderGroup", on_delete=models.PROTECT, related_name="orders")
    listed_at = models.DateTimeField(
        help_text=_("The purchase's first_seen_at, so that one index answers a filtered list."),
        editable=False,
    )
    status_id = models.BigIntegerField(null=True)
    stage = models.CharField(max_length=16, choices=choices.Stage.choices, default=choices.Stage.UNKNOWN)
    title = models.TextField(blank=True)
    sub_title = models.TextField(blank=True)
    created_at = models.DateTimeField(null=True, help_text=_("1mg's `created` (UTC)."))
    updated_at = models.DateTimeField(null=True, help_text=_("1mg's `updated` (UTC), where it can be read."))
    status_since = models.DateTimeField(null=True, help_text=_("When the status shown began, as far as we know."))
    eta_from = models.DateTimeField(null=True)
    eta_to = models.DateTimeField(null=True)
    delivery_partner_name = models.CharField(max_length=200, blank=True)
    courier_word = models.CharField(
        max_length=100,
        blank=True,
        db_default="",
        default="",
        editable=False,
        help_text=_("The courier as it is compared."),
    )
    tracking_url = models.TextField(blank=True)
    tracking_number = models.CharField(max_length=100, blank=True)
    delivery_contact = models.CharField(max_length=40, blank=True)
    delivery_contact_name = models.CharField(max_length=200, blank=True)
    invoice_shipping_url = models.TextField(blank=True)
    invoice_order_url = models.TextField(blank=True)
    mode = models.CharField(max_length=16, blank=True)
    payment_summary = models.JSONField(default=dict, blank=True)
    review_flags = models.JSONField(default=list, blank=True)
    flagged_at = models.DateTimeField(null=True, help_text=_("Since when a person should look (UTC)."))
    attempts = models.PositiveSmallIntegerField(null=True, help_text=_("How often it came to “Deliver again”."))
    odd = models.JSONField(null=True, blank=True, editable=False)
    heard = models.JSONField(default=dict, editable=False)
    marks = models.TextField(blank=True, db_default="", default="", editable=False)
    lists = models.JSONField(default=dict, editable=False)
    search_text = models.TextField(blank=True, editable=False)
    medicine_text = models.TextField(blank=True, db_default="", default="", editable=False)

    skus: RelatedManager[Sku]
    invoices: RelatedManager[Invoice]
    updates: RelatedManager[OrderUpdate]
    group_id: str
    objects: ClassVar[models.Manager[GroupedOrder]] = models.Manager()

    class Meta:
        ordering = ("order_id",)
        indexes = (
            models.Index(fields=("status_id", "-listed_at", "-group"), name="order_status_newest"),
            models.Index(fields=("stage", "-listed_at", "-group"), name="order_stage_newest"),
            models.Index(
                fields=("courier_word", "-listed_at", "-group"),
                condition=~models.Q(courier_word=""),
                name="order_courier_newest",
            ),
        )

    def __str__(self) -> str:
        return self.order_id

    @property
    def status(self) -> Status:
        """The status table's line for `status_id`."""
        return status_of(self.status_id)


class Sku(models.Model):
    """One line of a grouped order's medicines, as 1mg last listed it.

    1mg may list a SKU more than once. `sku_id` is the line's key in its order: 1mg's id, with the number of the
    repetition behind it (`7`, `7#1`); `onemg_sku_id` is 1mg's id alone.
    """

    order = models.ForeignKey(GroupedOrder, on_delete=models.CASCADE, related_name="skus", db_index=False)
    position = models.PositiveIntegerField()
    sku_id = models.CharField(max_length=80)
    again = models.PositiveIntegerField(
        db_default=0, help_text=_("0 for the first line of its SKU, n for its n-th repetition.")
    )
    name = models.TextField(blank=True)
    pack_size_label = models.TextField(blank=True)
    quantity = models.DecimalField(max_digits=15, decimal_places=3, null=True)
    mrp = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    offered_price = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    sku_type = models.CharField(max_length=40, blank=True)
    prescription_required = models.BooleanField(null=True)
    prescription_verified = models.BooleanField(null=True)
    prescription_status = models.TextField(blank=True)

    order_id: str

    class Meta:
        ordering = ("order_id", "position")
        constraints = (models.UniqueConstraint(fields=("order", "sku_id"), name="sku_once_an_order"),)

    def __str__(self) -> str:
        return self.onemg_sku_id  # not the name, which tells what somebody takes

    @property
    def onemg_sku_id(self) -> str:
        """The SKU as 1mg names it; empty where it did not."""
        return sku_id_of(self.sku_id, self.again)


class Invoice(models.Model):
    """One numbered invoice of a grouped order, as 1mg last listed it."""

    order = models.ForeignKey(GroupedOrder, on_delete=models.CASCADE, related_name="invoices", db_index=False)
    position = models.PositiveIntegerField()
    number = models.CharField(max_length=64)
    url = models.TextField(blank=True)
    doctor_name = models.TextField(blank=True)
    patient_name = models.TextField(blank=True)
    skus = models.JSONField(default=list, blank=True)

    order_id: str

    class Meta:
        ordering = ("order_id", "position")
        constraints = (models.UniqueConstraint(fields=("order", "number"), name="invoice_once_an_order"),)

    def __str__(self) -> str:
        return self.number
