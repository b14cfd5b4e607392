"""The records of what 1mg says, and of what we do about it.

Everything 1mg owns is written by one door, `orders.services`; nothing here is edited by hand.
"""

from orders.models.acts import Act
from orders.models.asks import Ask
from orders.models.care import Care, Presence, Tag
from orders.models.keys import ApiKey
from orders.models.needs import ClockLimit, Need
from orders.models.orders import GroupedOrder, Invoice, Sku
from orders.models.purchases import OrderGroup, OrderGroupQuerySet
from orders.models.reveals import Reveal
from orders.models.saved import SavedView
from orders.models.updates import OrderUpdate

__all__ = [
    "Act",
    "ApiKey",
    "Ask",
    "Care",
    "ClockLimit",
    "GroupedOrder",
    "Invoice",
    "Need",
    "OrderGroup",
    "OrderGroupQuerySet",
    "OrderUpdate",
    "Presence",
    "Reveal",
    "SavedView",
    "Sku",
    "Tag",
]
