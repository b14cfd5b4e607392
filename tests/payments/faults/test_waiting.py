"""Tokens, refusals for a while, slow partners and ids that would change the path: rows O17 and O19 to O23."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connections

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.models import OrderGroup
from payments import services
from payments.asking import NotReady
from payments.choices import State
from payments.models import PartnerCall, Payment
from tests.payments.conftest import Buy, between, carried
from tests.payments.faults.acting import (
    by_1mg,
    due,
    elsewhere,
    long,
    pressed,
    seconds_until_next,
    stands,
    taken,
    updated,
)
from tests.server import free_port
from tests.until import until

pytestmark = pytest.mark.django_db(transaction=True)


# --- O17, O19, O20: Nimbbl's token ------------------------------------------------------------------------------------


def test_O17_a_token_that_is_always_refused_is_renewed_once_and_the_call_made_twice(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    buy()
    partners.misbehave("o_M1", "unauthorized", on="update")

    call = updated(asha)

    assert (partners.token_calls, partners.effects("M1")["updates_received"]) == (2, 2)
    assert (call.state, call.answer_code) == (State.REJECTED, 401)
    assert call.said.startswith("Nimbbl does not accept our credentials (401).")


def test_O17_a_token_that_died_early_is_renewed_and_the_update_is_made(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    buy()
    first = updated(asha)
    partners.expire_tokens()

    second = updated(asha, {"user_agent": "Firefox"})

    assert (first.state, second.state) == (State.SUCCEEDED, State.SUCCEEDED)
    assert partners.token_calls == 2
    assert partners.effects("M1")["updates"] == [["user_agent"], ["user_agent"]]


def test_O17_control_while_it_lives_one_token_serves_every_call(buy: Buy, partners: Partners, asha: Actor) -> None:
    buy()
    for agent in ("a", "b", "c"):
        updated(asha, {"user_agent": agent})

    assert partners.token_calls == 1


@pytest.mark.parametrize(
    "kind", ["token-without-expiry", "token-with-past-expiry", "token-with-odd-expiry", "skewed-date"]
)
def test_O19_a_token_that_says_no_good_end_serves_for_a_short_time(
    kind: str, buy: Buy, partners: Partners, asha: Actor
) -> None:
    buy()
    partners.misbehave("token", kind)

    states_seen = {updated(asha, {"user_agent": agent}).state for agent in ("a", "b")}

    assert states_seen == {State.SUCCEEDED}
    assert partners.token_calls == 1


@pytest.mark.parametrize("kind", ["unavailable", "html", "empty", "reset-before-acting", "times-out-before-acting"])
def test_O20_without_a_token_nothing_is_sent_and_nobody_asks_all_the_time(
    kind: str, buy: Buy, partners: Partners, asha: Actor
) -> None:
    buy()
    partners.misbehave("token", kind, **long(kind))

    call = updated(asha)
    asked = partners.token_calls
    services.sweep()

    assert partners.effects("M1")["updates_received"] == 0
    assert (asked, partners.token_calls) == (1, 1)
    assert call.said.startswith(("Nimbbl could not be reached; nothing was sent.", "Not sent: Nimbbl gives no token: "))
    assert (call.state == State.INTENDED) == bool(Payment.objects.get().wanted)


def test_O20_an_update_waits_for_nimbbl_to_come_back(buy: Buy, partners: Partners, asha: Actor, settings: Any) -> None:
    buy()
    settings.NIMBBL_BASE_URL, back = f"http://127.0.0.1:{free_port()}", settings.NIMBBL_BASE_URL
    elsewhere(settings, "NIMBBL_BASE_URL", settings.NIMBBL_BASE_URL.removeprefix("http://"))
    call = updated(asha)
    waiting = (call.state, call.attempts)
    settings.NIMBBL_BASE_URL = back
    due(call)

    services.sweep()

    call.refresh_from_db()
    assert (waiting, call.state) == ((State.INTENDED, 1), State.SUCCEEDED)
    assert partners.effects("M1")["updates"] == [["user_agent"]]
    assert Payment.objects.get().wanted == {}


def test_O20_wrong_keys_are_a_refusal_in_nimbbls_words(
    buy: Buy, partners: Partners, asha: Actor, settings: Any
) -> None:
    buy()
    settings.NIMBBL_ACCESS_SECRET = "access_secret_of_somebody_else"

    call = updated(asha)

    assert (call.state, partners.token_calls) == (State.REJECTED, 1)
    assert call.said.startswith("Not sent: Nimbbl gives no token: “The access key or secret is wrong.")


# --- O21: too many requests -------------------------------------------------------------------------------------------

WAITS = {
    "too-many": (2, 2),
    "too-many-until-a-date": (0, 2),
    "too-many-for-ten-days": (900, 900),
    "too-many-nonsense": (10, 20),
}


@pytest.mark.parametrize("kind", WAITS)
def test_O21_what_the_partner_asks_for_is_waited_within_reason(
    kind: str, buy: Buy, partners: Partners, asha: Actor
) -> None:
    group = buy()
    partners.misbehave("POM1", kind, on="confirm", times=1)

    call = pressed(group, asha)
    waits = seconds_until_next(call)
    due(call)
    services.sweep()

    least, most = WAITS[kind]
    assert (call.state, call.answer_code) == (State.INTENDED, 429)
    assert least - 0.5 <= waits <= most + 0.1
    call.refresh_from_db()
    assert (call.state, taken(partners)) == (State.SUCCEEDED, (2, 1))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "-5",
        "1e3",
        "９",
        "9" * 300,
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2024 00:00:00 +99999999999999",
        "Mon, 01 Jan 2024 00:00:00 -9999",
        "Sun, 06 Nov 1994 08:49:37 GMT",
    ],
)
def test_O21_no_word_of_the_partner_breaks_the_wait(value: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    header = value.encode().decode("latin-1")
    partners.misbehave("POM1", "too-many", on="confirm", retry_after_value=header)

    call = pressed(group, asha)

    assert call.state == State.INTENDED
    assert 0 <= seconds_until_next(call) <= 900


def test_O21_five_refusals_are_enough(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    partners.misbehave("POM1", "too-many", on="confirm")
    call = pressed(group, asha)
    for _ in range(8):
        due(call)
        services.sweep()

    call.refresh_from_db()
    assert (call.state, taken(partners), stands(group)) == (State.ABANDONED, (5, 0), "none")


# --- O22: slow for all ------------------------------------------------------------------------------------------------


def test_O22_while_every_thread_waits_for_a_slow_partner_updates_are_taken_at_once(
    buy: Buy, partners: Partners, asha: Actor, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.sending.SECONDS", 15.0)
    names = [f"M{number}" for number in range(settings.PARTNER_CALL_THREADS + 4)]
    groups = [buy(name) for name in names]
    answer = threading.Event()
    for name in names:
        partners.misbehave(f"PO{name}", "fine", on="confirm", during=lambda: answer.wait(12))
    calls = [services.confirm(group.pk, by=asha) for group in groups]
    until(lambda: PartnerCall.objects.filter(state=State.SENDING).count() == settings.PARTNER_CALL_THREADS)

    told = by_1mg(120, name="M0")
    under_way = PartnerCall.objects.filter(state__in=(State.INTENDED, State.SENDING)).count()
    answer.set()

    assert (under_way, told) == (len(names), "SUCCESS")
    assert {carried(call).state for call in calls} == {State.SUCCEEDED}
    assert {taken(partners, name) for name in names} == {(1, 1)}


def test_O22_control_whoever_sends_it_in_the_asking_thread_waits(
    buy: Buy, partners: Partners, asha: Actor, settings: Any
) -> None:
    group = buy()
    elsewhere(settings, "ONEMG_BASE_URL", f"127.0.0.1:{free_port()}")
    call = pressed(group, asha)
    settings.ONEMG_BASE_URL = partners.base_url
    partners.misbehave("POM1", "slow", on="confirm", seconds=0.8)
    due(call)
    started = time.monotonic()

    services.sweep()

    assert time.monotonic() - started >= 0.8


# --- O23: ids that would change the path ------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["../../../admin", "PO1#f", "PO1?x=1", "a/b", "%2e%2e", "PO 1", "पीओ"])
def test_O23_a_purchase_with_such_an_id_is_not_sent(value: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    OrderGroup.objects.update(onemg_order_id=value)

    with pytest.raises(NotReady, match="characters that may not stand in a call"):
        services.confirm(group.pk, by=asha)

    assert (PartnerCall.objects.count(), len(partners.requests)) == (0, 0)


def test_O23_and_not_where_it_comes_between_asking_and_sending(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()

    def change() -> None:
        OrderGroup.objects.update(onemg_order_id="../../../admin")
        connections.close_all()

    between(partners, change)

    call = pressed(group, asha)

    assert (call.state, stands(group), taken(partners)) == (State.ABANDONED, "none", (0, 0))
