"""Nimbbl's door: what it is answered, whatever it or somebody else posts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onemg_portal.sandbox.partners import nimbbl_webhooks as sandbox
from onemg_portal.sandbox.partners.books import Order
from payments.choices import Proof
from tests.webhooks.answers import turned_away
from tests.webhooks.test_views import without_table
from webhooks import events
from webhooks.models import EventOutcome, NimbblEvent
from webhooks.nimbbl import MOST_BYTES

pytestmark = pytest.mark.django_db

SECRET = "test-access-secret"
ORDER = Order("M1", "PO1", "o_1", payable_amount="739.48")
PAID = sandbox.signed(sandbox.payment(ORDER), SECRET)
FORGED = PAID | {"transaction": PAID["transaction"] | {"status": "failed"}}
BODY = sandbox.posted(PAID)
#: People and what a bank wrote, in every event of the sandbox.
CANARIES = ("bina", "Bina", "BINA", "4242", "192.0.2.7")
Say = Callable[..., Any]


@pytest.fixture(autouse=True)
def _agreed(settings: Any) -> None:
    """A portal that knows Nimbbl's secret."""
    settings.NIMBBL_ACCESS_SECRET = SECRET


@pytest.fixture(autouse=True)
def _a_discreet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test here does, no secret, no signature and nobody is logged."""
    yield
    signature = PAID["nimbbl_signature"]
    assert [word for word in (SECRET, signature, *CANARIES) if word in caplog.text] == []


@pytest.fixture
def say(client: Client) -> Say:
    """Post an event as Nimbbl does: with exactly these CGI variables."""

    def send(event: Any, path: str = "/nimbbl/events/", **environ: Any) -> Any:
        body = event if isinstance(event, bytes) else sandbox.posted(event)
        environ = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"} | environ
        present = {name: value for name, value in environ.items() if value is not None}
        return client.generic("POST", path, body, content_type="", **present)

    return send


def received(response: Any) -> None:
    """Assert that it is the agreed answer of what is kept."""
    assert (response.status_code, response.json()) == (200, {"received": True})
    assert response["Content-Type"] == "application/json"


def refused(response: Any, code: int) -> str:
    """Assert that it is the agreed answer of a failure, which quotes nothing; its message."""
    answer = response.json()
    assert (response.status_code, answer) == (code, {"received": False, "message": answer["message"]})
    assert (response["Content-Type"], response["Content-Length"]) == ("application/json", str(len(response.content)))
    assert ("Location" in response, bool(response.cookies)) == (False, False)
    assert [word for word in (SECRET, "o_1", "succeeded", *CANARIES) if word in response.text] == []
    return str(answer["message"])


def assert_nothing_kept() -> None:
    assert NimbblEvent.objects.count() == 0


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_M8_a_signed_event_is_kept_byte_for_byte(say: Say) -> None:
    received(say(PAID, HTTP_USER_AGENT="Namuna/1"))

    event = NimbblEvent.objects.get()
    assert (bytes(event.body), event.size, event.proof) == (BODY, len(BODY), Proof.GENUINE)
    assert event.headers == {"Content-Type": "application/json", "User-Agent": "Namuna/1"}
    assert (event.event_type, event.nimbbl_order_id, event.invoice_id) == ("payment_success", "o_1", "M1")


@pytest.mark.parametrize(
    ("event", "proof", "version"),
    [
        (sandbox.sealed(sandbox.payment(ORDER), SECRET), Proof.GENUINE, "v4"),
        (sandbox.signed(sandbox.refund(ORDER, "10"), SECRET), Proof.GENUINE, "v3"),
        (sandbox.older(sandbox.payment(ORDER), SECRET), Proof.UNPROVED, ""),
        (sandbox.unsigned(PAID), Proof.UNPROVED, "v3"),
        ({"encrypted_response": "00" * 48}, Proof.ENCRYPTED, ""),
        ({}, Proof.UNPROVED, ""),
    ],
    ids=["v4", "refund", "v2", "unsigned", "encrypted", "empty"],
)
def test_each_kind_of_event_is_kept_with_what_proves_it(say: Say, event: Any, proof: str, version: str) -> None:
    received(say(event))

    kept = NimbblEvent.objects.get()
    assert (kept.proof, kept.version) == (proof, version)


@pytest.mark.parametrize("path", ["/nimbbl/events", "/nimbbl/events/", "/nimbbl/events?a=b"])
def test_both_spellings_are_served_directly(say: Say, path: str) -> None:
    received(say(PAID, path))


def test_M7_an_event_nobody_knows_is_kept_and_shown(say: Say) -> None:
    received(say(PAID | {"event_type": "payment_teleported"}))

    event = NimbblEvent.objects.get()
    assert (event.outcome, event.said, event.event_type) == (EventOutcome.SHOWN, None, "payment_teleported")


# --- what is not ------------------------------------------------------------------------------------------------------


def test_M5_a_wrong_signature_is_401_counted_and_not_kept(say: Say) -> None:
    message = refused(say(FORGED), 401)

    assert message == "The signature is not valid."
    assert_nothing_kept()
    assert turned_away() == [("127.0.0.1", "signature", 1)]


def test_M5_many_forgeries_are_429_and_cost_the_database_nothing(say: Say, settings: Any) -> None:
    settings.ONEMG_WEBHOOK_WRONG_TOKENS_A_MINUTE = 2
    for _ in range(2):
        say(FORGED)

    with CaptureQueriesContext(connection) as queries:
        response = say(FORGED)

    refused(response, 429)
    assert ("Retry-After" in response, len(queries)) == (True, 0)


def test_M5_forgeries_do_not_shut_out_what_is_signed(say: Say, settings: Any) -> None:
    settings.ONEMG_WEBHOOK_WRONG_TOKENS_A_MINUTE = 0
    say(FORGED)

    received(say(PAID))


def test_M5_what_nothing_proves_cannot_fill_the_database(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_UNPROVED", 2)
    for number in range(2):
        received(say({"number": number}))

    response = say({"number": 3})

    refused(response, 429)
    assert (response["Retry-After"], NimbblEvent.objects.count()) == ("3600", 2)
    assert turned_away() == [("127.0.0.1", "unproved", 1)]
    received(say({"number": 1}))  # known already
    received(say(PAID))


def test_without_a_secret_nothing_can_be_proved_and_nimbbl_sends_again(say: Say, settings: Any) -> None:
    settings.NIMBBL_ACCESS_SECRET = ""

    response = say(PAID)

    refused(response, 503)
    assert response["Retry-After"] == "30"
    assert_nothing_kept()
    assert turned_away() == [("127.0.0.1", "no_secret", 1)]


@pytest.mark.parametrize(
    "body", [b"", b" ", b"not json", b"[]", BODY[:-1], b"\xff{}", b'{"a": 1, "a": 2}', b"[" * 9000]
)
def test_what_is_no_json_object_is_400_and_not_kept(say: Say, body: bytes) -> None:
    refused(say(body), 400)

    assert_nothing_kept()
    assert turned_away() == [("127.0.0.1", "event_400", 1)]


@pytest.mark.parametrize("length", ["", "abc", "-1", "1_0", "5, 5"])
def test_no_length_is_411(say: Say, length: str) -> None:
    refused(say(BODY, CONTENT_LENGTH=length), 411)

    assert_nothing_kept()
    assert turned_away() == [("127.0.0.1", "event_411", 1)]


def test_too_large_is_413(say: Say) -> None:
    refused(say(BODY.ljust(MOST_BYTES + 1)), 413)

    assert_nothing_kept()


def test_just_within_the_cap_is_received(say: Say) -> None:
    received(say(BODY.ljust(MOST_BYTES)))


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, identity"])
def test_a_compressed_body_is_415_and_never_unpacked(say: Say, coding: str) -> None:
    refused(say(gzip.compress(BODY), HTTP_CONTENT_ENCODING=coding), 415)

    assert_nothing_kept()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "a/b/c;;=", None])
def test_any_content_type_is_accepted(say: Say, content_type: str | None) -> None:
    received(say(PAID, CONTENT_TYPE=content_type))


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
def test_another_method_is_405(client: Client, method: str) -> None:
    response = getattr(client, method)("/nimbbl/events/")

    assert (response.status_code, response["Allow"], response["Content-Type"]) == (405, "POST", "application/json")


@pytest.mark.parametrize("path", ["/NIMBBL/events/", "/nimbbl/events//", "/nimbbl/events/x", "/Nimbbl/Events"])
def test_other_spellings_are_404_in_json(say: Say, path: str) -> None:
    refused(say(PAID, path), 404)

    assert_nothing_kept()


def test_plain_http_is_403_and_not_redirected(say: Say, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True

    refused(say(PAID), 403)
    assert_nothing_kept()


def test_a_host_that_is_not_ours_is_400_in_json(say: Say, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["portal.example"]

    refused(say(PAID), 400)


def test_no_session_and_no_token_is_read(say: Say) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = say(PAID, HTTP_COOKIE="sessionid=x", HTTP_AUTHORIZATION="Token x")

    received(response)
    assert [q["sql"] for q in queries if "django_session" in q["sql"] or "auth_user" in q["sql"]] == []
    assert {"Set-Cookie", "Vary"} & set(response.headers) == set()


# --- our own trouble --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_M8_bytes_that_cannot_be_kept_are_503_and_the_retry_is_kept(say: Say) -> None:
    with without_table("webhooks_nimbblevent"):
        response = say(PAID)
    refused(response, 503)
    assert response["Retry-After"] == "30"
    assert_nothing_kept()

    received(say(PAID))
    assert NimbblEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_M8_a_forgery_that_cannot_be_counted_is_503(say: Say) -> None:
    with without_table("webhooks_rejectedattempt"):
        refused(say(FORGED), 503)


# --- who sees it ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["Viewer", "Operations", "Administrator"])
def test_the_admin_shows_events_without_people_and_banks(say: Say, as_role: Any, role: str) -> None:
    for event in (PAID, sandbox.sealed(sandbox.refund(ORDER, "10"), SECRET), sandbox.unsigned(PAID)):
        say(event)
    browser = as_role(role)
    User.objects.update(is_staff=True)

    pages = [browser.get("/admin/webhooks/nimbblevent/")]
    pages += [browser.get(f"/admin/webhooks/nimbblevent/{event.pk}/change/") for event in NimbblEvent.objects.all()]

    text = "".join(page.content.decode() for page in pages)
    assert {page.status_code for page in pages} == {200}
    assert [word for word in CANARIES if word in text] == []
    assert [word for word in ("payment_success", "739.48", "Signed by Nimbbl", "o_1-00001") if word not in text] == []


def test_control_the_bytes_do_hold_people() -> None:
    assert [word for word in CANARIES if word not in json.dumps(PAID)] == []
