"""Who may enter in `make run`: the demo staff, made once, with random passwords that are shown once and kept only as
hashes; the key of the sandbox's shop; and the colleague whom the sandbox plays, who has no password and never signs in.
"""

from __future__ import annotations

import secrets
from typing import Final

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone

from orders.models import ApiKey

#: Name -> role.
STAFF: Final = {"asha": "Operations", "ravi": "Viewer", "admin": "Administrator"}
COLLEAGUE: Final = "meera"
_SHOP: Final = "sandbox shop "
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


@transaction.atomic
def make_missing() -> dict[str, str]:
    """Make those who do not exist yet; their passwords by name. A second call makes nobody."""
    made = {}
    for name, role in STAFF.items():
        if User.objects.filter(username=name).exists():
            continue
        made[name] = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
        administrator = role == "Administrator"
        user = User.objects.create_user(name, password=made[name], is_staff=administrator, is_superuser=administrator)
        user.groups.add(Group.objects.get(name=role))
    return made


def colleague() -> User:
    """The member of staff whom the sandbox plays."""
    user, made = User.objects.get_or_create(username=COLLEAGUE)
    if made:
        user.set_unusable_password()
        user.save()
        user.groups.add(Group.objects.get(name="Operations"))
    return user


def issue_shop_key() -> str:
    """A new key with which the sandbox's shop registers purchases; those of earlier runs are revoked."""
    ApiKey.objects.filter(name__startswith=_SHOP, revoked_at=None).update(revoked_at=timezone.now())
    _key, secret = ApiKey.issue(f"{_SHOP}{secrets.token_hex(4)}", may_write=True)
    return secret


def notice(made: dict[str, str]) -> str:
    """What to tell the person at the terminal: the new passwords in a box, or how to set another one."""
    change = "A new password:  .venv/bin/python manage.py changepassword NAME"
    if not made:
        return f"The demo staff exist already: {', '.join(STAFF)}. {change}"
    lines = ["Demo staff, made just now. These passwords are shown only this once:", ""]
    lines += [f"  {name:<8}{STAFF[name]:<16}{password}" for name, password in made.items()]
    lines += ["", change]
    width = max(map(len, lines))
    edge = f"+-{'-' * width}-+"
    return "\n".join([edge, *(f"| {line:<{width}} |" for line in lines), edge])
