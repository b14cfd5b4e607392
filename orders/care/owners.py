"""Who looks after purchases, as addresses say it: a username, "~me" or "~nobody".

No username begins with a tilde, so nobody is taken for one of the words. Without it they are taken as well, as they
were before, unless somebody has that username.
"""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.models import Care

ME: Final = "~me"
NOBODY: Final = "~nobody"
WORDS: Final = {ME: _("Me"), NOBODY: _("Nobody")}


def read(said: str) -> str:
    """What an address says, in one spelling: `me` is the word, unless somebody has that username."""
    word = f"~{said}"
    return word if word in WORDS and not User.objects.filter(username=said).exists() else said


def words(owner: str) -> str | Promise:
    """The same for people."""
    return WORDS.get(owner, owner)


def owned_by(owner: str, user_id: int | None, key: str = "pk") -> Q:
    """What belongs to purchases with that owner. `owner`: as `read` gives it; `key`: what names the purchase there.

    `user_id`: who "~me" is; of `None` that is nobody who has anything.
    """
    owned = Care.objects.exclude(owner=None)
    if owner == NOBODY:
        return ~Q(**{f"{key}__in": owned.values("group")})
    by = Q(owner=user_id) if owner == ME else Q(owner__username=owner)
    return Q(**{f"{key}__in": owned.filter(by).values("group")})
