"""What stands beside a line of a story. In Python, since a page may have hundreds of lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from orders import slots
from orders.choices import Kind
from orders.story import Line
from orders.templatetags.moments import duration

register = template.Library()


@register.simple_tag(takes_context=True)
def links(context: template.Context) -> list[slots.LinkOf]:
    """What leads from a line elsewhere, for the reader's eyes."""
    return slots.links_for(context["request"].user.has_perm)


@register.simple_tag
def notes(line: Line, links: list[slots.LinkOf]) -> SafeString:
    """`was Packaging for 3 h · we heard 2 h later · received 3 times · asha · #12`."""
    found = [(note,) for note in _notes(line)]
    found += [(_anchor(link),) for link_of in links if (link := link_of(line))]
    return format_html_join(" · ", "{}", found)


def _notes(line: Line) -> Iterator[str]:
    if line.was and line.lasted is not None:
        yield _("was %(was)s for %(lasted)s") % {"was": line.was.label, "lasted": duration(line.lasted)}
    elif line.was:
        yield _("was %(was)s") % {"was": line.was.label}
    if line.heard_after:
        yield _("we heard %(after)s later") % {"after": duration(line.heard_after)}
    if line.update and line.update.times_seen > 1 and line.kind == Kind.STATUS:
        yield _("received %(n)s times") % {"n": line.update.times_seen}
    if line.act and line.act.by:
        yield line.act.by


def _anchor(link: slots.Link) -> Any:
    words, address = link
    return format_html('<a class="link" href="{}">{}</a>', address, words)
