"""The story of purchases, from their rows.

lines_of(group)           the story of a purchase that was loaded with everything, oldest line first
updates_of(group)         what 1mg said of it, in no order
with_items(group, lines)  the same story, saying which items changed
steps_of(groups)          every update of some purchases, with what each changed
recorded(row), acted(row) a row as `orders.stories.story` reads it
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import chain
from typing import Final

from orders import acts, kept
from orders.models import Act, OrderGroup, OrderUpdate
from orders.projection import happened, place_of
from orders.stories import item_changes, repeats, story
from orders.stories.changes import ITEMS_CHANGED
from orders.stories.story import Line, RecordedAct, RecordedUpdate, Step
from orders.updates import Skus

#: So many changes of items are read from the bytes for one page.
_ITEM_CHANGES: Final = 10


def lines_of(group: OrderGroup) -> list[Line]:
    """The story, oldest line first. `group`: loaded `with_everything`."""
    lines = story.tell(
        updates_of(group),
        map(acted, (act for act in group.acts.all() if act.act not in acts.NOT_TOLD)),
        place_of(group),
    )
    return repeats.once(lines)


def updates_of(group: OrderGroup) -> list[RecordedUpdate]:
    """All that 1mg said of its orders. `group`: loaded `with_everything`."""
    return list(map(recorded, chain.from_iterable(order.updates.all() for order in group.orders.all())))


def with_items(group: OrderGroup, lines: list[Line]) -> list[Line]:
    """The same lines, saying which items changed, for who may see medicines; as far as the bytes are kept.

    The latest changes alone, since each asks for the bytes of two deliveries.
    """
    changed = item_changes.pairs(updates_of(group))[:_ITEM_CHANGES]
    wanted = {update.pk for pair in changed for update in pair}
    rows = [row for order in group.orders.all() for row in order.updates.all() if row.pk in wanted]
    told = {one.row.pk: one.update.skus for one in kept.still_there(rows)}
    texts = {
        after.pk: item_changes.sentence(old.lines, new.lines)
        for before, after in changed
        if isinstance(old := told.get(before.pk), Skus) and isinstance(new := told.get(after.pk), Skus)
    }
    return [_said_of_items(line, texts) for line in lines]


def _said_of_items(line: Line, texts: Mapping[int, str]) -> Line:
    """The line, with its text of `texts` where it says that items changed."""
    if line.update and line.text == ITEMS_CHANGED and line.update.pk in texts:
        return replace(line, text=texts[line.update.pk])
    return line


def steps_of(group_ids: Collection[str]) -> dict[int, Step]:
    """Every update of some purchases by its id, with what it changed; in one query."""
    by_group: dict[str, list[RecordedUpdate]] = {}
    for row in OrderUpdate.objects.for_the_story().filter(order__group__in=group_ids).select_related("order"):
        by_group.setdefault(row.order.group_id, []).append(recorded(row))
    return {step.update.pk: step for updates in by_group.values() for step in story.walk(updates)}


def recorded(row: OrderUpdate) -> RecordedUpdate:
    """An update as the story reads it."""
    at = happened(row.at_ms, row.flags, row.received_at)
    return RecordedUpdate(
        row.pk, row.order_id, row.position, at, row.received_at, row.words, frozenset(row.flags), row.times_seen
    )


def acted(row: Act) -> RecordedAct:
    """An act as the story reads it."""
    return RecordedAct(
        row.pk,
        row.at,
        row.received_at,
        row.source,
        row.kind,
        acts.text_of(row),
        row.order_id,
        row.call_id,
        row.actor.get_username() if row.actor else "",
        acts.is_counted(row.act),
    )
