"""Who holds no more than somebody else. Nobody gives, and nobody takes over, what they do not hold themselves."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.db.models import Q, QuerySet


def within(person: User, giver: User | AnonymousUser) -> bool:
    """Whether `person` holds nothing that `giver` does not: now, or once switched on again."""
    if giver.is_superuser:
        return True
    return not person.is_superuser and not _held(person).exclude(pk__in=_held(giver)).exists()


def roles_within(giver: User | AnonymousUser) -> QuerySet[Group]:
    """The roles that hold nothing that `giver` does not."""
    if giver.is_superuser:
        return Group.objects.all()
    return Group.objects.exclude(permissions__in=Permission.objects.exclude(pk__in=_held(giver)))


def _held(person: Any) -> QuerySet[Permission]:
    """From roles and given singly, whether the account is switched on or not."""
    mine = Permission.objects.filter(Q(user=person.pk) | Q(group__user=person.pk))
    return Permission.objects.filter(pk__in=mine.values("pk"))
