"""Processes that act, for tests that kill them: each does one thing in a portal of its own and ends.

python -m tests.faults.acting purchases <how many>     M0, M1, ... registered; prints a session key each of two people
python -m tests.faults.acting press <purchase>         ask for its confirmation and wait for what comes of it
python -m tests.faults.acting resend <purchase>        the same again for one in doubt
python -m tests.faults.acting sweep                    what the worker does every minute
python -m tests.faults.acting careless <purchase>      confirm it as somebody does who writes it down afterwards
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from decimal import Decimal

import django

django.setup()

from django.conf import settings  # noqa: E402 - the apps first
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.utils import timezone  # noqa: E402

from orders.choices import PaymentMethod  # noqa: E402
from payments import outbox, services  # noqa: E402
from payments.choices import State  # noqa: E402
from payments.models import PartnerCall  # noqa: E402
from payments.partners import clients, http  # noqa: E402
from payments.registration import services as registration  # noqa: E402
from payments.services import Person  # noqa: E402

PEOPLE = ("asha", "ravi")


def purchases(count: str) -> None:
    """Purchases that may be confirmed, and people who may do it, logged in."""
    for number in range(int(count)):
        said = registration.Registration(f"M{number}", f"POM{number}", PaymentMethod.ONLINE, Decimal("652.36"))
        registration.register(said, by="the shop")
    for name in PEOPLE:
        user = User.objects.create_user(name)
        user.groups.add(Group.objects.get(name="Operations"))
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        print(session.session_key)


def press(name: str) -> None:
    """As a press of the button."""
    services.confirm(name, by=Person(User.objects.get(username=PEOPLE[0])))
    outbox.drain(30)


def resend(name: str) -> None:
    """As a press of the other one."""
    call = PartnerCall.objects.get(group=name, state=State.UNKNOWN)
    services.resend(call, by=Person(User.objects.get(username=PEOPLE[0])), why="1mg asks for it.")
    outbox.drain(30)


def sweep() -> None:
    """As the worker."""
    services.sweep()


def careless(name: str) -> None:
    """Call first, write down afterwards; the process dies in between."""
    client = clients.for_onemg()
    assert client
    http.send(client.confirm(name, f"PO{name}", now=timezone.now()), hosts=settings.PARTNER_HOSTS)
    os._exit(1)


DO: dict[str, Callable[..., None]] = {
    "purchases": purchases,
    "press": press,
    "resend": resend,
    "sweep": sweep,
    "careless": careless,
}

if __name__ == "__main__":
    DO[sys.argv[1]](*sys.argv[2:])
