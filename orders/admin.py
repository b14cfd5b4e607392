"""Admin of the orders: looking and repairing. 1mg owns these records, so nobody edits them by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from orders import acts, reviews
from orders.actors import Actor
from orders.models import (
    Act,
    ApiKey,
    Ask,
    Care,
    ClockLimit,
    GroupedOrder,
    Invoice,
    Need,
    OrderGroup,
    OrderUpdate,
    Presence,
    Reveal,
    SavedView,
    Sku,
    Tag,
)
from orders.views import PERSONAL


class ReadOnlyMixin:
    """Evidence: to be read, whoever asks."""

    actions_on_top = True
    #: Fields that only who may see personal data is shown: people, and texts in which 1mg may name them.
    personal: tuple[str, ...] = ()

    def get_list_display(self, request: HttpRequest) -> Any:
        """Without the personal columns for who may not see them."""
        shown = super().get_list_display(request)  # type: ignore[misc]
        return shown if request.user.has_perm(PERSONAL) else tuple(name for name in shown if name not in self.personal)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the personal ones for who may not see them."""
        shown = super().get_fields(request, obj)  # type: ignore[misc]
        return shown if request.user.has_perm(PERSONAL) else [name for name in shown if name not in self.personal]

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Without those whose values may be personal for who may not see them."""
        shown = super().get_list_filter(request)  # type: ignore[misc]
        return shown if request.user.has_perm(PERSONAL) else [name for name in shown if name not in self.personal]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the list offers: any other lookup would answer questions about fields that are not shown."""
        return lookup.partition("__")[0] in self.get_list_filter(request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """PostgreSQL raises where it is asked for text with a NUL in it."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)  # type: ignore[misc]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never; fields are shown, not edited."""
        return False


class ReadOnlyInline(ReadOnlyMixin, admin.TabularInline[Any, Any]):
    """Rows below their order."""

    extra = 0
    max_num = 0
    show_change_link = True


class OrderInline(ReadOnlyInline):
    """The orders of a purchase."""

    model = GroupedOrder
    fields = ("order_id", "status_id", "stage", "title", "updated_at")
    personal = ("title",)


class SkuInline(ReadOnlyInline):
    """The medicines of an order."""

    model = Sku
    fields = readonly_fields = ("onemg_sku_id", "name", "quantity", "offered_price", "mrp", "prescription_status")
    personal = ("name", "prescription_status")


class InvoiceInline(ReadOnlyInline):
    """The invoices of an order."""

    model = Invoice
    fields = ("number", "url", "doctor_name", "patient_name")
    personal = ("url", "doctor_name", "patient_name")


@admin.register(OrderGroup)
class OrderGroupAdmin(ReadOnlyMixin, admin.ModelAdmin[OrderGroup]):
    """Purchases."""

    list_display = (
        "merchant_order_id",
        "group_order_id",
        "payment_method",
        "city",
        "prescription_state",
        "first_seen_at",
    )
    list_filter = ("payment_method", "prescription_state")
    personal = (
        "payment_method",
        "customer_name",
        "email",
        "contact_number",
        "delivery_address",
        "prescriptions",
        "confirmation_reason",
    )
    search_fields = ("merchant_order_id__exact", "group_order_id__exact")
    show_full_result_count = False
    inlines = (OrderInline,)


@admin.register(GroupedOrder)
class GroupedOrderAdmin(ReadOnlyMixin, admin.ModelAdmin[GroupedOrder]):
    """1mg's orders."""

    list_display = ("order_id", "group", "status_id", "stage", "mode", "updated_at", "review_flags")
    list_filter = ("stage", "mode")
    personal = (
        "delivery_contact",
        "delivery_contact_name",
        "delivery_partner_name",
        "invoice_shipping_url",
        "invoice_order_url",
        "tracking_url",
        "tracking_number",
        "title",
        "sub_title",
        "payment_summary",
        "mode",
    )
    list_select_related = ("group",)
    search_fields = ("order_id__exact", "group__merchant_order_id__exact", "tracking_number__exact")
    show_full_result_count = False
    inlines = (SkuInline, InvoiceInline)
    actions = ("mark_reviewed",)

    @admin.action(description="Mark as looked at", permissions=["review"])
    def mark_reviewed(self, request: HttpRequest, queryset: QuerySet[GroupedOrder]) -> None:
        """Clear the flags of the chosen orders, saying per order what happened."""
        for order in queryset:
            done = reviews.mark_reviewed(order, by=Actor.of(request.user))
            self.message_user(request, f"{order.pk}: {'cleared' if done else 'nothing was flagged'}")

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Whoever may act on orders."""
        return request.user.has_perm("orders.change_groupedorder")


@admin.register(Sku)
class SkuAdmin(ReadOnlyMixin, admin.ModelAdmin[Sku]):
    """Medicines."""

    list_display = ("onemg_sku_id", "name", "order", "quantity", "offered_price")
    personal = ("name", "pack_size_label", "prescription_status")
    search_fields = ("sku_id__exact", "order__order_id__exact")
    show_full_result_count = False


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyMixin, admin.ModelAdmin[Invoice]):
    """Invoices."""

    list_display = ("number", "order")
    personal = ("url", "doctor_name", "patient_name", "skus")
    search_fields = ("number__exact", "order__order_id__exact")
    show_full_result_count = False


@admin.register(OrderUpdate)
class OrderUpdateAdmin(ReadOnlyMixin, admin.ModelAdmin[OrderUpdate]):
    """What 1mg said, one row each time it said something new."""

    list_display = (
        "id",
        "order",
        "status_id",
        "outcome",
        "flags",
        "times_seen",
        "delivery_id",
        "received_at",
    )
    list_filter = ("outcome",)
    personal = ("changes", "said")
    search_fields = ("order__order_id__exact",)
    show_full_result_count = False


@admin.register(Act)
class ActAdmin(ReadOnlyMixin, admin.ModelAdmin[Act]):
    """What we did."""

    list_display = ("at", "group", "order", "source", "kind", "words")
    list_filter = ("source", "kind")
    fields = readonly_fields = (
        "group",
        "order",
        "at",
        "received_at",
        "source",
        "kind",
        "act",
        "words",
        "call_id",
        "actor",
    )
    personal = ("words",)
    list_select_related = ("group", "order")
    search_fields = ("group__merchant_order_id__exact", "order__order_id__exact")
    show_full_result_count = False

    @admin.display(description="In words")
    def words(self, act: Act) -> str:
        """As the story tells it."""
        return acts.text_of(act)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Act]:
        """Without the lines in which the code before told of updates."""
        return super().get_queryset(request).filter(update=None)


@admin.register(Need)
class NeedAdmin(ReadOnlyMixin, admin.ModelAdmin[Need]):
    """What needs somebody."""

    list_display = ("group", "cause", "clock", "since", "order_id", "hidden_until", "asked_at", "asked_by")
    list_filter = ("cause",)
    list_select_related = ("group",)
    search_fields = ("group__merchant_order_id__exact", "order_id__exact")
    show_full_result_count = False


@admin.register(Ask)
class AskAdmin(ReadOnlyMixin, admin.ModelAdmin[Ask]):
    """What 1mg was asked."""

    list_display = ("group", "clock", "asked_at", "last_at", "by", "ending", "ended_at")
    list_filter = ("ending", "clock")
    list_select_related = ("group",)
    search_fields = ("group__merchant_order_id__exact", "batch__exact")
    show_full_result_count = False


@admin.register(ClockLimit)
class ClockLimitAdmin(admin.ModelAdmin[ClockLimit]):
    """Limits that are others than those that the portal brings; without a row those count."""

    list_display = ("clock", "after", "why", "set_at", "set_by")
    fields = ("clock", "after", "why")

    def save_model(self, request: HttpRequest, obj: ClockLimit, form: Any, change: bool) -> None:
        """Say who has set it, and when."""
        obj.set_by_id, obj.set_at = request.user.pk, timezone.now()
        super().save_model(request, obj, form, change)


@admin.register(Care)
class CareAdmin(ReadOnlyMixin, admin.ModelAdmin[Care]):
    """Who looks after what."""

    list_display = ("group", "owner", "since")
    list_select_related = ("owner",)
    search_fields = ("group__merchant_order_id__exact",)
    show_full_result_count = False


@admin.register(Tag)
class TagAdmin(ReadOnlyMixin, admin.ModelAdmin[Tag]):
    """What staff have put on purchases."""

    list_display = ("group", "text")
    personal = ("text", "word")
    search_fields = ("group__merchant_order_id__exact",)
    show_full_result_count = False


@admin.register(Presence)
class PresenceAdmin(ReadOnlyMixin, admin.ModelAdmin[Presence]):
    """Who has which purchase open."""

    list_display = ("group", "user", "since", "at")
    list_select_related = ("user",)
    show_full_result_count = False


@admin.register(Reveal)
class RevealAdmin(ReadOnlyMixin, admin.ModelAdmin[Reveal]):
    """Who was shown whose purchase it is."""

    list_display = ("at", "name", "purchase", "opened_from")
    list_filter = ("opened_from",)
    search_fields = ("purchase__exact", "name__exact")
    show_full_result_count = False


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyMixin, admin.ModelAdmin[SavedView]):
    """What staff have named of the list."""

    list_display = ("id", "owner", "name", "is_shared", "saved_at")
    personal = ("name", "query")
    list_filter = ("is_shared",)
    list_select_related = ("owner",)
    show_full_result_count = False


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin[ApiKey]):
    """Keys; made on the command line, where the secret can be shown once, and revoked here."""

    list_display = ("name", "prefix", "may_see_personal_data", "may_write", "created_at", "revoked_at")
    readonly_fields = ("name", "prefix", "created_at", "may_see_personal_data", "may_write")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was revoked stays so: it may be in the wrong hands."""
        return super().has_change_permission(request, obj) and not (obj and obj.revoked_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """`createapikey` does."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Revoke instead: the name stays in what was recorded."""
        return False
