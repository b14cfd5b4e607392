"""1mg's Confirm Order: the exact request, its token, and what each answer means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from payments.choices import State
from payments.partners.http import BadId, Response
from payments.partners.onemg import OneMgClient, read_confirm
from payments.partners.results import Result
from tests.payments.test_checks import SECRET, key

PAYLOADS = Path(__file__).parent.parent.parent / "payloads" / "partners"
NOW = datetime(2026, 11, 22, 5, 0, 0, 999_999, tzinfo=UTC)
IDS = {"merchant_order_id": "2333asa3s25224", "order_id": "PO29523371880004"}


def payload(name: str) -> Any:
    """A body as published, with its personal values replaced."""
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def answer(code: int, body: Any, **headers: str) -> Response:
    """An answer; `body` as bytes, or anything that JSON can write."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(code, {name.replace("_", "-"): value for name, value in headers.items()}, content, 5)


def read(code: int, body: Any, **headers: str) -> Result:
    """What this answer means for the order of the published example."""
    return read_confirm(answer(code, body, **headers), **IDS, now=NOW)


def client(**changed: str) -> OneMgClient:
    """A client with a key."""
    return OneMgClient(
        **{
            "base_url": "https://jupiterapi.1mg.com",
            "merchant_id": "m-1",
            "access_key": "1mg_client_access_key",
            "private_key": key(),
            **changed,
        }
    )


# --- the request ------------------------------------------------------------------------------------------------------


def test_the_request_is_as_published() -> None:
    request = client(private_key="", bearer_token="a-token").confirm(**IDS, now=NOW)

    assert (request.method, request.url) == (
        "PUT",
        "https://jupiterapi.1mg.com/api/v4/merchants/m-1/orders/PO29523371880004/confirm",
    )
    assert request.headers == {
        "X-Access-Key": "1mg_client_access_key",
        "Authorization": "Bearer a-token",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    assert json.loads(request.body) == IDS


@pytest.mark.parametrize("value", ["../../../admin", "PO1#f", "PO1?x", "", "a/b", "%2e%2e", "..", "x" * 65, "पीओ"])
def test_O23_no_id_changes_the_path(value: str) -> None:
    for changed in ({"order_id": value}, {"merchant_order_id": value}):
        with pytest.raises(BadId):
            client().confirm(**IDS | changed, now=NOW)
    with pytest.raises(BadId):
        client(merchant_id=value).confirm(**IDS, now=NOW)


def test_O32_the_client_shows_no_secret() -> None:
    shown = repr(client(private_key=SECRET, bearer_token=SECRET, access_key=SECRET))

    assert SECRET not in shown
    assert "jupiterapi.1mg.com" in shown


def test_what_must_be_redacted_is_all_that_is_secret() -> None:
    assert sorted(client(private_key="key", bearer_token="token", access_key="access").secrets()) == [
        "access",
        "key",
        "token",
    ]


# --- its token --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PKCS#1", "PKCS#8"])
@pytest.mark.parametrize("one_line", [False, True])
def test_the_token_says_when_it_was_made_and_when_it_ends_and_no_more(form: str, one_line: bool) -> None:
    pem = key(form)
    public = load_pem_private_key(pem.encode(), None).public_key()

    token = client(private_key=pem.replace("\n", "\\n") if one_line else pem).bearer(NOW)

    claims = jwt.decode(token, public, ["RS256"], options={"verify_exp": False, "verify_iat": False})
    issued = int(NOW.timestamp())
    assert claims == {"iat": issued, "exp": issued + 900}
    assert {type(value) for value in claims.values()} == {int}


def test_the_head_of_the_token_names_the_algorithm_and_no_key() -> None:
    assert jwt.get_unverified_header(client().bearer(NOW)) == {"alg": "RS256", "typ": "JWT"}


def test_control_a_token_of_another_key_does_not_verify() -> None:
    other = load_pem_private_key(key("PKCS#1").encode(), None).public_key()

    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(client(private_key=key("PKCS#8")).bearer(NOW), other, ["RS256"])


def test_a_fixed_token_is_sent_as_it_is() -> None:
    assert client(bearer_token="a-token").bearer(NOW) == "a-token"


@pytest.mark.parametrize(
    "pem", ["", SECRET, f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----"]
)
def test_O32_a_key_that_cannot_be_read_is_not_quoted(pem: str) -> None:
    with pytest.raises(ValueError, match="private key") as caught:
        client(private_key=pem).bearer(NOW)

    assert SECRET not in str(caught.value)


# --- the answer -------------------------------------------------------------------------------------------------------

GOOD = payload("onemg-confirmed")


def but(**changed: Any) -> dict[str, Any]:
    """The good answer with something else in it; `...` leaves a key out."""
    return {name: value for name, value in (GOOD | changed).items() if value is not ...}


def test_the_published_answer_is_a_success() -> None:
    assert read(200, GOOD) == Result(State.SUCCEEDED, "1mg confirmed the order.")


def test_what_we_do_not_know_in_a_good_answer_does_no_harm() -> None:
    assert read(200, but(new=[1], data=GOOD["data"] | {"more": None})).state is State.SUCCEEDED


def test_O5_order_not_found_is_final_and_in_words_for_staff() -> None:
    result = read(500, payload("onemg-order-not-found"))

    assert result.state is State.REJECTED
    assert "does not know this order" in result.said


def test_O6_cancelled_before_confirmation_is_final_and_has_words_of_its_own() -> None:
    result = read(500, payload("onemg-cancelled-before-confirmation"))

    assert result.state is State.REJECTED
    assert "cancelled" in result.said


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (500, {}),
        (500, b""),
        (500, b"<html>"),
        (500, b"null"),
        (502, b"<html>Bad gateway</html>"),
        (503, b"<html>"),
        (504, b""),
        (500, {"is_success": True}),
        (500, GOOD),
        (400, {"is_success": False}),
        (404, {"is_success": False, "error": {"message": "Order not found"}}),
        (422, GOOD),
        (201, GOOD),
        (204, b""),
        (500, {"is_success": False, "error": {"message": "Something else"}}),
        (500, {"is_success": False, "error": "Order not found"}),
        (500, {"is_success": False, "error": None}),
        (500, {"error": {"message": "Order not found"}}),
        (500, {"is_success": "false", "error": {"message": "Order not found"}}),
    ],
)
def test_O7_whatever_the_page_does_not_name_is_unknown(code: int, body: Any) -> None:
    assert read(code, body).state is State.UNKNOWN


def test_O7_the_partners_own_words_are_shown_beside_what_they_may_mean() -> None:
    assert "“Out of stock”" in read(500, {"is_success": False, "error": {"message": " Out of\nstock "}}).said


@pytest.mark.parametrize("error", [{"message": "No"}, {}, None, "No", ["No"], {"message": {"deep": 1}}])
def test_O8_not_a_success_in_the_body_is_a_refusal_whatever_the_code(error: Any) -> None:
    assert read(200, {"is_success": False, "status_code": 200, "error": error}).state is State.REJECTED


def test_O9_in_part_is_no_success() -> None:
    result = read(200, but(partial_complete=True))

    assert result.state is State.UNKNOWN
    assert "in part" in result.said


@pytest.mark.parametrize("flag", [..., None, "false", 0, 1, [], "true"])
def test_O9_a_part_that_is_not_told_is_no_success(flag: Any) -> None:
    assert read(200, but(partial_complete=flag)).state is State.UNKNOWN


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("told", ["PO1", "", None, ..., 29523371880004, ["PO29523371880004"], " PO29523371880004"])
def test_O10_a_success_for_another_order_is_no_success(name: str, told: Any) -> None:
    data = {key: value for key, value in (GOOD["data"] | {name: told}).items() if value is not ...}

    assert read(200, but(data=data)).state is State.UNKNOWN


def test_O10_ids_that_differ_only_by_case_differ() -> None:
    assert read(200, but(data=GOOD["data"] | {"order_id": "po29523371880004"})).state is State.UNKNOWN


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html>",
        b"[]",
        b"null",
        b"true",
        b'"ok"',
        b"200",
        b"NaN",
        b"{",
        b"\xff\xfe",
        b"[" * 9_000,
        [GOOD],
        but(data=...),
        but(data=None),
        but(data=[]),
        but(data="PO29523371880004"),
        but(is_success=...),
        but(is_success=None),
        but(is_success="true"),
        but(is_success=1),
        b'{"is_success": Infinity}',
        b"1" * 5_000,
    ],
)
def test_O11_what_cannot_be_read_is_no_success(body: Any) -> None:
    assert read(200, body).state is State.UNKNOWN


@pytest.mark.parametrize("number", ["1e99999999999999999999", "-1e99999999999999999999"])
def test_O11_a_number_beyond_all_numbers_cannot_be_read(number: str) -> None:
    assert read(200, f'{{"is_success": true, "x": {number}}}'.encode()).state is State.UNKNOWN


def test_O11_an_answer_that_says_both_is_no_success() -> None:
    both = json.dumps(GOOD).encode().replace(b"{", b'{"is_success": false, ', 1)

    assert read(200, both).state is State.UNKNOWN


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_O14_a_redirect_says_that_the_base_url_is_wrong(code: int) -> None:
    result = read(code, GOOD, location="https://elsewhere.example")

    assert (result.state, "base URL" in result.said) == (State.REJECTED, True)


@pytest.mark.parametrize("code", [401, 403])
@pytest.mark.parametrize("body", [GOOD, b"<html>", b""])
def test_O16_refused_credentials_are_final_and_for_an_administrator(code: int, body: Any) -> None:
    result = read(code, body)

    assert (result.state, "credentials" in result.said) == (State.REJECTED, True)


@pytest.mark.parametrize(
    ("told", "after"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("864000", 900.0),
        ("Sun, 22 Nov 2026 05:01:00 GMT", 59.0),
        ("1" * 50, 900.0),
        ("Sun, 22 Nov 2020 05:00:00 GMT", 0.0),
        ("Wed, 02 Dec 2026 05:00:00 GMT", 900.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٧", None),
        ("", None),
    ],
)
def test_O21_too_many_requests_may_be_tried_again_after_a_bounded_while(told: str, after: float | None) -> None:
    result = read(429, b"", retry_after=told)

    assert (result.state, result.after) == (State.INTENDED, after if after is None else pytest.approx(after, abs=0.1))


def test_O21_a_date_in_no_year_of_ours_is_nonsense() -> None:
    assert read(429, b"", retry_after=f"Sun, 22 Nov {'9' * 20} 05:00:00 GMT").after is None
