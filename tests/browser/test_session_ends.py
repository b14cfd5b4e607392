"""A session that ends while a page is open, as the person before it meets it: nothing is lost, nothing is sent (F9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from onemg_portal.sandbox.partners.server import Partners
from orders.models import OrderGroup
from payments.models import PartnerCall
from tests.browser.conftest import PASSWORD
from tests.cases.test_one_confirmation import says
from tests.conftest import order_update
from tests.payments.conftest import Buy, speak
from tests.payments.conftest import buy as buy  # noqa: PLC0414 - fixtures of the tests of acting
from tests.payments.conftest import key_pair as key_pair  # noqa: PLC0414
from tests.payments.conftest import partners as partners  # noqa: PLC0414
from tests.rows import changed, everything
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)
SignedIn = Callable[[str], Any]
SAID = "You were signed out; nothing was sent"
BACK = "What you had typed is here again. Nothing has been sent."


def sign_out_elsewhere(page: Any) -> None:
    """In another tab of the same browser."""
    other = page.context.new_page()
    other.goto("/orders/")
    other.click(".who summary")
    other.click("text=Sign out")
    other.wait_for_url("**/login/")
    other.close()


def sign_in(page: Any, name: str = "operations") -> None:
    """On the sign-in page that is shown."""
    page.wait_for_url("**/login/**")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("button")


def sign_in_elsewhere(page: Any, name: str = "operations") -> None:
    """In another tab of the same browser."""
    other = page.context.new_page()
    other.goto("/login/")
    sign_in(other, name)
    other.wait_for_url("/")
    other.close()


def in_doubt(buy: Buy, state: str = "unknown") -> PartnerCall:
    """A confirmation, in doubt or waiting."""
    return PartnerCall.objects.create(
        group=buy(), partner="1mg", operation="confirm", state=state, by="ravi", said="No answer came."
    )


# --- each form that staff press ---------------------------------------------------------------------------------------


def a_confirmation(buy: Buy, post: Any) -> str:
    buy(paid_amount="480.00")
    return "/orders/M1/confirm/"


def a_call_in_doubt(buy: Buy, post: Any) -> str:
    return f"/calls/{in_doubt(buy).pk}/"


def a_resend(buy: Buy, post: Any) -> str:
    return f"/calls/{in_doubt(buy).pk}/resend/"


def two_purchases(buy: Buy, post: Any) -> str:
    says(post, "M1", "PO1A", "PO1"), says(post, "M2", "PO1B", "PO1")
    return "/orders/M1/same-order/M2/"


def an_update(buy: Buy, post: Any) -> str:
    buy()
    return "/orders/M1/nimbbl-update/"


def a_registration(buy: Buy, post: Any) -> str:
    return "/register/"


WHY = {"[name=why]": "It is right, says the shop"}
#: What is opened, by whom, what is typed and ticked there, and what is pressed.
TYPED = {
    "confirm": (a_confirmation, "Administrator", WHY, ["[name=override]"], "Confirm at 1mg"),
    "settle": (a_call_in_doubt, "Operations", WHY, ["[name=worked][value=no]"], "Settle"),
    "resend": (a_resend, "Operations", WHY, [], "Send it again"),
    "same order": (two_purchases, "Operations", WHY, ["[name=kept][value=M2]"], "Settle"),
    "update": (an_update, "Operations", {"[name=landmark]": "Near the temple"}, [], "Show what will change"),
    "register": (
        a_registration,
        "Operations",
        {"[name=merchant_order_id]": "M7", "[name=payable_amount]": "₹1,652.36", "[name=onemg_order_id]": "PO7"},
        [],
        "Register",
    ),
}


@pytest.mark.parametrize("name", TYPED)
def test_case_F9_what_was_typed_stays_and_comes_back(
    signed_in: SignedIn, buy: Buy, partners: Partners, post: Any, name: str
) -> None:
    opens, role, typed, ticked, button = TYPED[name]
    address = opens(buy, post)
    page = signed_in(role)
    page.goto(address)
    for field, words in typed.items():
        page.fill(field, words)
    for box in ticked:
        page.check(box)
    before = everything()
    sign_out_elsewhere(page)

    page.click(f"main button:has-text('{button}')")

    expect(page.locator("#session")).to_contain_text(SAID)
    all_there(page, typed, ticked)
    page.click("#session a")
    sign_in(page, role.lower())
    page.wait_for_url(f"**{address}")
    expect(page.locator("#session")).to_contain_text(BACK)
    all_there(page, typed, ticked)
    assert of_ours(changed(before, everything())) == set()


def all_there(page: Any, typed: dict[str, str], ticked: list[str]) -> None:
    for field, words in typed.items():
        expect(page.locator(field)).to_have_value(words)
    for box in ticked:
        expect(page.locator(box)).to_be_checked()


def of_ours(names: Any) -> set[str]:
    """Without what signing in and out writes, and an open page by itself: that somebody has it open."""
    by_itself = ("sessions.", "auth.", "axes.", "orders.Presence")
    return {name for name in names if not name.startswith(by_itself)}


def test_case_F9_what_has_no_place_any_more_is_shown(signed_in: SignedIn, buy: Buy, partners: Partners) -> None:
    call = in_doubt(buy)
    page = signed_in("Operations")
    page.goto(f"/calls/{call.pk}/")
    page.fill("[name=why]", "1mg says so on the phone")
    page.check("[name=worked][value=no]")
    sign_out_elsewhere(page)
    page.click("main button:has-text('Settle')")
    expect(page.locator("#session")).to_contain_text(SAID)
    PartnerCall.objects.update(state="succeeded")  # somebody else has settled it

    page.click("#session a")
    sign_in(page)

    expect(page.locator("#session")).to_contain_text("There is no place for this on the page any more:")
    expect(page.locator("#session")).to_contain_text("1mg says so on the phone")


def test_case_F9_a_tick_comes_back_only_beside_the_words_it_stood_at(
    signed_in: SignedIn, buy: Buy, partners: Partners, post: Any
) -> None:
    buy(status=777)
    page = signed_in("Administrator")
    page.goto("/orders/M1/confirm/")
    page.check("[name=override]")
    page.fill("[name=why]", "1mg says that 777 is a check")
    sign_out_elsewhere(page)
    page.click("main button:has-text('Confirm at 1mg')")
    expect(page.locator("#session")).to_contain_text(SAID)
    speak(post, "M1", 99, 1_700_000_100)

    page.click("#session a")
    sign_in(page, "administrator")

    expect(page.locator("[name=why]")).to_have_value("1mg says that 777 is a check")
    expect(page.locator("[name=override]")).not_to_be_checked()


# --- forms in which nothing is typed ----------------------------------------------------------------------------------


def a_flagged_purchase(buy: Buy, post: Any) -> str:
    post(order_update("PO1", 99, 1_700_000_000))
    post(order_update("PO1", 30, 1_700_000_100))
    return "/orders/M-PO1/"


def a_delivery(buy: Buy, post: Any) -> str:
    post(order_update("PO1"))
    return f"/deliveries/{Delivery.objects.get().pk}/"


def a_waiting_call(buy: Buy, post: Any) -> str:
    return f"/calls/{in_doubt(buy, 'intended').pk}/"


PRESSED = {
    "reviewed": (a_flagged_purchase, "I have looked at it"),
    "apply again": (a_delivery, "Apply again"),
    "send now": (a_waiting_call, "Try now"),
    "give up": (a_waiting_call, "Give up"),
    "partners": (lambda buy, post: "/partners/", "Try now"),
}


@pytest.mark.parametrize("name", PRESSED)
def test_case_F9_a_press_does_nothing_and_she_is_on_the_same_page_afterwards(
    signed_in: SignedIn, buy: Buy, partners: Partners, post: Any, name: str
) -> None:
    opens, button = PRESSED[name]
    address = opens(buy, post)
    page = signed_in("Administrator")
    page.goto(address)
    before = everything()
    sign_out_elsewhere(page)

    page.click(f"main button:has-text('{button}')")

    expect(page.locator("#session")).to_contain_text(SAID)
    page.click("#session a")
    sign_in(page, "administrator")
    page.wait_for_url(f"**{address}")
    expect(page.locator(f"main button:has-text('{button}')")).to_be_visible()
    assert of_ours(changed(before, everything())) == set()


def test_case_F9_signing_out_twice_says_so(signed_in: SignedIn) -> None:
    page = signed_in("Viewer")
    sign_out_elsewhere(page)

    page.click(".who summary")
    page.click("text=Sign out")

    expect(page.locator("#session")).to_contain_text(SAID)


# --- steps in which what was entered is shown once more ---------------------------------------------------------------


def test_case_F9_the_review_of_an_update_is_there_again(signed_in: SignedIn, buy: Buy, partners: Partners) -> None:
    buy()
    page = signed_in("Operations")
    page.goto("/orders/M1/nimbbl-update/")
    page.fill("[name=landmark]", "Near the temple")
    page.click("text=Show what will change")
    expect(page.locator("h1")).to_have_text("Send this to Nimbbl?")
    sign_out_elsewhere(page)
    page.click("text=Send to Nimbbl")
    expect(page.locator("#session")).to_contain_text(SAID)

    page.click("#session a")
    sign_in(page)

    expect(page.locator("h1")).to_have_text("Send this to Nimbbl?")
    expect(page.locator("td >> text=Near the temple")).to_be_visible()
    assert partners.effects("o_M1")["updates"] == []
    page.click("text=Send to Nimbbl")
    page.wait_for_selector("text=Nimbbl took the update.")


CSV = b"merchant_order_id,onemg_order_id,payment_method\nM7,PO7,COD\n"


def upload(page: Any) -> None:
    page.goto("/register/csv/")
    page.set_input_files("[name=file]", {"name": "p.csv", "mimeType": "text/csv", "buffer": CSV})


def test_case_F9_a_file_cannot_be_kept_and_the_page_says_so(signed_in: SignedIn) -> None:
    page = signed_in("Operations")
    upload(page)
    sign_out_elsewhere(page)
    page.click("text=Show what it would do")
    expect(page.locator("#session")).to_contain_text(SAID)

    page.click("#session a")
    sign_in(page)

    page.wait_for_url("**/register/csv/")
    expect(page.locator("#session")).to_contain_text("A file cannot be kept; choose it again.")


def test_case_F9_what_a_file_would_register_is_there_again(signed_in: SignedIn) -> None:
    page = signed_in("Operations")
    upload(page)
    page.click("text=Show what it would do")
    expect(page.locator("h1")).to_have_text("What would be registered")
    sign_out_elsewhere(page)
    page.click("text=Register 1 purchase")
    expect(page.locator("#session")).to_contain_text(SAID)

    page.click("#session a")
    sign_in(page)

    expect(page.locator("h1")).to_have_text("What would be registered")
    assert not OrderGroup.objects.exists()
    page.click("text=Register 1 purchase")
    expect(page.locator("h1")).to_have_text("What was registered")


def test_case_F9_the_admin_keeps_a_reason_through_its_second_step(
    signed_in: SignedIn, buy: Buy, partners: Partners
) -> None:
    call = in_doubt(buy)
    page = signed_in("Administrator")
    page.goto("/admin/payments/partnercall/")
    page.check("[name=_selected_action]")
    page.select_option("[name=action]", "settle_worked")
    page.click("button[name=index]")
    page.fill("[name=why]", "1mg says so")
    sign_out_elsewhere(page)
    page.click("input[value=Settle]")
    expect(page.locator("#session")).to_contain_text(SAID)

    page.click("#session a")
    sign_in(page, "administrator")

    expect(page.locator("[name=why]")).to_have_value("1mg says so")
    call.refresh_from_db()
    assert call.state == "unknown"


# --- parts that ask again by themselves -------------------------------------------------------------------------------


def test_case_F9_an_open_list_stays_and_says_so(signed_in: SignedIn, post: Any) -> None:
    post(order_update("PO1"))
    page = signed_in("Operations")
    page.fill("[name=city]", "Pune")
    page.locator("h1").click()

    sign_out_elsewhere(page)

    expect(page.locator("#session")).to_contain_text(SAID)
    expect(page.locator("a.go")).to_have_text(["M-PO1"])
    expect(page.locator("[name=password]")).to_have_count(0)
    page.click("#session a")
    sign_in(page)
    page.wait_for_url("**/orders/")
    expect(page.locator("[name=city]")).to_have_value("Pune")


def test_case_F9_an_open_purchase_stays_after_a_call_and_says_so(
    signed_in: SignedIn, buy: Buy, partners: Partners
) -> None:
    buy()
    page = signed_in("Operations")
    page.goto("/orders/M1/confirm/")
    page.click("button:has-text('Confirm at 1mg')")
    page.wait_for_selector("text=Confirmed at 1mg.")

    sign_out_elsewhere(page)

    expect(page.locator("#session")).to_contain_text(SAID)
    expect(page.locator("h1")).to_have_text("M1")
    page.click("#session a")
    sign_in(page)
    page.wait_for_url("**/orders/M1/")
    expect(page.locator("#session")).to_have_count(0)


def test_case_F9_the_strip_goes_when_she_has_signed_in_elsewhere(signed_in: SignedIn, post: Any) -> None:
    page = signed_in("Operations")
    sign_out_elsewhere(page)
    expect(page.locator("#session")).to_contain_text(SAID)

    sign_in_elsewhere(page)

    expect(page.get_by_text(SAID)).to_have_count(0)


@pytest.mark.parametrize("code", [400, 404, 429, 500, 503])
def test_case_F9_nothing_is_sent_where_the_question_is_not_answered(signed_in: SignedIn, code: int) -> None:
    page = signed_in("Operations")
    type_a_registration(page)
    page.route("**/session/", lambda route: route.fulfill(status=code))

    page.click("main button:has-text('Register')")

    expect(page.locator("#session")).to_contain_text("nothing was sent")
    assert not OrderGroup.objects.exists()


# --- however a session ends -------------------------------------------------------------------------------------------


def type_a_registration(page: Any) -> None:
    page.goto("/register/")
    page.fill("[name=merchant_order_id]", "M7")
    page.fill("[name=onemg_order_id]", "PO7")


def no_cookie(page: Any) -> None:
    page.context.clear_cookies()


def no_row(page: Any) -> None:
    Session.objects.all().delete()


def no_account(page: Any) -> None:
    User.objects.update(password="changed")


@pytest.mark.parametrize("end", [no_cookie, no_row, no_account])
def test_case_F9_however_it_ends_the_page_says_so(signed_in: SignedIn, end: Callable[[Any], None]) -> None:
    page = signed_in("Operations")
    type_a_registration(page)

    end(page)
    page.click("main button:has-text('Register')")

    expect(page.locator("#session")).to_contain_text(SAID)
    expect(page.locator("[name=merchant_order_id]")).to_have_value("M7")


def test_case_F9_a_page_from_before_a_new_sign_in_says_so(signed_in: SignedIn) -> None:
    page = signed_in("Operations")
    type_a_registration(page)
    sign_out_elsewhere(page)
    sign_in_elsewhere(page)

    page.click("main button:has-text('Register')")

    expect(page.locator("#session")).to_contain_text("You signed in again after this page was opened; nothing was sent")
    page.click("#session a")
    expect(page.locator("#session")).to_contain_text(BACK)
    expect(page.locator("[name=merchant_order_id]")).to_have_value("M7")


def kept_in(page: Any) -> Any:
    """What the tab holds of what was typed."""
    return page.evaluate("sessionStorage.getItem('portal-typed')")


def test_case_F9_what_one_typed_is_not_given_to_another(signed_in: SignedIn, staff: Callable[[str], User]) -> None:
    staff("Administrator")
    page = signed_in("Operations")
    type_a_registration(page)
    sign_out_elsewhere(page)
    page.click("main button:has-text('Register')")

    page.click("#session a")
    sign_in(page, "administrator")

    page.wait_for_url("**/register/")
    expect(page.locator("[name=merchant_order_id]")).to_have_value("")
    assert kept_in(page) is None


def test_case_F9_nothing_typed_is_kept_once_it_is_back(signed_in: SignedIn) -> None:
    page = signed_in("Operations")
    type_a_registration(page)
    sign_out_elsewhere(page)
    page.click("main button:has-text('Register')")
    page.click("#session a")
    page.wait_for_url("**/login/**")
    kept = kept_in(page)

    sign_in(page)

    expect(page.locator("[name=merchant_order_id]")).to_have_value("M7")
    assert "M7" in kept
    assert kept_in(page) is None


def test_case_F9_two_sign_in_tabs(page: Any, staff: Callable[[str], User]) -> None:
    staff("Operations")
    page.goto("/login/?next=/register/")
    sign_in_elsewhere(page)

    sign_in(page)

    expect(page.locator("h1")).to_have_text("You are signed in already")
    page.click("text=Go on")
    page.wait_for_url("**/register/")


# --- without scripts --------------------------------------------------------------------------------------------------


def test_case_F9_without_scripts_a_page_shows_what_was_typed(
    chromium: Any, live_server: Any, staff: Callable[[str], User]
) -> None:
    staff("Operations")
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/login/?next=/register/")
    sign_in(page)
    page.fill("[name=merchant_order_id]", "M7")
    page.fill("[name=onemg_order_id]", "PO7")
    page.fill("[name=payable_amount]", "10")
    Session.objects.all().delete()

    page.click("main button:has-text('Register')")

    expect(page.locator("h1")).to_have_text(SAID)
    expect(page.locator("[name=merchant_order_id]")).to_have_value("M7")
    page.click("a:has-text('Sign in')")
    sign_in(page)
    page.wait_for_url("**/register/")
    context.close()
