"""The read API as the merchant's own systems see it: keys, types, rights, paging, filters, errors, document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import ApiKey, GroupedOrder, OrderGroup
from tests.conftest import TOKEN, document, order_update, payload

pytestmark = pytest.mark.django_db

PURCHASE_KEYS = [
    "merchant_order_id",
    "group_order_id",
    "payment_method",
    "payment_summary",
    "payment",
    "confirmation",
    "customer",
    "delivery_address",
    "prescriptions",
    "orders",
    "needs",
    "timeline",
]
ORDER_KEYS = [
    "order_id",
    "status_id",
    "status",
    "stage",
    "title",
    "sub_title",
    "created",
    "updated",
    "eta_from",
    "eta_to",
    "shipment",
    "invoices",
    "skus",
]
SKU_KEYS = [
    "sku_id",
    "name",
    "pack_size_label",
    "quantity",
    "mrp",
    "offered_price",
    "sku_type",
    "prescription_required",
    "prescription_verified",
    "prescription_status",
]
INVOICE_KEYS = ["number", "url", "doctor_name", "patient_name", "skus"]
SHIPMENT_KEYS = [
    "delivery_partner_name",
    "tracking_url",
    "tracking_number",
    "delivery_contact",
    "delivery_contact_name",
]
TIMELINE_KEYS = ["at", "received_at", "source", "kind", "order_id", "status_id", "text"]
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
MONEY = re.compile(r"-?\d+\.\d\d")
#: What `payload("delivered")` and its like say about people, as published.
PERSONAL = ["USER1", "Hiramay", "Pushpayastha", "Rishiraj", "purkayastha"]


@pytest.fixture
def api(client: Client) -> Callable[..., Any]:
    """Ask the API with a key of its own; `rights` are the key's."""
    keys: dict[str, str] = {}

    def ask(path: str = "/api/orders/", *, method: str = "get", **rights: Any) -> Any:
        name = json.dumps(rights)
        if name not in keys:
            keys[name] = ApiKey.issue(name, **rights)[1]
        client.raise_request_exception = False
        return getattr(client, method)(path, headers={"Authorization": f"Token {keys[name]}"})

    return ask


def ids(answer: Any) -> list[str]:
    """The purchases of a page of the list, in its order."""
    return [purchase["merchant_order_id"] for purchase in answer.json()["results"]]


# --- keys and types ---------------------------------------------------------------------------------------------------


@pytest.fixture
def split(post: Callable[..., Any], api: Callable[..., Any]) -> dict[str, Any]:
    """The published split order, as a key that may see everything gets it."""
    post(payload("split-order"))
    return api("/api/orders/PO122434/", may_see_personal_data=True).json()


def test_a_purchase_has_the_agreed_keys_in_the_agreed_order(split: dict[str, Any]) -> None:
    assert list(split) == PURCHASE_KEYS


def test_an_order_has_the_agreed_keys(split: dict[str, Any]) -> None:
    assert [list(order) for order in split["orders"]] == [ORDER_KEYS, ORDER_KEYS]


@pytest.mark.parametrize(("part", "keys"), [("skus", SKU_KEYS), ("invoices", INVOICE_KEYS)])
def test_a_part_of_an_order_has_the_agreed_keys(split: dict[str, Any], part: str, keys: list[str]) -> None:
    assert {tuple(line) for line in split["orders"][0][part]} == {tuple(keys)}


def test_a_shipment_has_the_agreed_keys(split: dict[str, Any]) -> None:
    assert list(split["orders"][0]["shipment"]) == SHIPMENT_KEYS


def test_the_small_objects_have_the_agreed_keys(post: Callable[..., Any], api: Callable[..., Any]) -> None:
    post(payload("order-stuck"))

    shown = api("/api/orders/PO122434/").json()

    assert list(shown["confirmation"]) == ["state", "at", "reason"]
    assert list(shown["customer"]) == ["name", "email", "contact_number"]
    assert {tuple(sorted(paper)) for paper in shown["prescriptions"]} == {("reason", "status", "url")}


def test_a_line_of_the_timeline_has_the_agreed_keys(split: dict[str, Any]) -> None:
    assert {tuple(line) for line in split["timeline"]} == {tuple(TIMELINE_KEYS)}


def test_the_list_shows_a_purchase_as_its_own_address_does(split: dict[str, Any], api: Callable[..., Any]) -> None:
    listed = api(may_see_personal_data=True).json()

    assert listed == {"next": None, "previous": None, "results": [split]}


def test_times_are_iso_8601_in_utc(split: dict[str, Any]) -> None:
    order = split["orders"][1]

    times = [order[key] for key in ("created", "updated", "eta_from", "eta_to")]
    times += [line[key] for line in split["timeline"] for key in ("at", "received_at")]

    assert [time for time in times if not INSTANT.fullmatch(time)] == []
    assert order["created"] == "2019-07-17T12:31:29Z"


def test_an_unknown_time_is_null(split: dict[str, Any]) -> None:
    assert split["orders"][0]["eta_from"] is None


def test_money_is_text_with_two_decimals(split: dict[str, Any]) -> None:
    sku = split["orders"][0]["skus"][0]
    amounts = [
        value for key, value in split["payment_summary"].items() if key not in ("mode", "vas", "additional_charges")
    ]

    texts = [value for value in amounts if not isinstance(value, bool)] + [sku["mrp"], sku["offered_price"]]

    assert [text for text in texts if not MONEY.fullmatch(text)] == []
    assert (sku["mrp"], split["payment_summary"]["order_mrp"]) == ("10.00", "652.36")
    assert split["payment_summary"]["vas"][0]["amount"] == "40.00"


def test_the_purchases_money_is_said_once_and_never_summed(split: dict[str, Any]) -> None:
    assert split["payment_summary"]["online_collected"] == "652.40"


def test_a_quantity_is_a_number(split: dict[str, Any]) -> None:
    assert split["orders"][0]["skus"][0]["quantity"] == 1


@pytest.mark.parametrize("key", ["tracking_url", "delivery_contact", "delivery_contact_name"])
def test_what_1mg_left_null_is_null(split: dict[str, Any], key: str) -> None:
    assert split["orders"][0]["shipment"][key] is None


def test_a_purchase_of_which_nothing_is_known_is_null_all_over(
    post: Callable[..., Any], api: Callable[..., Any]
) -> None:
    body = {"merchant_order_id": "BARE", "grouped_orders": [{"order_id": "PO-BARE", "updated": 1_700_000_000}]}
    post(body)

    shown = api("/api/orders/BARE/").json()

    assert {key: shown[key] for key in ("group_order_id", "payment_method", "payment_summary")} == {
        "group_order_id": None,
        "payment_method": None,
        "payment_summary": None,
    }
    assert shown["customer"] == {"name": None, "email": None, "contact_number": None}
    order = shown["orders"][0]
    assert {order[key] for key in ("status_id", "created", "eta_from", "eta_to")} == {None}
    assert set(order["shipment"].values()) == {None}


@pytest.mark.parametrize(("mode", "state"), [("COD", "not_needed"), ("ONLINE", "none")])
def test_only_an_online_purchase_wants_a_confirmation(
    post: Callable[..., Any], api: Callable[..., Any], mode: str, state: str
) -> None:
    body = order_update("PO1")
    document(body)["grouped_orders"][0]["payment_summary"]["mode"] = mode
    post(body)

    assert api("/api/orders/M-PO1/").json()["confirmation"] == {"state": state, "at": None, "reason": None}


# --- personal data ----------------------------------------------------------------------------------------------------


def test_U11_a_key_without_the_right_sees_everything_personal_masked(
    post: Callable[..., Any], api: Callable[..., Any]
) -> None:
    post(payload("split-order"))

    answer = api("/api/orders/PO122434/")

    assert [word for word in PERSONAL if word in answer.content.decode()] == []
    shown = answer.json()
    assert shown["customer"]["contact_number"] == "••••••7890"
    assert shown["orders"][0]["invoices"][0]["url"] == "••••"


def test_U11_a_key_with_the_right_sees_it_in_clear(split: dict[str, Any]) -> None:
    text = json.dumps(split, ensure_ascii=False)

    assert [word for word in PERSONAL if word not in text] == []
    assert "••••" not in text


def test_U11_the_place_of_an_address_stays(post: Callable[..., Any], api: Callable[..., Any]) -> None:
    post(payload("delivered"))
    clear = document(payload("delivered"))["delivery_address"]

    shown = api("/api/orders/PO122434/").json()["delivery_address"]

    assert {key: shown[key] for key in ("city", "pincode", "state", "country")} == {
        key: clear[key] for key in ("city", "pincode", "state", "country")
    }
    assert {shown[key] for key in ("name", "street1", "contact_number", "latitude", "longitude")} == {"••••"}


@pytest.mark.parametrize(("rights", "found"), [({}, []), ({"may_see_personal_data": True}, ["PO122434"])])
def test_U12_only_a_key_that_may_see_names_finds_by_them(
    post: Callable[..., Any], api: Callable[..., Any], rights: dict[str, bool], found: list[str]
) -> None:
    post(payload("delivered"))

    assert ids(api("/api/orders/?q=USER1", **rights)) == found


# --- who may ask ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/orders/", "/api/orders/PO122434/"])
@pytest.mark.parametrize(
    "header", [None, "", "Token", "Token ", "Token wrong", "Bearer wrong", "Token \xff\xfe", f"Token {TOKEN}"]
)
def test_without_a_valid_key_nobody_gets_in(client: Client, path: str, header: str | None) -> None:
    answer = client.get(path, headers={} if header is None else {"Authorization": header})

    assert (answer.status_code, list(answer.json()), answer["WWW-Authenticate"]) == (401, ["detail"], "Token")


def test_U13_a_session_of_staff_is_no_key(as_role: Callable[[str], Client]) -> None:
    assert as_role("Administrator").get("/api/orders/").status_code == 401


def test_A13_a_webhook_token_is_no_key_and_a_key_no_webhook_token(post: Callable[..., Any], client: Client) -> None:
    secret = ApiKey.issue("shop", may_write=True)[1]

    assert client.get("/api/orders/", headers={"Authorization": f"Token {TOKEN}"}).status_code == 401
    assert post(payload("delivered"), token=secret).status_code == 401


def test_a_revoked_key_is_refused_at_once(client: Client) -> None:
    key, secret = ApiKey.issue("shop")
    headers = {"Authorization": f"Token {secret}"}
    assert client.get("/api/orders/", headers=headers).status_code == 200

    ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())

    assert client.get("/api/orders/", headers=headers).status_code == 401


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/api/orders/", "/api/orders/PO122434/"])
def test_a_key_that_may_only_read_writes_nothing(
    post: Callable[..., Any], api: Callable[..., Any], path: str, method: str
) -> None:
    post(payload("delivered"))

    answer = api(path, method=method)

    assert (answer.status_code, list(answer.json())) == (403, ["detail"])
    assert OrderGroup.objects.count() == 1


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_method_that_does_not_exist_is_405(api: Callable[..., Any], method: str) -> None:
    answer = api("/api/orders/", method=method, may_write=True)

    assert (answer.status_code, list(answer.json())) == (405, ["detail"])
    assert "GET" in answer["Allow"]


def test_a_purchase_nobody_knows_is_404(api: Callable[..., Any]) -> None:
    answer = api("/api/orders/nobody/")

    assert (answer.status_code, answer["Content-Type"], list(answer.json())) == (404, "application/json", ["detail"])


def test_U29_no_safe_method_changes_anything(post: Callable[..., Any], api: Callable[..., Any]) -> None:
    post(payload("delivered"))
    before = (OrderGroup.objects.values_list().get(), GroupedOrder.objects.values_list().get())

    codes = {api("/api/orders/PO122434/", method=method).status_code for method in ("get", "head", "options")}

    assert codes == {200}
    assert (OrderGroup.objects.values_list().get(), GroupedOrder.objects.values_list().get()) == before


# --- errors are JSON --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/nothing/", "/api/orders/a/b/", "/api/"])
def test_U24_an_address_below_api_that_does_not_exist_answers_json(client: Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")


def test_U24_a_fault_of_ours_answers_json_without_any_detail(post: Callable[..., Any], api: Callable[..., Any]) -> None:
    api()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_ordergroup RENAME TO orders_gone")

    answer = api()

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/json")
    assert "orders_" not in answer.content.decode()


# --- paging -----------------------------------------------------------------------------------------------------------


def purchases(count: int, *, step: timedelta = timedelta(seconds=1)) -> list[str]:
    """Make registered purchases first seen `step` apart, and return their ids, newest first."""
    start = timezone.now()
    groups = [registered(f"M{n:03}", start + step * n) for n in range(count)]
    OrderGroup.objects.bulk_create(groups)
    return [group.pk for group in reversed(groups)]


def registered(name: str, at: datetime) -> OrderGroup:
    return OrderGroup(merchant_order_id=name, first_seen_at=at, registered_at=at)


def follow(api: Callable[..., Any], path: str, link: str = "next") -> list[list[str]]:
    """The ids of every page from `path` on."""
    pages = []
    while path:
        answer = api(path)
        pages.append(ids(answer))
        url = urlsplit(answer.json()[link] or "")
        path = f"{url.path}?{url.query}" if url.path else ""
    return pages


@pytest.mark.parametrize("step", [timedelta(seconds=1), timedelta(0)], ids=["apart", "all in one instant"])
def test_paging_shows_every_row_once(api: Callable[..., Any], step: timedelta) -> None:
    newest_first = purchases(23, step=step)

    pages = follow(api, "/api/orders/?page_size=5")

    assert sum(pages, []) == newest_first
    assert [len(page) for page in pages] == [5, 5, 5, 5, 3]


def test_paging_goes_back_the_way_it_came(api: Callable[..., Any]) -> None:
    newest_first = purchases(12)
    second = api("/api/orders/?page_size=5").json()["next"]

    back = api(f"/api/orders/?{urlsplit(second).query}").json()["previous"]

    assert ids(api(f"/api/orders/?{urlsplit(back).query}")) == newest_first[:5]


def test_a_purchase_that_arrives_in_between_moves_nothing(api: Callable[..., Any]) -> None:
    newest_first = purchases(10)
    second = api("/api/orders/?page_size=5").json()["next"]
    registered("NEW", timezone.now() + timedelta(hours=1)).save()

    rest = ids(api(f"/api/orders/?{urlsplit(second).query}"))

    assert rest == newest_first[5:]


@pytest.mark.parametrize(
    ("size", "shown"),
    [("1", 1), ("200", 200), ("201", 200), ("9" * 30, 200), ("0", 50), ("-1", 50), ("abc", 50), ("", 50), ("1e3", 50)],
)
def test_page_size_stays_within_bounds(api: Callable[..., Any], size: str, shown: int) -> None:
    purchases(210)

    assert len(ids(api(f"/api/orders/?page_size={size}"))) == shown


# --- filters ----------------------------------------------------------------------------------------------------------


def test_filters_narrow_the_list(post: Callable[..., Any], api: Callable[..., Any]) -> None:
    post(order_update("PO1", 130))
    post(order_update("PO2", 40))

    assert ids(api("/api/orders/?status=40")) == ["M-PO2"]
    assert ids(api("/api/orders/?stage=fulfil")) == ["M-PO1"]
    assert ids(api("/api/orders/?status=40&status=130")) == ["M-PO2", "M-PO1"]
    assert ids(api("/api/orders/?q=po2")) == ["M-PO2"]
    assert ids(api("/api/orders/?mode=COD")) == []


BAD = [
    "since=99999-99-99",
    "since=yesterday",
    "since=0001-01-01",
    "until=9999-12-31",
    "until=0001-01-01",
    "since=%00",
    "q=%00",
    "city=%00",
    "stage=%00",
    "mode=%00",
    "status=%00",
    "status=abc",
    "status=130&status=abc",
    "status=99999999999999999999999",
    "stage=nowhere",
    "mode=BARTER",
    "mode[]=COD",
    "q=" + "a" * 10_000,
    "city=" + "a" * 10_000,
    "since=" + "9" * 10_000,
    "cursor=cD1hYmM%3D",
    "cursor=cD0lMDA%3D",
    "cursor=cD05OTk5LTEyLTMx",
    "cursor=%F0%9F%92%8A",
    "cursor=" + "A" * 10_000,
    "merchant_order_id__startswith=M",
    "customer_name__contains=a",
    "ordering=-email",
    "payment_method=COD",
]


@pytest.mark.parametrize("query", BAD, ids=lambda query: query[:40])
def test_U21_a_bad_value_is_answered_400_in_json(post: Callable[..., Any], api: Callable[..., Any], query: str) -> None:
    post(order_update("PO1"))

    answer = api(f"/api/orders/?{query}")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")


@pytest.mark.parametrize(
    "query",
    ["q=%ED%A0%80", "city=%ED%A0%80", "q=%FF%FE", "q='%20OR%201=1--", "q=%25", "q=_", "city=%25", "q=%F0%9F%92%8A"],
)
def test_U21_an_odd_text_finds_nothing_and_breaks_nothing(
    post: Callable[..., Any], api: Callable[..., Any], query: str
) -> None:
    post(order_update("PO1"))

    answer = api(f"/api/orders/?{query}")

    assert (answer.status_code, ids(answer)) == (200, [])


@pytest.mark.parametrize("key", ["%00", "PO1%00", "%ED%A0%80", "%FF", "%F0%9F%92%8A", "x" * 5000, "..", "'--"])
def test_U21_an_odd_id_is_404_in_json(api: Callable[..., Any], key: str) -> None:
    answer = api(f"/api/orders/{key}/")

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")


# --- cost -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/orders/", "/api/orders/?q=po&stage=ship&status=25"])
def test_three_purchases_cost_the_queries_of_one(
    post: Callable[..., Any], api: Callable[..., Any], django_assert_num_queries: Any, path: str
) -> None:
    def one_more(name: str) -> None:
        body = payload("split-order")
        document(body)["merchant_order_id"] = name
        for entry in document(body)["grouped_orders"]:
            entry["order_id"] += name
        post(body)

    one_more("A")
    api(path)
    with CaptureQueriesContext(connection) as queries:
        api(path)
    cost = len(queries)
    one_more("B")
    one_more("C")

    with django_assert_num_queries(cost):
        answer = api(path)

    assert ids(answer) == ["C", "B", "A"]


# --- the document -----------------------------------------------------------------------------------------------------


@pytest.fixture
def schema() -> dict[str, Any]:
    """The OpenAPI document, validated; a warning fails it."""
    out = StringIO()
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out, stderr=StringIO()
    )
    return json.loads(out.getvalue())


def test_the_document_describes_the_receiver_with_its_samples(schema: dict[str, Any]) -> None:
    answers = schema["paths"]["/update-status/"]["post"]["responses"]

    samples = {
        code: [example["value"] for example in answer["content"]["application/json"]["examples"].values()]
        for code, answer in answers.items()
    }

    assert set(samples) == {"200", "400", "401", "403", "405", "411", "413", "415", "429", "503"}
    assert {tuple(sample) for found in samples.values() for sample in found} == {("status", "message")}
    assert {sample["status"] for sample in samples["400"] + samples["503"]} == {"FAILED"}


def test_the_document_names_both_ways_of_showing_who_one_is(schema: dict[str, Any]) -> None:
    assert set(schema["components"]["securitySchemes"]) >= {"webhookToken", "apiKey"}
    assert schema["paths"]["/update-status/"]["post"]["security"] == [{"webhookToken": []}]
    assert schema["paths"]["/api/orders/"]["get"]["security"] == [{"apiKey": []}]


def test_the_document_names_every_filter(schema: dict[str, Any]) -> None:
    named = {parameter["name"] for parameter in schema["paths"]["/api/orders/"]["get"]["parameters"]}

    needs, of_1mg = {"cause", "turn", "wait", "queue"}, {"stage", "status", "promise", "prescription", "mode"}
    others = {"q", "city", "courier", "owner", "tag", "money", "since", "until", "cursor", "page_size"}
    assert named == needs | of_1mg | others


@pytest.mark.parametrize("name", ["cause", "turn", "stage", "status", "prescription", "city", "courier"])
def test_the_document_says_of_which_several_may_be_given(schema: dict[str, Any], name: str) -> None:
    parameters = schema["paths"]["/api/orders/"]["get"]["parameters"]

    [told] = [one for one in parameters if one["name"] == name]

    assert (told["schema"]["type"], told["explode"]) == ("array", True)


def test_the_document_describes_what_is_answered(split: dict[str, Any], schema: dict[str, Any]) -> None:
    described = schema["components"]["schemas"]

    assert list(described["OrderGroup"]["properties"]) == list(split)
    assert list(described["GroupedOrder"]["properties"]) == list(split["orders"][0])
