"""Registration: the merchant says what a purchase is before 1mg speaks of it, so that it can be confirmed.

    Registration      what the merchant says of one purchase
    PaymentSaid       what it says of the payment
    register(...)     keep it, once; `Conflict` where another word stands
    complete(...)     keep more of a purchase that is known
    rupees(...)       an amount as a shop, a form or a CSV file writes it

The shop's POST, the staff form and the CSV import all end in `register`, its PATCH in `complete`. What the shop says of
the payment is its word: shown as that in the story, and never counted; how the money stands, Nimbbl says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import acts
from orders import purchases as orders
from orders.actors import Actor
from orders.choices import Kind, PaymentMethod, Source
from orders.models import Act, GroupedOrder, OrderGroup
from orders.numbers import PAISA, decimal_of
from orders.rupees import with_sign
from payments import found_by, news
from payments.acts import PAYMENT_LINKED, SHOP_SAID_PAYMENT
from payments.models import Payment
from payments.reconciliation import sums

#: Sums made of binary fractions are off from here on: 652.3599999999999.
_NOISE: Final = Decimal("0.000001")
_MOST_RUPEES: Final = Decimal(10**10)
_AMOUNT: Final = re.compile(r"[0-9]{1,10}(\.[0-9]{1,20})?")

# What is said of a field, whoever reads it.
NO_ID: Final = gettext_lazy("An id has 1 to 64 letters, digits, _ or -.")
NO_METHOD: Final = gettext_lazy("Say COD or ONLINE.")
#: Nimbbl's words for a payment: succeeded, failed, pending and so on.
STATUS: Final = re.compile(r"^[A-Za-z][A-Za-z _-]{0,19}\Z")
NO_STATUS: Final = gettext_lazy("A status is a word of Nimbbl's, for example succeeded.")
NO_AMOUNT: Final = gettext_lazy("ONLINE needs it.")
BUSY: Final = gettext_lazy("The database is busy. Send it again in a moment: whatever is kept is kept once.")


class Outcome(StrEnum):
    """What became of one registration."""

    NEW = "new"
    ADDED = "added"  # it stood already; only the Nimbbl order, or the word about the payment, is news
    SAME = "same"


@dataclass(frozen=True, slots=True)
class PaymentSaid:
    """What the shop knows of a payment: Nimbbl's `status` for it, the amount in rupees, Nimbbl's id or ""."""

    status: str
    amount: Decimal | None = None
    transaction_id: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """What the merchant says of one purchase: `payable_amount` in rupees, `nimbbl_order_id` "" for none."""

    merchant_order_id: str
    onemg_order_id: str
    payment_method: PaymentMethod
    payable_amount: Decimal | None = None
    nimbbl_order_id: str = ""
    payment: PaymentSaid | None = None


class Conflict(Exception):
    """Another word stands. `fields`: name as the API says it -> (what stands, what was said now)."""

    def __init__(self, sentence: str, fields: dict[str, tuple[str, str]]) -> None:
        super().__init__(sentence)
        self.fields = fields

    def for_staff(self) -> dict[str, tuple[str, str]]:
        """The same as staff read it: a dash for what is not there, amounts with what they are."""
        return {name: (_shown(name, stands), _shown(name, sent)) for name, (stands, sent) in self.fields.items()}


def _shown(name: str, value: str) -> str:
    amount = decimal_of(value) if name == "payable_amount" else None
    return with_sign(amount) if amount is not None else value or "—"


@transaction.atomic
def register(said: Registration, *, by: Actor, keep: bool = True) -> tuple[OrderGroup, Outcome]:
    """Keep what the merchant says of a purchase, in one transaction; `by` is named in the timeline.

    1. The purchase is made or found, and locked: of two who speak at once, the second finds the first one's words.
    2. The same words again are `SAME`; a Nimbbl order where none stood is `ADDED`; leaving it out contradicts nothing.
    3. Raises `Conflict` for other words, for a 1mg or Nimbbl order of another purchase, and for a 1mg order that is not
       among those of which 1mg itself has spoken: confirming it could confirm somebody else's order.

    With `keep` false nothing stays: the same verdict as a dry run.
    """
    try:
        group, new = orders.register(
            said.merchant_order_id,
            onemg_order_id=said.onemg_order_id,
            payment_method=said.payment_method,
            payable_amount=said.payable_amount,
            by=by,
        )
    except orders.RegisteredOtherwise as error:
        raise _translated(said, error) from None
    if new:
        _compare_with_1mg(group, said.onemg_order_id)
        news.adopt(group, group.onemg_ids(group.orders.all()))
    added = _add(group, said.nimbbl_order_id, said.payment, by)
    if not keep:
        transaction.set_rollback(True)
    return group, Outcome.NEW if new else Outcome.ADDED if added else Outcome.SAME


@transaction.atomic
def complete(
    merchant_order_id: str, *, nimbbl_order_id: str = "", payment: PaymentSaid | None = None, by: Actor
) -> tuple[OrderGroup, Outcome]:
    """Keep more of a purchase that is known, whether it was registered or 1mg has spoken of it. Locks it first.

    The same words again are `SAME`. Raises `Conflict` where it has another Nimbbl order, or the Nimbbl order is another
    purchase's, and `OrderGroup.DoesNotExist`.
    """
    group, _orders = orders.locked(merchant_order_id)
    added = _add(group, nimbbl_order_id, payment, by)
    return group, Outcome.ADDED if added else Outcome.SAME


def rupees(value: Any) -> Decimal:
    """An amount above zero with two decimals, from text or a number; binary noise is rounded away, a third decimal not.

    Raises `ValueError` with a sentence for the sender.
    """
    text = str(value).strip() if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""
    if not _AMOUNT.fullmatch(text):
        raise ValueError(_("Say an amount in rupees, for example 652.36."))
    found = Decimal(text).quantize(_NOISE, ROUND_HALF_UP)
    if found != (amount := found.quantize(PAISA, ROUND_HALF_UP)):
        raise ValueError(_("An amount has at most two decimals."))
    if not 0 < amount < _MOST_RUPEES:
        raise ValueError(_("An amount is more than 0 and less than ten thousand million rupees."))
    return amount


_NAMES: Final = {"registered_method": "payment_method"}


def _translated(said: Registration, error: orders.RegisteredOtherwise) -> Conflict:
    """The conflict in the words of the API."""
    fields = {_NAMES.get(name, name): words for name, words in error.fields.items()}
    if "merchant_order_id" in fields:
        return _belongs_elsewhere("1mg", said.onemg_order_id, fields["merchant_order_id"][0], said.merchant_order_id)
    words = {"key": said.merchant_order_id, "names": ", ".join(fields)}
    return Conflict(_("%(key)s is registered with another %(names)s.") % words, fields)


def _belongs_elsewhere(partner: str, order_id: str, other: str, here: str) -> Conflict:
    words = {"partner": partner, "order": order_id, "other": other}
    sentence = _("The %(partner)s order %(order)s belongs to the purchase %(other)s.") % words
    return Conflict(sentence, {"merchant_order_id": (other, here)})


def _compare_with_1mg(group: OrderGroup, onemg_order_id: str) -> None:
    """Refuse a 1mg order that 1mg itself has told of under another purchase, or not under this one."""
    order = GroupedOrder.objects.filter(pk=onemg_order_id).values_list("group_id", flat=True)
    whole = OrderGroup.objects.filter(group_order_id=onemg_order_id).values_list("pk", flat=True)
    owners = {*order, *whole}
    if owners and group.pk not in owners:
        raise _belongs_elsewhere("1mg", onemg_order_id, min(owners), group.pk)
    theirs = [group.group_order_id, *group.orders.values_list("pk", flat=True)]
    known = ", ".join(dict.fromkeys(filter(None, theirs)))
    if known and not owners:
        sentence = _("1mg's own updates name %(known)s for this purchase.") % {"known": known}
        raise Conflict(sentence, {"onemg_order_id": (known, onemg_order_id)})


def _add(group: OrderGroup, nimbbl_order_id: str, payment: PaymentSaid | None, by: Actor) -> bool:
    """Keep what is said of how the purchase was paid; whether any of it was news. The purchase is locked."""
    linked = bool(nimbbl_order_id) and _link(group, nimbbl_order_id, by)
    noted = payment is not None and _note(group, payment, by)
    return linked or noted


def _note(group: OrderGroup, payment: PaymentSaid, by: Actor) -> bool:
    """Keep the shop's word on the payment as a line of the story, unless it was its last word as well."""
    amount = None if payment.amount is None else str(payment.amount)
    said: dict[str, Any] = {
        "status": payment.status,
        "amount": amount,
        "transaction_id": payment.transaction_id,
        "by": by.name,
    }
    last = Act.objects.filter(group=group, act=SHOP_SAID_PAYMENT).order_by("-pk").first()
    if last and last.params == said:
        return False
    acts.record(SHOP_SAID_PAYMENT, group_id=group.pk, source=Source.PORTAL, kind=Kind.PAYMENT, **said)
    return True


def _link(group: OrderGroup, nimbbl_order_id: str, by: Actor) -> bool:
    """Say which order of Nimbbl's the purchase was paid with; whether that was news. The purchase is locked."""
    stands = list(Payment.objects.filter(group=group).values_list("pk", flat=True))
    if nimbbl_order_id in stands:
        return False
    if stands:
        sentence = _("%(key)s is registered with another nimbbl_order_id.") % {"key": group.pk}
        raise Conflict(sentence, {"nimbbl_order_id": (", ".join(stands), nimbbl_order_id)})
    # Whoever links the same order to another purchase at this moment is waited for, and then found.
    Payment.objects.bulk_create([Payment(nimbbl_order_id=nimbbl_order_id, group=group)], ignore_conflicts=True)
    owner = Payment.objects.values_list("group_id", flat=True).get(pk=nimbbl_order_id)
    if owner != group.pk:
        raise _belongs_elsewhere("Nimbbl", nimbbl_order_id, owner, group.pk)
    found_by.tell(group.pk)
    sums.tell(group.pk)
    acts.record(
        PAYMENT_LINKED,
        group_id=group.pk,
        source=Source.PORTAL,
        kind=Kind.PAYMENT,
        nimbbl_order_id=nimbbl_order_id,
        by=by.name,
    )
    return True
