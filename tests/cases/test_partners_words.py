"""A14: partners' free text is personal, wherever it is kept, shown or answered."""

from __future__ import annotations

import html
import json
import random
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.actors import Actor
from orders.models import Act, ApiKey, GroupedOrder, OrderGroup
from payments import outbox, services
from payments.models import ConfirmedOrder, PartnerCall
from tests.conftest import document, order_update
from tests.payments.conftest import Buy, carried
from tests.payments.partners import wire
from tests.revealing import revealed
from tests.rows import everything

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], Client]

NAME, PATIENT, DOCTOR, RIDER = "Kanarija Vasudevan", "Meenakshi Zutshi", "Dr. Hiramay Pushpayastha", "Balwinder Qureshi"
STREET, MARK, PHONE, DOOR, MAIL = (
    "77 Lotusgarten Lane",
    "Opp Zaffran Mahal",
    "9876501234",
    "8765401239",
    "kanarija.v@example.org",
)
PEOPLE = [NAME, PATIENT, "Hiramay Pushpayastha", RIDER, STREET, MARK, PHONE, DOOR, MAIL]
#: A word of each that must not stand anywhere, whatever became of the others.
SINGLE = [
    "kanarija",
    "vasudevan",
    "meenakshi",
    "zutshi",
    "hiramay",
    "pushpayastha",
    "balwinder",
    "qureshi",
    "lotusgarten",
    "zaffran",
    PHONE,
    DOOR,
]

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda value: value,
    "upper case": str.upper,
    "mixed case": str.swapcase,
    "blanks": lambda value: value.replace(" ", "   "),
    "line breaks": lambda value: value.replace(" ", "\r\n"),
    "no blanks": lambda value: value.replace(" ", ""),
    "underscores": lambda value: value.replace(" ", "_"),
    "commas": lambda value: ", ".join(reversed(value.split())),
    "decomposed": lambda value: unicodedata.normalize("NFD", value),
    "full width": lambda value: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value),
    "invisible": lambda value: "\u200b".join(value),
    "JSON": lambda value: "".join(f"\\u{ord(c):04x}" for c in value),
    "JSON in JSON": lambda value: json.dumps(json.dumps(value.replace(" ", "\n"))),
    "HTML": lambda value: html.escape(value).replace("a", "&#97;").replace(" ", "&nbsp;"),
    "URL": lambda value: quote(value, safe=""),
    "every letter": lambda value: "".join(f"%{byte:02X}" for byte in value.encode()),
    "form": lambda value: quote(value).replace("%20", "+"),
}


@pytest.fixture
def sold(buy: Buy, post: Callable[..., Any]) -> Callable[..., OrderGroup]:
    """A purchase whose people both partners know."""

    def make(name: str = "M1", **told: Any) -> OrderGroup:
        buy(name, status=None)
        speak(post, name, **told)
        return OrderGroup.objects.get(pk=name)

    return make


def speak(
    post: Callable[..., Any],
    name: str,
    updated: int = 1_700_000_000,
    *,
    address: Mapping[str, Any] = MappingProxyType({}),
    user: Any = None,
    **told: Any,
) -> None:
    """1mg tells of the purchase with all its people; `told` replaces keys of the entry."""
    body = order_update(f"PO{name}", 15, updated)
    user = user or {"email": MAIL, "contact_number": PHONE}
    said = document(body) | {"merchant_order_id": name, "user": user}
    said["delivery_address"] |= {"name": NAME, "street1": STREET, "landmark": MARK, "contact_number": DOOR} | address
    entry = said["grouped_orders"][0]
    entry["shipment_detail"] |= {"delivery_contact_name": RIDER, "delivery_contact": "7654301238"}
    entry["invoice_data"] = {"013": {"doctor_name": DOCTOR, "patient_name": PATIENT}}
    entry |= told
    body["result"] = said
    assert post(body).status_code == 200


@contextmanager
def saying(settings: Any, code: int, words: str, *headers: str) -> Iterator[None]:
    """Both partners answer so, with these words where a message stands."""
    told = {"is_success": False, "error": {"message": words, "errors": [{"message": words}]}, "message": words}

    def behave(stream: Any) -> None:
        token = b"generate-token" in partner.requests[-1]
        answer = {"token": "a-token"} if token else told
        wire.answering(200 if token else code, json.dumps(answer).encode(), *headers)(stream)

    with wire.listening(behave) as partner:
        settings.ONEMG_BASE_URL = settings.NIMBBL_BASE_URL = partner.url
        settings.PARTNER_HOSTS = frozenset({partner.host})
        yield
        assert outbox.drain(30)


def stored() -> str:
    """Every text in the rows of acting, as it is kept."""
    rows = everything()
    told = [rows["payments.PartnerCall"], rows["orders.Act"], rows["django_q.OrmQ"]]
    told.append({key: row["confirmation_reason"] for key, row in rows["orders.OrderGroup"].items()})
    return json.dumps(told, default=str, ensure_ascii=False)


def leaks(text: str, words: list[str] = SINGLE) -> list[str]:
    """Which words of people stand in a text, however they are written there."""
    plain = text
    for _time in range(4):
        plain = re.sub(r"\\+u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), unquote(html.unescape(plain)))
    folded = "".join(c for c in unicodedata.normalize("NFKC", plain).casefold() if c != "\u200b")
    digits = "".join(c for c in folded if c.isdigit() or c.isalpha())
    return [word for word in words if word in folded or (word.isdigit() and word in digits)]


#: Where a partner's words may come up for who reads.
PAGES = (
    "/orders/",
    "/orders/M1/",
    "/calls/",
    "/calls/?state=rejected",
    "/deliveries/",
    "/deliveries/{delivery}/",
    "/calls/{call}/",
)
ADMIN = (
    "payments/partnercall/",
    "payments/partnercall/{call}/change/",
    "orders/act/",
    "orders/act/{line}/change/",
    "orders/ordergroup/",
    "orders/ordergroup/M1/change/",
    "orders/groupedorder/",
    "orders/groupedorder/POM1/change/",
    "orders/orderupdate/",
    "orders/orderupdate/{update}/change/",
)


def seen(browser: Client) -> dict[str, str]:
    """Every page on which a partner's words may stand, as this browser is shown it."""
    rows = everything()
    newest = {
        "call": max(rows["payments.PartnerCall"]),
        "delivery": max(rows["webhooks.Delivery"]),
        "line": max(rows["orders.Act"]),
        "update": max(rows["orders.OrderUpdate"]),
    }
    paths = [*PAGES, *(f"/admin/{path}" for path in ADMIN)]
    found = {path: browser.get(path.format(**newest)) for path in paths}
    return {path: answer.content.decode() for path, answer in found.items() if answer.status_code == 200}


@pytest.fixture
def viewer(as_role: AsRole) -> Client:
    """A Viewer who may look into the admin as well."""
    browser = as_role("Viewer")
    User.objects.filter(username="viewer").update(is_staff=True)
    return browser


def answered(client: Client, **rights: bool) -> str:
    """What the API says of the purchase."""
    secret = ApiKey.issue(f"shop {rights}", **rights)[1]
    return client.get("/api/orders/M1/", headers={"Authorization": f"Token {secret}"}).content.decode()


# --- before it is stored ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_A14_control_people_are_recognised_in_every_spelling(spelling: str) -> None:
    told = " ; ".join(SPELLINGS[spelling](value) for value in PEOPLE)

    assert leaks(json.dumps({"said": told})) == SINGLE


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("code", [200, 500])
def test_A14_1mgs_words_are_kept_without_people(
    sold: Any, asha: Actor, settings: Any, spelling: str, code: int
) -> None:
    sold()
    spelt = [SPELLINGS[spelling](value) for value in PEOPLE]

    with saying(settings, code, f"Order of {spelt[0]}, {' ; '.join(spelt)} is odd", f"Location: /{quote(NAME)}"):
        services.confirm("M1", by=asha)

    assert "is odd" in PartnerCall.objects.get().said
    assert leaks(stored()) == []


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_A14_nimbbls_words_are_kept_without_people(sold: Any, asha: Actor, settings: Any, spelling: str) -> None:
    sold()
    spelt = [SPELLINGS[spelling](value) for value in PEOPLE]

    with saying(settings, 400, f"Order of {' ; '.join(spelt)} is odd"):
        services.update_order("o_M1", {"user_agent": "Firefox"}, by=asha)

    assert "is odd" in PartnerCall.objects.get().said
    assert leaks(stored()) == []


@pytest.mark.parametrize(
    "phone",
    [
        "+919876501234",
        "+91 98765 01234",
        "098765-01234",
        "98765.01234",
        "(98765) 01234",
        "91-9876501234",
        "0091 9876 501 234",
        "9 8 7 6 5 0 1 2 3 4",
        "९८७६५०१२३४",
        "98765\u00a001234",
        "%2B91%209876501234",
    ],
)
def test_A14_a_phone_goes_however_it_is_written(sold: Any, asha: Actor, settings: Any, phone: str) -> None:
    sold()

    with saying(settings, 500, f"Customer {phone} is odd"):
        services.confirm("M1", by=asha)

    assert PartnerCall.objects.get().said.startswith("1mg answered 500: “Customer")
    assert leaks(unicodedata.normalize("NFKC", stored()).replace("९८७६५०१२३४", PHONE)) == []


def test_A14_names_of_other_scripts_go_too(sold: Any, post: Any, asha: Actor, settings: Any) -> None:
    sold(invoice_data={"013": {"doctor_name": "José Núñez", "patient_name": "प्रिया शर्मा"}})
    words = f"Patient प्रिया शर्मा or प्रिया of JOSE NUNEZ, {unicodedata.normalize('NFD', 'José Núñez')} is odd"

    with saying(settings, 500, words):
        services.confirm("M1", by=asha)

    said = unicodedata.normalize("NFC", stored()).casefold()
    assert [word for word in ("प्रिया", "शर्मा", "jose", "josé", "núñez", "nunez") if word in said] == []


def test_A14_ids_amounts_and_common_words_stay_readable(sold: Any, asha: Actor, settings: Any) -> None:
    sold()
    words = "Order POM1 of M1, ₹652.36 on 2026-11-27 in Bengaluru 560076: the road to Dr 4th is not manual"

    with saying(settings, 500, words):
        services.confirm("M1", by=asha)

    assert f"“{words}”" in PartnerCall.objects.get().said


def test_A14_who_is_called_like_an_order_hides_no_order(sold: Any, post: Any, asha: Actor, settings: Any) -> None:
    sold(invoice_data={"013": {"doctor_name": "Order", "patient_name": "M1 Not Found"}})

    with saying(settings, 500, "Order not found"):
        services.confirm("M1", by=asha)

    assert "“Order not found”" in PartnerCall.objects.get().said


def test_A14_a_name_that_stands_across_the_cut_goes_whole(sold: Any, asha: Actor, settings: Any) -> None:
    sold()

    for before in range(560, 600, 3):
        with saying(settings, 500, "x" * before + f" {NAME} {STREET}"):
            carried(services.confirm("M1", by=asha))
        PartnerCall.objects.update(state="rejected")
        ConfirmedOrder.objects.update(live=False)
        OrderGroup.objects.update(confirmation_state="rejected")

    assert [word for word in ("Kanar", "Vasude", "Lotusg") if word in stored()] == []


def test_A14_the_enquirys_trouble_is_kept_without_people_in_the_ticks(sold: Any, asha: Actor, settings: Any) -> None:
    sold()

    with saying(settings, 400, f"Payment of {NAME}, {STREET} is odd"):
        services.confirm("M1", by=asha)

    ticks = json.dumps(PartnerCall.objects.get().ticks, ensure_ascii=False)
    assert "Nimbbl says" in ticks
    assert leaks(ticks) == []


# --- as it is read ----------------------------------------------------------------------------------------------------


def odd(words: str) -> None:
    """What was kept of a refusal before anybody knew whose names these are, and of what staff typed."""
    said = f"1mg answered 500: “{words}”. Its page does not say what that means."
    call = PartnerCall.objects.create(
        group_id="M1",
        partner="1mg",
        operation="confirm",
        state="rejected",
        by="asha",
        said=said,
        why=words,
        settled_by="person",
        settled_reason=f"It did not work, says asha: {words}",
        answer_code=500,
        url="http://x/",
        answer_body=json.dumps({"error": {"message": words}, "status": words}),
        answer_headers={"location": words},
        request_body=json.dumps({"order_id": "POM1"}),
        ticks=[{"code": "paid", "verdict": "unknown", "words": words}],
    )
    OrderGroup.objects.filter(pk="M1").update(confirmation_state="rejected", confirmation_reason=said)
    now = call.created_at
    Act.objects.create(group_id="M1", at=now, received_at=now, source="1mg", kind="call", text=said, call_id=call.pk)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_A14_a_viewer_reads_no_people_in_what_was_kept(sold: Any, viewer: Client, spelling: str) -> None:
    sold()
    odd(" ; ".join(SPELLINGS[spelling](value) for value in PEOPLE) + " is odd")

    pages = seen(viewer)

    assert len(pages) > 12
    assert {path: found for path, text in pages.items() if (found := leaks(text))} == {}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_A14_a_masked_key_is_answered_no_people(sold: Any, client: Client, spelling: str) -> None:
    sold()
    odd(" ; ".join(SPELLINGS[spelling](value) for value in PEOPLE) + " is odd")

    told = json.loads(answered(client))

    assert told["confirmation"]["state"] == "rejected"
    assert leaks(json.dumps(told, ensure_ascii=False)) == []


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_A14_1mgs_titles_and_reasons_are_read_without_people(
    sold: Any, post: Any, client: Client, viewer: Client, spelling: str
) -> None:
    words = " ; ".join(SPELLINGS[spelling](value) for value in PEOPLE)
    sold()
    odd("Order not found")
    speak(
        post,
        "M1",
        updated=1_700_000_100,
        order_status={"status_id": 130, "title": f"Left with {words}", "sub_title": words},
        shipment_detail={
            "delivery_partner_name": words[:200],
            "tracking_url": f"https://x.example/?to={words}",
            "tracking_number": words[:100],
            "delivery_contact_name": RIDER,
        },
    )
    OrderGroup.objects.update(prescriptions=[{"url": "", "status": words, "reason": words}])

    read = seen(viewer) | {"api": answered(client)}

    assert {path: found for path, text in read.items() if (found := leaks(text))} == {}
    assert "Left with" in read["/orders/M1/"]


def test_A14_of_a_quote_a_viewer_reads_only_words_that_tell_nobody_apart(sold: Any, viewer: Client) -> None:
    sold()
    odd("Order POM1 of Somebody Neverheard, 5 Elsewhere (patient Nobody Told) is odd")

    page = html.unescape(viewer.get("/orders/M1/").content.decode())

    assert "“Order POM1 of ••••, ••••" in page
    assert [word for word in ("Somebody", "Neverheard", "Elsewhere", "Nobody") if word in page] == []


def test_A14_published_refusals_are_read_by_everybody(sold: Any, viewer: Client) -> None:
    sold()
    odd("Map payment to order operation failed")

    assert "“Map payment to order operation failed”" in viewer.get("/orders/M1/").content.decode()


def test_A14_control_who_may_see_personal_data_reads_the_words(sold: Any, client: Client, as_role: AsRole) -> None:
    sold()
    odd(f"Order of {NAME}, {STREET} is odd")

    page = revealed(as_role("Operations"), "M1").content.decode()

    assert f"“Order of {NAME}, {STREET} is odd”" in html.unescape(page)
    assert (
        f"“Order of {NAME}, {STREET} is odd”"
        in json.loads(answered(client, may_see_personal_data=True))["confirmation"]["reason"]
    )


def test_A14_masking_for_reading_changes_no_row(sold: Any, viewer: Client, client: Client) -> None:
    sold()
    odd(f"Order of {NAME}, {STREET} is odd")
    before = everything()

    seen(viewer)
    answered(client)

    for label in ("orders.OrderGroup", "orders.GroupedOrder", "orders.Act", "payments.PartnerCall"):
        assert everything()[label] == before[label]


@pytest.mark.parametrize("path", ["/calls/", "/api/orders/"])
def test_A14_masking_costs_as_many_queries_for_many_as_for_one(
    sold: Any, viewer: Client, client: Client, path: str
) -> None:
    secret = ApiKey.issue("shop")[1]
    headers = {"Authorization": f"Token {secret}"} if path.startswith("/api") else {}

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert viewer.get(path, headers=headers).status_code == 200
        return len(queries)

    sold("M1")
    odd(NAME)
    one = (cost(), cost())[1]
    for name in ("M2", "M3", "M4"):
        sold(name)
        PartnerCall.objects.create(group_id=name, partner="1mg", operation="confirm", state="rejected", by="asha")
    assert GroupedOrder.objects.count() == 4

    assert cost() == one


# --- whoever they are -------------------------------------------------------------------------------------------------


def word(some: random.Random) -> str:
    """A word that nobody has written before."""
    return "".join(some.choice("bdfgjklmnprstvz") + some.choice("aeiou") for _ in range(4)).capitalize()


@pytest.mark.parametrize("seed", range(8))
def test_A14_whoever_is_named_and_however_nobody_is_kept_nor_read(
    sold: Any, post: Any, asha: Actor, settings: Any, viewer: Client, client: Client, seed: int
) -> None:
    some = random.Random(seed)
    names = [" ".join(word(some) for _ in range(some.choice((1, 2, 3)))) for _ in range(4)]
    streets = [f"{some.randrange(1, 99)} {word(some)} {some.choice(('Road', 'Nagar', 'Marg'))}" for _ in range(3)]
    phones = [str(some.randrange(6_000_000_000, 9_999_999_999)) for _ in range(3)]
    sold(
        address={
            "name": names[0],
            "street1": streets[0],
            "street2": streets[1],
            "locality": streets[2],
            "contact_number": phones[0],
        },
        user={"email": f"{word(some)}@example.org", "contact_number": f"+91{phones[1]}"},
        shipment_detail={"delivery_contact_name": names[1], "delivery_contact": phones[2]},
        invoice_data={"013": {"doctor_name": f"Dr {names[2]}", "patient_name": names[3]}},
    )
    spelt = [some.choice(list(SPELLINGS.values()))(value) for value in (*names, *streets, *phones)]
    some.shuffle(spelt)

    with saying(settings, some.choice((200, 400, 500)), f"Order of {' ; '.join(spelt)} is odd"):
        services.confirm("M1", by=asha)
    odd(" ; ".join(spelt))

    people = [part.casefold() for value in (*names, *streets) for part in value.split()[-3:] if len(part) == 8]
    read = seen(viewer) | {"api": answered(client), "kept": json.dumps(kept_of_the_call(), ensure_ascii=False)}
    assert len(people) >= 7
    assert {path: found for path, text in read.items() if (found := leaks(text, [*people, *phones]))} == {}


def kept_of_the_call() -> list[str]:
    """What was kept of the first call's answer."""
    row = PartnerCall.objects.order_by("pk")[0]
    return [row.said, row.answer_body, row.request_body, str(row.answer_headers), str(row.ticks)]
