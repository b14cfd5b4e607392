"""Money and counts, as they are shown: grouped as in India, and what is not known as such."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _

from orders import money, reckoning
from orders.models import OrderGroup, Sku
from orders.money import Amount
from orders.numbers import decimal_of
from orders.rupees import grouped, in_groups, with_sign

register = template.Library()


@register.filter
def rupees(value: Any) -> str:
    """`123456.7` -> `1,23,456.70`: two places, grouped as in India. Empty for unknown."""
    found = decimal_of(str(value))
    return "" if found is None else grouped(found)


@register.filter
def rupees_or_dash(value: Decimal | None) -> str:
    """`₹1,23,456.70`, or a dash for what is not known."""
    return "—" if value is None else with_sign(value)


@register.inclusion_tag("includes/_amount.html")
def amount(said: Amount | None) -> dict[str, Amount | None]:
    """An amount in rupees: a dash where 1mg did not say it, a dash and a mark where nobody can read it."""
    return {"amount": said}


@register.filter
def worth(group: OrderGroup) -> Amount | None:
    """The one amount a list shows of a purchase: 1mg's, or the shop's while 1mg has not named an order."""
    if group.orders.all():
        return money.worth(group.payment_summary())
    return None if group.payable_amount is None else Amount(group.payable_amount)


@register.filter
def quantity(value: Decimal | None) -> str:
    """`2.000` -> `2`."""
    return "" if value is None else f"{value.normalize():f}"


@register.filter
def total(sku: Sku) -> str:
    """`30.38`: what a line of the items comes to; a dash where its quantity or its price is unknown."""
    found = reckoning.line_total(sku.quantity, sku.offered_price)
    return "—" if found is None else grouped(found)


@register.simple_tag
def and_more(count: int, shown: int) -> str:
    """`and 12,345 more` for what a list does not show; nothing where it shows all."""
    return _("and %(n)s more") % {"n": in_groups(count - shown)} if count > shown else ""
