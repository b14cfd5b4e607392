"""A person's press and what came of it: in the call, on the purchase, in its story and at 1mg."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.models import Act, OrderGroup
from payments import outbox, services
from payments.models import PartnerCall
from tests import plugin
from tests.conftest import TOKEN, document, order_update
from tests.payments.conftest import carried

only_postgresql = pytest.mark.skipif(
    plugin.WANTED != "postgresql", reason="SQLite lets one writer in at a time: no race to lose"
)

Post = Callable[..., Any]
T = 1_700_000_000
ADDRESS = {
    "address_1": "Flat 7, Ānanda Bhavan",
    "street": "महात्मा गांधी मार्ग",
    "landmark": "opp. “Café № 9”",
    "area": "Indira Nagar",
    "city": "Bengaluru",
    "state": "Karnataka",
    "pincode": "560038",
    "address_type": "home",
}
OLD = ADDRESS | {"address_1": "12 Old Lane", "street": "Old Street"}

HOSTILE = {
    "NUL in a page": b"<html>\x00\x00 gone</html>",
    "NUL in JSON": b'{"is_success": false, "error": {"message": "a\\u0000b"}}',
    "half of a character": b'{"is_success": false, "error": {"message": "a\\ud800b"}}',
    "half of a character as a key": b'{"\\udfff": 1, "\\u0000": 2}',
    "not UTF-8": b"\xff\xfe\xfa",
    "a number beyond any range": b'{"is_success": true, "status_code": 1e99999999999999999999}',
    "a number of very many digits": b'{"is_success": true, "status_code": ' + b"9" * 5000 + b"}",
    "deeper than any reader goes": b"[" * 100_000,
    "NaN": b'{"is_success": NaN}',
}


def pressed(group: OrderGroup, by: Actor, **more: Any) -> PartnerCall:
    """The confirmation after somebody pressed and its thread has done with it."""
    return carried(services.confirm(group.pk, by=by, **more))


def stands(group: OrderGroup) -> str:
    """How the purchase's confirmation stands."""
    return OrderGroup.objects.get(pk=group.pk).confirmation_state


def last_line(name: str = "M1") -> str:
    """What staff read last of a call in the purchase's story."""
    lines = Act.objects.filter(group=name, kind="call").order_by("-pk")
    return str(lines.values_list("text", flat=True)[0])


def taken(partners: Partners, name: str = "M1") -> tuple[int, int]:
    """How many confirmations reached 1mg, and how many had an effect there."""
    effects = partners.effects(name)
    return effects["confirms_received"], effects["confirms_taken"]


def elsewhere(settings: Any, name: str, host: str, scheme: str = "http") -> None:
    """The partner of this variable is at another address, which is allowed."""
    setattr(settings, name, f"{scheme}://{host}")
    settings.PARTNER_HOSTS = settings.PARTNER_HOSTS | {host}


def long(kind: str) -> dict[str, Any]:
    """The options of a kind: silence ends some time after we have given up."""
    return {"seconds": 4} if kind.startswith("times-out") else {}


def read(group: OrderGroup) -> str:
    """The mark of the page that somebody reads now, once Nimbbl has answered."""
    services.look(OrderGroup.objects.get(pk=group.pk))
    assert outbox.drain(30)
    return services.look(OrderGroup.objects.get(pk=group.pk)).mark


def due(call: PartnerCall) -> None:
    """Make a waiting call's time come."""
    PartnerCall.objects.filter(pk=call.pk).update(not_before=timezone.now() - timedelta(minutes=1))


def seconds_until_next(call: PartnerCall) -> float:
    """How long a waiting call waits from when its try ended."""
    assert call.finished_at
    return (call.not_before - call.finished_at).total_seconds()


def by_1mg(status: int, updated: int = T + 100, name: str = "M1") -> str:
    """1mg posts an update by itself, from another thread; what it is told."""
    body = order_update(f"PO{name}", status, updated)
    document(body)["merchant_order_id"] = name
    try:
        answer = Client().post(
            "/update-status/", data=body, content_type="application/json", headers={"Authorization": f"Token {TOKEN}"}
        )
        return str(answer.json()["status"])
    finally:
        connections.close_all()


def updated(by: Actor, changes: dict[str, Any] | None = None, name: str = "o_M1") -> PartnerCall:
    """An update at Nimbbl after its thread has done with it."""
    return carried(services.update_order(name, changes or {"user_agent": "Mozilla"}, by=by))
