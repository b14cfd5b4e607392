"""The pieces that every page is made of: one draws the chip, one the money, one the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import numberformat, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders import chips, money, privacy
from orders.chips import Chip
from orders.choices import Flag, Stage
from orders.models import GroupedOrder, OrderGroup, OrderUpdate
from orders.money import Amount
from orders.numbers import PAISA, decimal_of
from orders.slots import Slot, filled
from orders.statuses import status_of

register = template.Library()

_IS_URL = URLValidator(schemes=("http", "https"))
#: Stages in which no promise is kept or broken any more.
_OVER = frozenset({Stage.DONE, Stage.RETURN, Stage.CANCEL})
#: A silence longer than this turns the pulse amber.
QUIET = timedelta(minutes=30)


@register.inclusion_tag("includes/_chip.html")
def status_chip(order: GroupedOrder, group: OrderGroup) -> dict[str, Chip]:
    """The chip of an order."""
    return {"chip": _chip(order, group)}


@register.inclusion_tag("includes/_chip.html")
def lead_chip(group: OrderGroup) -> dict[str, Chip | None]:
    """The chip of a purchase: that of its order which most needs somebody; none where nobody has said anything."""
    silent = chips.REGISTERED if group.registered_at else None
    return {"chip": min((_chip(order, group) for order in group.orders.all()), key=chips.urgency, default=silent)}


@register.inclusion_tag("includes/_chip.html")
def prescription_chip(group: OrderGroup) -> dict[str, Chip | None]:
    """The chip of a purchase's prescriptions."""
    return {"chip": chips.prescription_chip(group.prescriptions, (order.status_id for order in group.orders.all()))}


def _chip(order: GroupedOrder, group: OrderGroup) -> Chip:
    due = money.said(order.payment_summary, "total_refund_due")
    return chips.chip(order.status_id, papers=group.prescriptions, refund_due=due)


@register.filter
def rupees(value: Any) -> str:
    """`123456.7` -> `1,23,456.70`: two places, grouped as in India. Empty for unknown."""
    found = decimal_of(str(value))
    if found is None:
        return ""
    sign = "−" if found < 0 else ""
    return sign + _grouped(abs(found).quantize(PAISA), places=2)


def _grouped(value: Decimal | int, places: int = 0) -> str:
    """A number of `places` decimals in India's groups: the last three digits, then two and two."""
    return numberformat.format(
        value, ".", decimal_pos=places, grouping=(3, 2, 0), thousand_sep=",", force_grouping=True
    )


@register.filter
def rupees_or_dash(value: Decimal | None) -> str:
    """`₹1,23,456.70`, or a dash for what is not known."""
    return "—" if value is None else f"₹{rupees(value)}"


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
def standing_since(group: OrderGroup) -> datetime | None:
    """Since when a purchase stands as it does; nothing where it has several orders, each with a time of its own."""
    orders = list(group.orders.all())
    if not orders:
        return group.registered_at
    return orders[0].status_since if len(orders) == 1 else None


@register.filter
def is_late(order: GroupedOrder) -> bool:
    """Whether an order that is still on its way was promised for a moment that is over."""
    return is_past(order.eta_to) and order.stage not in _OVER


@register.filter
def quantity(value: Decimal | None) -> str:
    """`2.000` -> `2`."""
    return "" if value is None else f"{value.normalize():f}"


@register.filter
def duration(value: timedelta | None) -> str:
    """`3 h 10 m`, `2 d 4 h`, `40 s`, `7 y 129 d`."""
    if value is None:
        return ""
    seconds = max(int(value.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days >= 365:
        return f"{days // 365} y {days % 365} d"
    if days:
        return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"
    return (f"{hours} h {minutes % 60} m" if minutes % 60 else f"{hours} h") if hours else f"{minutes} min"


@register.filter
def ago(value: datetime | None) -> str | SafeString:
    """`12 min`, with the exact time in India in its title."""
    return _time(value, duration(timezone.now() - value)) if value else ""


@register.filter
def when(value: datetime | None) -> str | SafeString:
    """`Today 14:32`, `Thu 19 Nov 10:14`; with the exact time in India in its title."""
    if not value:
        return ""
    local, today = timezone.localtime(value), timezone.localdate()
    names = {
        today: _("Today"),
        today - timedelta(days=1): _("Yesterday"),
        today + timedelta(days=1): _("Tomorrow"),
    }
    year = "" if local.year == today.year else f" {local.year}"
    return _time(value, f"{names.get(local.date()) or local.strftime('%a %d %b') + year} {local:%H:%M}")


@register.filter
def clock(value: datetime) -> SafeString:
    """`14:32`, with the exact time in India in its title."""
    return _time(value, timezone.localtime(value).strftime("%H:%M"))


@register.filter
def day_name(value: date) -> str:
    """`Today, Sat 21 Nov`."""
    today = timezone.localdate()
    name = {today: _("Today") + ", ", today - timedelta(days=1): _("Yesterday") + ", "}.get(value, "")
    return name + value.strftime("%a %d %b") + ("" if value.year == today.year else f" {value.year}")


def _time(value: datetime, shown: str) -> SafeString:
    exact = timezone.localtime(value).strftime("%a %d %b %Y %H:%M:%S IST")
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, shown)


@register.filter
def is_past(value: datetime | None) -> bool:
    """Whether a moment is over."""
    return value is not None and value < timezone.now()


@register.filter
def is_quiet(value: datetime | None) -> bool:
    """Whether 1mg has been silent for longer than usual."""
    return value is None or timezone.now() - value > QUIET


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


@register.simple_tag
def shipments(count: int) -> str:
    """`2 shipments`."""
    return ngettext("%(n)s shipment", "%(n)s shipments", count) % {"n": count}


_MASKS: dict[str, Callable[[str], str]] = {"name": privacy.name, "phone": privacy.phone, "email": privacy.email}


@register.simple_tag(takes_context=True)
def personal(context: template.Context, kind: str, value: Any) -> Any:
    """A personal value, masked unless the reader may see it. `kind`: name, phone or email."""
    may_see = context["perms"]["orders"]["view_personal_data"]
    return value if may_see else _MASKS[kind](value or "")


@register.simple_tag(takes_context=True)
def slot(context: template.Context, name: str) -> SafeString:
    """What the apps above have to say at this place of the page."""
    engine = context.template.engine  # type: ignore[union-attr]
    return SafeString("".join(engine.get_template(found).render(context) for found in filled(Slot(name))))


@register.inclusion_tag("frame/_rail_link.html", takes_context=True)
def rail_link(context: template.Context, address: str, icon: str, words: str) -> dict[str, Any]:
    """A link of the rail; it says so where it leads to the page that is open, or to one above it."""
    return {"address": address, "icon": icon, "words": words, "here": context["request"].path.startswith(address)}


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


@register.filter
def changes_by(update: OrderUpdate, delivery: Any) -> list[dict[str, Any]]:
    """What the update changed, where it was this delivery that brought it."""
    return update.changes if update.delivery_id == delivery.pk else []


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


@register.simple_tag
def and_more(count: int, shown: int) -> str:
    """`and 12,345 more` for what a list does not show; nothing where it shows all."""
    return _("and %(n)s more") % {"n": _grouped(count - shown)} if count > shown else ""
