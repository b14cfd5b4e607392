"""Whose purchase it is: masked until who may see it asks, and kept that she did."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from orders.actors import Actor
from orders.care import services as care
from orders.models import Reveal
from orders.revealing import services
from tests.conftest import document, order_update, payload
from tests.forms import fields
from tests.revealing import revealed

pytestmark = pytest.mark.django_db
AsRole = Callable[[str], Client]
PAGE = "/orders/PO122434/"
#: A name, a phone, a street, a doctor and a paper of the purchase.
PERSONAL = ["Patel", "1234567890", "Ranjan11", "Pushpayastha", "papers.example"]


@pytest.fixture(autouse=True)
def purchases(post: Any) -> None:
    """A purchase with people, papers and documents, and another one."""
    body = payload("delivered")
    document(body)["delivery_address"]["name"] = "Esha Patel"
    document(body)["prescriptions"] = [{"url": "https://papers.example/1", "status": "Rejected", "reason": "Blurred"}]
    post(body)
    post(order_update("PO2"))


@pytest.fixture
def asha(as_role: AsRole) -> Client:
    """Somebody of operations."""
    return as_role("Operations")


def shown(page: Any) -> list[str]:
    """What of the people stands on a page's own part."""
    text = page.content.decode()
    main = text[text.index("<main") : text.index("</main>")]
    return [word for word in PERSONAL if word in html.unescape(main)]


def test_who_may_see_it_sees_what_lists_show_until_she_asks(asha: Client) -> None:
    page = asha.get(PAGE)

    assert shown(page) == []
    assert "Esha P." in page.text
    assert "••••••7890" in page.text
    assert "Show contact and address" in page.text


def test_one_press_shows_contact_address_and_papers(asha: Client) -> None:
    page = revealed(asha, "PO122434")

    assert shown(page) == shown(asha.get(PAGE)) == PERSONAL
    assert "Show contact and address" not in page.text


def test_what_staff_wrote_is_read_by_staff_all_the_same(asha: Client) -> None:
    care.note("PO122434", "Patel calls back", by=Actor("asha"))

    assert "“Patel calls back”" in html.unescape(asha.get(PAGE).text)


def test_a_medicine_is_what_staff_work_with(asha: Client) -> None:
    names = re.findall(r"<bdi>([^<]+)</bdi><br>", asha.get(PAGE).text)

    assert names
    assert not [name for name in names if "•" in name]


def test_it_is_kept_who_was_shown_what_when_and_what_led_her_there(asha: Client) -> None:
    revealed(asha, "PO122434")

    kept = Reveal.objects.get()
    assert (kept.purchase, kept.user, kept.name) == ("PO122434", User.objects.get(), "operations")
    assert (kept.opened_from, timezone.now() - kept.at < timedelta(minutes=1)) == ("link", True)


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("/", "now"),
        ("/?cause=late", "now"),
        ("/orders/?city=Pune", "list"),
        ("/find/abcdefgh/", "search"),
        ("/prescriptions/", "queue"),
        ("/refunds/", "queue"),
        ("/deliveries/", "link"),
        ("/nowhere/at/all/", "link"),
        ("", "link"),
    ],
)
def test_what_led_her_there_is_the_page_before(asha: Client, before: str, why: str) -> None:
    page = asha.get(PAGE, headers={"Referer": f"http://testserver{before}"})
    asha.post(f"{PAGE}reveal/", fields(page, having="opened_from"))

    assert Reveal.objects.get().opened_from == why


@pytest.mark.parametrize("referer", ["http://elsewhere.example/", "http://[", "x"])
def test_what_no_page_of_ours_is_is_a_link(asha: Client, referer: str) -> None:
    page = asha.get(PAGE, headers={"Referer": referer})

    assert fields(page, having="opened_from")["opened_from"] == "link"


def test_one_hit_that_opens_at_once_was_searched(asha: Client) -> None:
    page = asha.post("/find/", {"q": "PO122434"}, headers={"Referer": "http://testserver/"}, follow=True)

    assert fields(page, having="opened_from")["opened_from"] == "search"


@pytest.mark.parametrize("said", ["", "nonsense", "\0"])
def test_U13_a_reason_that_is_none_is_a_link(asha: Client, said: str) -> None:
    asha.post(f"{PAGE}reveal/", {"opened_from": said})

    assert Reveal.objects.get().opened_from == "link"


def test_asking_twice_is_kept_once(asha: Client) -> None:
    revealed(asha, "PO122434")

    asha.post(f"{PAGE}reveal/")

    assert Reveal.objects.count() == 1


# --- a visit ----------------------------------------------------------------------------------------------------------


def test_it_is_masked_again_once_another_purchase_was_opened(asha: Client) -> None:
    revealed(asha, "PO122434")

    asha.get("/orders/M-PO2/")

    assert shown(asha.get(PAGE)) == []


def test_news_of_another_purchase_in_another_tab_end_nothing(asha: Client) -> None:
    revealed(asha, "PO122434")

    asha.get("/orders/M-PO2/", headers={"HX-Request": "true"})

    assert shown(asha.get(PAGE)) == PERSONAL


def test_what_is_shown_stays_shown_as_news_come(asha: Client) -> None:
    revealed(asha, "PO122434")

    assert shown(asha.get(PAGE, headers={"HX-Request": "true"})) == PERSONAL


def test_it_is_masked_again_after_a_quarter_of_an_hour(asha: Client) -> None:
    revealed(asha, "PO122434")
    session = asha.session
    session["shown"] = {"purchase": "PO122434", "until": timezone.now().isoformat()}
    session.save()

    page = asha.get(PAGE)

    assert (services.VISIT, shown(page)) == (timedelta(minutes=15), [])


def test_it_is_masked_for_who_signs_in_next(asha: Client) -> None:
    revealed(asha, "PO122434")

    asha.post("/logout/")
    asha.force_login(User.objects.get())

    assert shown(asha.get(PAGE)) == []


def test_looking_back_shows_it_no_more_than_the_page_of_today(asha: Client) -> None:
    now = timezone.now().isoformat()

    before = asha.get(PAGE, {"as_of": now})
    revealed(asha, "PO122434")
    after = asha.get(PAGE, {"as_of": now})

    assert (shown(before), shown(after)) == ([], PERSONAL)


# --- who --------------------------------------------------------------------------------------------------------------


def test_U11_a_viewer_is_neither_offered_nor_shown_it(as_role: AsRole) -> None:
    viewer = as_role("Viewer")

    answer = viewer.post(f"{PAGE}reveal/")
    page = viewer.get(PAGE)

    assert (answer.status_code, Reveal.objects.count()) == (403, 0)
    assert (shown(page), "Show contact and address" in page.text) == ([], False)


def test_U5_a_press_without_the_forms_token_is_refused(asha: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get())

    assert strict.post(f"{PAGE}reveal/").status_code == 403
    assert Reveal.objects.count() == 0


def test_of_a_purchase_that_is_not_there_nothing_is_kept(asha: Client) -> None:
    assert asha.post("/orders/NOWHERE/reveal/").status_code == 404
    assert Reveal.objects.count() == 0


def test_it_outlives_the_account(asha: Client) -> None:
    revealed(asha, "PO122434")

    User.objects.get().delete()

    assert (Reveal.objects.get().name, Reveal.objects.get().user) == ("operations", None)


# --- calling ----------------------------------------------------------------------------------------------------------


def test_pressing_call_shows_whom_and_is_kept_as_that(asha: Client) -> None:
    sheet = asha.post(f"{PAGE}reveal-to-call/", follow=True)

    assert sheet.redirect_chain == [(f"{PAGE}call/", 302)]
    assert 'href="tel:1234567890"' in sheet.text
    assert Reveal.objects.get().opened_from == "call"


def test_a_sheet_that_is_only_opened_shows_nobody_and_offers_to(asha: Client) -> None:
    sheet = asha.get(f"{PAGE}call/")

    assert (shown(sheet), Reveal.objects.count()) == ([], 0)
    assert "Show whom to call" in sheet.text
