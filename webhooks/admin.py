"""Admin of the front door: evidence to read, and "apply again"."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from orders.admin import ReadOnlyMixin
from orders.views import PERSONAL
from webhooks import pages, services
from webhooks.models import Delivery, Outcome, RejectedAttempt


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyMixin, admin.ModelAdmin[Delivery]):
    """What 1mg posted."""

    list_display = ("id", "received_at", "outcome", "problem", "answer_code", "took_ms", "size", "attempts")
    list_filter = ("outcome",)
    search_fields = ("id__exact", "sha256__exact")
    show_full_result_count = False
    exclude = ("body",)
    actions = ("apply_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """Lists need no bodies."""
        return super().get_queryset(request).defer("body")

    def get_readonly_fields(self, request: HttpRequest, obj: Delivery | None = None) -> tuple[str, ...]:
        """The bytes, for who may see what is in them."""
        shown = tuple(f.name for f in Delivery._meta.fields if f.name != "body")
        return (*shown, "sent") if request.user.has_perm(PERSONAL) else shown

    @admin.display(description="body")
    def sent(self, delivery: Delivery) -> str:
        """The body as text."""
        return format_html("<pre>{}</pre>", pages.pretty(bytes(delivery.body)))

    @admin.action(description="Apply again", permissions=["apply"])
    def apply_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Read and apply the chosen deliveries again, in order of arrival, with a result a row."""
        for delivery in queryset.order_by("pk"):
            before = delivery.outcome
            after = services.reprocess(delivery)
            level = messages.SUCCESS if after not in (Outcome.PENDING, Outcome.QUARANTINED) else messages.WARNING
            self.message_user(request, f"Delivery {delivery.pk}: {before} -> {after}", level)

    def has_apply_permission(self, request: HttpRequest) -> bool:
        """Whoever may act on deliveries."""
        return request.user.has_perm("webhooks.change_delivery")


@admin.register(RejectedAttempt)
class RejectedAttemptAdmin(ReadOnlyMixin, admin.ModelAdmin[RejectedAttempt]):
    """Who was turned away."""

    list_display = ("minute", "remote_address", "reason", "times")
    list_filter = ("reason",)
    show_full_result_count = False
