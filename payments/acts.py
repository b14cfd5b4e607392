"""The acts of acting on orders, and how they read. Registered when the app starts.

act                params
call_asked         operation, spite (the words of the warnings pressed over), why
call_ended         said
call_settled       reason
                   (those three with `standing` where the call is a confirmation, `orders.acts`)
answered_late      said
payment_linked     nimbbl_order_id, by
payment_asked      told (1mg's word, or why it was told of no payment), amount (rupees, with 1mg's word)
ruled              onemg_ids, kept, dropped, why
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import acts
from orders.acts import Params
from orders.rupees import with_sign
from payments.choices import Operation

CALL_ASKED: Final = "call_asked"
CALL_ENDED: Final = "call_ended"
CALL_SETTLED: Final = "call_settled"
ANSWERED_LATE: Final = "answered_late"
PAYMENT_LINKED: Final = "payment_linked"
PAYMENT_ASKED: Final = "payment_asked"
RULED: Final = "ruled"

_ASKED: Final = {
    Operation.CONFIRM: gettext_lazy("Confirm at 1mg asked for"),
    Operation.UPDATE_ORDER: gettext_lazy("Update at Nimbbl asked for"),
}
#: What 1mg is told where it is told of no payment.
_NOT_TOLD: Final = {
    "COD": gettext_lazy("it is cash on delivery"),
    "ELSEWHERE": gettext_lazy("it is not of this environment"),
}


def register() -> None:
    """Tell `orders` how these read."""
    acts.reads(CALL_ASKED, _call_asked)
    acts.reads(CALL_ENDED, lambda params: str(params["said"]))
    acts.reads(CALL_SETTLED, lambda params: str(params["reason"]))
    acts.reads(ANSWERED_LATE, lambda params: _("An answer came after this was settled: %(said)s") % params)
    acts.reads(PAYMENT_LINKED, lambda params: _("Nimbbl order %(nimbbl_order_id)s linked by %(by)s") % params)
    acts.reads(PAYMENT_ASKED, _payment_asked)
    acts.counts(PAYMENT_ASKED)
    acts.reads(RULED, _ruled)


def _call_asked(params: Params) -> str:
    """What was asked for, in spite of what, and why."""
    words = str(_ASKED[Operation(params["operation"])])
    if params["spite"]:
        words = _("%(asked)s in spite of “%(spite)s”") % {"asked": words, "spite": "; ".join(params["spite"])}
    return f"{words}: “{params['why']}”" if params["why"] else words


def _payment_asked(params: Params) -> str:
    told = params["told"]
    said = f"{told} {with_sign(Decimal(params['amount']))}" if "amount" in params else _NOT_TOLD[told]
    return _("1mg asked about the payment: %(told)s") % {"told": said}


def _ruled(params: Params) -> str:
    named = {**params, "orders": ", ".join(params["onemg_ids"])}
    return _("1mg's order %(orders)s belongs to %(kept)s, not to %(dropped)s: “%(why)s”") % named
