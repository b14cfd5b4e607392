"""Who looks after a purchase and what it is tagged with, as the reader may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django import template
from django.contrib.auth.models import User

from orders.care import presence, services
from orders.masking import privacy
from orders.masking.personal import NOBODY
from orders.models import Care, OrderGroup, Presence, Tag

register = template.Library()


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says. `since`: UTC; `tags`: each as it is compared and as it is shown."""

    owner: User | None
    since: datetime | None
    tags: list[tuple[str, str]]


@register.simple_tag(takes_context=True)
def care_of(context: template.Context, group: OrderGroup) -> Shown:
    """How it is now; of tags, who may not see personal data reads only words that tell nobody apart."""
    care = getattr(group, "care", None) or Care()
    tags = Tag.objects.filter(group=group.pk).values_list("word", "text")
    if context["request"].user.has_perm("orders.view_personal_data"):
        return Shown(care.owner, care.since, list(tags))
    return Shown(care.owner, care.since, [("", privacy.only_common_words(text, NOBODY)) for _word, text in tags])


@register.simple_tag(takes_context=True)
def opened_by(context: template.Context, group: OrderGroup) -> list[Presence]:
    """Who else has the page open."""
    return presence.others(group.pk, context["request"].user)


@register.simple_tag
def tags_in_use() -> list[str]:
    """What is offered where another tag is put on."""
    return services.tags_in_use()


@register.filter
def as_tag(word: str) -> str:
    """The query string that leaves the purchases with this tag."""
    return urlencode({"tag": word})
