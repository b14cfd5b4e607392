"""F18: the form of an update at Nimbbl, sent as the browser sends it."""

from __future__ import annotations

import copy
import html
import json
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from onemg_portal.sandbox.partners.server import Partners
from orders.models import OrderGroup
from payments import outbox
from payments.models import PartnerCall, Payment
from tests.conftest import PAYLOADS
from tests.forms import buttons, fields
from tests.payments.conftest import Buy

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], Client]
CASE = json.loads((PAYLOADS / "cases" / "F18-address-lines.json").read_text())
UPDATE = "/orders/NB1/nimbbl-update/"
AT_NIMBBL = {
    "address_1": "7 Kamal Lane",
    "street": "",
    "landmark": "Opposite the well",
    "area": "Indiranagar",
    "city": "Bengaluru",
    "state": "Karnataka",
    "pincode": "560038",
    "address_type": "home",
}


@pytest.fixture
def told(buy: Buy, post: Callable[..., Any]) -> Callable[..., OrderGroup]:
    """A purchase of which 1mg has told the case's address, with other values in it."""

    def make(**address: Any) -> OrderGroup:
        buy("NB1", status=None)
        body = copy.deepcopy(CASE)
        body["result"]["delivery_address"] |= address
        assert post(body).status_code == 200
        return OrderGroup.objects.get(pk="NB1")

    return make


@pytest.fixture
def operations(as_role: AsRole) -> Client:
    """The browser of somebody who may send."""
    return as_role("Operations")


def nimbbl_has(**known: Any) -> None:
    """Nimbbl has told so, some time ago."""
    Payment.objects.update(known=known)


def words(response: Any) -> str:
    """What a page says, without its tags' line breaks."""
    return html.unescape(" ".join(response.content.decode().split()))


def call() -> PartnerCall:
    """The only call, after its thread is done."""
    assert outbox.drain(30)
    return PartnerCall.objects.get()


def at_nimbbl(partners: Partners) -> dict[str, Any]:
    """The address that arrived there."""
    order = partners.books.find("o_NB1")
    assert order
    return order.shipping_address or {}


# --- what the form begins with ----------------------------------------------------------------------------------------


def test_F18_lines_of_an_address_become_one_line(told: Any, operations: Client, partners: Partners) -> None:
    told()

    form = fields(operations.get(UPDATE))
    operations.post(UPDATE, form | {"sure": "1"})

    assert call().state == "succeeded"
    assert (form["address_1"], form["landmark"]) == ("12/3, 4th Cross, 2nd Main", "near, the temple")
    assert at_nimbbl(partners) == {
        "address_1": "12/3, 4th Cross, 2nd Main",
        "landmark": "near, the temple",
        "city": "Pune",
        "state": "Maharashtra",
        "pincode": "411001",
    }


@pytest.mark.parametrize(
    "between", ["\n", "\r", "\r\n", "\n\n", "\u2028", "\u2029", "\t", "\v", "\x85", " ,\r\n", ",\n, "]
)
def test_F18_every_kind_of_line_break_is_a_comma(told: Any, operations: Client, between: str) -> None:
    told(street1=f"12/3, 4th Cross{between}2nd Main")

    assert fields(operations.get(UPDATE))["address_1"] == "12/3, 4th Cross, 2nd Main"


def test_F18_control_characters_go_and_joiners_stay(told: Any, operations: Client) -> None:
    told(street1="\u202e12\x07 \ufeffक्\u200dष  मार्ग\x1b", landmark=unicodedata.normalize("NFD", "Café"))

    form = fields(operations.get(UPDATE))

    assert (form["address_1"], form["landmark"]) == ("12 क्\u200dष मार्ग", "Café")


@pytest.mark.parametrize("city", [{"name": "Pune"}, ["Pune"], 411, 4.5, True, False])
def test_F18_what_is_no_text_is_not_offered(told: Any, operations: Client, partners: Partners, city: Any) -> None:
    told(city=city)

    page = operations.get(UPDATE)
    operations.post(UPDATE, fields(page) | {"sure": "1"})

    assert call().state == "succeeded"
    assert fields(page)["city"] == ""
    assert words(page).count("What 1mg sent here is no text") == 1
    assert "city" not in at_nimbbl(partners)


def test_F18_it_begins_with_what_nimbbl_has_and_shows_1mgs_beside(told: Any, operations: Client) -> None:
    told()
    nimbbl_has(shipping_address=AT_NIMBBL)

    page = operations.get(UPDATE)

    form = fields(page)
    assert {name: form[name] for name in AT_NIMBBL} == AT_NIMBBL
    assert "The address begins with what Nimbbl has." in words(page)
    assert "1mg delivers to: <bdi>12/3, 4th Cross, 2nd Main</bdi>" in words(page)


def test_F18_where_nimbbl_never_told_it_begins_with_1mgs_and_says_so(told: Any, operations: Client) -> None:
    told()

    page = operations.get(UPDATE)

    assert "Nimbbl has not told us its address." in words(page)
    assert fields(page)["city"] == "Pune"


def test_F18_a_value_that_is_too_long_is_shown_whole_and_not_sent(told: Any, operations: Client) -> None:
    long = "Lotus " * 60
    told(street1=long)

    page = operations.get(UPDATE)
    answer = operations.post(UPDATE, fields(page) | {"sure": "1"})

    assert fields(page)["address_1"] == long.strip()
    assert "This is 359 characters long" in words(page)
    assert answer.status_code == 400
    assert "At most 256 characters; this has 359." in words(answer)
    assert not PartnerCall.objects.exists()


# --- taking 1mg's over ------------------------------------------------------------------------------------------------


def test_F18_one_field_of_1mgs_is_taken_over(told: Any, operations: Client) -> None:
    told()
    nimbbl_has(shipping_address=AT_NIMBBL)
    form = fields(operations.get(UPDATE)) | {"street": "typed before"}

    taken = fields(operations.post(UPDATE, form | {"take": "city"}))

    assert {name: taken[name] for name in AT_NIMBBL} == AT_NIMBBL | {"street": "typed before", "city": "Pune"}
    assert not PartnerCall.objects.exists()


def test_F18_the_whole_address_of_1mgs_is_taken_over(told: Any, operations: Client) -> None:
    told()
    nimbbl_has(shipping_address=AT_NIMBBL, user_agent="Firefox")

    taken = fields(operations.post(UPDATE, fields(operations.get(UPDATE)) | {"take": "all"}))

    assert (taken["address_1"], taken["city"], taken["pincode"]) == ("12/3, 4th Cross, 2nd Main", "Pune", "411001")
    assert (taken["area"], taken["user_agent"]) == ("Indiranagar", "Firefox")  # 1mg says nothing of them
    assert not PartnerCall.objects.exists()


@pytest.mark.parametrize("name", ["", "seen", "user_agent", "__class__", "all "])
def test_F18_taking_over_what_there_is_not_changes_nothing(told: Any, operations: Client, name: str) -> None:
    told()
    nimbbl_has(shipping_address=AT_NIMBBL)
    form = fields(operations.get(UPDATE))

    taken = fields(operations.post(UPDATE, form | {"take": name}))

    del form["csrfmiddlewaretoken"], taken["csrfmiddlewaretoken"]
    assert taken == form


def test_F18_enter_shows_the_difference_and_takes_nothing_over(told: Any, operations: Client) -> None:
    told()
    nimbbl_has(shipping_address=AT_NIMBBL)

    assert buttons(operations.get(UPDATE))[0] == ("", "")


# --- what is sent -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "known",
    [
        AT_NIMBBL,
        {"address_1": "7 Kamal Lane\r\n2nd Main", "city": "Puné".replace("é", "e\u0301"), "pincode": "560 038"},
        {"address_1": "7  Kamal   Lane ", "pincode": "ABC", "landmark": "x" * 300},
        {"city": "Pune"},
    ],
)
def test_F18_opening_and_pressing_sends_nothing(told: Any, operations: Client, known: dict[str, str]) -> None:
    told()
    nimbbl_has(
        shipping_address=known,
        ipAddress="2001:DB8::1",
        user_agent=" Mozilla/5.0  (X11)",
        custom_attributes={"gift": "yes", "note": "two  words"},
    )

    answer = operations.post(UPDATE, fields(operations.get(UPDATE)) | {"sure": "1"})

    assert answer.status_code == 400
    assert "Nothing differs from what Nimbbl has." in words(answer)
    assert not PartnerCall.objects.exists()


def test_F18_one_field_is_one_difference_and_the_address_goes_whole(
    told: Any, operations: Client, partners: Partners
) -> None:
    told()
    nimbbl_has(shipping_address=AT_NIMBBL | {"landmark": "Opposite\nthe well"}, custom_attributes={"gift": "yes"})
    form = fields(operations.get(UPDATE)) | {"area": "  Domlur "}

    review = operations.post(UPDATE, form)
    operations.post(UPDATE, fields(review) | {"sure": "1"})

    assert call().state == "succeeded"
    assert review.context["rows"] == [("Area", "Indiranagar", "Domlur")]
    assert "The address as it is sent" in words(review)
    assert partners.effects("o_NB1")["updates"] == [["shipping_address"]]
    expected = AT_NIMBBL | {"landmark": "Opposite\nthe well", "area": "Domlur"}
    assert at_nimbbl(partners) == {name: value for name, value in expected.items() if value}


def test_F18_one_attribute_is_one_difference(told: Any, operations: Client, partners: Partners) -> None:
    told()
    nimbbl_has(shipping_address=AT_NIMBBL, custom_attributes={"gift": "yes", "note": "x"})
    form = fields(operations.get(UPDATE))

    review = operations.post(UPDATE, form | {"attributes": form["attributes"].replace("yes", "no")})
    operations.post(UPDATE, fields(review) | {"sure": "1"})

    assert call().state == "succeeded"
    assert review.context["rows"] == [("gift", "yes", "no")]
    assert partners.effects("o_NB1")["updates"] == [["custom_attributes"]]


def test_F18_an_attribute_that_is_left_out_is_told(told: Any, operations: Client) -> None:
    told()
    nimbbl_has(custom_attributes={"gift": "yes"}, shipping_address=AT_NIMBBL)

    review = operations.post(UPDATE, fields(operations.get(UPDATE)) | {"attributes": ""})

    assert review.context["rows"] == [("gift", "yes", None)]
    assert "left out; Nimbbl may keep it all the same" in words(review)


def test_F18_what_nimbbl_has_not_told_is_not_known_and_not_emptied(
    told: Any, operations: Client, partners: Partners
) -> None:
    told()
    nimbbl_has(shipping_address={"address_1": "7 Kamal Lane", "landmark": "", "city": "Pune"})
    form = fields(operations.get(UPDATE))

    review = operations.post(UPDATE, form | {"state": "Goa", "landmark": "the well"})
    operations.post(UPDATE, fields(review) | {"sure": "1"})

    assert call().state == "succeeded"
    assert form["state"] == ""
    assert review.context["rows"] == [("Landmark", "", "the well"), ("State", None, "Goa")]
    assert words(review).count("not known") == 1
    assert at_nimbbl(partners) == {"address_1": "7 Kamal Lane", "landmark": "the well", "city": "Pune", "state": "Goa"}


def test_F18_what_is_emptied_by_hand_is_sent_empty(told: Any, operations: Client, partners: Partners) -> None:
    told()
    nimbbl_has(shipping_address=AT_NIMBBL)

    review = operations.post(UPDATE, fields(operations.get(UPDATE)) | {"landmark": " "})
    operations.post(UPDATE, fields(review) | {"sure": "1"})

    assert call().state == "succeeded"
    assert review.context["rows"] == [("Landmark", "Opposite the well", "")]
    assert at_nimbbl(partners)["landmark"] == ""


@pytest.mark.parametrize(("field", "value"), [("ip_address", ""), ("user_agent", "")])
def test_F18_a_device_cannot_be_taken_back(told: Any, operations: Client, field: str, value: str) -> None:
    told()
    nimbbl_has(shipping_address=AT_NIMBBL, ipAddress="10.0.0.1", user_agent="Firefox")

    answer = operations.post(UPDATE, fields(operations.get(UPDATE)) | {field: value})

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])


@pytest.mark.parametrize("pin", ["411 001", " 411001", "4 1 1 0 0 1", "411\u00a0001", "411-001"])
def test_F18_blanks_in_a_pin_are_forgiven(told: Any, operations: Client, pin: str) -> None:
    told()
    nimbbl_has(shipping_address=AT_NIMBBL)

    review = operations.post(UPDATE, fields(operations.get(UPDATE)) | {"pincode": pin})

    assert review.context["rows"] == [("PIN code", "560038", "411001")]


@pytest.mark.parametrize("pin", ["41100", "4110011", "011001", "ABC123", "४११००१", "411001x", "411,001", "4"])
def test_F18_a_pin_has_six_digits(told: Any, operations: Client, pin: str) -> None:
    told()
    nimbbl_has(shipping_address=AT_NIMBBL)

    answer = operations.post(UPDATE, fields(operations.get(UPDATE)) | {"pincode": pin, "sure": "1"})

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["pincode"])
    assert not PartnerCall.objects.exists()


TEXT = st.text(max_size=30)
KNOWN = st.dictionaries(st.sampled_from(sorted(AT_NIMBBL)), TEXT, max_size=8)


@settings(max_examples=40)
@given(KNOWN, KNOWN)
def test_F18_whatever_nimbbl_has_untouched_is_nothing_to_send(
    told: Any, operations: Client, known: dict[str, str], onemg: dict[str, str]
) -> None:
    if not OrderGroup.objects.exists():
        told()
    storable = {name: value.replace("\x00", "") for name, value in known.items()}
    OrderGroup.objects.update(
        delivery_address={"street1": "1 Main", **{k: v.replace("\x00", "") for k, v in onemg.items()}}
    )
    nimbbl_has(shipping_address=storable | {"address_1": "7 Kamal Lane"})

    form = fields(operations.get(UPDATE))
    untouched = operations.post(UPDATE, form | {"sure": "1"})
    changed = operations.post(UPDATE, form | {"street": "Another street"})

    assert untouched.status_code == 400
    assert "Nothing differs" in words(untouched)
    assert [row[0] for row in changed.context["rows"]] == ["Street"]
    assert not PartnerCall.objects.exists()


# --- afterwards -------------------------------------------------------------------------------------------------------


def sent(operations: Client, **typed: str) -> PartnerCall:
    """An update, sent."""
    operations.post(UPDATE, fields(operations.get(UPDATE)) | typed | {"sure": "1"})
    return call()


def test_F18_the_call_shows_what_was_sent_and_what_nimbbl_showed(
    told: Any, operations: Client, partners: Partners
) -> None:
    told()
    partners.tell(
        merchant_order_id="NB1",
        onemg_order_id="PONB1",
        nimbbl_order_id="o_NB1",
        shipping_address={"address_1": "Elsewhere", "city": "Delhi"},
    )
    partners.misbehave("o_NB1", "not-applied", on="update")

    found = sent(operations, attributes="gift = blue ribbon")

    lines = operations.get(f"/calls/{found.pk}/").context["told"]
    assert [(line.label, line.sent, line.shown, line.differs) for line in lines] == [
        ("Address, first line", "12/3, 4th Cross, 2nd Main", "Elsewhere", True),
        ("Landmark", "near, the temple", "", True),
        ("City", "Pune", "Delhi", True),
        ("State", "Maharashtra", "", True),
        ("PIN code", "411001", "", True),
        ("gift", "blue ribbon", None, False),
    ]


def test_F18_the_call_says_that_1mg_delivers_to_its_own_address(told: Any, operations: Client) -> None:
    told()

    page = words(operations.get(f"/calls/{sent(operations, city='Mysuru').pk}/"))

    assert "1mg goes on delivering to its own address." in page
    assert "1mg delivers to: <bdi>12/3, 4th Cross, 2nd Main, near, the temple, Pune, Maharashtra, 411001</bdi>" in page


def test_F18_who_may_not_see_addresses_sees_none_on_the_call(told: Any, operations: Client, as_role: AsRole) -> None:
    told()
    found = sent(operations, attributes="gift = blue ribbon")

    page = words(as_role("Viewer").get(f"/calls/{found.pk}/"))

    assert "Sent and shown by Nimbbl" in page
    assert [word for word in ("4th Cross", "2nd Main", "temple", "ribbon") if word in page] == []


def test_F18_the_row_of_the_call_holds_no_address(told: Any, operations: Client) -> None:
    told()
    found = sent(operations, attributes="gift = blue ribbon")

    row = str(vars(found))

    assert [word for word in ("4th Cross", "2nd Main", "temple", "ribbon") if word in row] == []


def test_F18_of_an_update_without_an_answer_what_was_sent_is_shown(
    told: Any, operations: Client, partners: Partners
) -> None:
    told()
    partners.misbehave("o_NB1", "reset", on="update")

    found = sent(operations)

    lines = operations.get(f"/calls/{found.pk}/").context["told"]
    assert found.state == "unknown"
    assert (lines[0].sent, lines[0].shown) == ("12/3, 4th Cross, 2nd Main", None)


def test_F18_an_address_that_nimbbl_took_and_did_not_show_is_called_so(
    told: Any, operations: Client, partners: Partners
) -> None:
    told()
    partners.misbehave("o_NB1", "not-applied", on="update", times=1)
    sent(operations)

    page = operations.get(UPDATE)

    assert "Nimbbl has not shown it since" in words(page)
    assert fields(page)["address_1"] == "12/3, 4th Cross, 2nd Main"


def test_F18_a_second_form_begins_with_what_the_first_made_of_nimbbls(told: Any, operations: Client) -> None:
    told()
    sent(operations, city="Mysuru")

    form = fields(operations.get(UPDATE))

    assert (form["city"], form["address_1"]) == ("Mysuru", "12/3, 4th Cross, 2nd Main")
