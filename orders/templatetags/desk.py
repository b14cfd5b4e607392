"""The pieces that pages are made of; `amounts` and `moments` beside it draw money and time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from orders import chips, money, prescriptions
from orders.chips import Chip
from orders.choices import Flag, Shape, Stage
from orders.desk import work
from orders.desk.attention import Attention
from orders.desk.work import Work
from orders.masking import privacy
from orders.models import GroupedOrder, OrderGroup, Sku
from orders.slots import Slot, filled
from orders.statuses import status_of
from orders.templatetags import moments

register = template.Library()

_IS_URL = URLValidator(schemes=("http", "https"))
#: What stands between the digits of a number that can be called, and that number without it.
_SIGNS = re.compile(r"[ ()./-]")
_IS_NUMBER = re.compile(r"\+?[0-9]{6,15}\Z")
#: Stages in which no promise is kept or broken any more.
_OVER = frozenset({Stage.DONE, Stage.RETURN, Stage.CANCEL})


@register.inclusion_tag("includes/_chip.html")
def status_chip(order: GroupedOrder, group: OrderGroup) -> dict[str, Chip]:
    """The chip of an order."""
    return {"chip": chip_of(order, group)}


@register.inclusion_tag("includes/_chip.html")
def lead_chip(group: OrderGroup) -> dict[str, Chip | None]:
    """The chip of a purchase: that of its order which most needs somebody; none where nobody has said anything."""
    silent = chips.REGISTERED if group.registered_at else None
    return {"chip": min((chip_of(order, group) for order in group.orders.all()), key=chips.urgency, default=silent)}


@register.inclusion_tag("includes/_chip.html")
def prescription_chip(group: OrderGroup) -> dict[str, Chip | None]:
    """The chip of a purchase's prescriptions."""
    return {"chip": chips.prescription_chip(group.prescriptions, (order.status_id for order in group.orders.all()))}


@register.inclusion_tag("includes/_chip.html")
def item_chip(sku: Sku) -> dict[str, Chip | None]:
    """The chip of one item's prescription."""
    word = prescriptions.of_item(sku.prescription_required, sku.prescription_verified, sku.prescription_status)
    return {"chip": chips.item_chip(word)}


def chip_of(order: GroupedOrder, group: OrderGroup) -> Chip:
    """The chip of an order, for other pieces."""
    due = money.said(order.payment_summary, "total_refund_due")
    return chips.chip(order.status_id, papers=group.prescriptions, refund_due=due)


@register.filter
def standing_since(group: OrderGroup) -> datetime | None:
    """Since when a purchase stands as it does; nothing where it has several orders, each with a time of its own."""
    orders = list(group.orders.all())
    if not orders:
        return group.registered_at
    return orders[0].status_since if len(orders) == 1 else None


@register.filter
def is_late(order: GroupedOrder) -> bool:
    """Whether an order that is still on its way was promised for a moment that is over."""
    return moments.is_past(order.eta_to) and order.stage not in _OVER


@register.filter
def link(url: str, words: str = "") -> str | SafeString:
    """A link to one of 1mg's URLs where it is a real http(s) one without a user in it; else the text as it came."""
    try:
        _IS_URL(url)
    except ValidationError:
        return url
    if "@" in urlsplit(url).netloc:
        return url
    return format_html(
        '<a href="{}" rel="noopener noreferrer" referrerpolicy="no-referrer" target="_blank">{}</a>',
        url,
        words or url,
    )


@register.filter
def tel(number: str) -> str | SafeString:
    """A link that calls a number where it is one; else the text as it came, which may hold two numbers, or none."""
    dialled = _SIGNS.sub("", number)
    return format_html('<a href="tel:{}">{}</a>', dialled, number) if _IS_NUMBER.match(dialled) else number


@register.simple_tag
def shipments(count: int) -> str:
    """`2 shipments`."""
    return ngettext("%(n)s shipment", "%(n)s shipments", count) % {"n": count}


_MASKS: dict[str, Callable[[str], str]] = {
    "name": privacy.name,
    "phone": privacy.phone,
    "email": privacy.email,
    "medicine": privacy.medicine,
    "method": privacy.method,
}


#: What is shown instead to who may see it and has not asked to: as lists have it.
_VEILS: dict[str, Callable[[str], str]] = {
    "name": privacy.short_name,
    "phone": privacy.phone,
    "email": privacy.email,
}


@register.simple_tag(takes_context=True)
def personal(context: template.Context, kind: str, value: Any) -> Any:
    """A personal value, masked unless the reader may see it, and on a `veiled` page unless she has asked to.

    `kind`: one of the masks above.
    """
    if not context["perms"]["orders"]["view_personal_data"]:
        return _MASKS[kind](value or "")
    return _VEILS[kind](value or "") if context.get("veiled") and kind in _VEILS else value


@register.inclusion_tag("includes/_chip.html")
def cause_chip(one: Work) -> dict[str, Chip]:
    """The chip of a cause."""
    return {"chip": Chip(str(one.cause.label), one.tone, Shape.NEEDS_US if one.is_ours else Shape.WAITING)}


@register.simple_tag(takes_context=True)
def short_name(context: template.Context, name: str) -> str:
    """A name as lists have it: `Esha P.`, and for who may not see it a mask."""
    may_see = context["perms"]["orders"]["view_personal_data"]
    return privacy.short_name(name) if may_see else privacy.name(name)


@register.filter
def phone_end(phone: str) -> str:
    """A phone as lists have it, whoever reads them: its last four digits."""
    return privacy.phone(phone)


@register.simple_tag(takes_context=True)
def slot(context: template.Context, name: str) -> SafeString:
    """What the apps above have to say at this place of the page."""
    engine = context.template.engine  # type: ignore[union-attr]
    return SafeString("".join(engine.get_template(found).render(context) for found in filled(Slot(name))))


@register.inclusion_tag("frame/_rail_link.html", takes_context=True)
def rail_link(context: template.Context, address: str, icon: str, words: str) -> dict[str, Any]:
    """A link of the rail; it says so where it leads to the page that is open, or to one above it."""
    path = context["request"].path
    here = path == address if address == "/" else path.startswith(address)
    return {"address": address, "icon": icon, "words": words, "here": here}


@register.inclusion_tag("frame/_need_count.html", takes_context=True)
def need_count(context: template.Context) -> dict[str, Any]:
    """How many purchases need somebody; the page may have looked already, or even counted."""
    many = context.get("need_count")
    if many is None:
        look = context.get("attention") or Attention(work.hidden_from(context["request"].user.has_perm))
        many = look.count()
    return {"many": many}


@register.filter
def split(value: str) -> list[str]:
    """The words of a literal."""
    return value.split()


@register.filter
def value(params: Any, name: str) -> Any:
    """One value of a query string or a mapping."""
    return params.get(name, "")


@register.filter
def brief(label: Any) -> str:
    """`Stale: older than what we know` -> `Stale`."""
    return str(label).partition(":")[0]


@register.filter
def status_label(status_id: int | None) -> str:
    """Our word for one of 1mg's codes."""
    return status_of(status_id).label


@register.filter
def flag_label(flag: str) -> str:
    """A flag in words."""
    return str(Flag(flag).label) if flag in Flag.values else flag


#: Fields of an update whose recorded values are times.
_TIMES = frozenset({"created_at", "updated_at", "eta_from", "eta_to"})
#: Letters of a recorded value that a table shows.
_SHOWN = 200


@register.filter
def shown(value: Any, field: str = "") -> str:
    """A recorded value of `field`: times in India, nothing as a dash, whatever else as the text it is.

    Which fields are times is known by their names: a title may look like one.
    """
    if value in (None, ""):
        return "—"
    if field in _TIMES:
        try:
            return timezone.localtime(datetime.fromisoformat(str(value))).strftime("%a %d %b %Y %H:%M")
        except (ValueError, OverflowError):
            pass  # nothing of ours, which are of this century
    return cut(value, _SHOWN)


@register.filter
def cut(value: Any, most: int) -> str:
    """A text, with `…` for what is beyond `most` letters.

    Django's `truncatechars` brings the whole text into a normal form first, which can take for ever.
    """
    text = str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"
