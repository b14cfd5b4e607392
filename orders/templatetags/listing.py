"""Values in the list that narrow it down when they are pressed."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from orders import chips, prescriptions
from orders.desk.attention import Attention
from orders.desk.causes import Turn, turn_of
from orders.filters import PRESCRIPTIONS
from orders.listing import waits
from orders.models import OrderGroup
from orders.templatetags.desk import chip_of

register = template.Library()


@register.simple_tag(takes_context=True)
def narrow(context: template.Context, name: str, value: str, words: str | Promise) -> str | SafeString:
    """A value as a link that leaves what has it; the value alone where the list is narrowed down to it already."""
    address = context["narrowing"].to(name, str(value)) if value else ""
    return format_html('<a class="by" href="{}">{}</a>', address, words) if address else str(words)


@register.simple_tag(takes_context=True)
def only(context: template.Context, name: str, value: str, words: str | Promise) -> str | SafeString:
    """The same beside a chip, which is no link itself. Drawn here and not by a template: a list has a hundred."""
    address = context["narrowing"].to(name, str(value)) if words else ""
    if not address:
        return ""
    said = _("Only “%(words)s”") % {"words": words}
    icon = f"{static('img/icons.svg')}#only"
    return format_html(
        '<a class="only" href="{}" title="{}"><svg class="icon" aria-hidden="true"><use href="{}"/></svg>'
        '<span class="sr">{}</span></a>',
        address,
        said,
        icon,
        said,
    )


@register.simple_tag(takes_context=True)
def turn(context: template.Context, group: OrderGroup) -> Turn | str:
    """Whose turn it is by the first thing that a purchase needs; nothing where it needs none."""
    look: Attention = context["attention"]
    needs = look.of(group)
    if not needs:
        return ""
    return Turn.ONEMG if look.is_asked(needs[0]) else turn_of(needs[0].clock)


@register.simple_tag
def lead_status(group: OrderGroup) -> tuple[str, str]:
    """The status of the order whose chip speaks for a purchase: its code, and our word for it."""
    lead = min(group.orders.all(), key=lambda order: chips.urgency(chip_of(order, group)), default=None)
    return (str(lead.status_id), lead.status.label) if lead and lead.status.known else ("", "")


@register.simple_tag
def rx_words(group: OrderGroup) -> str | Promise:
    """The one word for all papers, as the list's filter has it; nothing where there are none."""
    state = group.prescription_state
    return "" if state in ("", prescriptions.NONE) else dict(PRESCRIPTIONS).get(state, "")


@register.filter
def waiting(wait: str) -> str:
    """`24h` -> `over 24 h`."""
    return waits.words(wait)
