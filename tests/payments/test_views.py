"""The pages of acting, as staff use them: what they show, what a press does, and what it cannot do."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from onemg_portal.sandbox.partners.server import Partners
from orders.models import Act, ApiKey
from payments import outbox
from payments.choices import State
from payments.models import PartnerCall, Payment
from tests.forms import fields, opened, press
from tests.payments.conftest import Buy, speak

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], Client]
CONFIRM, UPDATE = "/orders/M1/confirm/", "/orders/M1/nimbbl-update/"


def text(response: Any) -> str:
    """A page's words."""
    return html.unescape(" ".join(response.content.decode().split()))


def latest() -> PartnerCall:
    """The newest call, after its thread is done."""
    assert outbox.drain(30)
    return PartnerCall.objects.all()[0]


@pytest.fixture
def in_doubt(buy: Buy) -> PartnerCall:
    """A confirmation whose outcome nobody knows."""
    group = buy()
    group.confirmation_state = "unknown"
    group.save()
    return PartnerCall.objects.create(
        group=group, partner="1mg", operation="confirm", state=State.UNKNOWN, by="ravi", said="No answer came."
    )


# --- confirm ----------------------------------------------------------------------------------------------------------


def test_the_confirm_page_shows_the_ticks_and_what_would_be_sent(buy: Buy, as_role: AsRole, partners: Partners):
    buy()

    page = text(opened(as_role("Operations"), CONFIRM))

    assert "₹652.36 captured at Nimbbl, ₹652.36 due, within ₹1" in page
    assert "PUT /api/v4/merchants/demo-merchant/orders/POM1/confirm" in page
    assert '{"merchant_order_id": "M1", "order_id": "POM1"}' in page
    assert partners.effects("POM1")["confirms_received"] == 0


def test_a_press_confirms_and_leads_to_the_purchase(buy: Buy, as_role: AsRole, partners: Partners):
    buy()
    browser = as_role("Operations")

    response = press(browser, CONFIRM)

    call = latest()
    assert (response.status_code, response["Location"]) == (302, "/orders/M1/")
    assert (call.state, call.by, call.method) == (State.SUCCEEDED, "operations", "PUT")
    assert "Confirmed at 1mg." in text(browser.get("/orders/M1/"))
    assert partners.effects("POM1")["confirms_taken"] == 1


def test_a_second_press_says_who_was_first(buy: Buy, as_role: AsRole, partners: Partners):
    buy()
    browser = as_role("Operations")
    press(browser, CONFIRM)
    latest()

    response = press(browser, CONFIRM)

    assert response.status_code == 409
    assert "Confirmed already, by operations" in text(response)
    assert partners.effects("POM1")["confirms_received"] == 1


def test_a_failing_tick_takes_the_button_away(buy: Buy, as_role: AsRole):
    buy(paid_amount="480.00")

    page = text(opened(as_role("Operations"), CONFIRM))

    assert "they differ by more than ₹1" in page
    assert re.search(r'<button class="btn primary"[^>]* disabled>', page)
    assert "An administrator may confirm in spite of this" in page


def test_operations_cannot_override_by_posting_it(buy: Buy, as_role: AsRole, partners: Partners):
    buy(status=99)

    response = press(as_role("Operations"), CONFIRM, override="open", why="I say so")

    assert response.status_code == 409
    assert partners.effects("POM1")["confirms_received"] == 0


def test_an_administrator_overrides_with_a_reason_that_is_kept(buy: Buy, as_role: AsRole, partners: Partners):
    buy(paid_amount="480.00")

    press(as_role("Administrator"), CONFIRM, override="paid", why="The rest was paid by voucher")

    call = latest()
    assert (call.state, call.overridden, call.why) == (State.SUCCEEDED, ["paid"], "The rest was paid by voucher")
    assert partners.effects("POM1")["confirms_taken"] == 1


def test_O27_an_override_does_not_cover_what_happened_after_it(
    buy: Buy, as_role: AsRole, partners: Partners, post: Callable[..., Any]
):
    buy(status=155)
    partners.misbehave("POM1", "too-many-for-ten-days", on="confirm", times=1)
    browser = as_role("Administrator")
    press(browser, CONFIRM, override="open", why="1mg says that 155 is a check")
    waits = latest().state

    speak(post, "M1", 99, 1_700_000_100)
    browser.post(f"/calls/{latest().pk}/send-now/")

    assert (waits, latest().state) == (State.INTENDED, State.ABANDONED)
    assert latest().said.startswith("Not sent: POM1: cancelled at 1mg")
    assert partners.effects("POM1")["confirms_taken"] == 0


def test_control_the_override_covers_what_it_was_given_for(buy: Buy, as_role: AsRole, partners: Partners):
    buy(status=155)

    press(as_role("Administrator"), CONFIRM, override="open", why="1mg says that 155 is a check")

    assert latest().state == State.SUCCEEDED
    assert partners.effects("POM1")["confirms_taken"] == 1


def test_without_a_reason_nothing_is_overridden(buy: Buy, as_role: AsRole, partners: Partners):
    buy(paid_amount="480.00")

    response = press(as_role("Administrator"), CONFIRM, override="paid", why="  ")

    assert response.status_code == 409
    assert not PartnerCall.objects.exists()


def test_a_registered_purchase_is_confirmed_before_1mgs_first_update(buy: Buy, as_role: AsRole, partners: Partners):
    buy(status=None)

    press(as_role("Operations"), CONFIRM)

    assert latest().state == State.SUCCEEDED
    assert partners.effects("POM1")["confirms_taken"] == 1


def test_the_page_works_while_nimbbl_is_silent_and_says_so(buy: Buy, as_role: AsRole, partners: Partners, monkeypatch):
    monkeypatch.setattr("payments.enquiry.SECONDS", 0.5)
    buy()
    partners.misbehave("o_M1", "times-out-before-acting", on="enquiry", seconds=2)

    page = text(opened(as_role("Operations"), CONFIRM))

    assert "Whether it was paid is not known" in page
    assert "disabled" not in page


def test_the_page_begins_with_who_where_how_many_and_how_much(buy: Buy, as_role: AsRole):
    buy()

    page = text(opened(as_role("Operations"), CONFIRM))

    assert "Bengaluru 560076" in page
    assert re.search(r'Items</dt> <dd class="num">\d', page)
    assert re.search(r'Captured at Nimbbl</dt> <dd class="num"> ₹652.36', page)
    assert "being checked by 1mg" in page


def test_U30_what_is_not_known_is_said_to_be_unknown(post: Any, partners: Partners, as_role: AsRole):
    speak(post, "M1", 15)

    page = text(as_role("Operations").get(CONFIRM))

    assert re.search(r'Captured at Nimbbl</dt> <dd class="num"> not known', page)


@pytest.mark.parametrize(
    ("refusal", "words", "address"),
    [
        ("not_found", "Check the ids", "/orders/M1/#partners"),
        ("not_mapped", "Look at the status", "/orders/M1/#shipments"),
    ],
)
def test_after_a_refusal_the_main_button_is_what_it_asks_for(
    buy: Buy, as_role: AsRole, refusal: str, words: str, address: str
):
    group = buy()
    PartnerCall.objects.create(
        group=group, partner="1mg", operation="confirm", state="rejected", by="x", findings={"refusal": refusal}
    )
    group.confirmation_state = "rejected"
    group.confirmation_reason = "1mg does not know this order"
    group.save()

    page = text(opened(as_role("Operations"), CONFIRM))

    assert re.search(rf'<a class="btn primary" href="{address}">{words}</a>', page)
    assert re.search(r'<button class="btn" data-busy="Confirming…" *>Confirm at 1mg</button>', page)


# --- what staff see meanwhile -----------------------------------------------------------------------------------------


def test_a_call_in_flight_is_shown_with_the_name_of_who_pressed(buy: Buy, as_role: AsRole, asha: Any):
    group = buy()
    PartnerCall.objects.create(group=group, partner="1mg", operation="confirm", state=State.SENDING, by="asha")
    group.confirmation_state = "in_flight"
    group.save()

    page = text(as_role("Operations").get("/orders/M1/"))

    assert "Confirming at 1mg…" in page
    assert "asha pressed" in page


def test_what_happens_while_the_page_is_made_shows_with_the_next_look(buy: Buy, as_role: AsRole):
    buy()
    browser = as_role("Operations")
    now = timezone.now()

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = execute(sql, params, many, context)
        if 'FROM "orders_ordergroup"' in sql and not Act.objects.filter(text="Meanwhile").exists():
            Act.objects.create(group_id="M1", at=now, received_at=now, source="1mg", kind="call", text="Meanwhile")
        return found

    with connection.execute_wrapper(meanwhile):
        mark = browser.get("/orders/M1/", headers={"HX-Request": "true"})["ETag"]

    again = browser.get("/orders/M1/", headers={"HX-Request": "true", "If-None-Match": mark})
    assert again.status_code == 200


def test_a_viewer_sees_that_it_waits_and_no_button(buy: Buy, as_role: AsRole):
    buy()

    page = text(as_role("Viewer").get("/orders/M1/"))

    assert "1mg packs it only after we confirm" in page
    assert CONFIRM not in page


def test_after_one_the_next_is_at_hand(buy: Buy, as_role: AsRole):
    for name in ("M1", "M2", "M3"):
        buy(name)
    browser = as_role("Operations")
    press(browser, CONFIRM)
    latest()

    page = text(browser.get("/orders/M1/"))

    assert re.search(r'href="/orders/M2/confirm/"> Next: M2 of 2 </a>', page)


def test_after_the_last_there_is_none(buy: Buy, as_role: AsRole):
    buy()
    browser = as_role("Operations")
    press(browser, CONFIRM)
    latest()

    assert "Next:" not in text(browser.get("/orders/M1/"))


# --- calls ------------------------------------------------------------------------------------------------------------


def test_the_call_shows_request_and_answer_without_secrets(buy: Buy, as_role: AsRole):
    buy()
    browser = as_role("Operations")
    press(browser, CONFIRM)

    page = text(browser.get(f"/calls/{latest().pk}/"))

    assert "Authorization: ••••" in page
    assert '"is_success": true' in page
    assert "curl --request PUT" in page
    assert "Bearer ey" not in page


def test_the_list_of_calls_filters_by_state_and_partner(in_doubt: PartnerCall, as_role: AsRole):
    browser = as_role("Viewer")

    queries = ("", "state=unknown", "state=succeeded", "partner=nimbbl", "state=odd", "older=x")

    shown = [[call.pk for call in browser.get(f"/calls/?{query}").context["calls"]] for query in queries]

    one = [in_doubt.pk]
    assert shown == [one, one, [], [], [], one]


def test_a_filter_of_calls_that_cannot_be_read_says_so(in_doubt: PartnerCall, as_role: AsRole):
    page = text(as_role("Viewer").get("/calls/?state=odd"))

    assert "A filter cannot be read" in page
    assert "Select a valid choice. odd is not one of the available choices." in page


def test_the_list_of_calls_is_paged_and_shows_every_call_once(in_doubt: PartnerCall, as_role: AsRole):
    more = [PartnerCall(group=in_doubt.group, state=State.REJECTED, operation="confirm") for _ in range(70)]
    PartnerCall.objects.bulk_create(more)
    browser = as_role("Viewer")

    first = browser.get("/calls/").context
    second = browser.get("/calls/", {"older": first["page"].older}).context
    back = browser.get("/calls/", {"newer": second["page"].newer}).context

    shown = [call.pk for page in (first, second) for call in page["calls"]]
    assert shown == sorted(PartnerCall.objects.values_list("pk", flat=True))[::-1]
    assert [call.pk for call in back["calls"]] == shown[:50]


@pytest.mark.parametrize(
    ("worked", "state", "confirmation"), [("yes", State.SUCCEEDED, "confirmed"), ("no", State.REJECTED, "rejected")]
)
def test_a_person_settles_a_call_in_doubt_with_a_reason(
    in_doubt: PartnerCall, as_role: AsRole, worked: str, state: State, confirmation: str
):
    as_role("Operations").post(f"/calls/{in_doubt.pk}/settle/", {"worked": worked, "why": "1mg said so by phone"})

    in_doubt.refresh_from_db()
    assert (in_doubt.state, in_doubt.settled_by, in_doubt.said) == (state, "person", "No answer came.")
    assert in_doubt.settled_reason.endswith("says operations: “1mg said so by phone”")
    assert in_doubt.group.confirmation_state == confirmation


def test_beside_the_question_stands_what_is_known(in_doubt: PartnerCall, as_role: AsRole, post: Callable[..., Any]):
    PartnerCall.objects.update(sent_at=timezone.now(), method="PUT", url="https://1mg.example/confirm")
    speak(post, "M1", 100, 1_700_000_100)

    page = text(as_role("Operations").get(f"/calls/{in_doubt.pk}/"))

    assert re.search(r'Today \d\d:\d\d</time> <span class="mono">PUT https://1mg.example/confirm</span>', page)
    assert re.search(r"Came back</dt> <dd> no answer", page)
    assert '<strong>Prescription needed</strong> <span class="mono">POM1</span>' in page
    assert "it was not asked yet, or has not answered" in page


@pytest.mark.parametrize("data", [{}, {"worked": "yes"}, {"worked": "yes", "why": " "}, {"worked": "x", "why": "y"}])
def test_settling_needs_an_outcome_and_a_reason(in_doubt: PartnerCall, as_role: AsRole, data: dict[str, str]):
    response = as_role("Operations").post(f"/calls/{in_doubt.pk}/settle/", data)

    in_doubt.refresh_from_db()
    assert (response.status_code, in_doubt.state) == (409, State.UNKNOWN)


def test_sending_again_closes_the_call_in_doubt(in_doubt: PartnerCall, as_role: AsRole, partners: Partners):
    browser = as_role("Operations")

    press(browser, f"/calls/{in_doubt.pk}/resend/", why="1mg asked us to")

    call = latest()
    in_doubt.refresh_from_db()
    assert (call.state, call.resend_of_id, call.why) == (State.SUCCEEDED, in_doubt.pk, "1mg asked us to")
    assert (in_doubt.state, in_doubt.settled_by) == (State.ABANDONED, "resend")
    assert partners.effects("POM1")["confirms_taken"] == 1


def test_a_call_that_never_left_is_given_up_by_a_person(buy: Buy, as_role: AsRole):
    group = buy()
    call = PartnerCall.objects.create(group=group, partner="1mg", operation="confirm", by="asha")

    as_role("Operations").post(f"/calls/{call.pk}/drop/")

    call.refresh_from_db()
    assert (call.state, call.said) == (State.ABANDONED, "Given up by operations before it was sent.")


def test_a_call_that_waits_is_tried_at_once_when_asked_to(buy: Buy, as_role: AsRole, partners: Partners):
    buy()
    partners.misbehave("POM1", "too-many-for-ten-days", on="confirm", times=1)
    browser = as_role("Operations")
    press(browser, CONFIRM)
    waits = latest()

    browser.post(f"/calls/{waits.pk}/send-now/")

    assert (waits.state, latest().state) == (State.INTENDED, State.SUCCEEDED)


# --- update at Nimbbl -------------------------------------------------------------------------------------------------

HOME = {"address_1": "12 कमल मार्ग", "city": "Pune", "state": "Maharashtra", "pincode": "411001"}


def test_the_form_begins_with_what_1mg_delivers_to(buy: Buy, as_role: AsRole):
    buy()

    form = as_role("Operations").get(UPDATE).context["form"]

    assert (form.initial["city"], form.initial["pincode"]) == ("Bengaluru", "560076")


def test_a_first_post_shows_the_difference_and_sends_nothing(buy: Buy, as_role: AsRole):
    buy()
    Payment.objects.update(known={"shipping_address": {"address_1": "11 Kamal Marg", "city": "Pune"}})

    response = as_role("Operations").post(UPDATE, HOME)

    assert response.context["rows"] == [
        ("Address, first line", "11 Kamal Marg", "12 कमल मार्ग"),
        ("State", None, "Maharashtra"),
        ("PIN code", None, "411001"),
    ]
    assert not PartnerCall.objects.exists()


def test_a_second_post_sends_only_what_differs(buy: Buy, as_role: AsRole, partners: Partners):
    buy()
    browser = as_role("Operations")

    browser.post(UPDATE, HOME | {"attributes": "gift = yes", "sure": "1"})

    call = latest()
    assert (call.state, call.said) == (State.SUCCEEDED, "Nimbbl took the update.")
    assert partners.effects("o_M1")["updates"] == [["custom_attributes", "shipping_address"]]
    assert Payment.objects.get().known["shipping_address"]["address_1"] == "12 कमल मार्ग"
    assert Payment.objects.get().wanted == {}
    assert "कमल" not in call.request_body + call.answer_body


def test_what_nimbbl_did_not_apply_is_said(buy: Buy, as_role: AsRole, partners: Partners):
    buy(shipping_address={"address_1": "Elsewhere", "city": "Delhi"})
    partners.misbehave("o_M1", "not-applied", on="update")
    browser = as_role("Operations")

    browser.post(UPDATE, HOME | {"sure": "1"})

    call = latest()
    assert call.findings["not_applied"] == ["address_1", "city", "state", "pincode"]
    assert "Nimbbl took the update and did not apply: address_1, city, state, pincode." in text(
        browser.get("/orders/M1/")
    )


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"city": "Pune"}, "address_1"),
        ({"ip_address": "999.1.1.1"}, "ip_address"),
        ({"pincode": "4;1"}, "pincode"),
        ({"attributes": "no equals sign"}, "attributes"),
        ({"attributes": "a = 1\na = 2"}, "attributes"),
        ({"attributes": "\n".join(f"n{i} = 1" for i in range(16))}, "attributes"),
        ({"attributes": "a = " + "x" * 10_240}, "attributes"),
        ({}, "__all__"),
    ],
)
def test_O30_what_cannot_be_sent_is_said_at_its_field(buy: Buy, as_role: AsRole, data: dict[str, str], field: str):
    buy()

    response = as_role("Operations").post(UPDATE, data)

    assert (response.status_code, list(response.context["form"].errors)) == (400, [field])


def test_U26_nobody_decides_on_what_is_not_so_any_more(buy: Buy, as_role: AsRole):
    buy()
    browser = as_role("Operations")
    seen = browser.get(UPDATE).context["seen"]
    Payment.objects.update(known={"user_agent": "somebody else's"})

    response = browser.post(UPDATE, HOME | {"sure": "1", "seen": seen})

    assert response.status_code == 409
    assert "was changed since you opened this page" in text(response)
    assert not PartnerCall.objects.exists()


@pytest.mark.parametrize(
    ("method", "stored", "told"),
    [
        ("ONLINE", "none", "none"),
        ("ONLINE", "in_flight", "in_flight"),
        ("ONLINE", "confirmed", "confirmed"),
        ("ONLINE", "rejected", "rejected"),
        ("ONLINE", "unknown", "unknown"),
        ("COD", "none", "not_needed"),
    ],
)
def test_the_api_says_how_the_confirmation_stands(buy: Buy, client: Client, method: str, stored: str, told: str):
    group = buy(status=None, method=method)
    group.confirmation_state, group.confirmation_reason = stored, "Order not found"
    group.save()
    _key, secret = ApiKey.issue("shop")

    found = client.get("/api/orders/M1/", headers={"Authorization": f"Token {secret}"}).json()["confirmation"]

    assert found == {"state": told, "at": None, "reason": None if method == "COD" else "Order not found"}


def test_a_purchase_without_a_nimbbl_order_says_what_is_missing(post: Any, partners: Partners, as_role: AsRole):
    speak(post, "M1", 15)

    assert "No Nimbbl order is linked" in text(as_role("Operations").get(UPDATE))


# --- several at once --------------------------------------------------------------------------------------------------


def act(browser: Client, model: str, action: str, keys: list[Any], **data: str) -> Any:
    """Run an admin action and read the page that follows."""
    data |= {"action": action}
    return browser.post(f"/admin/{model}/", data | {"_selected_action": keys}, follow=True)


def test_the_admin_confirms_several_with_a_result_each(buy: Buy, as_role: AsRole, partners: Partners):
    for name, status in (("M1", 15), ("M2", 99), ("M3", 15)):
        buy(name, status=status)
    partners.misbehave("POM3", "order-not-found")

    browser = as_role("Administrator")
    asked = act(browser, "orders/ordergroup", "confirm_at_1mg", ["M1", "M2", "M3"])
    read = {name: values for name, values in fields(asked.content.decode()).items() if name.startswith("seen-")}
    page = text(act(browser, "orders/ordergroup", "confirm_at_1mg", ["M1", "M2", "M3"], sure="1", **read))

    assert "Failed: POM2: cancelled at 1mg" in text(asked)
    assert "M1: Succeeded. 1mg confirmed the order." in page
    assert "M2: not sent. POM2: cancelled at 1mg" in page
    assert "M3: Refused. 1mg does not know this order" in page


def test_the_admin_confirms_at_most_25(buy: Buy, as_role: AsRole, partners: Partners):
    from django.utils import timezone

    from orders.models import OrderGroup

    OrderGroup.objects.bulk_create(
        OrderGroup(merchant_order_id=f"X{n}", first_seen_at=timezone.now()) for n in range(26)
    )

    page = text(act(as_role("Administrator"), "orders/ordergroup", "confirm_at_1mg", [f"X{n}" for n in range(26)]))

    assert "At most 25 at once; nothing was sent." in page
    assert not PartnerCall.objects.exists()


def test_the_admin_settles_calls_after_asking_for_the_reason(in_doubt: PartnerCall, as_role: AsRole):
    browser = as_role("Administrator")

    asked = act(browser, "payments/partnercall", "settle_worked", [in_doubt.pk])
    act(browser, "payments/partnercall", "settle_worked", [in_doubt.pk], why="1mg's list of today")

    in_doubt.refresh_from_db()
    assert "How do you know?" in text(asked)
    assert (in_doubt.state, in_doubt.settled_by) == (State.SUCCEEDED, "person")


def test_nobody_writes_a_call_by_hand(in_doubt: PartnerCall, client: Client):
    client.force_login(User.objects.create_superuser("root"))

    response = client.post(f"/admin/payments/partnercall/{in_doubt.pk}/change/", {"state": "succeeded"})

    in_doubt.refresh_from_db()
    assert (response.status_code, in_doubt.state) == (403, State.UNKNOWN)
