"""Purchases: what the merchant's customer ordered at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orders import choices
from orders.models.acts import Act
from orders.models.orders import GroupedOrder
from orders.models.updates import OrderUpdate

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from orders.models.needs import Need


class OrderGroupQuerySet(models.QuerySet["OrderGroup"]):
    """Questions asked of purchases."""

    def with_everything(self) -> OrderGroupQuerySet:
        """With all that a page or an answer shows, in a fixed number of queries."""
        updates = models.Prefetch("updates", OrderUpdate.objects.for_the_story())
        orders = GroupedOrder.objects.order_by("order_id").prefetch_related("skus", "invoices", updates)
        acts = Act.objects.filter(update=None).select_related("actor").order_by("at", "id")
        whole = self.select_related("care__owner")
        return whole.prefetch_related(models.Prefetch("orders", orders), models.Prefetch("acts", acts), "needs")

    def with_something_to_show(self) -> OrderGroupQuerySet:
        """Without those that nobody registered or acted on and that 1mg has left: it moved their orders elsewhere.

        An order is asked for with a limit: the planner might otherwise read all orders there are.
        """
        order = GroupedOrder.objects.order_by().filter(group=models.OuterRef("pk")).values("pk")[:1]
        groups = self.alias(any_order_at_all=models.Subquery(order))
        ours = models.Q(registered_at__isnull=False) | ~models.Q(confirmation_state=choices.Confirmation.NONE)
        return groups.filter(ours | models.Q(any_order_at_all__isnull=False))

    def naming(self, onemg_ids: Collection[str]) -> OrderGroupQuerySet:
        """Purchases that are about one of these ids of 1mg's: registered with it, filed with it, or holding it."""
        return self.filter(pk__in={purchase for purchase, _named in _who_names(onemg_ids)})

    def sharing(self, groups: Collection[OrderGroup]) -> dict[str, list[str]]:
        """Purchase -> the other purchases that name an order of 1mg's which it names, for those that have any.

        `groups`: purchases with their orders at hand. In one query, however many they are.
        """
        ids = {group.pk: group.onemg_ids(group.orders.all()) for group in groups}
        named: dict[str, set[str]] = defaultdict(set)
        for purchase, onemg_id in _who_names({one for mine in ids.values() for one in mine}):
            named[onemg_id].add(purchase)
        others = {key: sorted({pk for one in mine for pk in named[one]} - {key}) for key, mine in ids.items()}
        return {key: found for key, found in others.items() if found}


def _who_names(onemg_ids: Collection[str]) -> models.QuerySet[Any, tuple[str, str]]:
    """Pairs of a purchase and one of these ids that it names. Each condition asks an index of its own."""
    groups = OrderGroup.objects.order_by()
    registered = groups.exclude(onemg_order_id="").filter(onemg_order_id__in=onemg_ids)
    filed = groups.filter(group_order_id__in=onemg_ids).with_something_to_show()
    holding = GroupedOrder.objects.order_by().filter(pk__in=onemg_ids)
    return registered.values_list("pk", "onemg_order_id").union(
        filed.values_list("pk", "group_order_id"), holding.values_list("group_id", "pk")
    )


class OrderGroup(models.Model):
    """One purchase: what the merchant's customer ordered at once. 1mg may split it into several grouped orders.

    Written by `orders.services.apply`. `heard` holds, for each part, the position of the update that said it. What the
    merchant says of it (`registered_at` and what follows) is written by `orders.purchases.register`, how its
    confirmation stands by `orders.purchases.set_confirmation`, what Nimbbl says of its payment by `set_captured` and
    `set_doubt`, which refund waits for us by `set_to_decide`, what all its orders there come to by `put_money`,
    `other_ids` by `put_ids` there; the fold leaves all of it alone.
    """

    merchant_order_id = models.CharField(
        max_length=64, primary_key=True, help_text=_("The merchant's own id; 1mg's group id where none came.")
    )
    group_order_id = models.CharField(max_length=64, blank=True, db_index=True)
    first_seen_at = models.DateTimeField(help_text=_("When we first heard of the purchase (UTC); the list's order."))
    payment_method = models.CharField(max_length=16, blank=True)
    customer_name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    contact_number = models.CharField(max_length=40, blank=True)
    city = models.CharField(max_length=100, blank=True)
    city_word = models.CharField(
        max_length=100,
        blank=True,
        db_default="",
        default="",
        editable=False,
        help_text=_("The city as it is compared."),
    )
    pincode = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=100, blank=True)
    delivery_address = models.JSONField(default=dict, blank=True)
    prescriptions = models.JSONField(default=list, blank=True)
    prescription_state = models.CharField(max_length=20, blank=True)
    heard = models.JSONField(default=dict, editable=False)
    marks = models.TextField(blank=True, db_default="", default="", editable=False)
    search_text = models.TextField(blank=True, editable=False)
    personal_text = models.TextField(blank=True, editable=False)
    other_ids = models.JSONField(
        null=True, blank=True, editable=False, help_text=_("What other partners call it: kind -> ids.")
    )
    environment = models.CharField(
        max_length=8, blank=True, editable=False, help_text=_("PORTAL_ENVIRONMENT when we first heard of the purchase.")
    )
    registered_at = models.DateTimeField(null=True, blank=True)
    registered_method = models.CharField(max_length=16, choices=choices.PaymentMethod.choices, blank=True)
    onemg_order_id = models.CharField(max_length=64, blank=True, help_text=_("What 1mg's Create Order answered."))
    payable_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True, help_text=_("Rupees."))
    confirmation_state = models.CharField(
        max_length=12, choices=choices.Confirmation.choices, default=choices.Confirmation.NONE
    )
    confirmation_at = models.DateTimeField(null=True, blank=True)
    confirmation_reason = models.TextField(blank=True)
    captured_amount = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Captured at Nimbbl as far as we know, in rupees."),
    )
    doubt_since = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when nobody knows what became of an update at Nimbbl (UTC).")
    )
    refund_to_decide = models.JSONField(
        null=True, blank=True, editable=False, help_text=_("The refund that has waited longest for our decision.")
    )
    collected_amount = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, help_text=_("Collected online, as 1mg says; rupees.")
    )
    refund_due_amount = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, help_text=_("Due back, as 1mg says; rupees.")
    )
    is_refund_unread = models.BooleanField(
        default=False, db_default=False, help_text=_("1mg named a refund that nobody can read.")
    )
    all_captured_amount = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Captured by all its orders at Nimbbl; unknown where it is of one; rupees."),
    )
    paid_back_amount = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, help_text=_("Paid back by them for good; rupees.")
    )
    refund_asked_amount = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        default=0,
        db_default=0,
        help_text=_("Refunds that 1mg or staff asked us for, but for declined ones; rupees."),
    )

    orders: RelatedManager[GroupedOrder]
    needs: RelatedManager[Need]
    objects: ClassVar[models.Manager[OrderGroup]] = models.Manager.from_queryset(OrderGroupQuerySet)()

    class Meta:
        ordering = ("-first_seen_at", "-merchant_order_id")
        permissions = (("view_personal_data", "May see names, phones, addresses and prescriptions in clear"),)
        indexes = (
            models.Index(fields=("-first_seen_at", "-merchant_order_id"), name="group_newest"),
            models.Index(fields=("city_word", "-first_seen_at", "-merchant_order_id"), name="group_city_word_newest"),
            models.Index(fields=("payment_method", "-first_seen_at", "-merchant_order_id"), name="group_method_newest"),
            models.Index(fields=("prescription_state", "-first_seen_at", "-merchant_order_id"), name="group_rx_newest"),
            models.Index(
                fields=("confirmation_state", "-first_seen_at", "-merchant_order_id"),
                condition=models.Q(payment_method="ONLINE") & ~models.Q(confirmation_state="confirmed"),
                name="group_to_confirm",
            ),
            # All that the page Money looks at, so that it reads no row.
            models.Index(
                fields=(
                    *("first_seen_at", "payment_method", "all_captured_amount", "collected_amount"),
                    *("refund_due_amount", "is_refund_unread", "refund_asked_amount", "paid_back_amount"),
                ),
                name="group_money_of_days",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("onemg_order_id",), condition=~models.Q(onemg_order_id=""), name="registered_once"
            ),
        )

    def __str__(self) -> str:
        return self.merchant_order_id

    def get_absolute_url(self) -> str:
        return reverse("orders:purchase", args=[self.merchant_order_id])

    def onemg_ids(self, orders: Iterable[GroupedOrder]) -> list[str]:
        """Every id that 1mg or the shop has for what the purchase is. `orders`: its orders."""
        return sorted({self.onemg_order_id, self.group_order_id, *(order.pk for order in orders)} - {""})

    def payment_summary(self) -> dict[str, Any] | None:
        """The purchase's money: of its orders, the one on which 1mg said it last. Nothing is summed."""
        told = [order for order in self.orders.all() if order.payment_summary]
        newest = max(told, key=lambda order: order.heard.get("payment", []), default=None)
        return newest.payment_summary if newest else None
