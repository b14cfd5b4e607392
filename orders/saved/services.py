"""The one door for saved views.

    save(owner, name, query, is_shared)   keep it; the same again is the same
    rename(view, name), share(view, is_shared), delete(view)
    open_to(user, may)                    those that somebody may change, all that they see: `orders.saved.shown`

Who may do what is asked here alone: everybody keeps views of their own, and who may share looks after all shared ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from orders.models import SavedView

SHARE: Final = "orders.share_savedview"
#: So many may somebody have, and so many may be everybody's: all of them are counted at once.
MOST: Final = 12
May = Callable[[str], bool]


class NameTaken(Exception):  # noqa: N818 - named by what it says
    """Its owner has another view of that name."""


class TooMany(Exception):  # noqa: N818 - named by what it says
    """There are as many as there may be."""


def save(owner: User, name: str, query: str, *, is_shared: bool) -> SavedView:
    """Keep a view. Pressed twice it is kept once. Raises `NameTaken` and `TooMany`."""
    if (is_there := SavedView.objects.filter(owner=owner, name=name).first()) is None:
        _make_room(owner, is_shared=is_shared)
        is_there, _made = SavedView.objects.get_or_create(
            owner=owner, name=name, defaults={"query": query, "is_shared": is_shared}
        )
    if (is_there.query, is_there.is_shared) != (query, is_shared):
        raise NameTaken
    return is_there


def rename(view: SavedView, name: str) -> None:
    """Give it another name. Raises `NameTaken`."""
    try:
        with transaction.atomic():
            SavedView.objects.filter(pk=view.pk).update(name=name)
    except IntegrityError as error:
        raise NameTaken from error


def share(view: SavedView, *, is_shared: bool) -> None:
    """Show it to everybody, or to its owner alone. Raises `TooMany`."""
    if view.is_shared != is_shared:
        _make_room(view.owner, is_shared=is_shared)
        SavedView.objects.filter(pk=view.pk).update(is_shared=is_shared)


def delete(view: SavedView) -> None:
    """Keep it no longer. The same again does nothing."""
    SavedView.objects.filter(pk=view.pk).delete()


def changeable(user: User, may: May) -> QuerySet[SavedView]:
    """Those that somebody may rename, share and delete."""
    shared = Q(is_shared=True) if may(SHARE) else Q(pk__in=())
    return SavedView.objects.filter(Q(owner=user, is_shared=False) | shared)


def _make_room(owner: User, *, is_shared: bool) -> None:
    those = SavedView.objects.filter(is_shared=True) if is_shared else _own(owner)
    if those.count() >= MOST:
        raise TooMany


def _own(owner: User) -> QuerySet[SavedView]:
    return SavedView.objects.filter(owner=owner, is_shared=False)
