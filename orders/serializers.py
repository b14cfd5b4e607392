"""A purchase as the read API says it. Keys are fixed; others build on them."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import CharField as Text

from orders import paid
from orders.api_fields import Instant, instant
from orders.choices import Confirmation, Kind, PaymentMethod, Source
from orders.desk import work
from orders.desk.attention import Attention
from orders.desk.causes import Cause, Turn
from orders.desk.work import PERSONAL
from orders.masking import harmless, people, privacy
from orders.masking.personal import NOBODY
from orders.models import GroupedOrder, Invoice, OrderGroup, Sku
from orders.paid import Paid
from orders.payment_serializers import PaymentSerializer
from orders.stories import history
from orders.stories.story import Line

M = TypeVar("M", bound=Model)


class Said(serializers.ModelSerializer[M]):
    """What 1mg said; text that it did not say is null, as everything unknown is."""

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[Any, dict[str, Any]]:
        """Tell the OpenAPI document, too."""
        field, options = super().build_standard_field(field_name, model_field)
        return field, options | ({"allow_null": True} if model_field.blank and issubclass(field, Text) else {})

    def to_representation(self, instance: M) -> dict[str, Any]:
        """Empty text is null."""
        return {key: None if value == "" else value for key, value in super().to_representation(instance).items()}


class SkuSerializer(Said[Sku]):
    """One line of medicines; where 1mg lists a SKU twice, both lines have its id."""

    sku_id = serializers.CharField(source="onemg_sku_id", read_only=True, allow_null=True)
    quantity = serializers.SerializerMethodField()

    def to_representation(self, sku: Sku) -> dict[str, Any]:
        """Mask the medicine's name unless permitted."""
        shown = super().to_representation(sku)
        return shown if self.context["personal"] else shown | {"name": privacy.medicine(sku.name) or None}

    class Meta:
        model = Sku
        fields = (
            "sku_id",
            "name",
            "pack_size_label",
            "quantity",
            "mrp",
            "offered_price",
            "sku_type",
            "prescription_required",
            "prescription_verified",
            "prescription_status",
        )

    def get_quantity(self, sku: Sku) -> float | None:
        """A whole number wherever it is one."""
        if sku.quantity is None:
            return None
        return int(sku.quantity) if sku.quantity == int(sku.quantity) else float(sku.quantity)


class InvoiceSerializer(Said[Invoice]):
    """One invoice; names only for a key that may see them."""

    def to_representation(self, invoice: Invoice) -> dict[str, Any]:
        """Mask unless permitted."""
        shown = super().to_representation(invoice)
        if not self.context["personal"]:
            shown |= {
                "doctor_name": privacy.name(invoice.doctor_name) or None,
                "patient_name": privacy.name(invoice.patient_name) or None,
                "url": privacy.DOTS if invoice.url else None,
            }
        return shown

    class Meta:
        model = Invoice
        fields = ("number", "url", "doctor_name", "patient_name", "skus")


class ShipmentSerializer(Said[GroupedOrder]):
    """Who carries the parcel and how to follow it."""

    def to_representation(self, order: GroupedOrder) -> dict[str, Any]:
        """Mask the courier's person unless permitted."""
        shown = super().to_representation(order)
        if not self.context["personal"]:
            shown |= {
                "delivery_contact": privacy.phone(order.delivery_contact) or None,
                "delivery_contact_name": privacy.name(order.delivery_contact_name) or None,
            }
        return shown

    class Meta:
        model = GroupedOrder
        fields = (
            "delivery_partner_name",
            "tracking_url",
            "tracking_number",
            "delivery_contact",
            "delivery_contact_name",
        )


class GroupedOrderSerializer(Said[GroupedOrder]):
    """One 1mg order of the purchase. `status` is our word for `status_id`, `title` is 1mg's own sentence."""

    status = serializers.CharField(source="status.label", read_only=True)
    created = Instant(source="created_at", allow_null=True)
    updated = Instant(source="updated_at", allow_null=True)
    eta_from = Instant(allow_null=True)
    eta_to = Instant(allow_null=True)
    shipment = ShipmentSerializer(source="*")
    invoices = InvoiceSerializer(many=True)
    skus = SkuSerializer(many=True)

    class Meta:
        model = GroupedOrder
        fields = (
            "order_id",
            "status_id",
            "status",
            "stage",
            "title",
            "sub_title",
            "created",
            "updated",
            "eta_from",
            "eta_to",
            "shipment",
            "invoices",
            "skus",
        )


class TimelineEntrySerializer(serializers.Serializer[Line]):
    """One line of the story."""

    at = Instant()
    received_at = Instant()
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=Kind.choices)
    order_id = serializers.CharField(allow_null=True)
    status_id = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()


class ConfirmationSerializer(serializers.Serializer[Any]):
    """Where the purchase's confirmation at 1mg stands."""

    state = serializers.ChoiceField(choices=Confirmation.choices)
    at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_null=True)


class CustomerSerializer(serializers.Serializer[Any]):
    """Who bought."""

    name = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    contact_number = serializers.CharField(allow_null=True)


class PrescriptionSerializer(serializers.Serializer[Any]):
    """One prescription document."""

    url = serializers.CharField(allow_null=True)
    status = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)


class NeedSerializer(serializers.Serializer[Any]):
    """Why the purchase needs somebody: whose turn it is, since when, and when that is overdue."""

    cause = serializers.ChoiceField(choices=[(cause.slug, cause.label) for cause in Cause])
    turn = serializers.ChoiceField(choices=Turn.choices)
    since = Instant()
    until = Instant()
    order_id = serializers.CharField(allow_null=True)
    text = serializers.CharField()


class OrderGroupSerializer(Said[OrderGroup]):
    """One purchase with its orders, its money once, what it needs, and its story."""

    payment_summary = serializers.SerializerMethodField()
    payment = serializers.SerializerMethodField()
    confirmation = serializers.SerializerMethodField()
    customer = serializers.SerializerMethodField()
    delivery_address = serializers.SerializerMethodField()
    prescriptions = serializers.SerializerMethodField()
    orders = GroupedOrderSerializer(many=True)
    needs = serializers.SerializerMethodField()
    timeline = serializers.SerializerMethodField()
    #: Whom the purchase names, while it is shown to who may not see them.
    _known = NOBODY

    class Meta:
        model = OrderGroup
        fields = (
            "merchant_order_id",
            "group_order_id",
            "payment_method",
            "payment_summary",
            "payment",
            "confirmation",
            "customer",
            "delivery_address",
            "prescriptions",
            "orders",
            "needs",
            "timeline",
        )

    def to_representation(self, group: OrderGroup) -> dict[str, Any]:
        """Its free text without people, unless the key may see them."""
        if self.context["personal"]:
            return super().to_representation(group)
        self._known = people.private(group, group.orders.all())
        shown = super().to_representation(people.masked(group, self._known))
        return shown | {"payment_method": privacy.method(group.payment_method) or None}

    def get_payment_summary(self, group: OrderGroup) -> dict[str, Any] | None:
        """1mg repeats the purchase's money on each child: the newest word counts, nothing is summed."""
        return group.payment_summary()

    @extend_schema_field(PaymentSerializer(allow_null=True))
    def get_payment(self, group: OrderGroup) -> dict[str, Any] | None:
        """How it was paid for; null where nothing is known, and where it is shown as it was, since that is not kept."""
        found = None if self.context.get("then") else self._paid.get(group.pk)
        return PaymentSerializer(found).data if found else None

    @cached_property
    def _paid(self) -> dict[str, Paid]:
        """One look for all purchases of an answer."""
        shown = self.parent.instance if self.parent else self.instance
        return paid.of([group.pk for group in ([shown] if isinstance(shown, OrderGroup) else shown or ())])

    @extend_schema_field(ConfirmationSerializer)
    def get_confirmation(self, group: OrderGroup) -> dict[str, Any]:
        """COD needs none."""
        if group.payment_method == PaymentMethod.COD:
            return {"state": Confirmation.NOT_NEEDED, "at": None, "reason": None}
        return {
            "state": group.confirmation_state,
            "at": instant(group.confirmation_at),
            "reason": group.confirmation_reason or None,
        }

    @extend_schema_field(CustomerSerializer)
    def get_customer(self, group: OrderGroup) -> dict[str, str | None]:
        """Masked unless the key may see it."""
        who = {"name": group.customer_name, "email": group.email, "contact_number": group.contact_number}
        if not self.context["personal"]:
            masks = {"name": privacy.name, "email": privacy.email, "contact_number": privacy.phone}
            who = {key: masks[key](value) for key, value in who.items()}
        return {key: value or None for key, value in who.items()}

    def get_delivery_address(self, group: OrderGroup) -> dict[str, Any]:
        """As published; masked to the place unless the key may see it."""
        return group.delivery_address if self.context["personal"] else harmless.address(group.delivery_address)

    @extend_schema_field(PrescriptionSerializer(many=True))
    def get_prescriptions(self, group: OrderGroup) -> list[dict[str, Any]]:
        """With their documents only for a key that may see them."""
        papers = group.prescriptions if self.context["personal"] else privacy.prescriptions(group.prescriptions)
        return [{key: value or None for key, value in paper.items()} for paper in papers]

    @extend_schema_field(NeedSerializer(many=True, allow_null=True))
    def get_needs(self, group: OrderGroup) -> list[dict[str, Any]] | None:
        """What it needs now, the first thing first; null where it is shown as it was, since that is not kept."""
        if self.context.get("then"):
            return None
        return [
            {
                "cause": one.cause.slug,
                "turn": one.turn,
                "since": instant(one.since),
                "until": instant(one.until),
                "order_id": one.need.order_id or None,
                "text": one.sentence,
            }
            for one in work.of_purchase(group, self._attention, self._may)
        ]

    @cached_property
    def _attention(self) -> Attention:
        """One look for all purchases of an answer."""
        return Attention()

    def _may(self, permission: str) -> bool:
        """A key presses no buttons; it may see people where it was made so."""
        return permission == PERSONAL and bool(self.context["personal"])

    @extend_schema_field(TimelineEntrySerializer(many=True))
    def get_timeline(self, group: OrderGroup) -> list[dict[str, Any]]:
        """Oldest line first; its texts without people, unless the key may see them."""
        lines = history.lines_of(group)
        if not self.context["personal"]:
            lines = people.masked_lines(lines, self._known)
        return [
            {
                "at": instant(line.at),
                "received_at": instant(line.received_at),
                "source": line.source,
                "kind": line.kind,
                "order_id": line.order_id,
                "status_id": line.status_id,
                "text": line.text,
            }
            for line in lines
        ]
