"""Admin of the front door: evidence to read, and "apply again"."""

from __future__ import annotations

import json

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from orders.admin import ReadOnlyMixin
from orders.templatetags import amounts
from orders.views import PERSONAL
from payments.partners import nimbbl_events
from webhooks import pages, results, services
from webhooks.models import SHOWN, Delivery, DeliveryQuerySet, NimbblEvent, Outcome, RejectedAttempt


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyMixin, admin.ModelAdmin[Delivery]):
    """What 1mg posted."""

    list_display = ("id", "received_at", "outcome", "problem", "answer_code", "took_ms", "size", "attempts")
    list_filter = ("outcome",)
    search_fields = ("id__exact", "sha256__exact")
    show_full_result_count = False
    exclude = ("body", "results", "unknown_keys", "answer")
    actions = ("apply_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """Without bodies, and of the results as many as are shown."""
        found: DeliveryQuerySet = super().get_queryset(request)  # type: ignore[assignment]
        return found.for_list()

    def get_readonly_fields(self, request: HttpRequest, obj: Delivery | None = None) -> tuple[str, ...]:
        """The bytes, for who may see what is in them."""
        shown = (*(f.name for f in Delivery._meta.fields if f.name not in self.exclude), "first", "answered")
        return (*shown, "unknown", "sent") if request.user.has_perm(PERSONAL) else shown

    @admin.display(description="results")
    def first(self, delivery: Delivery) -> str:
        """The first results, and how many more there are."""
        results.fill([delivery])
        more = amounts.and_more(delivery.result_count, SHOWN)  # type: ignore[attr-defined]
        return f"{json.dumps(delivery.first_results)} {more}"  # type: ignore[attr-defined]

    @admin.display(description="answer")
    def answered(self, delivery: Delivery) -> str:
        """What 1mg was told."""
        return json.dumps(delivery.answer_given)

    @admin.display(description="unknown keys")
    def unknown(self, delivery: Delivery) -> str:
        """The first of them."""
        more = amounts.and_more(len(delivery.unknown_keys), SHOWN)
        return f"{', '.join(delivery.unknown_keys[:SHOWN])} {more}"

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


@admin.register(NimbblEvent)
class NimbblEventAdmin(ReadOnlyMixin, admin.ModelAdmin[NimbblEvent]):
    """What Nimbbl posted. Of the bytes, which hold people and what a bank wrote, what is known to be harmless."""

    list_display = ("id", "received_at", "event_type", "proof", "outcome", "nimbbl_order_id", "times_seen")
    list_filter = ("proof", "outcome")
    search_fields = ("id__exact", "nimbbl_order_id__exact", "invoice_id__exact")
    show_full_result_count = False
    exclude = ("body",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[NimbblEvent]:
        """Without bodies."""
        return super().get_queryset(request).defer("body")

    def get_readonly_fields(self, request: HttpRequest, obj: NimbblEvent | None = None) -> tuple[str, ...]:
        """All but the bytes, and of those what may be shown."""
        return (*(f.name for f in NimbblEvent._meta.fields if f.name not in self.exclude), "sent")

    @admin.display(description="body")
    def sent(self, event: NimbblEvent) -> str:
        """The body without people and banks."""
        return format_html("<pre>{}</pre>", nimbbl_events.shown(bytes(event.body)))
