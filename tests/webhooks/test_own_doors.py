"""What `check_partners` finds out of the portal's own doors, over HTTP, and what it leaves behind."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Sum

from orders.models import Act, OrderGroup
from payments.models import Refund, RefundRequest
from payments.probe import Probe
from tests.payments.partners import wire
from tests.payments.partners.wire import Behaviour, answering, listening
from tests.server import PAYMENT_TOKEN, TOKEN, free_port
from tests.webhooks.door_cases import NEXT
from webhooks import own_doors
from webhooks.models import Delivery, NimbblEvent, RejectedAttempt
from webhooks.own_doors import Tokens

TOKENS = Tokens(updates=[TOKEN], payments=[PAYMENT_TOKEN])
DOORS = [
    "POST /update-status/: a wrong token",
    "POST /update-status/: token 0e0e",
    "GET /transactions/: a wrong token",
    "GET /transactions/: token 0e0e",
    "GET /refund-requests/: a wrong token",
    "GET /refund-requests/: token 0e0e",
    "POST /refund-requests/: a wrong token",
    "POST /refund-requests/: token 0e0e",
    "POST /nimbbl/events/: a wrong signature",
    "POST /nimbbl/events/: no JSON",
]


@pytest.fixture(autouse=True)
def _agreed(settings: Any) -> None:
    """A portal that knows Nimbbl's secret."""
    settings.NIMBBL_ACCESS_SECRET = "test-access-secret"


def asked(address: str, tokens: Tokens = TOKENS) -> dict[str, Probe]:
    """What was found, by name, with fingerprints left out. No word holds a token."""
    found = list(own_doors.probes(address, tokens))
    assert [token for token in (*tokens.updates, *tokens.payments) if token in str(found)] == []
    return {_without_fingerprint(one.name): one for one in found}


def _without_fingerprint(name: str) -> str:
    head, token, _fingerprint = name.partition(": token ")
    return f"{head}{token}0e0e" if token else name


def verdicts(found: dict[str, Probe]) -> dict[str, str]:
    """Everything that is not all right."""
    return {name: one.verdict for name, one in found.items() if one.verdict != "pass"}


@pytest.fixture
def portal(transactional_db: None, live_server: Any) -> str:
    """The address of a portal that answers over HTTP; its settings are the test's."""
    url: str = live_server.url
    return url


# --- a portal as it should be -----------------------------------------------------------------------------------------


def test_every_door_of_a_portal_as_it_should_be(portal: str) -> None:
    found = asked(portal)

    assert (list(found), verdicts(found)) == (DOORS, {})


def test_nothing_is_kept_that_anybody_is_called_for(portal: str) -> None:
    asked(portal)

    models = (Delivery, NimbblEvent, RefundRequest, Refund, OrderGroup, Act)
    assert [model.objects.count() for model in models] == [0] * 6


def test_what_is_refused_is_counted_as_from_anybody(portal: str) -> None:
    asked(portal)

    counted = RejectedAttempt.objects.values_list("reason").annotate(Sum("times")).order_by("reason")
    assert list(counted) == [("body_415", 2), ("event_400", 1), ("signature", 1), ("token", 4)]


def test_each_of_two_tokens_is_tried(portal: str) -> None:
    found = list(own_doors.probes(portal, Tokens([TOKEN], [PAYMENT_TOKEN, NEXT])))

    tried = [one for one in found if one.name.startswith("GET /transactions/: token")]
    assert ([one.verdict for one in tried], len({one.name for one in tried})) == (["pass"] * 2, 2)


# --- what may be wrong ------------------------------------------------------------------------------------------------


def test_a_token_that_the_portal_does_not_know_is_wrong(portal: str) -> None:
    found = asked(portal, Tokens([TOKEN], ["a-token-from-before-the-restart"]))

    assert verdicts(found) == dict.fromkeys(DOORS[3:8:2], "fail")
    assert found[DOORS[3]].words == "It answers 401; 404 in the agreed JSON was to come."
    assert "ONEMG_PAYMENT_TOKENS" in found[DOORS[3]].hint


def test_tokens_that_are_not_set_leave_their_doors_not_known(portal: str) -> None:
    found = asked(portal, Tokens([], []))

    names = [name.partition(":")[0] for name in DOORS[1:8:2]]
    assert verdicts(found) == dict.fromkeys(names, "unknown")
    assert found[names[0]].words == "ONEMG_WEBHOOK_TOKENS is not set here: whoever comes is refused."


def test_a_secret_of_nimbbls_that_is_not_set_leaves_its_door_not_known(portal: str, settings: Any) -> None:
    settings.NIMBBL_ACCESS_SECRET = ""

    assert verdicts(asked(portal)) == {"POST /nimbbl/events/": "unknown"}


def test_a_door_for_other_addresses_is_not_known_to_be_right(portal: str, settings: Any) -> None:
    settings.ONEMG_WEBHOOK_ALLOWED_ADDRESSES = ["10.0.0.5"]

    found = asked(portal)

    assert verdicts(found) == dict.fromkeys(DOORS[:8], "unknown")
    assert "ONEMG_WEBHOOK_ALLOWED_ADDRESSES" in found[DOORS[0]].hint


def test_a_proxy_that_does_not_say_https_is_wrong(portal: str, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True

    found = asked(portal)

    assert verdicts(found) == dict.fromkeys(DOORS, "fail")
    assert "TRUSTED_PROXIES" in found[DOORS[0]].hint


def test_a_host_that_the_portal_does_not_answer_for_is_wrong(portal: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["portal.example"]

    found = asked(portal)

    assert verdicts(found) == dict.fromkeys(DOORS, "fail")
    assert "ALLOWED_HOSTS" in found[DOORS[0]].hint


def test_too_many_tries_are_not_known_to_be_wrong(portal: str, settings: Any) -> None:
    settings.ONEMG_WEBHOOK_WRONG_TOKENS_A_MINUTE = 0

    assert set(verdicts(asked(portal)).values()) == {"unknown"}


@pytest.mark.parametrize(
    "behaviour",
    [
        answering(200, b"<html>It works!</html>"),
        wire.sending(wire.head(401, "Content-Length: 9", "Content-Type: text/html") + b"<html>401"),
        answering(200, b"{}"),
        answering(401, b'{"detail": "A valid token is required."}'),
        answering(301, b"", "Location: https://elsewhere.example/"),
        answering(502, b"[]"),
        answering(401, b"[" * 100_000),
    ],
    ids=["a page", "a page with the right code", "another code", "other words", "a redirect", "502", "deep"],
)
def test_whatever_else_answers_there_is_wrong(behaviour: Behaviour) -> None:
    with listening(behaviour) as stranger:
        found = asked(stranger.url)

    assert verdicts(found) == dict.fromkeys(DOORS, "fail")


def test_a_portal_that_is_away_is_wrong_and_asked_once() -> None:
    found = asked(f"http://127.0.0.1:{free_port()}")

    assert verdicts(found) == {"portal: connection": "fail"}


@pytest.mark.parametrize(
    "address", ["portal.example", "http://portal.example", "https://a:b@portal.example", "https://", "ftp://x", ""]
)
def test_an_address_that_is_none_is_wrong_and_nothing_is_sent(address: str) -> None:
    assert verdicts(asked(address)) == {"portal: connection": "fail"}
