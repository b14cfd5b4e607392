"""What an update sent to Nimbbl and what its answer showed: kept with the payment, since it is personal.

`Payment.known` holds what Nimbbl has, as far as we know, under the names that an update carries, and beside them

    "unshown"   names of those that Nimbbl took and has never shown since, so that nobody has seen them there
    "updates"   the last updates by the number of their call: {"12": {"sent": {…}, "shown": {…} or null}}

`PartnerCall` is evidence that many may read, and holds no values. The caller holds the purchase's lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from orders.masking.privacy import DOTS
from payments.choices import State, Teller
from payments.ledger import services as ledger
from payments.ledger.statements import Statement
from payments.models import PartnerCall, Payment
from payments.partners.nimbbl import UPDATABLE, Updated
from payments.partners.nimbbl_order import ADDRESS, Order
from payments.update_form import label_of

#: Names that Nimbbl's page gives; those of attributes are the shop's own.
_PUBLISHED: Final = frozenset({*ADDRESS, "ipAddress", "user_agent"})
#: So many updates of one payment are kept with what was sent.
MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One field of an update. `shown`: what Nimbbl's answer shows of it; `None`: nothing."""

    name: str
    sent: str
    shown: str | None

    @property
    def label(self) -> str:
        """The field in words; an attribute by its own name."""
        return label_of(self.name)

    @property
    def differs(self) -> bool:
        """Whether Nimbbl shows another value, blanks and case apart."""
        return self.shown is not None and _plain(self.shown) != _plain(self.sent)

    def masked(self) -> Line:
        """The same without its values; of an attribute, whose name somebody made up, without that either."""
        name = self.name if self.name in _PUBLISHED else DOTS
        return Line(name, DOTS if self.sent else "", DOTS if self.shown else self.shown)


def note_sent(payment_id: str, call_id: int, changes: Mapping[str, Any]) -> None:
    """Keep what the call is about to send."""
    payment = Payment.objects.get(pk=payment_id)
    _keep(payment, call_id, {"sent": dict(changes), "shown": None})
    Payment.objects.filter(pk=payment.pk).update(known=payment.known)


def note_answer(payment_id: str, call_id: int, changes: Mapping[str, Any], found: Updated) -> None:
    """Keep what the answer shows, and where the update succeeded what Nimbbl has now."""
    order = found.order
    if order is None:
        return
    payment = Payment.objects.get(pk=payment_id)
    _keep(payment, call_id, {"sent": dict(changes), "shown": order.address})
    if found.result.state is State.SUCCEEDED:
        known = {**payment.known, **changes}
        if order.address is not None:
            known["shipping_address"] = order.address
        known["unshown"] = sorted(({*known.get("unshown", ()), *changes} & {*UPDATABLE}) - _shown(order.address))
        payment.known = known
        ledger.take(_said(order, payment_id))
    Payment.objects.filter(pk=payment_id).update(known=payment.known)


def _said(order: Order, payment_id: str) -> Statement:
    """What the answer says of the order. Of its payment it says nothing."""
    return Statement(
        Teller.UPDATE,
        timezone.now(),
        payment_id,
        order_status=order.status,
        invoice_id=order.invoice_id,
        currency=order.currency,
        total_amount=order.total_amount,
    )


def lines(call: PartnerCall, *, may_see: bool) -> list[Line]:
    """What an update sent, field by field, and what came back; dots for who may not see it.

    Empty where it was not sent, or so long ago that it is forgotten.
    """
    payment = Payment.objects.filter(pk=call.findings.get("nimbbl_order_id")).first()
    kept = payment.known.get("updates", {}).get(str(call.pk)) if payment and call.sent_at else None
    if not kept:
        return []
    sent, shown = kept["sent"], kept["shown"]
    address = sent.get("shipping_address") or {}
    found = [Line(name, address[name], (shown or {}).get(name)) for name in ADDRESS if name in address]
    found += [Line(name, sent[name], None) for name in ("ipAddress", "user_agent") if name in sent]
    found += [Line(name, value, None) for name, value in (sent.get("custom_attributes") or {}).items()]
    return found if may_see else [line.masked() for line in found]


def _keep(payment: Payment, call_id: int, entry: dict[str, Any]) -> None:
    kept = {**payment.known.get("updates", {}), str(call_id): entry}
    latest = sorted(kept, key=int)[-MOST:]
    payment.known = {**payment.known, "updates": {key: kept[key] for key in latest}}


def _shown(address: Mapping[str, str] | None) -> set[str]:
    return set() if address is None else {"shipping_address"}


def _plain(value: str) -> str:
    return " ".join(value.split()).casefold()
