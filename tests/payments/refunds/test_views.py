"""The pages of refunds, as staff use them."""

from __future__ import annotations

import html
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from onemg_portal.sandbox.partners.server import Partners
from orders.models import OrderGroup
from payments.choices import Asker, Hold
from payments.models import Refund, RefundRequest
from tests.forms import opened, press
from tests.payments.refunds.conftest import carried

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], Client]
Cancelled = Callable[..., OrderGroup]
START = "/orders/M1/refund/"


def text(response: Any) -> str:
    """A page's words."""
    return html.unescape(" ".join(response.content.decode().split()))


def asked_for(group: OrderGroup, amount: str = "100.00", **more: Any) -> Refund:
    """A refund that 1mg asked for twice."""
    told = {"asker": Asker.ONEMG, "asked_by": "1mg", "order_id": "POM1"} | more
    refund = Refund.objects.create(group=group, amount=Decimal(amount), **told)
    for number, judged in enumerate(("new", "same")):
        RefundRequest.objects.create(
            body=b"{}",
            unique_id=f"RF-{number}",
            judged=judged,
            refund=refund,
            group=group,
            answer={"status": "PENDING"},
        )
    return refund


def test_what_waits_for_a_person_stands_on_the_page_of_refunds(cancelled: Cancelled, as_role: AsRole) -> None:
    refund = asked_for(cancelled(), hold=Hold.SECOND_CHILD)

    page = text(as_role("Viewer").get("/refunds/"))

    assert f'href="/refunds/{refund.pk}/">#{refund.pk}</a>' in page
    assert "To be decided" in page
    assert "₹100.00" in page
    assert "The same amount was asked for before, and a second order came to its end" in page


def test_M19_what_came_to_no_refund_stands_there_too(as_role: AsRole) -> None:
    RefundRequest.objects.create(body=b"{}", unique_id="RF-9", order_id="PO-x", judged="unknown", amount=Decimal(9))
    RefundRequest.objects.create(body=b"{", judged="unreadable", problem="The body is not JSON (line 1, column 2).")

    page = text(as_role("Viewer").get("/refunds/"))

    assert "RF-9" in page
    assert "About a purchase that nobody knows" in page
    assert "The body is not JSON (line 1, column 2)." in page


def test_one_that_was_taken_since_is_odd_no_longer(cancelled: Cancelled, as_role: AsRole) -> None:
    RefundRequest.objects.create(body=b"{}", unique_id="RF-9", order_id="POM1", judged="unknown", amount=Decimal(9))
    RefundRequest.objects.create(body=b"{}", unique_id="RF-10", order_id="POM1", judged="new", amount=Decimal(9))

    assert "RF-9" not in text(as_role("Viewer").get("/refunds/"))


def test_the_purchase_says_how_often_1mg_asked(cancelled: Cancelled, as_role: AsRole) -> None:
    asked_for(cancelled())

    assert "1mg asked 2 times" in text(as_role("Viewer").get("/orders/M1/"))


def test_before_approving_it_is_read_who_asked_and_what_is_left(cancelled: Cancelled, as_role: AsRole) -> None:
    refund = asked_for(cancelled())

    page = text(opened(as_role("Operations"), f"/refunds/{refund.pk}/approve/"))

    for words in ("1mg asked for it, 2 times", "₹652.36 captured at Nimbbl", "₹0.00 went back", "₹652.36 left"):
        assert words in page


def test_a_press_approves_it_and_it_is_paid(cancelled: Cancelled, as_role: AsRole, partners: Partners) -> None:
    refund = asked_for(cancelled())
    browser = as_role("Operations")

    answer = press(browser, f"/refunds/{refund.pk}/approve/")
    carried(refund)

    assert (answer.status_code, answer["Location"]) == (302, f"/refunds/{refund.pk}/")
    assert (refund.state, refund.approved_by, partners.effects("M1")["refunds"]) == ("paid", "operations", ["100.00"])
    page = text(browser.get(f"/refunds/{refund.pk}/"))
    assert "Nimbbl has paid it back." in page
    assert "RF-1" in page


def test_a_second_press_says_that_it_was_approved(cancelled: Cancelled, as_role: AsRole, partners: Partners) -> None:
    refund = asked_for(cancelled())
    browser = as_role("Operations")
    press(browser, f"/refunds/{refund.pk}/approve/")
    carried(refund)

    answer = browser.post(f"/refunds/{refund.pk}/approve/", {"why": ""})

    assert (answer.status_code, partners.effects("M1")["refunds"]) == (409, ["100.00"])
    assert "stands otherwise by now: paid back" in text(answer)


def test_one_that_is_more_than_is_left_has_no_button_to_press(cancelled: Cancelled, as_role: AsRole) -> None:
    refund = asked_for(cancelled(), "700.00")

    page = opened(as_role("Operations"), f"/refunds/{refund.pk}/approve/")

    assert "₹652.36 left: less than ₹700.00" in text(page)
    assert "disabled>Approve it" in text(page)


def test_declining_needs_a_reason(cancelled: Cancelled, as_role: AsRole) -> None:
    refund = asked_for(cancelled())
    browser = as_role("Operations")

    without = press(browser, f"/refunds/{refund.pk}/decline/")
    press(browser, f"/refunds/{refund.pk}/decline/", why="It was delivered")

    refund.refresh_from_db()
    assert (without.status_code, refund.state, refund.reason) == (409, "declined", "It was delivered")


def test_M18_the_first_person_cannot_press_as_the_second(
    cancelled: Cancelled, as_role: AsRole, settings: Any, partners: Partners
) -> None:
    settings.REFUND_SECOND_PERSON_ABOVE = Decimal(50)
    refund = asked_for(cancelled())
    first, second = as_role("Operations"), as_role("Administrator")
    press(first, f"/refunds/{refund.pk}/approve/")

    again = opened(first, f"/refunds/{refund.pk}/approve/")
    press(second, f"/refunds/{refund.pk}/approve/")
    carried(refund)

    assert "You have approved it yourself" in text(again)
    assert (refund.state, refund.approved_by, refund.second_by) == ("paid", "operations", "administrator")


# --- starting one -----------------------------------------------------------------------------------------------------


def test_one_is_started_from_the_purchase(cancelled: Cancelled, as_role: AsRole, partners: Partners) -> None:
    cancelled()
    browser = as_role("Operations")
    assert f'href="{START}"' in text(browser.get("/orders/M1/"))

    press(browser, START, amount="₹100.50", why="Broken strip")
    refund = carried(Refund.objects.get())

    assert (refund.state, refund.asker, refund.reason) == ("paid", "person", "Broken strip")
    assert partners.effects("M1")["refunds"] == ["100.50"]
    assert f"/refunds/{refund.pk}/" in text(browser.get("/orders/M1/"))


def test_a_page_pressed_twice_starts_one(cancelled: Cancelled, as_role: AsRole, partners: Partners) -> None:
    cancelled()
    browser = as_role("Operations")
    typed = {"amount": "100", "why": "Broken", "seen": "0"}

    answers = [browser.post(START, typed).status_code for _ in range(2)]
    carried(Refund.objects.get())

    assert (answers, partners.effects("M1")["refunds"]) == ([302, 409], ["100.00"])


@pytest.mark.parametrize("amount", ["", "0", "-5", "1.234", "ten", "1e3000"])
def test_an_amount_that_is_none_is_said_and_nothing_is_started(
    cancelled: Cancelled, as_role: AsRole, amount: str
) -> None:
    cancelled()

    answer = press(as_role("Operations"), START, amount=amount, why="Broken")

    assert (answer.status_code, Refund.objects.count()) == (400, 0)


def test_more_than_is_left_is_not_started(cancelled: Cancelled, as_role: AsRole) -> None:
    cancelled()

    answer = press(as_role("Operations"), START, amount="652.37", why="Broken")

    assert (answer.status_code, Refund.objects.count()) == (409, 0)
    assert "Of what was captured ₹652.36 is left, less than ₹652.37." in text(answer)


# --- in doubt ---------------------------------------------------------------------------------------------------------


def test_one_in_doubt_may_be_asked_for_and_sent_again(
    cancelled: Cancelled, as_role: AsRole, partners: Partners
) -> None:
    refund = asked_for(cancelled())
    partners.misbehave("o_M1", "reset-before-acting", on="refund", times=1)
    browser = as_role("Operations")
    press(browser, f"/refunds/{refund.pk}/approve/")
    assert carried(refund).state == "unknown"

    page = text(browser.get(f"/refunds/{refund.pk}/"))
    press(browser, f"/refunds/{refund.pk}/send-again/", why="Nimbbl's page does not show it")

    assert ("Ask Nimbbl" in page, "Send it again…" in page) == (True, True)
    assert (carried(refund).state, partners.effects("M1")["refunds"]) == ("paid", ["100.00"])


def test_a_viewer_reads_no_reason_that_names_somebody(cancelled: Cancelled, as_role: AsRole) -> None:
    refund = asked_for(cancelled(), reason="Asked by Kamala Devi", said="Declined.")

    page = text(as_role("Viewer").get(f"/refunds/{refund.pk}/"))

    assert "Kamala" not in page
    assert "<form" not in page.partition("<main")[2]


def test_the_call_in_doubt_asks_about_the_refund(cancelled: Cancelled, as_role: AsRole, partners: Partners) -> None:
    refund = asked_for(cancelled())
    partners.misbehave("o_M1", "reset", on="refund", times=1)
    browser = as_role("Operations")
    press(browser, f"/refunds/{refund.pk}/approve/")
    call = carried(refund).calls.get()

    page = text(browser.get(call.get_absolute_url()))

    for words in ("does it list this refund?", "Nimbbl has taken it", f'href="/refunds/{refund.pk}/send-again/"'):
        assert words in page


@pytest.mark.parametrize(("role", "seen"), [("Viewer", False), ("Operations", True)])
def test_a_viewer_reads_no_id_that_may_be_a_person(as_role: AsRole, role: str, seen: bool) -> None:
    for said in ("Kamala Devi", "9800000001"):
        RefundRequest.objects.create(body=b"{}", unique_id=said, order_id="PO1", judged="unknown", amount=Decimal(9))

    page = text(as_role(role).get("/refunds/"))

    assert ["Kamala" in page, "9800000001" in page, "PO1" in page] == [seen, seen, True]
