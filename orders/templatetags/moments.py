"""Times and how long they are ago, as they are shown: in India, with the exact time at hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

register = template.Library()
#: A silence longer than this turns the pulse amber.
QUIET = timedelta(minutes=30)
#: Days from today, by name.
_NEAR = {-1: gettext_lazy("Yesterday"), 0: gettext_lazy("Today"), 1: gettext_lazy("Tomorrow")}


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
    """`12 min`, with the exact time in India in its title; it grows older in place (`static/js/ages.js`)."""
    if not value:
        return ""
    pattern = '<time datetime="{}" title="{}" data-ago>{}</time>'
    return format_html(pattern, value.isoformat(), _exact(value), duration(timezone.now() - value))


@register.filter
def when(value: datetime | None) -> str | SafeString:
    """`Today 14:32`, `Thu 19 Nov 10:14`; with the exact time in India in its title."""
    return _time(value, plain_when(value)) if value else ""


def plain_when(value: datetime | None) -> str:
    """The same without the exact time."""
    if not value:
        return ""
    local, today = timezone.localtime(value), timezone.localdate()
    if near := _NEAR.get((local.date() - today).days):
        return f"{near} {local:%H:%M}"
    return f"{local:%a %d %b %H:%M}" if local.year == today.year else f"{local:%a %d %b %Y %H:%M}"


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
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), _exact(value), shown)


def _exact(value: datetime) -> str:
    return timezone.localtime(value).strftime("%a %d %b %Y %H:%M:%S IST")


@register.filter
def is_past(value: datetime | None) -> bool:
    """Whether a moment is over."""
    return value is not None and value < timezone.now()


@register.filter
def is_quiet(value: datetime | None) -> bool:
    """Whether 1mg has been silent for longer than usual."""
    return value is None or timezone.now() - value > QUIET
