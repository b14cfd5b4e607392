"""Admin of acting: calls and refunds to read, calls to settle, and confirming several purchases at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from orders.actors import Actor
from orders.admin import OrderGroupAdmin, ReadOnlyMixin
from orders.models import OrderGroup
from orders.views import PERSONAL
from payments import outbox, services
from payments.asking import CannotDo, NotReady
from payments.choices import MOST, State
from payments.models import PartnerCall, Payment, Refund, RefundRequest, Transaction
from payments.preflight.ticks import Look

#: How long the administrator waits for what Nimbbl says of the money, and for the results, in seconds. Whatever takes
#: longer is not known yet, or shows on its purchase.
ENQUIRY_PATIENCE, PATIENCE = 4.0, 8.0

admin.site.unregister(OrderGroup)


@admin.register(OrderGroup)
class PurchaseAdmin(OrderGroupAdmin):
    """Purchases, with the action that confirms them."""

    actions = ("confirm_at_1mg",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """With how each stands at 1mg."""
        return (*super().get_list_display(request), "confirmation_state")

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        """The same to filter by."""
        return (*super().get_list_filter(request), "confirmation_state")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """And to be asked for."""
        return lookup.partition("__")[0] == "confirmation_state" or super().lookup_allowed(lookup, value, request)

    @admin.action(description="Confirm at 1mg…", permissions=["confirm"])
    def confirm_at_1mg(self, request: HttpRequest, queryset: QuerySet[OrderGroup]) -> HttpResponse | None:
        """Show what the pre-flight finds of each chosen purchase; then ask for those, and say what came of each.

        What is asked for is what the page showed: a purchase of which anything differs by then is left out and named.
        """
        chosen = list(queryset.order_by("pk")[: MOST + 1])
        if len(chosen) > MOST:
            self.message_user(request, _("At most %(n)s at once; nothing was sent.") % {"n": MOST}, messages.ERROR)
            return None
        if "sure" not in request.POST:
            return render(
                request,
                "admin/payments/confirm.html",
                {
                    **self.admin_site.each_context(request),
                    "opts": self.opts,
                    "title": _("Confirm at 1mg?"),
                    "action": request.POST.get("action", ""),
                    "looks": _looks(chosen),
                },
            )
        self._ask(request, [group.pk for group in chosen])
        return None

    def _ask(self, request: HttpRequest, chosen: list[str]) -> None:
        """Ask for each, wait a moment, and say for each what came of it."""
        person = _person(request)

        def ask(key: str) -> PartnerCall | NotReady:
            try:
                return services.confirm(key, by=person, seen=request.POST.get(f"seen-{key}", ""))
            except NotReady as error:
                return error

        asked = {key: ask(key) for key in chosen}
        for key, outcome in asked.items():
            if isinstance(outcome, NotReady):
                self.message_user(request, f"{key}: {_('not sent')}. {outcome}", messages.WARNING)
        outbox.drain(PATIENCE)
        calls = [outcome.pk for outcome in asked.values() if isinstance(outcome, PartnerCall)]
        for call in PartnerCall.objects.filter(pk__in=calls).order_by("group_id"):
            level = messages.SUCCESS if call.state == State.SUCCEEDED else messages.WARNING
            words = call.said or _("on its way; see its page")
            if call.said and not request.user.has_perm(PERSONAL):
                words = _("See its page.")
            self.message_user(request, f"{call.group_id}: {call.get_state_display()}. {words}", level)

    def has_confirm_permission(self, request: HttpRequest) -> bool:
        """Whoever may act."""
        return request.user.has_perm("payments.send_partnercall")


@admin.register(PartnerCall)
class PartnerCallAdmin(ReadOnlyMixin, admin.ModelAdmin[PartnerCall]):
    """What we asked of the partners."""

    list_display = ("id", "created_at", "partner", "operation", "group", "state", "by", "answer_code", "said")
    list_filter = ("state", "partner", "operation")
    personal = (
        "said",
        "why",
        "settled_reason",
        "ticks",
        "findings",
        "request_body",
        "answer_headers",
        "answer_body",
    )
    list_select_related = ("group",)
    search_fields = ("id__exact", "group__merchant_order_id__exact")
    show_full_result_count = False
    actions = ("settle_worked", "settle_did_not_work")

    @admin.action(description="Mark unknown as settled: it worked…", permissions=["settle"])
    def settle_worked(self, request: HttpRequest, queryset: QuerySet[PartnerCall]) -> HttpResponse | None:
        """Ask for the reason, then say for each chosen call that it worked."""
        return self._settle(request, queryset, worked=True)

    @admin.action(description="Mark unknown as settled: it did not work…", permissions=["settle"])
    def settle_did_not_work(self, request: HttpRequest, queryset: QuerySet[PartnerCall]) -> HttpResponse | None:
        """Ask for the reason, then say for each chosen call that it did not work."""
        return self._settle(request, queryset, worked=False)

    def _settle(self, request: HttpRequest, queryset: QuerySet[PartnerCall], *, worked: bool) -> HttpResponse | None:
        why = request.POST.get("why", "").strip()
        chosen = list(queryset.order_by("pk")[:MOST])
        if not why:
            return render(
                request,
                "admin/payments/settle.html",
                {
                    **self.admin_site.each_context(request),
                    "calls": chosen,
                    "worked": worked,
                    "opts": self.opts,
                    "may_see": request.user.has_perm(PERSONAL),
                    "action": request.POST.get("action", ""),
                    "title": _("Settle calls"),
                },
            )
        for call in chosen:
            try:
                services.settle(call, worked=worked, why=why, by=_person(request))
                self.message_user(request, f"#{call.pk} {call.group_id}: {_('settled')}")
            except CannotDo as error:
                self.message_user(request, str(error), messages.WARNING)
        return None

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """Whoever may say what became of a call."""
        return request.user.has_perm("payments.settle_partnercall")


@admin.register(Payment)
class PaymentAdmin(ReadOnlyMixin, admin.ModelAdmin[Payment]):
    """The Nimbbl side of purchases."""

    list_display = ("nimbbl_order_id", "group", "state", "payment_status", "captured_amount", "heard_at", "next_ask_at")
    list_filter = ("state", "payment_status")
    list_select_related = ("group",)
    search_fields = ("nimbbl_order_id__exact", "group__merchant_order_id__exact", "invoice_id__exact")
    show_full_result_count = False


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyMixin, admin.ModelAdmin[Transaction]):
    """Payment attempts and refunds at Nimbbl."""

    list_display = ("transaction_id", "payment", "way", "word", "amount", "currency", "mode", "said_by", "said_at")
    list_filter = ("way", "said_by", "is_listed")
    search_fields = ("transaction_id__exact", "payment__nimbbl_order_id__exact", "bank_reference__exact")
    show_full_result_count = False


@admin.register(Refund)
class RefundAdmin(ReadOnlyMixin, admin.ModelAdmin[Refund]):
    """What is paid back; decided on its own pages."""

    list_display = ("id", "created_at", "group", "amount", "state", "asker", "asked_by", "approved_by", "second_by")
    list_filter = ("state", "asker", "hold")
    personal = ("reason", "said")
    list_select_related = ("group",)
    search_fields = ("id__exact", "group__merchant_order_id__exact", "refund_request_id__exact")
    show_full_result_count = False


@admin.register(RefundRequest)
class RefundRequestAdmin(ReadOnlyMixin, admin.ModelAdmin[RefundRequest]):
    """What 1mg asked for. Its bytes are for who may see personal data: nobody knows what 1mg may write there."""

    list_display = ("id", "received_at", "unique_id", "order_id", "amount", "judged", "refund")
    list_filter = ("judged",)
    personal = ("body",)
    list_select_related = ("refund",)
    search_fields = ("unique_id__exact", "order_id__exact")
    show_full_result_count = False


def _looks(chosen: Iterable[OrderGroup]) -> list[tuple[OrderGroup, Look]]:
    """What the pre-flight finds of each; threads ask Nimbbl meanwhile, for those of which it has not just said it."""
    found = [(group, services.look(group, patience=0)) for group in chosen]
    if any(look.asking for _group, look in found):
        outbox.drain(ENQUIRY_PATIENCE)
        found = [(group, services.look(group) if look.asking else look) for group, look in found]
    return found


def _person(request: HttpRequest) -> Actor:
    return Actor.of(cast(User, request.user))
