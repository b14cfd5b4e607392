"""Processes that act, for tests that kill them: each does one thing in a portal of its own and ends.

    purchases <how many>     M0, M1, ... registered; prints a session key each of two people
    paid <how many>          the same with an order at Nimbbl each, of which Nimbbl has said what was captured
    press <purchase>         ask for its confirmation and wait for what comes of it
    resend <purchase>        the same again for one in doubt
    send-again <refund>      have a refund sent once more, and wait for what comes of it
    ask <purchase>           ask for a refund of ₹100 as 1mg does, and wait for what comes of it
    sweep                    what the worker does every minute
    careless <purchase>      confirm it as somebody does who writes it down afterwards

`python -m tests.faults.acting` reads lines of JSON, [failpoint, word, ...], and forks a process for each before it has
opened a connection: to import Django anew would take a second each. It answers [exit code, what was printed, errors].
A failpoint `commit 3` is the third commit, whichever code makes it (`tests.faults.commits`).
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import traceback
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import IO, NoReturn

import django

django.setup()

from django.conf import settings  # noqa: E402 - the apps first
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from orders import failpoints  # noqa: E402
from orders.actors import Actor  # noqa: E402
from orders.choices import PaymentMethod  # noqa: E402
from payments import enquiry, outbox, services, tasks  # noqa: E402
from payments.choices import State  # noqa: E402
from payments.models import PartnerCall, Payment, Refund  # noqa: E402
from payments.partners import clients, http  # noqa: E402
from payments.refunds import services as refunds  # noqa: E402
from payments.registration import services as registration  # noqa: E402
from tests.faults import commits  # noqa: E402
from tests.server import PAYMENT_TOKEN  # noqa: E402

PEOPLE = ("asha", "ravi")


def purchases(count: str) -> None:
    """Purchases that may be confirmed, and people who may do it, logged in."""
    for number in range(int(count)):
        said = registration.Registration(f"M{number}", f"POM{number}", PaymentMethod.ONLINE, Decimal("652.36"))
        registration.register(said, by=Actor("the shop"))
    for name in PEOPLE:
        user = User.objects.create_user(name)
        user.groups.add(Group.objects.get(name="Operations"))
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        print(session.session_key)


def paid(count: str) -> None:
    """Purchases whose money may go back."""
    for number in range(int(count)):
        said = registration.Registration(
            f"M{number}", f"POM{number}", PaymentMethod.ONLINE, Decimal("652.36"), f"o_M{number}"
        )
        registration.register(said, by=Actor("the shop"))
        enquiry.refresh(Payment.objects.get(pk=f"o_M{number}"))
    User.objects.create_user(PEOPLE[0])


def send_again(number: str) -> None:
    """As a press of the button on a refund's page."""
    by = Actor.of(User.objects.get(username=PEOPLE[0]))
    refunds.send_again(Refund.objects.get(pk=number), by=by, why="Nimbbl does not show it.")
    outbox.drain(30)


def press(name: str) -> None:
    """As a press of the button."""
    services.confirm(name, by=Actor.of(User.objects.get(username=PEOPLE[0])))
    outbox.drain(30)


def resend(name: str) -> None:
    """As a press of the other one."""
    call = PartnerCall.objects.get(group=name, state=State.UNKNOWN)
    services.resend(call, by=Actor.of(User.objects.get(username=PEOPLE[0])), why="1mg asks for it.")
    outbox.drain(30)


def ask(name: str) -> None:
    """As 1mg does, each time under another unique id."""
    told = {"unique_id": f"RF-{uuid.uuid4()}", "order_id": f"PO{name}", "refund_amount": 100}
    headers = {"Authorization": f"Token {PAYMENT_TOKEN}"}
    browser = Client(SERVER_NAME="127.0.0.1")
    answer = browser.post("/refund-requests/", json.dumps(told), content_type="application/json", headers=headers)
    assert answer.status_code == 200, answer.content
    assert outbox.drain(30)
    print("done")


def sweep(*_purchase: str) -> None:
    """As the worker."""
    tasks.sweep_calls()
    assert outbox.drain(30)
    print("done")


def careless(name: str) -> None:
    """Call first, write down afterwards; the process dies in between."""
    client = clients.for_onemg()
    assert client
    http.send(client.confirm(name, f"PO{name}", now=timezone.now()), hosts=settings.PARTNER_HOSTS)
    os._exit(1)


DO: dict[str, Callable[..., None]] = {
    "purchases": purchases,
    "paid": paid,
    "send-again": send_again,
    "press": press,
    "resend": resend,
    "ask": ask,
    "sweep": sweep,
    "careless": careless,
}


def answer(failpoint: str, *words: str) -> tuple[int, str, str]:
    """Do one thing in a process of its own."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        if not (child := os.fork()):
            os.dup2(out.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            _become(failpoint, *words)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return code, _all_of(out), _all_of(errors)


def _become(failpoint: str, word: str, *words: str) -> NoReturn:
    """The process that was forked for it."""
    code = 0
    try:
        os.environ["PORTAL_FAILPOINT"] = failpoint
        importlib.reload(failpoints)
        if failpoint.startswith("commit "):
            commits.die_after(int(failpoint.removeprefix("commit ")))
        DO[word](*words)
    except BaseException:  # noqa: BLE001 - whatever it is, it is told
        traceback.print_exc()
        code = 2
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _all_of(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(*json.loads(line))), flush=True)
