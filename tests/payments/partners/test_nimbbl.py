"""Nimbbl: the exact requests, and what each answer means, with the odd types of its pages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from payments.choices import State
from payments.partners import nimbbl
from payments.partners.http import BadId, Response
from payments.partners.nimbbl import NEWER, OLDER, NimbblClient, NotTold, Updated
from payments.partners.nimbbl_order import CurrencyConversion, Next, OrderLine, RefundDetails, User
from tests.payments.partners.test_onemg import answer, payload
from tests.payments.test_checks import SECRET

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
ORDER = payload("nimbbl-order")
ID = ORDER["order_id"]
ADDRESS = ORDER["address"]
CLIENT = NimbblClient("https://apipp.nimbbl.tech", "access_key_x", "access_secret_x")
JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def updated(
    code: int, body: Any, *, changes: dict[str, Any] | None = None, call: str = OLDER, **headers: str
) -> Updated:
    """What this answer to an update of the published order means."""
    asked = {"shipping_address": ADDRESS} if changes is None else changes
    return nimbbl.read_update(answer(code, body, **headers), order_id=ID, changes=asked, update_order=call, now=NOW)


def but(**changed: Any) -> dict[str, Any]:
    """The published order with something else in it; `...` leaves a key out."""
    return {name: value for name, value in (ORDER | changed).items() if value is not ...}


def state(code: int, body: Any) -> State:
    """What this answer comes to."""
    return updated(code, body).result.state


# --- the requests -----------------------------------------------------------------------------------------------------


def test_the_token_is_asked_for_as_published() -> None:
    request = CLIENT.token()

    assert (request.method, request.url) == ("POST", "https://apipp.nimbbl.tech/api/v3/generate-token")
    assert request.headers == JSON
    assert json.loads(request.body) == {"access_key": "access_key_x", "access_secret": "access_secret_x"}


@pytest.mark.parametrize("call", [OLDER, NEWER, "POST /x"])
def test_an_update_goes_where_the_setting_says_and_carries_only_what_changes(call: str) -> None:
    client = NimbblClient("https://apipp.nimbbl.tech", "k", "s", call)

    request = client.update(ID, {"user_agent": "Firefox"}, "a-token")

    assert f"{request.method} {request.url.removeprefix('https://apipp.nimbbl.tech')}" == call
    assert request.headers == JSON | {"Authorization": "Bearer a-token"}
    assert json.loads(request.body) == {"order_id": ID, "user_agent": "Firefox"}


def test_O30_an_address_in_another_script_and_long_attributes_arrive_as_they_are() -> None:
    changes = {"shipping_address": {"city": "पुणे", "area": None}, "custom_attributes": {"note": "é" * 10_000}}

    assert json.loads(CLIENT.update(ID, changes, "t").body) == {"order_id": ID, **changes}


def test_an_enquiry_asks_by_nimbbls_order_id() -> None:
    request = CLIENT.enquire(ID, "a-token")

    assert (request.method, request.url) == ("POST", "https://apipp.nimbbl.tech/api/v3/transaction-enquiry")
    assert json.loads(request.body) == {"order_id": ID}


@pytest.mark.parametrize("value", ["../x", "o_1#f", "", "o 1", "x" * 65])
def test_O23_no_id_that_is_none_is_sent(value: str) -> None:
    with pytest.raises(BadId):
        CLIENT.update(value, {}, "t")
    with pytest.raises(BadId):
        CLIENT.enquire(value, "t")


def test_O32_client_and_token_show_no_secret() -> None:
    client = NimbblClient("https://apipp.nimbbl.tech", SECRET, SECRET)

    assert SECRET not in repr(client) + repr(nimbbl.Token(SECRET, timedelta(minutes=1)))
    assert client.secrets() == [SECRET, SECRET]


# --- the token --------------------------------------------------------------------------------------------------------


def token(end: Any = ..., **headers: str) -> timedelta:
    """How long a token that says this end may be used."""
    body = {"token": "a-token"} | ({} if end is ... else {"expires_at": end})
    found = nimbbl.read_token(answer(200, body, **headers), NOW)
    assert found.text == "a-token"
    return found.good_for


def test_the_end_of_a_token_is_utc_without_saying_so_and_it_is_replaced_a_minute_early() -> None:
    found = nimbbl.read_token(answer(200, payload("nimbbl-token")), NOW)

    assert (found.text, found.good_for) == ("a-token-of-nimbbl", timedelta(minutes=19, microseconds=715_413))


@pytest.mark.parametrize("end", [..., None, "", "soon", 900, "2026-11-22T04:00:00", "2026-11-22T05:00:30", ["x"], True])
def test_O19_a_token_without_an_end_or_past_it_lives_shortly(end: Any) -> None:
    assert token(end) == timedelta(minutes=1)


def test_O19_a_token_never_lives_longer_than_nimbbl_says_in_its_documents() -> None:
    assert token("2099-01-01T00:00:00") == timedelta(minutes=20)


def test_O19_an_end_with_a_zone_is_read_in_it() -> None:
    assert token("2026-11-22T10:45:00+05:30") == timedelta(minutes=14)


@pytest.mark.parametrize("told", ["Sun, 22 Nov 2026 04:30:00 GMT", "Sun, 22 Nov 2026 10:00:00 +0530"])
def test_O19_how_long_is_counted_by_nimbbls_own_clock(told: str) -> None:
    assert token("2026-11-22T04:50:00", date=told) == timedelta(minutes=19)


def test_O19_a_nonsense_date_is_not_looked_at() -> None:
    assert token("2026-11-22T05:10:00", date="today") == timedelta(minutes=9)


def test_O19_a_date_in_no_year_of_ours_is_not_looked_at() -> None:
    assert token("2026-11-22T05:10:00", date=f"Sun, 22 Nov {'9' * 20} 05:00:00 GMT") == timedelta(minutes=9)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, []),
        (200, None),
        (200, {}),
        (200, {"token": None}),
        (200, {"token": 7}),
        (200, {"token": ""}),
        (200, {"token": {"x": 1}}),
        (200, payload("nimbbl-refused") | {"token": "t"}),
        (400, payload("nimbbl-refused")),
        (401, {"token": "t"}),
        (403, b""),
        (302, b""),
        (500, payload("nimbbl-server-error")),
        (503, b"<html>"),
    ],
)
def test_an_answer_without_a_token_says_why(code: int, body: Any) -> None:
    with pytest.raises(NotTold, match="Nimbbl gives no token"):
        nimbbl.read_token(answer(code, body), NOW)


def test_nimbbls_reason_for_no_token_is_told() -> None:
    with pytest.raises(NotTold, match=r"“The request is not valid. \[INVALID_REQUEST_PARAMETER\]” \(400\)"):
        nimbbl.read_token(answer(400, payload("nimbbl-refused")), NOW)


# --- an update: the order in the answer -------------------------------------------------------------------------------


def test_the_published_order_is_read_whole() -> None:
    order = updated(200, (json.dumps(ORDER)).encode()).order

    assert order == nimbbl.Order(
        order_id="o_ex1DayQOGygbpbrW",
        order_date=datetime(2023, 9, 20, 13, 53, 9, tzinfo=UTC),
        status="new",
        invoice_id="invoice_1239",
        user=User("user_0000000000000001", "9000000001", "+91", "asha@example.org", "Asha", "Example"),
        attempts=1,
        max_retries=1,
        currency="INR",
        amount_before_tax=Decimal(1000),
        tax=Decimal(105),
        total_amount=Decimal(1180),
        order_line_items=(
            OrderLine(
                "item_1",
                "A box of mangoes",
                "Twelve of them",
                "https://shop.example/mango.jpg",
                Decimal(1050),
                Decimal(2),
                Decimal("2100.00"),
                Decimal("105.00"),
                Decimal("2205.00"),
            ),
        ),
        address=ADDRESS,
        currency_conversion=CurrencyConversion(
            "USD",
            "INR",
            Decimal("83.72"),
            "ALTERNATE_CURRENCY_CONFIG",
            Decimal("11.94"),
            Decimal("2.15"),
            Decimal("14.09"),
        ),
        refund_details=RefundDetails("INR", Decimal(1180), Decimal(0), Decimal(1180)),
        next=(
            Next("payment_modes", "/api/v3/payment-modes"),
            Next("complete_payment", "/api/v3/payment"),
            Next("update_order", "/api/v3/update-order"),
        ),
    )


def test_amounts_are_exact_decimals() -> None:
    order = updated(200, b'{"order_id": "o_ex1DayQOGygbpbrW", "total_amount": 652.3599999999999, "tax": 2.0}').order

    assert order is not None
    assert (order.total_amount, str(order.tax)) == (Decimal("652.3599999999999"), "2.0")


@pytest.mark.parametrize(
    ("name", "told", "expected"),
    [
        ("max_retries", "15", 15),
        ("max_retries", 15, 15),
        ("max_retries", 1.5, None),
        ("max_retries", None, None),
        ("max_retries", "many", None),
        ("attempts", True, None),
        ("attempts", [], None),
        ("total_amount", "1180.50", Decimal("1180.50")),
        ("total_amount", "", None),
        ("total_amount", "NaN", None),
        ("total_amount", "1e30", None),
        ("tax", {}, None),
        ("tax", False, None),
        ("order_date", "2023-09-20T13:53:09", datetime(2023, 9, 20, 13, 53, 9, tzinfo=UTC)),
        ("order_date", "20/09/2023", None),
        ("order_date", 1695217989, None),
        ("status", "COMPLETED", "completed"),
        ("status", None, ""),
        ("currency", 356, "356"),
        ("invoice_id", 1239, "1239"),
        ("invoice_id", ["x"], ""),
        ("user", None, User()),
        ("user", [], User()),
        ("user", "asha", User()),
        ("user", {"mobile_number": 9000000001}, User(mobile_number="9000000001")),
        ("order_line_items", None, ()),
        ("order_line_items", {}, ()),
        ("order_line_items", [None, {}, "x"], ()),
        (
            "order_line_items",
            [{"quantity": 2, "rate": "10.50", "new": 1}],
            (OrderLine(quantity=Decimal(2), rate=Decimal("10.50")),),
        ),
        ("currency_conversion", None, None),
        ("currency_conversion", [], None),
        ("refund_details", {"refunded_amount": "0"}, RefundDetails(refunded_amount=Decimal(0))),
        ("next", [{}, {}, {}], ()),
        ("next", None, ()),
        ("next", [{"action": None, "url": 7}], (Next("", "7"),)),
    ],
)
def test_a_field_of_another_type_is_read_or_left_empty(name: str, told: Any, expected: Any) -> None:
    found = updated(200, but(**{name: told}))

    assert (found.result.state, getattr(found.order, name)) == (State.SUCCEEDED, expected)


@pytest.mark.parametrize("name", [name for name in ORDER if name not in ("order_id", "address")])
def test_no_field_but_the_id_must_be_there(name: str) -> None:
    assert updated(200, but(**{name: ...})).result.said == "Nimbbl took the update."


# --- an update: what became of it -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["address", "shipping_address"])
def test_an_echoed_address_under_either_name_proves_the_update(name: str) -> None:
    found = updated(200, but(**{"address": ..., name: ADDRESS}))

    assert (found.result.state, found.result.said) == (State.SUCCEEDED, "Nimbbl took the update.")
    assert (found.not_applied, found.not_echoed) == ((), ())


def test_blanks_and_case_apart_an_echo_is_the_same() -> None:
    echo = ADDRESS | {"city": " PUNE ", "street": "Example  street"}

    assert updated(200, but(address=echo)).not_applied == ()


def test_an_echo_that_differs_says_which_parts_were_not_applied() -> None:
    found = updated(200, but(address=ADDRESS | {"city": "Atlantis", "pincode": None}))

    assert found.not_applied == ("city", "pincode")
    assert "did not apply" in found.result.said


def test_only_what_was_asked_for_is_compared() -> None:
    changes = {"shipping_address": {"city": "Pune"}}

    assert updated(200, but(address=ADDRESS | {"area": "elsewhere"}), changes=changes).not_applied == ()


@pytest.mark.parametrize("address", [..., None, [], "1 Example House"])
def test_without_an_echo_it_is_not_known_whether_the_address_was_applied(address: Any) -> None:
    found = updated(200, but(address=address))

    assert (found.not_echoed, found.not_applied) == (("shipping_address",), ())
    assert "not known" in found.result.said


def test_what_nimbbl_never_echoes_is_said_to_be_unproven() -> None:
    changes = {"ipAddress": "192.0.2.1", "user_agent": "x", "custom_attributes": {"a": "b"}}

    assert updated(200, ORDER, changes=changes).not_echoed == ("ipAddress", "user_agent", "custom_attributes")


@pytest.mark.parametrize("told", ["o_other", "", None, ..., 7, ["o_ex1DayQOGygbpbrW"], "O_EX1DAYQOGYGBPBRW"])
def test_O30_an_answer_about_another_order_is_no_success(told: Any) -> None:
    assert state(200, but(order_id=told)) is State.UNKNOWN


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"<html>OK</html>", b'"ok"', b"\xff", b"{", b"NaN"])
def test_O11_what_cannot_be_read_is_no_success(body: bytes) -> None:
    assert state(200, body) is State.UNKNOWN


def test_O11_a_number_beyond_all_numbers_is_no_success() -> None:
    assert state(200, f'{{"order_id": "{ID}", "tax": 1e99999999999999999999}}'.encode()) is State.UNKNOWN


def test_an_encrypted_answer_may_be_a_success() -> None:
    assert state(200, {"encrypted_response": "00ff"}) is State.UNKNOWN


@pytest.mark.parametrize("code", [404, 405])
@pytest.mark.parametrize(("call", "other"), [(OLDER, NEWER), (NEWER, OLDER), ("POST /x", OLDER)])
def test_an_endpoint_that_is_not_there_names_the_other_one_and_the_variable(code: int, call: str, other: str) -> None:
    result = updated(code, b"<html>", call=call).result

    assert result.state is State.REJECTED
    assert all(words in result.said for words in (call, other, "NIMBBL_UPDATE_ORDER", str(code)))


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_O14_a_redirect_says_that_the_base_url_is_wrong(code: int) -> None:
    assert (state(code, ORDER), "base URL" in updated(code, ORDER).result.said) == (State.REJECTED, True)


@pytest.mark.parametrize("code", [401, 403])
def test_O16_refused_credentials_are_for_an_administrator(code: int) -> None:
    assert "credentials" in updated(code, payload("nimbbl-refused")).result.said


def test_O21_too_many_requests_may_be_tried_again() -> None:
    result = updated(429, b"", retry_after="7").result

    assert (result.state, result.after) == (State.INTENDED, 7.0)


# --- the shapes of an error -------------------------------------------------------------------------------------------

A = payload("nimbbl-refused")
SHAPES: dict[str, tuple[Any, str]] = {
    "A": (A, "“The request is not valid. [INVALID_REQUEST_PARAMETER]”"),
    "A for customers": ({"error": {"nimbbl_consumer_message": "Sorry"}}, "“Sorry”"),
    "A by its code alone": ({"error": {"nimbbl_error_code": "X_1", "nimbbl_merchant_message": ""}}, "“X_1”"),
    "B": (payload("nimbbl-server-error"), "“HTTP 500: Internal Server Error”"),
    "C": ({"status": 400, "error": "No such thing"}, "“No such thing”"),
    "D": ({"error": {"status": 400, "message": "Bad"}}, "“Bad”"),
    "E": ({"status_code": 400, "status": "failed", "error": {"status": "failed", "message": "Bad"}}, "“Bad”"),
    "F": ({"error": {"code": "BAD_REQUEST_ERROR", "description": "Odd", "field": "x"}}, "“Odd [BAD_REQUEST_ERROR]”"),
    "G": ({"error": {"m_message": "Mine", "c_message": "Yours", "code": "C1", "status_code": 400}}, "“Mine [C1]”"),
    "an empty error": ({"error": {}}, "“no reason given”"),
    "a list": ({"error": ["x"]}, "“no reason given”"),
    "odd types": ({"error": {"message": {"deep": 1}, "nimbbl_error_code": None, "code": 7}}, "“7”"),
}
EMPTY: dict[str, Any] = {
    "L {}": {},
    "L empty": b"",
    "L text": b"Oops",
    "L HTML": b"<html>",
    "list": [],
    "null": None,
    "no error": {"status": 400},
    "error null": {"error": None},
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("code", [400, 409, 422])
def test_an_error_of_any_shape_is_a_refusal_in_its_own_words(shape: str, code: int) -> None:
    body, words = SHAPES[shape]

    result = updated(code, body).result

    assert (result.state, result.said) == (State.REJECTED, f"Nimbbl refused the update: {words} ({code}).")


@pytest.mark.parametrize("shape", SHAPES)
def test_an_error_inside_a_200_is_a_refusal(shape: str) -> None:
    body, words = SHAPES[shape]

    result = updated(200, ORDER | body).result

    assert (result.state, result.said) == (State.REJECTED, f"Nimbbl refused the update: {words}.")


@pytest.mark.parametrize("shape", EMPTY)
@pytest.mark.parametrize("code", [400, 422])
def test_an_error_that_says_nothing_is_a_refusal_without_a_reason(shape: str, code: int) -> None:
    result = updated(code, EMPTY[shape]).result

    assert (result.state, f"answer {code} without a reason" in result.said) == (State.REJECTED, True)


@pytest.mark.parametrize("code", [500, 502, 503, 504])
@pytest.mark.parametrize("body", [A, payload("nimbbl-server-error"), b"<html>", b"", {}, ORDER])
def test_O7_trouble_at_nimbbl_is_not_known_to_have_done_nothing(code: int, body: Any) -> None:
    assert state(code, body) is State.UNKNOWN


@pytest.mark.parametrize("nothing", [None, "", False, 0, []])
def test_an_error_that_is_nothing_is_none(nothing: Any) -> None:
    assert state(200, but(error=nothing)) is State.SUCCEEDED


# --- transaction enquiry ----------------------------------------------------------------------------------------------

ENQUIRY = payload("nimbbl-enquiry")
PAID, FAILED = ENQUIRY["transaction"][1], ENQUIRY["transaction"][0]


def enquired(transactions: Any = ..., **order: Any) -> nimbbl.Enquiry:
    """What the published answer tells, with other transactions or another order."""
    told = ENQUIRY | {"order": ENQUIRY["order"] | order}
    return read_enquiry(answer(200, told if transactions is ... else told | {"transaction": transactions}))


def read_enquiry(response: Response) -> nimbbl.Enquiry:
    """The answer as one about the published order."""
    return nimbbl.read_enquiry(response, order_id=ID)


def test_the_published_enquiry_tells_what_was_taken() -> None:
    found = enquired()

    assert (found.status, found.payment_status, found.invoice_id) == ("completed", "succeeded", "invoice_1239")
    assert (found.reckoning.least, found.reckoning.most, found.total_amount) == (1180, 1180, 1180)


def paid(**changed: Any) -> list[dict[str, Any]]:
    """One payment that succeeded, with something else in it."""
    return [PAID | changed]


ANY = None
REFUND = PAID | {"nimbbl_transaction_id": "o_x-2"}
OTHER = PAID | {"nimbbl_transaction_id": "o_x-9"}


@pytest.mark.parametrize(
    ("transactions", "status", "least", "most"),
    [
        ([], "", 0, 0),
        (None, "", 0, 0),
        ([FAILED], "failed", 0, 0),
        ([PAID, FAILED], "succeeded", 1180, 1180),
        (PAID, "succeeded", 1180, 1180),
        ([PAID, OTHER], "succeeded", 2360, 2360),
        (paid(transaction_amount="1180.50"), "succeeded", Decimal("1180.50"), Decimal("1180.50")),
        (paid(payment_status="SUCCEEDED"), "succeeded", 1180, 1180),
        (paid(payment_status="success"), "success", 1180, 1180),
        (paid(message=True), "succeeded", 1180, 1180),
        (paid(payment_status="reversed"), "reversed", 0, 0),
        (paid(payment_status="authorized"), "authorized", 0, 0),
        # one transaction told twice is one, and counts where both say so
        ([PAID, PAID], "succeeded", 1180, 1180),
        ([PAID, *paid(payment_status="reversed")], "succeeded", 0, 1180),
        # what goes back
        ([PAID, REFUND | {"transaction_type": "full_refund"}], "succeeded", 0, 0),
        ([PAID, REFUND | {"transaction_type": "Partial-Refund", "transaction_amount": 180}], "succeeded", 1000, 1000),
        ([PAID, REFUND | {"transaction_type": "refund", "payment_status": "pending"}], "succeeded", 0, 0),
        ([PAID, REFUND | {"transaction_type": "refund", "payment_status": "failed"}], "succeeded", 1180, 1180),
        ([PAID, REFUND | {"transaction_type": "chargeback"}], "succeeded", 0, 0),
        # what cannot be read is neither nothing nor enough
        ([PAID, "noise"], "succeeded", ANY, ANY),
        (paid(transaction_amount=None), "succeeded", 0, ANY),
        (paid(transaction_amount=True), "succeeded", 0, ANY),
        (paid(transaction_amount=-1180), "succeeded", 0, ANY),
        (paid(payment_status=True), "", 0, 1180),
        (paid(payment_status="settled"), "settled", 0, 1180),
        (paid(transaction_type=None), "", -1180, 1180),
        (paid(transaction_type="adjustment"), "", -1180, 1180),
        ([PAID, REFUND | {"transaction_type": "refund", "transaction_amount": "all"}], "succeeded", ANY, 1180),
    ],
)
def test_an_enquiry_is_read_as_a_whole(transactions: Any, status: str, least: Any, most: Any) -> None:
    found = enquired(transactions, refund_details=None)

    assert (found.payment_status, found.reckoning.least, found.reckoning.most) == (status, least, most)


@pytest.mark.parametrize(
    ("details", "least"),
    [
        (None, 1180),
        ({"refunded_amount": 0}, 1180),
        ({"refunded_amount": 180}, 1000),
        ({"available_refundable_amount": 1000, "total_refundable_amount": 1180}, 1000),
        ({"refunded_amount": "x"}, ANY),
        ({"refunded_amount": 5, "refundable_currency": "USD"}, ANY),
        ("odd", ANY),
    ],
)
def test_what_the_order_says_went_back_counts_as_well(details: Any, least: Any) -> None:
    assert enquired([PAID], refund_details=details).reckoning.least == least


def test_the_list_may_be_called_transactions() -> None:
    told = {"transactions": ENQUIRY["transaction"], "order": ENQUIRY["order"]}

    assert read_enquiry(answer(200, told)) == enquired()


def test_the_list_may_be_called_transactions_beside_an_empty_one() -> None:
    told = {"transaction": None, "transactions": ENQUIRY["transaction"], "order": ENQUIRY["order"]}

    assert read_enquiry(answer(200, told)).reckoning.captured == 1180


@pytest.mark.parametrize("order", [{"order_id": ID, "nimbbl_order_id": None}, {"nimbbl_order_id": ""}])
def test_the_order_may_be_named_otherwise_or_not_at_all(order: dict[str, Any]) -> None:
    assert enquired(**order).payment_status == "succeeded"


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, []),
        (200, {}),
        (200, {"order": []}),
        (200, A),
        (200, ENQUIRY | A),
        (200, ENQUIRY | {"order": {"nimbbl_order_id": "o_other"}}),
        (401, A),
        (403, b""),
        (404, A),
        (429, b""),
        (500, ENQUIRY),
        (302, b""),
    ],
)
def test_an_enquiry_that_tells_nothing_says_so(code: int, body: Any) -> None:
    with pytest.raises(NotTold, match="Nimbbl"):
        read_enquiry(answer(code, body))
