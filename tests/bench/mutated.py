"""Nimbbl's events and 1mg's requests for refunds, changed at random and posted in masses. Rows M5, M8 and M19.

    python -m tests.bench.mutated --posts 100000 [--database postgresql]

One process, no web server: each post goes through the whole portal. Plain figures; exit code 1 where anything is wrong:
an answer of 500 or more, money that moved without Nimbbl's signature, or a request for a refund that was kept, or paid,
without a token. A shorter run is a test (`tests.webhooks.test_mutated`).
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from onemg_portal.sandbox.partners import nimbbl_webhooks as nimbbl
from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.books import Order
from onemg_portal.sandbox.partners.server import Partners
from tests import server
from tests.plugin import start_postgresql

#: So many posts are looked over at once.
BATCH: Final = 250
PAID: Final = Decimal("652.36")
#: The events are of a purchase that the portal has, and of one that it has not; refunds are asked for of a third.
ORDERS: Final = (Order("M1", "POM1", "o_M1"), Order("M2", "POM2", "o_M2", payment_status="failed"))
TO_PAY_BACK: Final = Order("M3", "POM3", "o_M3")
VALUES: Final[list[Any]] = [
    *(None, True, False, "", 0, -1, 1, 10**12, 2**63, 1e39, 5e-324, -0.0, 0.1, 652.36, "652.36", "NaN", "1e5", "१२३"),
    *("\x00", "a\x00b", "\ud800", "x" * 300, "9" * 70, "\u202e", "<script>", "../../admin", "succeeded", "failed"),
    *("INR", "USD", "v2", "v3", "v4", "o_M1", "o_M3", "POM3", "M1", [], {}, [[]], [{}], {"": ""}, {"\x00": "\x00"}),
]
SNIPPETS: Final = [
    *(b"1e400", b"0e-999999999", b"9" * 4_301, b"NaN", b"-Infinity", b"\\u0000", b"\\ud800", b"[" * 80, b'{"a":' * 80),
    *(b",", b"//", b"'", b'"', b"\\", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"}", b"]"),
]


@dataclass
class Battery:
    """What is posted, what was answered by door and code, and what was wrong."""

    partners: Partners
    chance: random.Random
    codes: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    #: Requests that were posted with the token and were not refused before they are kept.
    with_token: int = 0
    #: What was taken in, as Nimbbl had signed it: that anything was shows that the battery reaches so far.
    moved: set[tuple[str, str, str, str]] = field(default_factory=set)

    def run(self, posts: int) -> None:
        """Post so many, one kind or the other by chance."""
        from django.test import Client

        _get_ready(self.partners)
        self.browser = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
        events = self._events()
        true = {_said(event) for event in events[0]}
        for number in range(posts):
            if self.chance.random() < 0.5:
                self._post("events", "/nimbbl/events/", self._changed(self.chance.choice(self.chance.choice(events))))
            else:
                self._ask()
            if number % BATCH == BATCH - 1 or number == posts - 1:
                self._look_over(true)

    def _events(self) -> list[list[Any]]:
        """Events as Nimbbl makes them: what they say, and the same signed, sealed, older and without a signature."""
        secret = self.partners.agreed.nimbbl_access_secret
        said = [nimbbl.payment(order, kind) for order in ORDERS for kind in ("payment_success", "payment_failed")]
        said += [nimbbl.refund(order, "100.5") for order in ORDERS]
        ways: list[Callable[[Any], Any]] = [
            lambda event: nimbbl.signed(event, secret),
            lambda event: nimbbl.sealed(event, secret),
            lambda event: nimbbl.older(event, secret),
            nimbbl.unsigned,
        ]
        return [said, *[[way(event) for event in said] for way in ways]]

    def _ask(self) -> None:
        """A request for a refund, with the token, with a wrong one or with none."""
        chance = self.chance
        number = chance.randrange(10**6)
        amount = chance.choice([100, 0.01, 652.36, 653, "50.00", round(chance.random() * 700, 2)])
        order = chance.choice(["POM3", "M3", "POM2", f"PO{number}"])
        told = {"unique_id": f"RF-{number}", "order_id": order, "refund_amount": amount}
        token = chance.choice([server.PAYMENT_TOKEN, server.PAYMENT_TOKEN, server.TOKEN, "x" * 20, ""])
        code = self._post("refunds", "/refund-requests/", self._changed(told), token)
        self.with_token += token == server.PAYMENT_TOKEN and code not in (411, 413, 415)
        if token != server.PAYMENT_TOKEN and code not in (401, 413):
            self.wrong["answered without a token"] += 1

    def _changed(self, told: Any) -> bytes:
        """Bytes of it with a few things changed; of an envelope, now and then what is in it as well."""
        chance, told = self.chance, copy.deepcopy(told)
        for _time in range(chance.choice((0, 1, 1, 2, 3))):
            self._change(told)
        body = bytearray(json.dumps(told).encode())
        for _time in range(chance.choice((0, 0, 0, 1, 2))):
            at = chance.randint(0, len(body))
            body[at : at + chance.randint(0, 3)] = chance.choice(SNIPPETS)
        return bytes(body)

    def _change(self, told: Any) -> None:
        """One thing about a tree of values, in place."""
        holder, key = self.chance.choice(_places(told) or [(told, "added")])
        how = self.chance.choice(("replace", "replace", "delete", "move", "wrap"))
        if how == "delete" and key != "added":
            del holder[key]
        elif how == "move" and isinstance(holder, dict) and key in holder:
            holder[self.chance.choice(("status", "amount", "order_id", "\x00", "x"))] = holder.pop(key)
        elif how == "wrap" and (isinstance(holder, list) or key in holder):
            holder[key] = [holder[key]]
        else:
            holder[key] = copy.deepcopy(self.chance.choice(VALUES))

    def _post(self, door: str, path: str, body: bytes, token: str = "") -> int:
        headers = {"Authorization": f"Token {token}"} if token else {}
        answer = self.browser.post(path, body, content_type="application/json", headers=headers)
        self.codes[door, answer.status_code] += 1
        self.wrong["answers of 500 or more"] += answer.status_code >= 500
        return int(answer.status_code)

    def _look_over(self, true: set[tuple[str, str, str, str]]) -> None:
        """Whether nothing moved that must not have; then what was kept goes, so that no limit of a day is met."""
        from payments.models import Refund, RefundRequest, Transaction
        from webhooks.models import NimbblEvent, RejectedAttempt

        told = [event.said or {} for event in NimbblEvent.objects.exclude(said=None)]
        said = {(one["transaction_id"], one["kind"], one["word"], one["amount"]) for one in told}
        rows = Transaction.objects.exclude(payment=TO_PAY_BACK.nimbbl_order_id)
        said |= {(row.transaction_id, row.kind, row.word, f"{row.amount:.2f}") for row in rows}
        asked = RefundRequest.objects.filter(judged__in=("new", "held"))
        unasked = Refund.objects.exclude(amount__in=asked.values("amount"))
        self.wrong["moves that Nimbbl has not signed"] += len(said - true)
        self.wrong["refunds beyond what was captured"] += sum(map(Decimal, _paid(self.partners)), Decimal(0)) > PAID
        self.wrong["refunds that nobody asked for"] += unasked.count()
        self.wrong["requests kept without a token"] += RefundRequest.objects.count() > self.with_token
        self.moved |= said
        NimbblEvent.objects.all().delete()
        RejectedAttempt.objects.all().delete()
        print("!" if any(self.wrong.values()) else ".", end="", flush=True)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key) in a tree of values."""
    items = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    return [(value, key) for key, _item in items] + [place for _key, item in items for place in _places(item)]


def _said(event: Any) -> tuple[str, str, str, str]:
    """What an event says of its transaction: id, kind, word and amount."""
    told = event["transaction"]
    amount = told.get("refund_amount", told["transaction_amount"])
    return told["transaction_id"], told["transaction_type"], told.get("refund_status", told["status"]), f"{amount:.2f}"


def _paid(partners: Partners) -> list[str]:
    """The refunds that Nimbbl has paid."""
    refunds: list[str] = partners.effects(TO_PAY_BACK.merchant_order_id)["refunds"]
    return refunds


def _get_ready(partners: Partners) -> None:
    """Purchases that were paid, as Nimbbl has said."""
    from orders.actors import Actor
    from orders.choices import PaymentMethod
    from payments import enquiry
    from payments.models import Payment
    from payments.registration import services as registration

    for order in (*ORDERS, TO_PAY_BACK):
        partners.books.tell(order)
    for order in (ORDERS[0], TO_PAY_BACK):
        name, onemg, nimbbl_order = order.merchant_order_id, order.onemg_order_id, order.nimbbl_order_id
        said = registration.Registration(name, onemg, PaymentMethod.ONLINE, PAID, nimbbl_order)
        registration.register(said, by=Actor("the shop"))
        enquiry.refresh(Payment.objects.get(pk=nimbbl_order))


def main() -> int:
    """Run it and say what came of it."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    options.add_argument("--posts", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--database", choices=("postgresql", "sqlite"), default="sqlite")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-battery-") as directory, Partners(Agreed()) as partners:
        url = start_postgresql() if given.database == "postgresql" else f"sqlite:///{directory}/portal.sqlite3"
        env = {
            "NIMBBL_BASE_URL": partners.base_url,
            "NIMBBL_ACCESS_KEY": partners.agreed.nimbbl_access_key,
            "NIMBBL_ACCESS_SECRET": partners.agreed.nimbbl_access_secret,
            "REFUND_POLICY": "auto",
            "REFUND_AUTO_LIMIT": "500",
            "DJANGO_SETTINGS_MODULE": "onemg_portal.settings",
        }
        assert server.manage(url, "migrate", "-v0", **env).returncode == 0
        os.environ.update(server.environment(url, **env))
        import django

        django.setup()
        from django.conf import settings

        settings.ONEMG_WEBHOOK_WRONG_TOKENS_A_MINUTE = 10**9
        begun, battery = time.monotonic(), Battery(partners, random.Random(given.seed))
        battery.run(given.posts)
        from payments import outbox

        outbox.drain(60)
        print(f"\n{given.posts} posts on {given.database}, seed {given.seed}: {time.monotonic() - begun:.0f} s")
        for (door, code), times in sorted(battery.codes.items()):
            print(f"  {door} answered {code}: {times}")
        print(f"refunds that Nimbbl has paid: {_paid(partners)}; events that counted: {len(battery.moved)}")
    for name, times in battery.wrong.items():
        print(f"{name}: {times}")
    return int(any(battery.wrong.values()))


if __name__ == "__main__":
    sys.exit(main())
