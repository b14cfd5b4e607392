"""The acts of acting on orders, and how they read. Registered when the app starts.

act                params
call_asked         operation, spite (the words of the warnings pressed over), why, order (1mg's id, where it is of one)
call_ended         said
call_settled       reason
                   (those three with `standing` where the call is a confirmation, `orders.acts`)
answered_late      said
payment_linked     nimbbl_order_id, by
ruled              onemg_ids, kept, dropped, why
refund_asked       refund, amount (rupees, as text), asker, by, why, hold
refund_approved    refund, amount, by, why, more (whether a second person is to approve)
refund_declined    refund, amount, by, why
refund_sent_again  refund, amount, by, why
refund_stands      refund, said
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import acts
from orders.acts import Params
from orders.rupees import with_sign
from payments.choices import Asker, Hold, Operation

CALL_ASKED: Final = "call_asked"
CALL_ENDED: Final = "call_ended"
CALL_SETTLED: Final = "call_settled"
ANSWERED_LATE: Final = "answered_late"
PAYMENT_LINKED: Final = "payment_linked"
RULED: Final = "ruled"
REFUND_ASKED: Final = "refund_asked"
REFUND_APPROVED: Final = "refund_approved"
REFUND_DECLINED: Final = "refund_declined"
REFUND_SENT_AGAIN: Final = "refund_sent_again"
REFUND_STANDS: Final = "refund_stands"

_ASKED: Final = {
    Operation.CONFIRM: gettext_lazy("Confirm at 1mg asked for"),
    Operation.UPDATE_ORDER: gettext_lazy("Update at Nimbbl asked for"),
    Operation.REFUND: gettext_lazy("Refund at Nimbbl asked for"),
    Operation.CANCEL: gettext_lazy("Cancel %(order)s at 1mg asked for"),
}


def register() -> None:
    """Tell `orders` how these read."""
    acts.reads(CALL_ASKED, _call_asked)
    acts.reads(CALL_ENDED, lambda params: str(params["said"]))
    acts.reads(CALL_SETTLED, lambda params: str(params["reason"]))
    acts.reads(ANSWERED_LATE, lambda params: _("An answer came after this was settled: %(said)s") % params)
    acts.reads(PAYMENT_LINKED, lambda params: _("Nimbbl order %(nimbbl_order_id)s linked by %(by)s") % params)
    acts.reads(RULED, _ruled)
    acts.reads(REFUND_ASKED, _refund_asked)
    acts.reads(REFUND_APPROVED, _refund_approved)
    acts.reads(REFUND_DECLINED, lambda params: _("Refund of %(rupees)s declined: “%(why)s”") % _with_rupees(params))
    acts.reads(REFUND_SENT_AGAIN, lambda params: _("Refund of %(rupees)s sent again: “%(why)s”") % _with_rupees(params))
    acts.reads(REFUND_STANDS, lambda params: str(params["said"]))


def _call_asked(params: Params) -> str:
    """What was asked for, in spite of what, and why."""
    words = str(_ASKED[Operation(params["operation"])]) % {"order": params.get("order", "")}
    if params["spite"]:
        words = _("%(asked)s in spite of “%(spite)s”") % {"asked": words, "spite": "; ".join(params["spite"])}
    return f"{words}: “{params['why']}”" if params["why"] else words


def _ruled(params: Params) -> str:
    named = {**params, "orders": ", ".join(params["onemg_ids"])}
    return _("1mg's order %(orders)s belongs to %(kept)s, not to %(dropped)s: “%(why)s”") % named


def _refund_asked(params: Params) -> str:
    """Who asked for how much, and why a person decides or why a person asked."""
    named = _with_rupees(params)
    if params["asker"] == Asker.PERSON:
        return _("Refund of %(rupees)s started: “%(why)s”") % named
    words = _("1mg asked for a refund of %(rupees)s") % named
    return f"{words}. {Hold(params['hold']).label}" if params["hold"] else words


def _refund_approved(params: Params) -> str:
    words = _("Refund of %(rupees)s approved by %(by)s") % _with_rupees(params)
    words = f"{words}: “{params['why']}”" if params["why"] else words
    return _("%(words)s; a second person is to approve it too") % {"words": words} if params["more"] else words


def _with_rupees(params: Params) -> dict[str, object]:
    return {**params, "rupees": with_sign(Decimal(params["amount"]))}
