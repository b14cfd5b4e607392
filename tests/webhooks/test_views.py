"""What 1mg is answered (the table in `webhooks.views`), and the shapes of a request that the test client can send."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client

from orders.models import GroupedOrder, OrderUpdate
from tests.conftest import TOKEN, document, order_update
from tests.webhooks.answers import agreed, assert_discreet, assert_nothing_kept, refused, turned_away
from webhooks import services
from webhooks.models import Delivery, Outcome

pytestmark = pytest.mark.django_db

Send = Callable[..., Any]
BODY = json.dumps(order_update()).encode()


@pytest.fixture(autouse=True)
def _a_discreet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test here does, no token and no patient is logged."""
    yield
    assert_discreet(caplog.text)


@contextmanager
def without_table(name: str) -> Iterator[None]:
    """A table is missing, as after a migration that went wrong."""
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{name}" RENAME TO "{name}_away"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER TABLE "{name}_away" RENAME TO "{name}"')


def raw(body: bytes, **environ: Any) -> Any:
    """Post with exactly these CGI variables beside the token: also without a length, or without a type."""
    environ = {"HTTP_AUTHORIZATION": f"Token {TOKEN}", "CONTENT_LENGTH": str(len(body))} | environ
    present = {name: value for name, value in environ.items() if value is not None}
    return Client().generic("POST", "/update-status/", body, content_type="", **present)


# --- the answers ------------------------------------------------------------------------------------------------------


def test_answer_applied_is_success(post: Send) -> None:
    response = post(order_update())

    agreed(response, 200, "SUCCESS")
    delivery = Delivery.objects.get()
    assert (delivery.outcome, bytes(delivery.body)) == (Outcome.APPLIED, BODY)
    assert (delivery.answer_code, delivery.answer_given) == (200, response.json())
    assert response.json()["message"] == f"Order updated. Reference {delivery.pk}."


def test_answer_duplicate_is_success(post: Send) -> None:
    post(order_update())

    response = post(order_update())

    agreed(response, 200, "SUCCESS")
    assert [d.outcome for d in Delivery.objects.order_by("id")] == [Outcome.APPLIED, Outcome.DUPLICATE]
    assert OrderUpdate.objects.get().times_seen == 2


def test_answer_stale_is_success(post: Send) -> None:
    post(order_update(status_id=40, updated=1_700_000_100))

    response = post(order_update(status_id=30, updated=1_700_000_000))

    agreed(response, 200, "SUCCESS")
    assert [d.outcome for d in Delivery.objects.order_by("id")] == [Outcome.APPLIED, Outcome.STALE]
    assert GroupedOrder.objects.get().status_id == 40


def test_answer_kept_and_not_applied_is_pending_and_finished_later(post: Send) -> None:
    with without_table("orders_sku"):
        response = post(order_update())
    delivery = Delivery.objects.get()
    before = (delivery.outcome, delivery.answer_code, GroupedOrder.objects.count())

    services.reprocess(delivery)

    agreed(response, 200, "PENDING")
    assert before == (Outcome.PENDING, 200, 0)
    assert (delivery.outcome, GroupedOrder.objects.get().status_id) == (Outcome.APPLIED, 130)


def _without(key: str) -> dict[str, Any]:
    body = order_update()
    del document(body)["grouped_orders"][0][key]
    return body


def _empty_group() -> dict[str, Any]:
    body = order_update()
    document(body)["grouped_orders"] = []
    return body


@pytest.mark.parametrize(
    "body",
    [order_update(status_id=21), _without("order_id"), _without("order_status"), _empty_group(), {}],
    ids=["unknown status", "no order id", "no status", "empty group", "empty object"],
)
def test_answer_json_that_is_not_understood_is_pending_and_raises_an_alert(
    post: Send, caplog: pytest.LogCaptureFixture, body: dict[str, Any]
) -> None:
    response = post(body)

    agreed(response, 200, "PENDING")
    assert Delivery.objects.get().outcome in (Outcome.QUARANTINED, Outcome.APPLIED)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "empty"),
        (b" \r\n\t ", "empty"),
        (b"not json", "not_json"),
        (BODY[:-1], "not_json"),
        (BODY[: len(BODY) // 2], "not_json"),
        (BODY.replace(b'"', b"'"), "not_json"),
        (b"\xff\xfe{}", "not_utf8"),
        (b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", "too_deep"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b"[]", "not_an_object"),
    ],
)
def test_answer_not_json_is_400_and_the_bytes_are_kept(post: Send, body: bytes, problem: str) -> None:
    response = raw(body)

    refused(response, 400)
    delivery = Delivery.objects.get()
    assert (bytes(delivery.body), delivery.outcome, delivery.problem) == (body, Outcome.REFUSED, problem)
    assert (delivery.answer_code, GroupedOrder.objects.count()) == (400, 0)


def test_answer_not_json_quotes_nothing_of_the_body(post: Send) -> None:
    response = post(b'{"patient_name": "Canary Name"; "canary": 1}')

    refused(response, 400)
    assert b"anary" not in response.content


@pytest.mark.parametrize("length", ["", "abc", "-1", "+5", "\u0665", "1_0", "5, 5"])
def test_answer_no_length_is_411(length: str) -> None:
    response = raw(BODY, CONTENT_LENGTH=length)

    refused(response, 411)
    assert_nothing_kept()
    assert turned_away() == [("127.0.0.1", "body_411", 1)]


def test_answer_too_large_is_413(post: Send) -> None:
    response = post(b"{" + b" " * configured.ONEMG_WEBHOOK_MAX_BYTES)

    refused(response, 413)
    assert_nothing_kept()
    assert turned_away() == [("127.0.0.1", "body_413", 1)]


def test_answer_just_within_the_cap_is_success(post: Send) -> None:
    response = post(BODY.ljust(configured.ONEMG_WEBHOOK_MAX_BYTES))

    agreed(response, 200, "SUCCESS")


def test_answer_no_token_is_401_before_the_body_is_looked_at() -> None:
    response = raw(b"x" * 2_000_000, HTTP_AUTHORIZATION=None, HTTP_CONTENT_ENCODING="gzip")

    refused(response, 401)
    assert_nothing_kept()


def test_answer_wrong_method_is_405(client: Client) -> None:
    response = client.put("/update-status/", BODY, headers={"Authorization": f"Token {TOKEN}"})

    refused(response, 405)
    assert_nothing_kept()


def test_answer_flood_is_429(post: Send, settings: Any) -> None:
    settings.ONEMG_WEBHOOK_WRONG_TOKENS_A_MINUTE = 0

    response = post({}, token="wrong")

    refused(response, 429)
    assert "Retry-After" in response


@pytest.mark.django_db(transaction=True)
def test_answer_not_kept_is_503_and_the_retry_is_applied(post: Send) -> None:
    with without_table("webhooks_delivery"):
        response = post(order_update())
    refused(response, 503)
    assert response["Retry-After"] == "30"
    assert_nothing_kept()

    again = post(order_update())
    agreed(again, 200, "SUCCESS")


@pytest.mark.django_db(transaction=True)
def test_answer_door_count_not_kept_is_503(post: Send) -> None:
    with without_table("webhooks_rejectedattempt"):
        response = post(order_update(), token=None)

    refused(response, 503)


def test_answer_bug_before_the_store_is_503(post: Send, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.ONEMG_WEBHOOK_MAX_BYTES = "a million"  # compares with no number: a TypeError in our own code

    response = post(order_update())

    refused(response, 503)
    assert response["Retry-After"] == "30"
    assert_nothing_kept()
    assert [record.name for record in caplog.records] == ["webhooks.views", "django.request"]


# --- the shape of the request -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b" ", b"\n\n", b"\xef\xbb\xbf"], ids=["nothing", "a blank", "lines", "a BOM"])
def test_B3_an_empty_body_is_400(body: bytes) -> None:
    response = raw(body)

    refused(response, 400)
    assert GroupedOrder.objects.count() == 0


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "x-unknown", "gzip, identity"])
def test_B9_a_compressed_body_is_415_and_never_unpacked(coding: str) -> None:
    response = raw(gzip.compress(BODY), HTTP_CONTENT_ENCODING=coding)

    refused(response, 415)
    assert_nothing_kept()
    assert turned_away() == [("127.0.0.1", "body_415", 1)]


def test_B9_a_gzip_bomb_is_415() -> None:
    bomb = gzip.compress(bytes(100_000_000), compresslevel=1)

    response = raw(bomb, HTTP_CONTENT_ENCODING="gzip")

    refused(response, 415)
    assert_nothing_kept()


def test_B9_a_compressed_body_that_does_not_say_so_is_400() -> None:
    response = raw(gzip.compress(BODY))

    refused(response, 400)


@pytest.mark.parametrize("coding", ["identity", "Identity", "", " identity "])
def test_B9_identity_is_no_compression(coding: str) -> None:
    response = raw(BODY, HTTP_CONTENT_ENCODING=coding)

    agreed(response, 200, "SUCCESS")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/vnd.partner+json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "nonsense",
        "a/b/c;;=",
    ],
)
def test_B10_any_content_type_is_accepted_and_recorded(content_type: str) -> None:
    response = raw(BODY, CONTENT_TYPE=content_type)

    agreed(response, 200, "SUCCESS")
    assert Delivery.objects.get().headers == {"Content-Type": content_type}


def test_B10_no_content_type_is_accepted() -> None:
    response = raw(BODY, CONTENT_TYPE=None)

    agreed(response, 200, "SUCCESS")
    assert Delivery.objects.get().headers in ({}, {"Content-Type": ""})


def test_B10_form_fields_are_not_json() -> None:
    response = raw(b"status=40&order_id=PO1", CONTENT_TYPE="application/x-www-form-urlencoded")

    refused(response, 400)


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "utf-7", "latin-1", "utf-16", "unknown", '"', ""])
def test_B11_utf8_is_read_whatever_charset_is_declared(charset: str) -> None:
    name = "\u0905\u0938\u094d\u092a\u0924\u093e\u0932 \u00e9"
    body = order_update()
    document(body)["delivery_address"]["name"] = name

    response = raw(json.dumps(body, ensure_ascii=False).encode(), CONTENT_TYPE=f"application/json; charset={charset}")

    agreed(response, 200, "SUCCESS")
    assert GroupedOrder.objects.get().group.customer_name == name


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "utf-32", "cp1252"])
def test_B11_bytes_that_are_not_utf8_are_400(charset: str) -> None:
    text = json.dumps(order_update() | {"note": "\u00e9"}, ensure_ascii=False)

    response = raw(text.encode(charset), CONTENT_TYPE=f"application/json; charset={charset}")

    refused(response, 400)
    assert GroupedOrder.objects.count() == 0


def test_B12_a_byte_order_mark_is_tolerated() -> None:
    response = raw(b"\xef\xbb\xbf" + BODY)

    agreed(response, 200, "SUCCESS")
    assert GroupedOrder.objects.count() == 1


def test_B12_a_second_byte_order_mark_is_not() -> None:
    response = raw(b"\xef\xbb\xbf" * 2 + BODY)

    refused(response, 400)


@pytest.mark.parametrize("path", ["/update-status/", "/update-status", "/update-status?a=b", "/update-status/?a=b"])
def test_B16_both_spellings_are_served_directly(post: Send, path: str) -> None:
    response = post(order_update(), path=path)

    agreed(response, 200, "SUCCESS")


@pytest.mark.parametrize(
    "path",
    [
        "/UPDATE-STATUS/",
        "/Update-Status",
        "/update-status//",
        "/update-status/x",
        "/update-statuses/",
    ],
)
def test_B16_other_spellings_are_404_in_json(post: Send, path: str) -> None:
    response = post(order_update(), path=path)

    refused(response, 404)
    assert_nothing_kept()


def test_B16_control_without_the_short_way_in_the_missing_slash_is_a_redirect(post: Send, settings: Any) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "DoorsMiddleware" not in name]

    response = post(order_update(), path="/update-status")

    assert response.status_code == 301


def test_B17_plain_http_is_403_and_not_redirected(post: Send, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True

    response = post(order_update())

    refused(response, 403)
    assert_nothing_kept()


def test_B17_https_is_served(post: Send, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True

    response = post(order_update(), secure=True)

    agreed(response, 200, "SUCCESS")


def test_B17_control_the_rest_of_the_portal_redirects_to_https(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "DoorsMiddleware" not in name]

    response = raw(BODY)

    assert (response.status_code, response["Location"]) == (301, "https://testserver/update-status/")
