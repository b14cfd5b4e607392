"""The search box and its page, on the wire."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from orders.actors import Actor
from orders.choices import PaymentMethod
from payments.registration import services as registration
from tests.conftest import NAMES, document, order_update, payload
from tests.finding import hits, search
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
AsRole = Callable[[str], Client]


def shown(page: Any) -> str:
    """The words of a page, single blanks between them."""
    main = page.content.decode().partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


@pytest.fixture
def asha(post: Post) -> str:
    """A purchase of Asha Rao's; its id."""
    body = order_update("PO-7788-A", merchant_order_id="SHOP-1", group_order_id="GRP99")
    told = document(body)
    told["user"] = {"email": "asha@example.org", "contact_number": "+91 98765-43210"}
    told["delivery_address"] |= {"name": "Asha Rao", "pincode": "560034", "city": "Pune"}
    entry = told["grouped_orders"][0]
    entry["shipment_detail"] = {"tracking_number": "AWB00123", "delivery_contact": "09000011111"}
    entry["invoice_data"] = {"004187": {"invoice_url": "", "skus": []}}
    entry["skus"] = [{"sku_id": "210496", "name": "Himalaya Liv.52", "normalized_quantity": 1}]
    post(body)
    return "SHOP-1"


@pytest.fixture
def another(asha: str, post: Post) -> str:
    """A second purchase that most questions find as well; its id."""
    body = order_update("PO-7788-B", merchant_order_id="SHOP-2", group_order_id="GRP99B")
    told = document(body)
    told["user"] = {"email": "asha@example.org", "contact_number": "+91 98765-43210"}
    told["delivery_address"] |= {"name": "Asha Patel", "pincode": "560034"}
    told["grouped_orders"][0]["eta"] = None
    post(body)
    return "SHOP-2"


# --- where a search leads ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["SHOP-1", "PO-7788-A", "grp99", "awb00123", "4187", "asha rao", " SHOP-1 "])
def test_one_hit_opens(asha: str, as_role: AsRole, typed: str) -> None:
    answer = as_role("Operations").post("/find/", {"q": typed})

    assert (answer.status_code, answer["Location"]) == (303, "/orders/SHOP-1/")


def test_an_id_opens_its_purchase_though_others_begin_so(post: Post, as_role: AsRole) -> None:
    for order in ("PO1", "PO12", "PO123"):
        post(order_update(order))

    answer = as_role("Viewer").post("/find/", {"q": "PO1"})

    assert answer["Location"] == "/orders/M-PO1/"


@pytest.mark.parametrize("typed", ["PO-SILENT", "SILENT", "po-silent"])
def test_a_purchase_that_was_only_registered_opens(as_role: AsRole, typed: str) -> None:
    said = registration.Registration("SILENT", "PO-SILENT", PaymentMethod.COD)
    registration.register(said, by=Actor("the shop"))

    answer = as_role("Viewer").post("/find/", {"q": typed})

    assert answer["Location"] == "/orders/SILENT/"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("shop", "Order SHOP-1"),
        ("grp9", "1mg group GRP99"),
        ("7788", "1mg order PO-7788-A"),
        ("3210", "Phone ends 3210"),
        ("98765 43210", "Phone ends 3210"),
        ("asha", "Name"),
        ("asha@example.org", "E-mail"),
        ("560034", "PIN 560034"),
        ("asha 7788", "Name, 1mg order PO-7788-A"),
    ],
)
def test_several_are_listed_with_why_each_was_found(another: str, as_role: AsRole, typed: str, reason: str) -> None:
    page = search(as_role("Operations"), typed)

    assert "2 purchases" in shown(page)
    assert f"SHOP-1 {reason} Asha R." in shown(page)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("AWB00123 SHOP-9", "Waybill AWB00123"),
        ("4187, SHOP-9", "Invoice 004187"),
        ("210496, SHOP-9", "SKU 210496"),
        ("9000011111, SHOP-9", "Courier's phone ends 1111"),
    ],
)
def test_of_a_list_each_hit_says_which_of_the_ids_it_has(asha: str, as_role: AsRole, typed: str, reason: str) -> None:
    page = search(as_role("Operations"), typed.replace(" SHOP-9", "\nSHOP-9"))

    assert f"SHOP-1 {reason} Asha R." in shown(page)


def test_a_medicine_is_a_reason_without_its_name(another: str, asha: str, post: Post, as_role: AsRole) -> None:
    body = order_update("PO3")
    document(body)["grouped_orders"][0]["skus"] = [{"sku_id": "7", "name": "Himalaya Koflet", "normalized_quantity": 1}]
    post(body)

    page = search(as_role("Operations"), "himalaya")

    assert "SHOP-1 Medicine Asha R." in shown(page)
    assert "Liv.52" not in page.content.decode()


def test_a_hit_says_what_1mg_promised_or_that_it_has_not(another: str, as_role: AsRole) -> None:
    rows = re.findall(r"<tr>.*?</tr>", search(as_role("Operations"), "shop").content.decode(), re.DOTALL)

    found = {re.findall(r"SHOP-\d", row)[0]: "1mg has not said" in row for row in rows[1:]}

    assert found == {"SHOP-1": False, "SHOP-2": True}


def test_a_hit_has_no_more_of_a_person_than_lists_have(another: str, as_role: AsRole) -> None:
    page = search(as_role("Operations"), "asha").content.decode().partition("<main")[2]

    assert "••••••3210" in page
    assert [word for word in ("Rao", "Patel", "43210", "asha@example.org", "Himalaya") if word in page] == []


def test_none_found_says_so_keeps_what_was_typed_and_tells_what_can_be(asha: str, as_role: AsRole) -> None:
    page = search(as_role("Operations"), "xyzzy 12")

    assert "No purchase has “xyzzy 12”" in shown(page)
    assert "Invoice numbers, also without the zeros before" in shown(page)
    assert 'value="xyzzy 12"' in page.content.decode()


@pytest.mark.parametrize("typed", ["", "   "])
def test_nothing_typed_leads_to_what_can_be_searched(as_role: AsRole, typed: str) -> None:
    page = search(as_role("Viewer"), typed)

    assert page.request["PATH_INFO"] == "/find/"
    assert "What can be searched" in shown(page)


@pytest.mark.parametrize(
    "typed", ["%", "\x00", "'", "<b>", "💊", "x" * 7000, "\ud800".encode("utf-8", "surrogatepass")]
)
def test_U21_whatever_is_typed_is_answered(asha: str, as_role: AsRole, typed: Any) -> None:
    assert search(as_role("Operations"), typed).status_code == 200


# --- every id of the published bodies ---------------------------------------------------------------------------------


def ids_of(body: Any) -> set[str]:
    """What a published body names its purchase by."""
    told = document(body)
    found = {told.get("merchant_order_id"), told.get("group_order_id")}
    for entry in told["grouped_orders"]:
        shipment = entry.get("shipment_detail") or {}
        found |= {entry["order_id"], shipment.get("tracking_number"), *(entry.get("invoice_data") or {})}
        found |= {str(sku["sku_id"]) for sku in entry["skus"]}
    return {one for one in found if one}


@pytest.mark.parametrize("name", NAMES)
def test_each_published_body_is_found_by_each_of_its_ids(post: Post, as_role: AsRole, name: str) -> None:
    post(body := payload(name))
    browser = as_role("Viewer")
    ids = ids_of(body)

    found = {part: hits(browser, part) for one in ids for part in (one, one.lower(), one[:4], one[-4:], one[1:5])}

    purchase = document(body).get("merchant_order_id") or document(body).get("group_order_id")
    assert len(ids) > 2
    assert {part: keys for part, keys in found.items() if keys != [purchase] and len(part) > 3} == {}


# --- U12: no oracle ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    ["asha", "rao asha", "3210", "9876543210", "+91 98765", "asha@example.org", "560034", "himalaya", "1111"]
    + ["9876543210, SHOP-9", "asha shop"],
)
def test_U12_a_viewer_finds_nobody(asha: str, as_role: AsRole, typed: str) -> None:
    answers = {role: "SHOP-1" in hits(as_role(role), typed) for role in ("Viewer", "Operations", "Administrator")}

    assert answers == {"Viewer": False, "Operations": True, "Administrator": True}


def test_U12_a_viewer_is_not_told_that_such_things_can_be_searched(as_role: AsRole) -> None:
    page = shown(as_role("Viewer").get("/find/"))

    assert [word for word in ("hone", "ame", "edicine", "PIN") if word in page] == []


def test_U11_a_viewer_sees_a_mask_instead_of_a_name(another: str, as_role: AsRole) -> None:
    page = search(as_role("Viewer"), "shop").content.decode()

    assert [word for word in ("Asha", "Rao", "43210") if word in page] == []


def test_U12_the_lists_address_finds_ids_alone(asha: str, as_role: AsRole) -> None:
    browser = as_role("Operations")

    found = {q: asha in browser.get("/orders/", {"q": q}).content.decode() for q in ("7788", "asha", "9876543210")}

    assert found == {"7788": True, "asha": False, "9876543210": False}


# --- many at once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("between", ["\n", ", ", ";", "\r\n\r\n", "\t"])
def test_of_many_ids_those_not_found_are_named(another: str, as_role: AsRole, between: str) -> None:
    page = search(as_role("Viewer"), between.join(["SHOP-2", "PO404", "PO-7788-A", "41870"]))

    assert "2 of them were not found PO404, 41870" in shown(page)
    assert re.findall(r'href="/orders/([\w-]+)/"', page.content.decode()) == ["SHOP-2", "SHOP-1"]


def test_many_that_are_all_of_one_purchase_open_it(asha: str, as_role: AsRole) -> None:
    assert hits(as_role("Viewer"), "SHOP-1\nPO-7788-A\n004187") == ["SHOP-1"]


def test_of_many_only_whole_ids_count(asha: str, as_role: AsRole) -> None:
    assert "1 of them was not found SHOP-11" in shown(search(as_role("Viewer"), "SHOP-1\nSHOP-11"))


def test_more_than_a_hundred_are_cut_off_aloud(asha: str, as_role: AsRole) -> None:
    page = search(as_role("Viewer"), "\n".join(f"PO{n:04}" for n in range(101)))

    assert "Only the first 100 of 101 were looked for" in shown(page)
    assert "100 of them were not found" in shown(page)


# --- ref 731 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["ref {}", "Ref. {}", "REF{}", "ref: {}", "Reference {}.", "#{}", "ref #{}"])
def test_a_reference_opens_the_delivery_that_1mg_was_told_it_of(asha: str, as_role: AsRole, spelling: str) -> None:
    number = Delivery.objects.get().pk

    answer = as_role("Viewer").post("/find/", {"q": spelling.format(number)})

    assert (answer.status_code, answer["Location"]) == (303, f"/deliveries/{number}/")


def test_a_reference_that_was_never_given_is_searched_as_words(asha: str, as_role: AsRole) -> None:
    assert "No purchase has “ref 999999”" in shown(search(as_role("Viewer"), "ref 999999"))


# --- what stands where ------------------------------------------------------------------------------------------------


def test_U22_what_was_typed_stands_in_no_address(another: str, as_role: AsRole) -> None:
    browser = as_role("Operations")
    answer = browser.post("/find/", {"q": "asha"})

    page = browser.get(answer["Location"])

    assert re.fullmatch(r"/find/[\w-]{8}/", answer["Location"])
    assert "?q=" not in page.content.decode()
    assert "asha" not in re.findall(r"<title>(.*?)</title>", page.content.decode())[0].lower()


def test_a_search_is_shown_again_however_often_it_is_loaded(another: str, as_role: AsRole) -> None:
    browser = as_role("Operations")
    address = browser.post("/find/", {"q": "asha"})["Location"]
    browser.post("/find/", {"q": "grp99"})

    pages = [shown(browser.get(address)) for _ in range(2)]

    assert pages[0] == pages[1]
    assert "2 purchases" in pages[0]


def test_the_last_few_searches_are_kept_and_no_more(another: str, as_role: AsRole) -> None:
    browser = as_role("Operations")
    addresses = [browser.post("/find/", {"q": "asha"})["Location"] for _ in range(6)]

    kept = ["2 purchases" in shown(browser.get(address)) for address in addresses]

    assert kept == [False, True, True, True, True, True]
    assert "This search is not kept any more" in shown(browser.get(addresses[0]))


def test_nobody_else_sees_a_search(another: str, as_role: AsRole) -> None:
    address = as_role("Operations").post("/find/", {"q": "asha"})["Location"]

    assert "This search is not kept any more" in shown(as_role("Administrator").get(address))


def test_signing_out_forgets_what_was_searched(another: str, as_role: AsRole) -> None:
    browser = as_role("Operations")
    browser.post("/find/", {"q": "asha"})

    browser.post("/logout/")

    assert not Session.objects.exists()


def test_U5_a_search_without_the_forms_token_is_refused(as_role: AsRole) -> None:
    browser = as_role("Operations")
    browser.handler.enforce_csrf_checks = True

    assert browser.post("/find/", {"q": "asha"}).status_code == 403


def test_a_search_is_not_refreshed_by_itself(another: str, as_role: AsRole) -> None:
    page = search(as_role("Operations"), "asha").content.decode()

    assert "data-live" not in page[page.index("<main") :]
