"""1mg asks about the payment while it keeps the confirmation waiting: real servers on both sides, fifty at once."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from onemg_portal.sandbox.partners import nimbbl_webhooks as nimbbl
from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.server import Partners
from tests.faults.kit import Store
from tests.faults.test_acting import BEARER, click, page
from tests.server import PAYMENT_TOKEN, Server, free_port, manage, serving
from tests.until import until

MANY = 50
#: Purchases that both sides know and that are paid, and somebody's session.
_READY = f"""
from decimal import Decimal
from orders.actors import Actor
from orders.choices import PaymentMethod
from payments.registration import services
from tests.faults import acting
for number in range({MANY}):
    services.register(
        services.Registration(
            f"M{{number}}", f"POM{{number}}", PaymentMethod.ONLINE, Decimal("652.36"), f"o_M{{number}}"
        ),
        by=Actor("the shop"),
    )
acting.purchases("0")
"""


@pytest.fixture
def port() -> int:
    """Where the portal will answer; the partners are told before it does."""
    return free_port()


@pytest.fixture
def partners(port: int) -> Iterator[Partners]:
    """Both partners, of whom 1mg asks the portal back."""
    agreed = Agreed(bearer_token=BEARER, merchant_url=f"http://127.0.0.1:{port}", payment_token=PAYMENT_TOKEN)
    with Partners(agreed) as played:
        for number in range(MANY):
            played.tell(merchant_order_id=f"M{number}", onemg_order_id=f"POM{number}", nimbbl_order_id=f"o_M{number}")
        yield played


@pytest.fixture
def env(partners: Partners) -> dict[str, str]:
    """What the portal is started with to call them."""
    return {
        "ONEMG_BASE_URL": partners.base_url,
        "ONEMG_MERCHANT_ID": partners.agreed.merchant_id,
        "ONEMG_BEARER_TOKEN": BEARER,
        "NIMBBL_BASE_URL": partners.base_url,
        "NIMBBL_ACCESS_KEY": partners.agreed.nimbbl_access_key,
        "NIMBBL_ACCESS_SECRET": partners.agreed.nimbbl_access_secret,
        "DJANGO_SETTINGS_MODULE": "onemg_portal.settings",
    }


@pytest.fixture
def session(store: Store, env: dict[str, str]) -> str:
    """The session of somebody who may confirm."""
    done = manage(store.url, "shell", "--no-imports", "-c", _READY, **env)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[0]


def states(store: Store) -> Counter[str]:
    """How the confirmations of all purchases stand."""
    return Counter(state for (state,) in store.rows("SELECT confirmation_state FROM orders_ordergroup"))


def press(server: Server, session: str, names: list[str]) -> None:
    """Somebody reads the page of each of them, and then all of them are pressed at once."""
    paths = [f"/orders/{name}/confirm/" for name in names]
    read = [form(server, session, path) for path in paths]
    with ThreadPoolExecutor(MANY) as crowd:
        list(crowd.map(lambda path, read: click(server, session, path, read), paths, read))


def form(server: Server, session: str, path: str) -> dict[str, list[str]]:
    """The form of a page, which has one as soon as Nimbbl has said that it is paid."""
    found: list[dict[str, list[str]]] = []

    def is_there() -> bool:
        with contextlib.suppress(StopIteration):
            found.append(page(server, session, path))
        return bool(found)

    until(is_there)
    return found[0]


def waiting(store: Store) -> list[str]:
    """The purchases that are to be confirmed still: a busy machine may have been too slow to know of the payment."""
    sql = "SELECT merchant_order_id FROM orders_ordergroup WHERE confirmation_state NOT IN ('confirmed', 'in_flight')"
    return [name for (name,) in store.rows(sql)]


def test_M1_fifty_confirmations_at_once_are_asked_about_and_taken(
    store: Store, port: int, partners: Partners, env: dict[str, str], session: str, tmp_path: Path
) -> None:
    with serving(store.url, tmp_path / "log", workers=2, port=port, **env) as server:  # type: ignore[arg-type]
        for _round in range(5):
            press(server, session, waiting(store))
            until(lambda: not states(store)["in_flight"], 120)
            if not waiting(store):
                break

    effects = [partners.effects(f"M{number}") for number in range(MANY)]
    assert states(store) == {"confirmed": MANY}
    assert [(one["confirms_taken"], one["confirms_repeated"]) for one in effects] == [(1, 0)] * MANY
    assert {one["payments_told"][-1] for one in effects} == {"SUCCESS"}
    assert {told for one in effects for told in one["payments_told"]} <= {"SUCCESS", "PENDING"}


def test_M1_control_a_merchant_that_does_not_answer_is_not_confirmed(
    store: Store, partners: Partners, env: dict[str, str], session: str, tmp_path: Path
) -> None:
    with serving(store.url, tmp_path / "log", workers=1, **env) as server:  # not where 1mg asks
        press(server, session, ["M0"])
        until(lambda: not states(store)["in_flight"], 120)

    assert partners.effects("M0")["payments_told"] == ["ConnectionError"]
    assert states(store)["rejected"] == 1


def test_M1_control_what_is_paid_back_while_1mg_waits_is_told_PENDING_and_not_confirmed(
    store: Store, port: int, partners: Partners, env: dict[str, str], session: str, tmp_path: Path
) -> None:
    with serving(store.url, tmp_path / "log", workers=1, port=port, **env) as server:  # type: ignore[arg-type]
        order = partners.books.find("M0")
        assert order
        event = nimbbl.signed(nimbbl.refund(order, "652.36"), partners.agreed.nimbbl_access_secret)
        told = nimbbl.posted(event)
        partners.misbehave("POM0", "fine", on="confirm", during=lambda: server.post(told, path="/nimbbl/events/"))
        press(server, session, ["M0"])
        until(lambda: not states(store)["in_flight"], 120)

    effects = partners.effects("M0")
    assert (effects["payments_told"], effects["confirms_taken"]) == (["PENDING"], 0)
    assert states(store)["rejected"] == 1
