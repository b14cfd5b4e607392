"""The one door for what staff put beside a purchase; each change is an act of its story.

    note(id, text, by)              write a note, for ever
    tag(id, text, by)               put a tag on it, untag(id, word, by) take it off
    take(id, by, instead_of)        look after it from now on
    give_back(id, by)               no longer

Each locks the purchase's `Care` row and not the purchase: nothing here keeps an update waiting.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from orders import acts
from orders.actors import Actor
from orders.choices import Kind, Source
from orders.models import Care, Tag
from orders.words import normal

#: So many tags may a purchase have.
MOST_TAGS: Final = 10
#: Tags are offered that stand among so many of the newest.
_NEWEST: Final = 500


class TakenMeanwhile(Exception):  # noqa: N818 - named by what it says
    """Somebody else looks after the purchase than whoever asked has read. `care`: how it is now."""

    def __init__(self, care: Care) -> None:
        super().__init__("somebody else has taken it meanwhile")
        self.care = care


class TooManyTags(Exception):  # noqa: N818 - named by what it says
    """The purchase has as many tags as it may have."""


def note(merchant_order_id: str, text: str, *, by: Actor) -> None:
    """Write a note. The same one again is another one."""
    acts.record(
        acts.NOTED,
        group_id=merchant_order_id,
        source=Source.PERSON,
        kind=Kind.NOTE,
        actor_id=by.user_id,
        text=text,
    )


@transaction.atomic
def tag(merchant_order_id: str, text: str, *, by: Actor) -> bool:
    """Put a tag on the purchase, spelt as it was last; whether that was news. Raises `TooManyTags`."""
    _held(merchant_order_id)
    word = normal(text)
    words = set(Tag.objects.filter(group=merchant_order_id).values_list("word", flat=True))
    if word in words:
        return False
    if len(words) >= MOST_TAGS:
        raise TooManyTags
    spelt = Tag.objects.filter(word=word).order_by("-pk").values_list("text", flat=True).first() or text
    Tag.objects.create(group_id=merchant_order_id, word=word, text=spelt)
    _record(acts.TAGGED, merchant_order_id, by, tag=spelt)
    return True


@transaction.atomic
def untag(merchant_order_id: str, word: str, *, by: Actor) -> bool:
    """Take a tag off; `False` where it is not there any more."""
    _held(merchant_order_id)
    found = Tag.objects.filter(group=merchant_order_id, word=normal(word)).first()
    if found is None:
        return False
    found.delete()
    _record(acts.UNTAGGED, merchant_order_id, by, tag=found.text)
    return True


def tags_in_use() -> list[str]:
    """The tags that were used lately, sorted, to be offered where another one is put on."""
    newest = Tag.objects.order_by("-pk").values_list("word", "text")[:_NEWEST]
    return sorted(dict(reversed(list(newest))).values(), key=str.casefold)


@transaction.atomic
def take(merchant_order_id: str, *, by: User, instead_of: int | None) -> bool:
    """Let `by` look after the purchase; `False` where they do already.

    `instead_of`: the id of whoever had it when `by` decided so. Raises `TakenMeanwhile` where it is another one by now;
    who has given it back meanwhile stands in nobody's way.
    """
    care = _held(merchant_order_id)
    if care.owner_id == by.pk:
        return False
    if care.owner_id not in (None, instead_of):
        raise TakenMeanwhile(care)
    before = care.owner.get_username() if care.owner else ""
    _hand_over(care, by)
    _record(acts.TAKEN, merchant_order_id, Actor.of(by), instead_of=before)
    return True


@transaction.atomic
def give_back(merchant_order_id: str, *, by: User) -> bool:
    """Look after it no longer; `False` where nobody does. Raises `TakenMeanwhile` where somebody else does."""
    care = _held(merchant_order_id)
    if care.owner_id is None:
        return False
    if care.owner_id != by.pk:
        raise TakenMeanwhile(care)
    _hand_over(care, None)
    _record(acts.GIVEN_BACK, merchant_order_id, Actor.of(by))
    return True


def _held(merchant_order_id: str) -> Care:
    """The purchase's care, made where there is none yet, locked until the end of the transaction."""
    Care.objects.bulk_create([Care(group_id=merchant_order_id)], ignore_conflicts=True)
    return Care.objects.select_for_update(no_key=True).get(pk=merchant_order_id)


def _hand_over(care: Care, owner: User | None) -> None:
    care.owner, care.since = owner, timezone.now() if owner else None
    care.save(update_fields=["owner", "since"])


def _record(act: str, merchant_order_id: str, by: Actor, **params: Any) -> None:
    acts.record(act, group_id=merchant_order_id, source=Source.PERSON, kind=Kind.CARE, actor_id=by.user_id, **params)
