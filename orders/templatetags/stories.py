"""The words of an entry of a timeline. In Python, since a page may have hundreds of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from orders import slots
from orders.choices import Kind
from orders.stories.story import Line
from orders.stories.timeline import Entry
from orders.templatetags.moments import duration

register = template.Library()


@register.simple_tag(takes_context=True)
def links(context: template.Context) -> list[slots.LinkOf]:
    """What leads from a line elsewhere, for the reader's eyes."""
    return slots.links_for(context["request"].user.has_perm)


@register.simple_tag
def told(entry: Entry) -> SafeString:
    """`Ready to go, was Packaging for 33 min · courier: GarudaParcel · promise moved from …`."""
    first, *more = entry.lines
    return format_html_join(" · ", "{}", [(_led(first),), *((_added(line),) for line in more)])


@register.simple_tag
def notes(entry: Entry, links: list[slots.LinkOf]) -> SafeString:
    """`we heard 2 h later · received 3 times · asha · #12`."""
    found = [(note,) for note in _notes(entry.first)]
    found += [(_anchor(link),) for link_of in links if (link := link_of(entry.first))]
    return format_html_join(" · ", "{}", found)


def _led(line: Line) -> SafeString:
    """The line that leads."""
    if line.kind != Kind.STATUS:
        return _plain(line, line.text)
    said = format_html("<strong>{}</strong>", line.text)
    return format_html("{}, {}", said, was) if (was := _was(line)) else said


def _added(line: Line) -> SafeString:
    """A line behind another: its first letter is small, but in what somebody else has written."""
    return _plain(line, line.text[:1].lower() + line.text[1:] if line.kind == Kind.CHANGE else line.text)


def _plain(line: Line, text: str) -> SafeString:
    """The words; what a person should look at stands out."""
    return format_html('<span class="odd">{}</span>' if line.kind == Kind.REVIEW else "<bdi>{}</bdi>", text)


def _was(line: Line) -> str:
    if line.was and line.lasted is not None:
        return _("was %(was)s for %(lasted)s") % {"was": line.was.label, "lasted": duration(line.lasted)}
    return _("was %(was)s") % {"was": line.was.label} if line.was else ""


def _notes(line: Line) -> Iterator[str]:
    if line.heard_after:
        yield _("we heard %(after)s later") % {"after": duration(line.heard_after)}
    if line.update and line.update.times_seen > 1:
        yield _("received %(n)s times") % {"n": line.update.times_seen}
    if line.act and line.act.by:
        yield line.act.by


def _anchor(link: slots.Link) -> Any:
    words, address = link
    return format_html('<a class="link" href="{}">{}</a>', address, words)
