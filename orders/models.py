"""The records of what 1mg says.

Everything 1mg owns is written by one door, `orders.services`; nothing here is edited by hand.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders import choices
from orders.fold import Position
from orders.lines import sku_id_of
from orders.said import Said
from orders.statuses import Status, status_of

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class OrderGroupQuerySet(models.QuerySet["OrderGroup"]):
    """Questions asked of purchases."""

    def with_everything(self) -> OrderGroupQuerySet:
        """With all that a page or an answer shows, in a fixed number of queries."""
        updates = models.Prefetch("updates", OrderUpdate.objects.for_the_story())
        orders = GroupedOrder.objects.order_by("order_id").prefetch_related("skus", "invoices", updates)
        acts = Act.objects.filter(update=None).select_related("actor").order_by("at", "id")
        return self.prefetch_related(models.Prefetch("orders", orders), models.Prefetch("acts", acts))

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
    confirmation stands by `orders.purchases.set_confirmation`; the fold leaves both alone.
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
    pincode = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=100, blank=True)
    delivery_address = models.JSONField(default=dict, blank=True)
    prescriptions = models.JSONField(default=list, blank=True)
    prescription_state = models.CharField(max_length=20, blank=True)
    heard = models.JSONField(default=dict, editable=False)
    marks = models.TextField(blank=True, db_default="", default="", editable=False)
    search_text = models.TextField(blank=True, editable=False)
    personal_text = models.TextField(blank=True, editable=False)
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

    orders: RelatedManager[GroupedOrder]
    objects: ClassVar[models.Manager[OrderGroup]] = models.Manager.from_queryset(OrderGroupQuerySet)()

    class Meta:
        ordering = ("-first_seen_at", "-merchant_order_id")
        permissions = (("view_personal_data", "May see names, phones, addresses and prescriptions in clear"),)
        indexes = (
            models.Index(fields=("-first_seen_at", "-merchant_order_id"), name="group_newest"),
            models.Index(fields=("city", "-first_seen_at", "-merchant_order_id"), name="group_city_newest"),
            models.Index(fields=("payment_method", "-first_seen_at", "-merchant_order_id"), name="group_method_newest"),
            models.Index(
                fields=("confirmation_state", "-first_seen_at", "-merchant_order_id"),
                condition=models.Q(payment_method="ONLINE") & ~models.Q(confirmation_state="confirmed"),
                name="group_to_confirm",
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


class GroupedOrder(models.Model):
    """One 1mg order (a shipment) of a purchase, as it stands: the fold of everything 1mg said about it.

    A projection: `rebuild_orders` can make it again from the bytes. Written by `orders.services.apply` alone, but
    for `review_flags`, which `orders.reviews.mark_reviewed` empties when a person has looked.
    """

    order_id = models.CharField(max_length=64, primary_key=True)
    group = models.ForeignKey(OrderGroup, on_delete=models.PROTECT, related_name="orders")
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
    tracking_url = models.TextField(blank=True)
    tracking_number = models.CharField(max_length=100, blank=True)
    delivery_contact = models.CharField(max_length=40, blank=True)
    delivery_contact_name = models.CharField(max_length=200, blank=True)
    invoice_shipping_url = models.TextField(blank=True)
    invoice_order_url = models.TextField(blank=True)
    mode = models.CharField(max_length=16, blank=True)
    payment_summary = models.JSONField(default=dict, blank=True)
    review_flags = models.JSONField(default=list, blank=True)
    heard = models.JSONField(default=dict, editable=False)
    marks = models.TextField(blank=True, db_default="", default="", editable=False)
    lists = models.JSONField(default=dict, editable=False)
    search_text = models.TextField(blank=True, editable=False)

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
        return f"{self.onemg_sku_id} {self.name}"

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


class Act(models.Model):
    """One thing that we did or noted about a purchase. Append-only; written by `orders.acts.record` alone.

    `act` is what it was, `params` what its words need; `orders.acts.text_of` puts it into words. `at` is when it
    happened by the clock of whoever did it, `received_at` when we heard of it. `call_id` names the call that it is
    about (`payments.PartnerCall`; a number, since orders must not know who acts on them).

    Rows with an `update` tell of what 1mg said; only the code before writes and reads them.
    """

    group = models.ForeignKey(OrderGroup, on_delete=models.CASCADE, related_name="acts", db_index=False)
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


class ApiKey(models.Model):
    """A key of one of the merchant's own systems. Only its SHA-256 is kept: 256 random bits need no slow hash."""

    name = models.CharField(max_length=100, unique=True)
    prefix = models.CharField(max_length=8, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    may_see_personal_data = models.BooleanField(default=False)
    may_write = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    # What DRF and Django ask of `request.user`: a key is a caller, never a member of staff.
    is_authenticated = True
    is_anonymous = False
    is_staff = False
    is_active = True

    @classmethod
    def issue(cls, name: str, **rights: Any) -> tuple[ApiKey, str]:
        """Make a key; the second value is the secret, which exists nowhere else and is shown once."""
        secret = secrets.token_urlsafe(32)
        return cls.objects.create(name=name, prefix=secret[:6], digest=cls.digest_of(secret), **rights), secret

    @staticmethod
    def digest_of(secret: str) -> str:
        """What is stored of a secret."""
        return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
