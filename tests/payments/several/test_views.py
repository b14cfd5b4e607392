"""Several purchases confirmed from the desk: ticked, read, pressed, and what came of each."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from onemg_portal.sandbox.partners.server import Partners
from orders.models import OrderGroup
from payments import outbox
from payments.choices import State
from payments.models import PartnerCall
from tests.conftest import document, order_update
from tests.forms import fields, opened
from tests.payments.conftest import Buy, speak

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], Client]


def text(answer: Any) -> str:
    """A page's words."""
    return html.unescape(" ".join(answer.content.decode().split()))


def address(*ids: str) -> str:
    """The page of these purchases."""
    return f"/confirm/?{urlencode({'id': ids}, doseq=True)}"


def press(browser: Client, *ids: str) -> Any:
    """Open the page of these purchases, press its button, and wait for the calls; the page of results."""
    answer = browser.post("/confirm/", fields(opened(browser, address(*ids))))
    assert outbox.drain(30)
    return browser.get(answer["Location"])


def results(page: Any) -> dict[str, str]:
    """Purchase -> how its call stands, or why there is none."""
    rows = page.context["rows"]
    return {row.group.pk: row.call.state if row.call else str([t.code for t in row.stopped]) for row in rows}


def several(page: Any) -> tuple[list[str], list[str]]:
    """The purchases that would be confirmed, and those that are left out."""
    return [one.group.pk for one in page.context["ready"]], [one.group.pk for one in page.context["left_out"]]


@pytest.fixture
def asha(as_role: AsRole) -> Client:
    """Somebody of operations."""
    return as_role("Operations")


# --- ticking ----------------------------------------------------------------------------------------------------------


def test_what_is_to_be_confirmed_can_be_ticked(buy: Buy, asha: Client) -> None:
    buy()

    page = text(asha.get("/?cause=to_confirm"))

    assert re.search(r'<input type="checkbox" form="several" name="id" value="M1"', page)
    assert '<form id="several" action="/confirm/"' in page


def test_the_first_of_them_are_had_with_one_press(buy: Buy, asha: Client) -> None:
    for name in ("M1", "M2"):
        buy(name)

    page = text(asha.get("/?cause=to_confirm"))

    assert '<a class="link" href="/confirm/?id=M1&id=M2&"> or the first 25' in page


def test_nothing_else_can_be_ticked_nor_by_who_may_not_confirm(buy: Buy, asha: Client, as_role: AsRole) -> None:
    buy()

    pages = [asha.get("/"), asha.get("/?cause=late"), as_role("Viewer").get("/?cause=to_confirm")]

    assert ['id="several"' in text(page) for page in pages] == [False] * 3


# --- what is read before the press ------------------------------------------------------------------------------------


def test_one_page_has_all_checks_of_all_of_them(buy: Buy, asha: Client, partners: Partners) -> None:
    buy("M1")
    buy("M2", paid_amount="480.00")

    page = opened(asha, address("M1", "M2"))

    assert several(page) == (["M1"], ["M2"])
    assert "₹652.36 captured at Nimbbl, ₹652.36 due, within ₹1" in text(page)
    assert "₹480.00 captured at Nimbbl, ₹652.36 due: they differ by more than ₹1" in text(page)
    assert "Confirm it at 1mg" in text(page)
    assert partners.effects("POM1")["confirms_received"] == 0


def test_each_begins_with_who_where_how_many_and_how_much(buy: Buy, asha: Client) -> None:
    buy("M1")
    buy("M2", status=None)

    page = text(opened(asha, address("M1", "M2")))

    assert re.search(r"Customer</dt> <dd> <bdi>Mr U.</bdi>|Customer</dt> <dd> <bdi>\S+", page)
    assert "Bengaluru 560076" in page
    assert re.findall(r'Captured at Nimbbl</dt> <dd class="num"> (\S+)', page) == ["₹652.36"] * 2
    assert re.findall(r'Items</dt> <dd class="num">(\w+)', page)[1] == "not"


def test_cash_on_delivery_is_left_out_and_says_why(buy: Buy, asha: Client) -> None:
    buy(method="COD")

    page = asha.get(address("M1"))

    assert several(page) == ([], ["M1"])
    assert "cash on delivery: 1mg wants no confirmation for that" in text(page)
    assert "None of them can be confirmed now." in text(page)


def test_what_is_warned_of_is_not_ticked_beforehand(buy: Buy, asha: Client, post: Callable[..., Any]) -> None:
    buy("M1")
    buy("M2")
    body = order_update("POM2", 100, 1_700_000_100)
    document(body).update(merchant_order_id="M2", prescriptions=[{"url": "", "status": "Rejected", "reason": "Old"}])
    assert post(body).status_code == 200

    page = opened(asha, address("M1", "M2"))

    assert several(page) == (["M1", "M2"], [])
    assert fields(page)["id"] == ["M1"]
    assert "1mg has rejected the prescription (“Old”)" in text(page)


def test_of_a_refusal_before_it_is_said_what_it_asks_for(buy: Buy, asha: Client, partners: Partners) -> None:
    buy()
    partners.misbehave("POM1", "order-not-found", on="confirm")
    first = press(asha, "M1")

    page = text(opened(asha, first.context["again"]))

    assert '1mg refused the last confirmation of it. <a class="link" href="/orders/M1/#partners">Check' in page


def test_an_id_that_nobody_has_is_named(buy: Buy, asha: Client) -> None:
    buy()

    page = opened(asha, address("M1", "M404", "<b>", "x" * 200))

    assert page.context["unknown"] == ["M404", "<b>", "x" * 200]
    assert several(page) == (["M1"], [])


def test_while_nimbbl_is_asked_nothing_can_be_pressed_and_the_page_looks_again(
    buy: Buy, asha: Client, partners: Partners
) -> None:
    buy()
    answer = threading.Event()
    partners.misbehave("o_M1", "fine", on="enquiry", during=lambda: answer.wait(20))

    page = text(asha.get(address("M1")))
    answer.set()

    assert 'hx-trigger="every 1s"' in page
    assert "Nimbbl is being asked how the money stands" in page
    assert "Confirm it at 1mg" not in page


@pytest.mark.parametrize("method", ["get", "post"])
def test_more_than_25_are_too_many_and_nothing_is_sent(buy: Buy, asha: Client, method: str, partners: Partners) -> None:
    buy()
    many = {"id": ["M1", *(f"X{n}" for n in range(25))]}

    answer = getattr(asha, method)("/confirm/", many)

    assert answer.status_code == 400
    assert "At most 25 purchases are confirmed at once; 26 were ticked. Nothing was sent." in text(answer)
    assert not PartnerCall.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_tick_one_is_led_back(asha: Client, method: str) -> None:
    answer = getattr(asha, method)("/confirm/", follow=True)

    assert answer.redirect_chain == [("/?cause=to_confirm", 302)]
    assert "Tick the purchases to confirm; nothing was sent." in text(answer)


# --- the press --------------------------------------------------------------------------------------------------------


def test_a_press_confirms_each_and_says_what_came_of_it(buy: Buy, asha: Client, partners: Partners) -> None:
    for name in ("M1", "M2", "M3"):
        buy(name)
    partners.misbehave("POM2", "order-not-found")

    page = press(asha, "M1", "M2", "M3")

    assert results(page) == {"M1": State.SUCCEEDED, "M2": State.REJECTED, "M3": State.SUCCEEDED}
    assert "1mg does not know this order: “Order not found”." in text(page)
    assert page.context["counts"] == [("Succeeded", 2), ("Refused", 1)]
    assert {partners.effects(f"PO{name}")["confirms_received"] for name in ("M1", "M2", "M3")} == {1}


def test_the_press_waits_for_no_partner_and_the_page_looks_until_all_are_back(
    buy: Buy, asha: Client, partners: Partners
) -> None:
    buy()
    answer = threading.Event()
    partners.misbehave("POM1", "fine", on="confirm", during=lambda: answer.wait(20))

    page = text(asha.post("/confirm/", fields(opened(asha, address("M1"))), follow=True))
    answer.set()

    assert 'hx-trigger="every 2s"' in page
    assert "The failed ones again" not in page


def test_what_nobody_knows_is_said_so_and_never_offered_again(
    buy: Buy, asha: Client, partners: Partners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.sending.SECONDS", 1.0)
    buy("M1")
    buy("M2")
    partners.misbehave("POM1", "times-out-before-acting", seconds=2)
    partners.misbehave("POM2", "order-not-found")

    page = press(asha, "M1", "M2")

    assert results(page) == {"M1": State.UNKNOWN, "M2": State.REJECTED}
    assert "We don't know yet." in text(page)
    assert page.context["again"] == "/confirm/?id=M2"


def test_the_failed_ones_are_read_again_before_they_are_pressed_again(
    buy: Buy, asha: Client, partners: Partners
) -> None:
    buy("M1")
    buy("M2")
    partners.misbehave("POM2", "order-not-found", on="confirm", times=1)
    first = press(asha, "M1", "M2")

    again = opened(asha, first.context["again"])
    second = press(asha, "M2")

    assert several(again) == (["M2"], [])
    assert results(second) == {"M2": State.SUCCEEDED}
    assert [call.state for call in PartnerCall.objects.filter(group="M2")] == [State.SUCCEEDED, State.REJECTED]


def test_what_changed_since_it_was_read_is_not_sent_and_may_be_read_again(
    buy: Buy, asha: Client, partners: Partners, post: Callable[..., Any]
) -> None:
    buy("M1")
    buy("M2")
    read = fields(opened(asha, address("M1", "M2")))
    speak(post, "M1", 99, 1_700_000_100)
    OrderGroup.objects.filter(pk="M2").update(payable_amount="652.00")

    answer = asha.post("/confirm/", read, follow=True)

    assert results(answer) == {"M1": "['open']", "M2": "[]"}
    assert "POM1: cancelled at 1mg" in text(answer)
    assert text(answer).count("It was not any more as you had read it.") == 1
    assert answer.context["again"] == "/confirm/?id=M2"
    assert not PartnerCall.objects.exists()


def test_pressed_twice_each_is_confirmed_once_and_the_second_page_says_by_whom(
    buy: Buy, asha: Client, as_role: AsRole, partners: Partners
) -> None:
    buy("M1")
    read = fields(opened(asha, address("M1")))
    asha.post("/confirm/", read)
    assert outbox.drain(30)

    second = as_role("Administrator").post("/confirm/", read, follow=True)

    assert results(second) == {"M1": "['unconfirmed']"}
    assert "Confirmed already, by operations" in text(second)
    assert second.context["again"] == ""
    assert partners.effects("POM1")["confirms_received"] == 1


def test_a_page_of_results_is_the_same_when_it_is_opened_again(buy: Buy, asha: Client, partners: Partners) -> None:
    buy()
    page = press(asha, "M1")

    again = asha.get(page.request["PATH_INFO"], query_params=dict(page.context["request"].GET.lists()))

    assert results(again) == results(page) == {"M1": State.SUCCEEDED}


@pytest.mark.parametrize("query", ["", "id=M1", "id=M1&after=x", "id=M1&after=99999999999999999999", "id=%00&id=M404"])
def test_U21_any_address_of_results_is_answered(buy: Buy, asha: Client, query: str) -> None:
    buy()

    assert asha.get(f"/confirm/result/?{query}").status_code == 200


def test_who_may_not_see_people_reads_the_result_without_them(buy: Buy, partners: Partners) -> None:
    buy()
    OrderGroup.objects.update(customer_name="Hiramay Purkayastha")
    PartnerCall.objects.create(
        group_id="M1", partner="1mg", operation="confirm", state="rejected", by="x", said="1mg: “Hiramay is away”"
    )
    clerk = User.objects.create_user("clerk")
    clerk.groups.add(Group.objects.get(name="Viewer"))
    clerk.user_permissions.add(Permission.objects.get(codename="send_partnercall"))
    browser = Client()
    browser.force_login(clerk)

    pages = [browser.get("/confirm/result/?id=M1"), browser.get(address("M1")), browser.get("/orders/M1/confirm/")]

    assert ["Hiramay" in text(page) for page in pages] == [False] * 3
