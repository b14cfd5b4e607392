"""The pieces that every page is made of: one draws the chip, one the money, one the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders import chips, money, privacy
from orders.chips import Chip
from orders.choices import Flag
from orders.models import GroupedOrder, OrderGroup
from orders.money import Amount
from orders.statuses import status_of

register = template.Library()

_IS_URL = URLValidator(schemes=("http", "https"))
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


@register.inclusion_tag("includes/_chip.html")
def outcome_chip(row: Any) -> dict[str, Chip]:
    """The chip of a delivery or an update."""
    return {"chip": chips.outcome_chip(row.outcome, str(row.get_outcome_display()).partition(":")[0])}


def _chip(order: GroupedOrder, group: OrderGroup) -> Chip:
    due = money.said(order.payment_summary, "total_refund_due")
    return chips.chip(order.status_id, papers=group.prescriptions, refund_due=due)


@register.filter
def rupees(value: Any) -> str:
    """`123456.7` -> `1,23,456.70`: two places, grouped as in India. Empty for unknown."""
    try:
        amount = Decimal(str(value)).quantize(Decimal("0.01"))
    except (InvalidOperation, ValueError):
        return ""
    whole, _dot, paise = f"{abs(amount):.2f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    sign = "−" if amount < 0 else ""
    return f"{sign}{','.join([*groups, tail])}.{paise}"


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
def query(context: template.Context, **changes: Any) -> str:
    """The page's query string with some parameters set, or left out where the value is empty; back to page one."""
    return _query(context, changes)


def _query(context: template.Context, changes: dict[str, Any]) -> str:
    params = context["request"].GET.copy()
    for name in ("older", "newer", "from", *changes):
        params.pop(name, None)
    for name, value in changes.items():
        if value not in ("", None):
            params[name] = value
    return f"?{params.urlencode()}"


@register.simple_tag(takes_context=True)
def query_without(context: template.Context, name: str) -> str:
    """The page's query string without one parameter."""
    return _query(context, {name: ""})


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


@register.simple_tag
def and_more(count: int, shown: int) -> str:
    """`and 1,234 more` for what a list does not show; nothing where it shows all."""
    return _("and %(n)s more") % {"n": f"{count - shown:,}"} if count > shown else ""
