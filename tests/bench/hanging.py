"""Confirmations that hang at a 1mg that asks about the payment before it answers; for `tests.bench.asking`.

hang(portal, base_url, while_they_hang)    fifty at once; what was measured meanwhile, and what came of them
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import requests

from tests import server
from tests.bench import acting
from tests.bench.load import Run
from tests.forms import fields
from tests.until import until

HANGING = acting.HANGING
#: Seconds that 1mg waits before it asks; a confirmation is given up after fifteen.
SECONDS = 10


@dataclass
class Hung:
    """`at_once`: how many hung when the measuring began and ended; `confirmed`: how many 1mg took in the end."""

    run: Run
    at_once: tuple[int, int]
    confirmed: int


def hang(
    portal: server.Server, base_url: str, prefix: str, cookies: dict[str, str], while_they_hang: Callable[[], Run]
) -> Hung:
    """Press fifty confirmations at once, measure while they hang, and wait until each has ended.

    `prefix`: of the purchases' names, another one each time. `cookies`: of somebody who may confirm.
    """
    from payments.models import PartnerCall

    names = [f"{prefix}{number}" for number in range(HANGING)]
    for name in names:
        _make_ready(base_url, name)
    headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in cookies.items())}
    forms = [_form(portal, name, headers) | {"csrfmiddlewaretoken": cookies["csrftoken"]} for name in names]
    with ThreadPoolExecutor(HANGING) as crowd:
        list(crowd.map(lambda name, form: _press(portal, name, form, headers), names, forms))
    until(lambda: acting.sending(names) == HANGING, SECONDS)
    run = while_they_hang()
    still = acting.sending(names)
    until(lambda: not PartnerCall.objects.filter(group__in=names, state__in=("intended", "sending")).exists())
    return Hung(run, (HANGING, still), PartnerCall.objects.filter(group__in=names, state="succeeded").count())


def _make_ready(base_url: str, name: str) -> None:
    """A paid purchase, whose confirmation 1mg keeps waiting."""
    from orders.actors import Actor
    from orders.choices import PaymentMethod
    from payments.registration import services as registration

    _tell(base_url, "orders", merchant_order_id=name, onemg_order_id=f"PO{name}", nimbbl_order_id=f"o_{name}")
    _tell(base_url, "misbehaviour", order_id=f"PO{name}", kind="slow", on="confirm", options={"seconds": SECONDS})
    said = registration.Registration(name, f"PO{name}", PaymentMethod.ONLINE, Decimal("652.36"), f"o_{name}")
    registration.register(said, by=Actor("bench"))


def _tell(base_url: str, what: str, **body: Any) -> None:
    answer = requests.post(f"{base_url}/_sandbox/{what}", json=body, timeout=10)
    assert answer.ok, answer.text


def _form(portal: server.Server, name: str, headers: dict[str, str]) -> dict[str, Any]:
    """The form of the page, which has one as soon as Nimbbl has said that it is paid."""
    found: list[dict[str, Any]] = []

    def is_there() -> bool:
        with contextlib.suppress(StopIteration):
            found.append(fields(requests.get(_address(portal, name), headers=headers, timeout=20).text))
        return bool(found)

    until(is_there)
    return found[0]


def _press(portal: server.Server, name: str, form: dict[str, Any], headers: dict[str, str]) -> None:
    answer = requests.post(_address(portal, name), form, headers=headers, timeout=20, allow_redirects=False)
    assert answer.status_code == 302, (answer.status_code, answer.text[:500])


def _address(portal: server.Server, name: str) -> str:
    return f"http://127.0.0.1:{portal.port}/orders/{name}/confirm/"
