"""The acts of acting on orders, and how they read. Registered when the app starts.

act                params
call_asked         operation, spite (the words of the warnings pressed over), why
call_ended         said
call_settled       reason
                   (those three with `standing` where the call is a confirmation, `orders.acts`)
answered_late      said
payment_linked     nimbbl_order_id, by
ruled              onemg_ids, kept, dropped, why
nimbbl_said        said, word (Nimbbl's kind and status), amount (text), currency
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
from payments.partners.nimbbl_money import is_rupees, plain

CALL_ASKED: Final = "call_asked"
CALL_ENDED: Final = "call_ended"
CALL_SETTLED: Final = "call_settled"
ANSWERED_LATE: Final = "answered_late"
PAYMENT_LINKED: Final = "payment_linked"
RULED: Final = "ruled"
NIMBBL_SAID: Final = "nimbbl_said"

_ASKED: Final = {
    Operation.CONFIRM: gettext_lazy("Confirm at 1mg asked for"),
    Operation.UPDATE_ORDER: gettext_lazy("Update at Nimbbl asked for"),
}


def register() -> None:
    """Tell `orders` how these read."""
    acts.reads(CALL_ASKED, _call_asked)
    acts.reads(CALL_ENDED, lambda params: str(params["said"]))
    acts.reads(CALL_SETTLED, lambda params: str(params["reason"]))
    acts.reads(ANSWERED_LATE, lambda params: _("An answer came after this was settled: %(said)s") % params)
    acts.reads(PAYMENT_LINKED, lambda params: _("Nimbbl order %(nimbbl_order_id)s linked by %(by)s") % params)
    acts.reads(RULED, _ruled)
    acts.reads(NIMBBL_SAID, _nimbbl_said)


def _call_asked(params: Params) -> str:
    """What was asked for, in spite of what, and why."""
    words = str(_ASKED[Operation(params["operation"])])
    if params["spite"]:
        words = _("%(asked)s in spite of “%(spite)s”") % {"asked": words, "spite": "; ".join(params["spite"])}
    return f"{words}: “{params['why']}”" if params["why"] else words


def _ruled(params: Params) -> str:
    named = {**params, "orders": ", ".join(params["onemg_ids"])}
    return _("1mg's order %(orders)s belongs to %(kept)s, not to %(dropped)s: “%(why)s”") % named


def _nimbbl_said(params: Params) -> str:
    said = in_words(params["said"], params["word"], Decimal(params["amount"]), params["currency"])
    return _("Nimbbl: %(said)s") % {"said": said}


def in_words(kind: str, word: str, amount: Decimal, currency: str) -> str:
    """What Nimbbl says of a transaction, in its own words: `payment succeeded ₹739.48`."""
    sum_of_money = with_sign(amount) if is_rupees(currency) else f"{currency} {amount}"
    return " ".join([*(plain(told).replace("_", " ") for told in (kind, word)), sum_of_money])
