"""What a purchase is found by: texts of words, made from its rows whenever one of them changes. No query is made here.

    text_of_order(order)             what an order is found by, for everybody
    text_of_medicines(names)         the same of what its customer takes, for who may see that
    texts_of_group(group, orders)    what a purchase is found by: for everybody, and for who may see people

A purchase carries the words of its orders, so that one text answers a question. There are two, since who may not see
names, phones and medicines must not find them out by asking either.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from orders.words import phone_end, phone_of, words_of, words_of_id

if TYPE_CHECKING:
    from orders.models import GroupedOrder, OrderGroup

#: An index entry of PostgreSQL holds a megabyte, and fails the whole update beyond that.
MAX_TEXT: Final = 100_000
#: Of an order: its words, the courier's phone, the words of its medicines.
OfOrder = tuple[str, str, str]
#: The columns that these are.
OF_ORDER: Final = ("search_text", "delivery_contact", "medicine_text")


def joined(words: Iterable[str]) -> str:
    """Words as a column keeps them, as many as there is room for; each whole, since PostgreSQL refuses an empty one."""
    found, room = [], MAX_TEXT
    for word in words:
        room -= len(word) + 1
        if room < 0:
            break
        found.append(word)
    return " ".join(found)


def of_order(order: GroupedOrder) -> OfOrder:
    """What of an order its purchase is found by."""
    return order.search_text, order.delivery_contact, order.medicine_text


def text_of_order(order: GroupedOrder) -> str:
    """The words an order is found by: its id, waybill, invoice numbers and SKU ids."""
    return joined(words_of_id(order.order_id, order.tracking_number, *invoices_of(order), *skus_of(order)))


def invoices_of(order: GroupedOrder) -> list[str]:
    """The numbers of its invoices."""
    return [str(key) for key in order.lists.get("invoices", {}).get("keys", ())]


def skus_of(order: GroupedOrder) -> list[str]:
    """1mg's ids of its items; what follows a `#` only tells lines of one SKU apart."""
    return [str(key).partition("#")[0] for key in order.lists.get("skus", {}).get("keys", ())]


def text_of_medicines(names: Iterable[str]) -> str:
    """The words of what somebody takes."""
    return joined(words_of(*names))


def texts_of_group(group: OrderGroup, orders: Iterable[OfOrder]) -> tuple[str, str]:
    """What a purchase is found by: for everybody, and for who may see people and what they take."""
    theirs = sorted(orders)
    ids = words_of_id(group.merchant_order_id, group.group_order_id, group.onemg_order_id, *other_ids(group))
    public = [*ids, *sorted({word for text, _contact, _medicines in theirs for word in text.split()})]
    phones = [*phones_of(group), *(contact for _text, contact, _medicines in theirs)]
    people = [*words_of(group.customer_name, *phones, group.pincode), *words_of_id(group.email)]
    people += [word for phone in phones for word in (phone_of(phone), phone_end(phone)) if word]
    medicines = sorted({word for _text, _contact, names in theirs for word in names.split()})
    return joined(dict.fromkeys(public)), joined(dict.fromkeys([*people, *public, *medicines]))


def other_ids(group: OrderGroup) -> list[str]:
    """What apps above know the purchase by."""
    return [one for ids in (group.other_ids or {}).values() for one in ids]


def phones_of(group: OrderGroup) -> list[str]:
    """The customer's phones: their own, and the address's, for which 1mg's page names `contact_number`."""
    value: Any = group.delivery_address.get("contact_number")
    return [group.contact_number, *([value] if isinstance(value, str) else [])]
