"""The way from one purchase of a list to the next."""

from __future__ import annotations

from django import template

from orders import neighbours
from orders.models import OrderGroup
from orders.neighbours import Neighbours

register = template.Library()


@register.simple_tag(takes_context=True)
def beside(context: template.Context, group: OrderGroup) -> Neighbours:
    """The purchases beside one in the list that the reader came from."""
    return neighbours.of(group, context["request"])
