"""The people of a purchase as acting on it knows them: those of its orders, and those of its order at Nimbbl.

of(group, members)   of one purchase whose rows are at hand
of_purchase(id)      of one purchase
of_purchases(ids)    of many, in a fixed number of queries
private_of_purchases(ids)  the same with the names of their medicines, for who reads rather than for what is kept
readable(calls, may)  calls as somebody may read them
masked(call, known)  a call as it is shown to who may not see personal data
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Sequence

from orders.masking import people, privacy
from orders.masking.personal import NOBODY, Personal
from orders.models import GroupedOrder, OrderGroup
from payments.models import PartnerCall, Payment
from payments.partners import redact


def of(group: OrderGroup, members: Iterable[GroupedOrder], payments: Iterable[Payment] | None = None) -> Personal:
    """What is personal of a purchase, with what Nimbbl has of it and what it is being sent.

    `payments`: its orders at Nimbbl; they are asked for unless they are at hand.
    """
    known = people.of(group, members)
    for payment in group.payments.all() if payments is None else payments:
        known |= _of_payment(payment)
    return known


def of_purchase(merchant_order_id: str) -> Personal:
    """The same by the purchase's id."""
    return of_purchases([merchant_order_id]).get(merchant_order_id, NOBODY)


def of_purchases(ids: Collection[str]) -> dict[str, Personal]:
    """The same of many; who is not there has no entry."""
    at_nimbbl = _at_nimbbl(ids)
    return {key: found | at_nimbbl.get(key, NOBODY) for key, found in people.of_purchases(ids).items()}


def private_of_purchases(ids: Collection[str]) -> dict[str, Personal]:
    """What nobody reads of them who may not see personal data."""
    medicines = people.medicines_of_purchases(ids)
    return {key: found | medicines.get(key, NOBODY) for key, found in of_purchases(ids).items()}


def readable(calls: Sequence[PartnerCall], may: Callable[[str], bool]) -> list[PartnerCall]:
    """Calls as somebody may read them."""
    if may("orders.view_personal_data"):
        return list(calls)
    known = private_of_purchases({found.group_id for found in calls})
    return [masked(found, known.get(found.group_id, NOBODY)) for found in calls]


def masked(call: PartnerCall, known: Personal) -> PartnerCall:
    """A copy of the call without people in its texts, `known` to us or not. Never save it."""
    shown = copy.copy(call)
    for name in ("said", "settled_reason"):
        setattr(shown, name, privacy.sentence(getattr(call, name), known))
    shown.why = privacy.only_common_words(call.why, known)
    shown.ticks = [{**tick, "words": privacy.sentence(tick["words"], known)} for tick in call.ticks]
    if not {"request_body", "answer_body"} & call.get_deferred_fields():
        shown.request_body = redact.told(call.request_body, known)
        shown.answer_body = redact.told(call.answer_body, known)
    shown.answer_headers = {name: known.hide(value) for name, value in call.answer_headers.items()}
    return shown


def _at_nimbbl(ids: Collection[str]) -> dict[str, Personal]:
    found: dict[str, Personal] = {}
    payments = Payment.objects.filter(group__in=set(ids)).only("group_id", "invoice_id", "known", "wanted").order_by()
    for payment in payments:
        found[payment.group_id] = found.get(payment.group_id, NOBODY) | _of_payment(payment)
    return found


def _of_payment(payment: Payment) -> Personal:
    found = Personal(ids=frozenset({payment.pk, payment.invoice_id} - {""}))
    for held in (payment.known, payment.wanted):
        found |= people.of_address(held.get("shipping_address") or {})
        found |= Personal(exact=frozenset({held["ipAddress"]} if held.get("ipAddress") else ()))
        found |= people.of_address(held.get("custom_attributes") or {})
    return found
