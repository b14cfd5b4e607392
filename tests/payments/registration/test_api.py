"""`POST /api/orders/` as the merchant's shop sees it: every code it is answered, and what it may not send."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from orders.models import ApiKey, OrderGroup
from payments.models import Payment
from tests.conftest import order_update
from tests.rows import changed, everything

pytestmark = pytest.mark.django_db
Register = Callable[..., Any]

USUAL = {
    "merchant_order_id": "M1",
    "onemg_order_id": "PO1",
    "nimbbl_order_id": "o_1",
    "payment_method": "ONLINE",
    "payable_amount": "652.36",
}


@pytest.fixture
def register(client: Client) -> Register:
    """Send a registration: the usual words with some replaced, or a body as it is."""
    secret = ApiKey.issue("shop", may_write=True)[1]
    client.raise_request_exception = False

    def send(body: bytes | None = None, *, key: str = secret, media: str = "application/json", **words: Any) -> Any:
        data = json.dumps({**USUAL, **words}).encode() if body is None else body
        return client.post("/api/orders/", data, content_type=media, headers={"Authorization": f"Token {key}"})

    return send


def refused(answer: Any, before: Any, code: int) -> Any:
    """The JSON of a refusal that changed nothing."""
    assert changed(before, everything()) == set()
    assert (answer.status_code, answer["Content-Type"]) == (code, "application/json")
    return answer.json()


# --- 201 and 200 ------------------------------------------------------------------------------------------------------


def test_a_new_registration_is_201_with_the_purchase_as_the_read_api_gives_it(
    register: Register, client: Client
) -> None:
    answer = register()

    key = ApiKey.issue("reader")[1]
    read = client.get("/api/orders/M1/", headers={"Authorization": f"Token {key}"})
    assert (answer.status_code, answer.json()) == (201, read.json())
    assert answer.json()["confirmation"]["state"] == "none"
    assert [line["text"] for line in answer.json()["timeline"]][0] == "Registered by shop"


def test_the_same_again_is_200_with_the_same_body(register: Register) -> None:
    first, second = register(), register()

    assert (first.status_code, second.status_code, second.json()) == (201, 200, first.json())


def test_a_nimbbl_order_may_come_later(register: Register) -> None:
    register(nimbbl_order_id=None)

    assert register().status_code == 200
    assert Payment.objects.get().pk == "o_1"


def test_cash_on_delivery_needs_no_amount(register: Register) -> None:
    body = {"merchant_order_id": "M1", "onemg_order_id": "PO1", "payment_method": "COD"}

    answer = register(json.dumps(body).encode())

    assert (answer.status_code, answer.json()["confirmation"]["state"]) == (201, "not_needed")
    assert OrderGroup.objects.get().payable_amount is None


@pytest.mark.parametrize(
    "amount", ['"652.36"', "652.36", "652.3599999999999", '"652.3599999999999"', "652.36000000000"]
)
def test_an_amount_is_the_same_however_it_is_written(register: Register, amount: str) -> None:
    register()

    assert register(json.dumps(USUAL).replace('"652.36"', amount).encode()).status_code == 200


def test_U11_only_a_key_that_may_see_them_is_answered_personal_data(
    post: Callable[..., Any], register: Register
) -> None:
    post(order_update("PO1", merchant_order_id="M1"))
    personal = ApiKey.issue("till", may_write=True, may_see_personal_data=True)[1]

    masked, clear = register(), register(key=personal)

    assert (masked.status_code, clear.status_code) == (201, 200)
    assert "Pushpayastha" in clear.content.decode()
    assert "Pushpayastha" not in masked.content.decode()


# --- 409 --------------------------------------------------------------------------------------------------------------


def test_another_word_is_409_and_says_which(register: Register) -> None:
    register()
    before = everything()

    said = refused(register(nimbbl_order_id="o_2"), before, 409)

    assert said == {
        "detail": "M1 is registered with another nimbbl_order_id.",
        "fields": {"nimbbl_order_id": {"registered": "o_1", "sent": "o_2"}},
    }


def test_a_1mg_order_of_another_purchase_is_409_and_says_whose(register: Register) -> None:
    register()
    before = everything()

    said = refused(register(merchant_order_id="M2"), before, 409)

    assert said == {
        "detail": "The 1mg order PO1 belongs to the purchase M1.",
        "fields": {"merchant_order_id": {"registered": "M1", "sent": "M2"}},
    }


def test_a_1mg_order_that_1mg_never_named_for_the_purchase_is_409(post: Callable[..., Any], register: Register) -> None:
    post(order_update("PO7", merchant_order_id="M1", group_order_id="PO7"))
    before = everything()

    said = refused(register(), before, 409)

    assert said == {
        "detail": "1mg's own updates name PO7 for this purchase.",
        "fields": {"onemg_order_id": {"registered": "PO7", "sent": "PO1"}},
    }


# --- 400 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["merchant_order_id", "onemg_order_id", "payment_method"])
def test_what_is_required_is_asked_for(register: Register, name: str) -> None:
    before = everything()
    body = json.dumps({key: value for key, value in USUAL.items() if key != name}).encode()

    assert refused(register(body), before, 400) == {name: ["This field is required."]}


@pytest.mark.parametrize("words", [{"payable_amount": None}, {}])
def test_online_needs_an_amount(register: Register, words: dict[str, Any]) -> None:
    before = everything()
    body = json.dumps({key: value for key, value in USUAL.items() if key != "payable_amount"} | words).encode()

    assert refused(register(body), before, 400) == {"payable_amount": ["ONLINE needs it."]}


def test_unknown_fields_are_named(register: Register) -> None:
    before = everything()

    said = refused(register(amount="1", nimbl_order_id="o_1"), before, 400)

    assert said == {"amount": ["There is no such field."], "nimbl_order_id": ["There is no such field."]}


BAD_IDS = ["", " ", "a b", "M1\n", "M1\0", "M/1", "M%31", "../M1", "m" * 65, "é", "\ud800", "=1+1", True, [], {}, 1.5]


@pytest.mark.parametrize("name", ["merchant_order_id", "onemg_order_id", "nimbbl_order_id"])
@pytest.mark.parametrize("value", BAD_IDS, ids=ascii)
def test_U21_what_is_no_id_is_400(register: Register, name: str, value: Any) -> None:
    before = everything()

    assert list(refused(register(**{name: value}), before, 400)) == [name]


@pytest.mark.parametrize("value", ["online", "CARD", "", None, 1, [], "\ud800"], ids=ascii)
def test_a_payment_method_is_one_of_1mgs_two_words(register: Register, value: Any) -> None:
    before = everything()

    assert list(refused(register(payment_method=value), before, 400)) == ["payment_method"]


@pytest.mark.parametrize("value", ["0", -1, "652.365", "abc", True, [], {}, "", "\ud800", 10**30], ids=ascii)
def test_what_is_no_amount_is_400(register: Register, value: Any) -> None:
    before = everything()

    assert list(refused(register(payable_amount=value), before, 400)) == ["payable_amount"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"M1"',
        b"[" * 15_000,
        b'{"a":' * 3000,
        b'{"payable_amount": NaN}',
        b"\xff\xfe{}",
        b'{"payable_amount": 1e400}',
        b'{"payable_amount": ' + b"9" * 6000 + b"}",
        b'{"\\ud800": 1}',
        b" " * 20_000,
        b'{"merchant_order_id": "M1", "merchant_order_id": "M2"}',
    ],
    ids=range(14),
)
def test_U21_a_body_that_is_no_registration_is_400(register: Register, body: bytes) -> None:
    before = everything()

    refused(register(body), before, 400)


# --- who may ----------------------------------------------------------------------------------------------------------


def test_a_key_that_may_only_read_is_403(register: Register) -> None:
    key = ApiKey.issue("reader", may_see_personal_data=True)[1]
    before = everything()

    assert list(refused(register(key=key), before, 403)) == ["detail"]


def test_no_valid_key_is_401(register: Register) -> None:
    before = everything()

    assert list(refused(register(key="wrong"), before, 401)) == ["detail"]


def test_a_session_of_staff_is_no_key(as_role: Callable[[str], Client]) -> None:
    answer = as_role("Administrator").post("/api/orders/", USUAL, content_type="application/json")

    assert answer.status_code == 401


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_another_media_type_is_415(register: Register, media: str) -> None:
    before = everything()

    refused(register(media=media), before, 415)


# --- the document -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The OpenAPI document's two operations of the address; a warning fails it."""
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out)
    return dict(json.loads(out.getvalue()))


def test_the_document_shows_both_operations_of_the_address(document: dict[str, Any]) -> None:
    operations = document["paths"]["/api/orders/"]

    assert {method: operation["operationId"] for method, operation in operations.items()} == {
        "get": "list_orders",
        "post": "register_order",
    }
    assert {"q", "stage", "cursor"} <= {parameter["name"] for parameter in operations["get"]["parameters"]}
    assert "parameters" not in operations["post"]


def test_the_document_has_a_sample_for_every_code_we_answer(document: dict[str, Any]) -> None:
    operation = document["paths"]["/api/orders/"]["post"]

    without = [
        code
        for code, answer in operation["responses"].items()
        if not answer["content"]["application/json"].get("examples")
    ]
    assert sorted(operation["responses"]) == ["200", "201", "400", "401", "403", "409", "415", "503"]
    assert without == []
    assert operation["requestBody"]["content"]["application/json"]["examples"]


def test_the_document_names_every_field(document: dict[str, Any]) -> None:
    described = document["components"]["schemas"]["Registration"]

    assert list(described["properties"]) == list(USUAL)[:3] + ["payment_method", "payable_amount", "payment"]
    assert described["required"] == ["merchant_order_id", "onemg_order_id", "payment_method"]


def test_the_documents_sample_is_accepted(document: dict[str, Any], register: Register) -> None:
    samples = document["paths"]["/api/orders/"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    [sample] = samples.values()

    answer = register(json.dumps(sample["value"]).encode())

    assert answer.status_code == 201
    shown = document["paths"]["/api/orders/"]["post"]["responses"]["201"]["content"]["application/json"]["examples"]
    assert list(shown["Registered"]["value"]) == list(answer.json())
