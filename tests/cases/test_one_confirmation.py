"""F4, A2: one 1mg order, one purchase, one confirmation, whoever speaks first and by whichever id."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.choices import PaymentMethod
from orders.models import OrderGroup
from payments import outbox, services
from payments.asking import NotReady
from payments.models import ConfirmedOrder, PartnerCall
from payments.registration import services as registration
from payments.registration.services import Registration
from tests import plugin
from tests.conftest import document, order_update
from tests.forms import press
from tests.payments.conftest import Buy, carried
from tests.payments.test_views import text

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], Client]
Post = Callable[..., Any]
T = 1_700_000_000
CASES = Path(__file__).parent.parent / "payloads" / "cases"
F04 = json.loads((CASES / "F04-other-merchant-id.json").read_text())


def shop_registers(name: str, onemg: str) -> None:
    """The shop says that this purchase is this order of 1mg's."""
    registration.register(Registration(name, onemg, PaymentMethod.ONLINE, Decimal("652.36")), by=Actor("the shop"))


def says(post: Post, name: str | None, order: str, group: str | None, status: int = 15, updated: int = T) -> None:
    """1mg speaks of an order, which it files under a merchant's id and a group."""
    body = order_update(order, status, updated)
    document(body).update(merchant_order_id=name, group_order_id=group)
    assert post(body).status_code == 200


def paths(*names: str) -> list[str]:
    """The confirm pages of purchases."""
    return [f"/orders/{name}/confirm/" for name in names]


def confirmed() -> list[tuple[str, str]]:
    """Purchase and state of every confirmation that was asked for."""
    assert outbox.drain(30)
    return list(PartnerCall.objects.order_by("pk").values_list("group_id", "state"))


def test_F4_neither_of_two_purchases_is_confirmed_by_a_plain_press(
    partners: Partners, post: Post, as_role: AsRole
) -> None:
    shop_registers("M1", "PO1")
    post(F04)
    browser = as_role("Administrator")

    codes = [press(browser, path).status_code for path in paths("M1", "m1")]

    assert codes == [409, 409]
    assert not PartnerCall.objects.exists()


def test_F4_each_page_links_the_other(partners: Partners, post: Post, as_role: AsRole) -> None:
    shop_registers("M1", "PO1")
    post(F04)
    browser = as_role("Operations")

    pages = {name: browser.get(f"/orders/{name}/").content.decode() for name in ("M1", "m1")}

    assert '<a class="mono" href="/orders/m1/">m1</a>' in pages["M1"]
    assert '<a class="mono" href="/orders/M1/">M1</a>' in pages["m1"]


def both_ways(post: Post, first: str) -> None:
    """The shop names 1mg's child order, 1mg files it under another purchase in a group; one of them speaks first."""
    if first == "shop":
        shop_registers("M1", "PO1A")
    says(post, "M2", "PO1A", "PO1")
    if first == "1mg":
        OrderGroup.objects.create(
            merchant_order_id="M1",
            first_seen_at=OrderGroup.objects.get().first_seen_at,
            onemg_order_id="PO1A",
            payment_method="ONLINE",
            registered_at=OrderGroup.objects.get().first_seen_at,
            environment="sandbox",
        )


@pytest.mark.parametrize("first", ["shop", "1mg"])
def test_F4_by_the_childs_id_as_well_whoever_speaks_first(
    first: str, partners: Partners, post: Post, as_role: AsRole
) -> None:
    both_ways(post, first)

    codes = [
        press(as_role(role), path).status_code
        for role, path in zip(("Operations", "Administrator"), paths("M1", "M2"), strict=True)
    ]

    assert codes == [409, 409]


def test_A2_two_merchant_ids_in_one_group_of_1mgs(partners: Partners, post: Post, as_role: AsRole) -> None:
    says(post, "M1", "PO1A", "PO1")
    says(post, "M2", "PO1B", "PO1")
    browser = as_role("Operations")

    assert [press(browser, path).status_code for path in paths("M1", "M2")] == [409, 409]


def settle(browser: Client, kept: str, other: str) -> Any:
    """A person says which of the two it is."""
    return press(browser, f"/orders/{kept}/same-order/{other}/", kept=kept, why="The invoice says so")


def test_F4_a_person_settles_which_and_that_one_is_confirmed_once(
    partners: Partners, post: Post, as_role: AsRole
) -> None:
    shop_registers("M1", "PO1")
    partners.tell(merchant_order_id="M1", onemg_order_id="PO1")
    post(F04)
    browser = as_role("Operations")

    settle(browser, "M1", "m1")
    codes = [press(browser, path).status_code for path in paths("m1", "M1", "m1")]

    assert codes == [409, 302, 409]
    assert confirmed() == [("M1", "succeeded")]
    assert "belongs to M1, not to m1: “The invoice says so”" in text(browser.get("/orders/m1/"))


def test_A2_what_was_settled_does_not_cover_another_order_that_they_share_later(
    partners: Partners, post: Post, as_role: AsRole
) -> None:
    shop_registers("M1", "PO1")
    says(post, "M2", "PO1", "G2")
    browser = as_role("Operations")
    settle(browser, "M1", "M2")

    says(post, "M1", "PO7", "G2")

    assert press(browser, "/orders/M1/confirm/").status_code == 409


def test_A2_an_order_that_1mg_moves_after_its_confirmation_is_not_confirmed_again(
    partners: Partners, post: Post, as_role: AsRole
) -> None:
    partners.tell(merchant_order_id="M1", onemg_order_id="PO1")
    says(post, "M1", "PO1", "PO1")
    browser = as_role("Operations")
    press(browser, "/orders/M1/confirm/")
    first = confirmed()
    says(post, "M2", "PO1", "PO1", updated=T + 100)
    browser.post("/orders/M2/reviewed/")
    settle(browser, "M2", "M1")

    answer = press(browser, "/orders/M2/confirm/")

    assert (first, answer.status_code) == ([("M1", "succeeded")], 409)
    assert "Confirmed already for the purchase M1" in text(answer)
    assert OrderGroup.objects.get(pk="M2").confirmation_state == "confirmed"


def test_A2_the_database_itself_keeps_a_second_one_of_the_order_out(buy: Buy, partners: Partners, asha: Actor) -> None:
    carried(services.confirm(buy("M1").pk, by=asha))
    other = PartnerCall.objects.create(group=buy("M2"), partner="1mg", operation="confirm", by="x", state="intended")

    with pytest.raises(IntegrityError), transaction.atomic():
        ConfirmedOrder.objects.create(call=other, onemg_id="POM1")


def test_A2_a_refused_confirmation_leaves_the_order_to_the_next_one(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy("M1")
    partners.misbehave("POM1", "order-not-found", on="confirm", times=1)

    states = [carried(services.confirm(group.pk, by=asha)).state for _ in range(2)]

    assert states == ["rejected", "succeeded"]


def rivals_at_once(asha: Actor, names: list[tuple[str, str]]) -> list[str]:
    """Both purchases of each pair are pressed in the same moment; what stopped those that were stopped."""
    start, said = threading.Barrier(2), list[str]()

    def everything(side: int) -> None:
        for pair in names:
            start.wait(30)
            try:
                services.confirm(pair[side], by=asha)
            except NotReady as stopped:
                said.append(str(stopped))
        connections.close_all()

    threads = [threading.Thread(target=everything, args=(side,)) for side in (0, 1)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    return said


def pairs(partners: Partners, post: Post) -> list[tuple[str, str]]:
    """Pairs of purchases for one order each: the shop registered one, 1mg filed the order under the other."""
    found = []
    for number in range(6):
        name, order = f"N{number}", f"PON{number}"
        partners.tell(merchant_order_id=name, onemg_order_id=order)
        partners.misbehave(order, "slow", on="confirm", seconds=1)
        shop_registers(f"{name}-SHOP", order)
        says(post, name, order, order)
        found.append((name, f"{name}-SHOP"))
    return found


@pytest.mark.skipif(plugin.WANTED != "postgresql", reason="SQLite lets one writer in at a time: no race to lose")
def test_A2_of_two_presses_at_once_one_is_about_the_order(
    partners: Partners, post: Post, asha: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = pairs(partners, post)
    monkeypatch.setattr(
        "payments.preflight.gather.rivals", lambda group, members: ()
    )  # as if each were asked before it was noticed

    stopped = rivals_at_once(asha, names)

    assert len(stopped) == len(names)
    assert len(confirmed()) == len(names)


@pytest.mark.skipif(plugin.WANTED != "postgresql", reason="SQLite lets one writer in at a time: no race to lose")
def test_A2_control_without_the_constraint_and_the_look_there_are_two(
    partners: Partners, post: Post, asha: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = pairs(partners, post)
    monkeypatch.setattr("payments.preflight.gather.rivals", lambda group, members: ())
    monkeypatch.setattr("payments.preflight.gather._live", lambda group, ids, besides: [])
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'confirmed_once'")
        [[index]] = cursor.fetchall()
        cursor.execute("DROP INDEX confirmed_once")
        try:
            rivals_at_once(asha, names)
            asked = len(confirmed())
        finally:
            ConfirmedOrder.objects.all().delete()
            cursor.execute(index)

    assert asked == 2 * len(names)


def test_F4_the_list_marks_both(partners: Partners, post: Post, as_role: AsRole) -> None:
    shop_registers("M1", "PO1")
    post(F04)
    says(post, "M3", "PO3", "PO3")

    page = text(as_role("Viewer").get("/orders/"))

    assert "Same 1mg order as m1" in page
    assert "Same 1mg order as M1" in page
    assert page.count("Same 1mg order as") == 2
