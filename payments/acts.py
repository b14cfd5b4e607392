"""The acts of acting on orders, and how they read. Registered when the app starts.

act                params
call_asked         operation, spite (the words of the warnings pressed over), why, order (1mg's id, where it is of one)
call_ended         said
call_settled       reason
                   (those three with `standing` where the call is a confirmation, `orders.acts`)
answered_late      said
payment_linked     nimbbl_order_id, by
shop_said_payment  status, amount (rupees as text, or nothing), transaction_id, by
payment_asked      told (1mg's word, or why it was told of no payment), amount (rupees, with 1mg's word)
ruled              onemg_ids, kept, dropped, why
nimbbl_said        said, word (Nimbbl's kind and status), amount (text), currency
refund_asked       refund, amount (rupees, as text), asker, by, why, hold
refund_approved    refund, amount, by, why, more (whether a second person is to approve)
refund_refused     amount, left (rupees, as text)
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
from orders.numbers import decimal_of
from orders.rupees import with_sign
from payments.choices import Asker, Hold, Operation
from payments.partners.nimbbl_money import is_rupees, plain

CALL_ASKED: Final = "call_asked"
CALL_ENDED: Final = "call_ended"
CALL_SETTLED: Final = "call_settled"
ANSWERED_LATE: Final = "answered_late"
PAYMENT_LINKED: Final = "payment_linked"
SHOP_SAID_PAYMENT: Final = "shop_said_payment"
PAYMENT_ASKED: Final = "payment_asked"
RULED: Final = "ruled"
NIMBBL_SAID: Final = "nimbbl_said"
REFUND_ASKED: Final = "refund_asked"
REFUND_APPROVED: Final = "refund_approved"
REFUND_REFUSED: Final = "refund_refused"
REFUND_DECLINED: Final = "refund_declined"
REFUND_SENT_AGAIN: Final = "refund_sent_again"
REFUND_STANDS: Final = "refund_stands"

_ASKED: Final = {
    Operation.CONFIRM: gettext_lazy("Confirm at 1mg asked for"),
    Operation.UPDATE_ORDER: gettext_lazy("Update at Nimbbl asked for"),
    Operation.REFUND: gettext_lazy("Refund at Nimbbl asked for"),
    Operation.CANCEL: gettext_lazy("Cancel %(order)s at 1mg asked for"),
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
    acts.reads(SHOP_SAID_PAYMENT, _shop_said_payment)
    acts.reads(PAYMENT_ASKED, _payment_asked)
    acts.counts(PAYMENT_ASKED)
    acts.reads(RULED, _ruled)
    acts.reads(NIMBBL_SAID, _nimbbl_said)
    acts.reads(REFUND_ASKED, _refund_asked)
    acts.reads(REFUND_APPROVED, _refund_approved)
    acts.reads(REFUND_REFUSED, _refund_refused)
    acts.reads(REFUND_DECLINED, lambda params: _("Refund of %(rupees)s declined: “%(why)s”") % _with_rupees(params))
    acts.reads(REFUND_SENT_AGAIN, lambda params: _("Refund of %(rupees)s sent again: “%(why)s”") % _with_rupees(params))
    acts.reads(REFUND_STANDS, lambda params: str(params["said"]))


def _call_asked(params: Params) -> str:
    """What was asked for, in spite of what, and why."""
    words = str(_ASKED[Operation(params["operation"])]) % {"order": params.get("order", "")}
    if params["spite"]:
        words = _("%(asked)s in spite of “%(spite)s”") % {"asked": words, "spite": "; ".join(params["spite"])}
    return f"{words}: “{params['why']}”" if params["why"] else words


def _shop_said_payment(params: Params) -> str:
    """The shop's word, as that; an amount and an id are no words, and need no quotes."""
    amount = decimal_of(params["amount"] or "")
    said = _("%(by)s says of the payment: “%(status)s”") % params
    return " · ".join(filter(None, [said, with_sign(amount) if amount is not None else "", params["transaction_id"]]))


def _payment_asked(params: Params) -> str:
    told = params["told"]
    said = f"{told} {with_sign(Decimal(params['amount']))}" if "amount" in params else _NOT_TOLD[told]
    return _("1mg asked about the payment: %(told)s") % {"told": said}


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


def _refund_refused(params: Params) -> str:
    words = _("1mg asked for a refund of %(rupees)s, of which %(rest)s is left: refused")
    return words % {**_with_rupees(params), "rest": with_sign(Decimal(params["left"]))}


def _with_rupees(params: Params) -> dict[str, object]:
    return {**params, "rupees": with_sign(Decimal(params["amount"]))}
