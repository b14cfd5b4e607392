"""Acting on orders: Nimbbl and the 1mg confirmation."""

from django.apps import AppConfig

from orders.desk.causes import Verb
from orders.slots import Slot, fill, link
from payments.choices import MOST


class PaymentsConfig(AppConfig):
    """Payments."""

    name = "payments"

    def ready(self) -> None:
        """Register the checks, how our acts and ids read, and what is shown of acting on the pages of orders."""
        from django.urls import reverse_lazy
        from django.utils.translation import gettext_lazy as _

        from orders.desk import verbs
        from payments import acts, checks, found_by, links, paid  # noqa: F401

        acts.register()
        found_by.register()
        paid.register()
        verbs.lead(Verb.CONFIRM, "payments.send_partnercall", links.to_confirm)
        verbs.lead_several(
            Verb.CONFIRM,
            verbs.Several(
                _("Confirm the ticked…"), reverse_lazy("payments:confirm-several"), "payments.send_partnercall", MOST
            ),
        )
        verbs.lead(Verb.DECIDE, "payments.refund_payment", links.to_refund)
        verbs.lead(Verb.FIND_OUT, "payments.settle_partnercall", links.to_doubt)
        link("payments.view_partnercall", links.to_call)
        for slot in (Slot.BANNERS, Slot.ASIDE, Slot.LIST_HEAD, Slot.SEARCHABLE, Slot.REFUNDS):
            fill(slot, f"payments/slots/{slot}.html")
        fill(Slot.ASIDE, "payments/slots/paying_back.html")
