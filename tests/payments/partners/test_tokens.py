"""Nimbbl's token: one for all, whoever wants it, however many want it at once. Row O18 and battery T15."""

# ruff: noqa: F401, F811 - the databases are fixtures of the suite that breaks them
from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from onemg_portal.sandbox.partners.server import Partners
from payments import token_store
from payments.models import PartnerToken
from payments.partners import clients, http, tokens
from payments.partners.nimbbl import NimbblClient, NotTold
from payments.token_store import SharedToken
from tests.faults.conftest import _sqlite_template, postgres, store
from tests.faults.kit import Store
from tests.server import ROOT, environment

THREADS, EXPIRIES = 50, 20


# --- a crowd ----------------------------------------------------------------------------------------------------------


Crowd = Callable[..., list[str]]


@pytest.fixture
def crowd(store: Store, partners: Partners) -> Crowd:
    """Start processes full of threads that want the token at once; what each printed a round, over all of them."""

    def run(how: str, threads: int, rounds: int, processes: int = 1) -> list[str]:
        env = environment(
            store.url,
            DJANGO_SETTINGS_MODULE="onemg_portal.settings",
            NIMBBL_BASE_URL=partners.base_url,
            NIMBBL_ACCESS_KEY=partners.agreed.nimbbl_access_key,
            NIMBBL_ACCESS_SECRET=partners.agreed.nimbbl_access_secret,
        )
        arguments = [sys.executable, "-m", "tests.payments.partners.stampede", how, str(threads), str(rounds)]
        piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started: list[subprocess.Popen[str]] = [
            subprocess.Popen(arguments, cwd=ROOT, env=env, **piped) for _ in range(processes)
        ]
        for one in started:
            assert one.stdout
            assert one.stdout.readline() == "ready\n", one.communicate()
        said = [one.communicate("begin\n", timeout=120) for one in started]
        assert [one.returncode for one in started] == [0] * processes, said
        return [line for out, _err in said for line in out.splitlines()]

    return run


def test_O18_T15_a_stampede_at_each_expiry_fetches_one_token(crowd: Crowd, partners: Partners) -> None:
    said = crowd("current", THREADS, EXPIRIES)

    assert said == ["1"] * EXPIRIES
    assert partners.token_calls == EXPIRIES


def test_O18_T15_control_without_the_lease_it_fetches_many(crowd: Crowd, partners: Partners) -> None:
    crowd("naive", THREADS, 1)

    assert partners.token_calls == THREADS


def test_O18_processes_share_the_token_and_its_fetching(crowd: Crowd, partners: Partners) -> None:
    said = crowd("current", 20, 1, processes=3)

    assert said == ["1"] * 3
    assert partners.token_calls == 1


def test_O18_fifty_calls_whose_token_was_refused_fetch_one(crowd: Crowd, partners: Partners) -> None:
    said = crowd("refused", THREADS, 1)

    assert said == ["1"]
    assert partners.token_calls == 2  # the one that is refused later, and the one after it


def test_O18_with_a_slow_nimbbl_the_others_wait_and_share(crowd: Crowd, partners: Partners) -> None:
    partners.misbehave("token", "slow", seconds=1)

    assert (crowd("current", THREADS, 1), partners.token_calls) == (["1"], 1)


def test_O20_a_stampede_while_nimbbl_gives_no_token_asks_once_and_all_are_told(
    crowd: Crowd, partners: Partners
) -> None:
    partners.misbehave("token", "unavailable")

    said = crowd("current", THREADS, 1)

    assert said == ["1 NotTold"] or said == ["1 NotSent"]
    assert partners.token_calls == 1


# --- one by one -------------------------------------------------------------------------------------------------------

PATIENCE = 3.0


@pytest.fixture
def client(partners: Partners, transactional_db: None) -> NimbblClient:
    """The portal's client."""
    found = clients.for_nimbbl()
    assert found
    return found


def row() -> PartnerToken:
    """The one row."""
    return PartnerToken.objects.get()


def test_O32_the_row_does_not_hold_the_token(client: NimbblClient) -> None:
    token = tokens.current(client, SharedToken.of(client), seconds=PATIENCE)

    held = str(PartnerToken.objects.values().get())
    assert len(token) > 20
    assert [secret for secret in (token, token[:12], client.access_key, client.access_secret) if secret in held] == []
    assert token_store.unseal(row().sealed) == token


def test_a_changed_secret_key_makes_the_token_unreadable_and_another_is_fetched(
    client: NimbblClient, partners: Partners, settings: Any
) -> None:
    first = tokens.current(client, SharedToken.of(client), seconds=PATIENCE)
    settings.SECRET_KEY = "another-secret-key-of-a-test-" * 2

    second = tokens.current(client, SharedToken.of(client), seconds=PATIENCE)

    assert (first != second, partners.token_calls) == (True, 2)
    assert tokens.current(client, SharedToken.of(client), seconds=PATIENCE) == second


def test_a_row_that_somebody_has_tampered_with_is_replaced(client: NimbblClient, partners: Partners) -> None:
    tokens.current(client, SharedToken.of(client), seconds=PATIENCE)
    PartnerToken.objects.update(sealed="gAAAAAB" + "x" * 80)

    assert tokens.current(client, SharedToken.of(client), seconds=PATIENCE) == token_store.unseal(row().sealed)
    assert partners.token_calls == 2


def test_another_account_has_a_token_of_its_own(client: NimbblClient, partners: Partners) -> None:
    tokens.current(client, SharedToken.of(client), seconds=PATIENCE)
    other = NimbblClient(client.base_url, "access_key_of_another", client.access_secret)

    with pytest.raises(NotTold, match="The access key or secret is wrong"):
        tokens.current(other, SharedToken.of(other), seconds=PATIENCE)
    assert PartnerToken.objects.count() == 2


def test_O19_a_token_is_replaced_a_minute_before_it_ends(client: NimbblClient, partners: Partners) -> None:
    tokens.current(client, SharedToken.of(client), seconds=PATIENCE)

    left = row().good_until
    assert left
    assert 1100 < (left - timezone.now()).total_seconds() <= 1141  # its `Date` is of whole seconds


@pytest.mark.parametrize("kind", ["token-without-expiry", "token-with-past-expiry", "token-with-odd-expiry"])
def test_O19_one_that_says_no_good_end_serves_a_minute(client: NimbblClient, partners: Partners, kind: str) -> None:
    partners.misbehave("token", kind)
    tokens.current(client, SharedToken.of(client), seconds=PATIENCE)

    left = row().good_until
    assert left
    assert 50 < (left - timezone.now()).total_seconds() <= 60


@pytest.mark.parametrize("ahead", [-3600, 3600])
def test_O19_by_whichever_clock_it_is_told_it_serves_no_longer_than_it_lives(
    client: NimbblClient, partners: Partners, ahead: int
) -> None:
    partners.misbehave("token", "skewed-date", seconds=ahead)
    tokens.current(client, SharedToken.of(client), seconds=PATIENCE)

    left = row().good_until
    assert left
    assert 50 < (left - timezone.now()).total_seconds() <= 1200


def test_O20_after_a_failure_nobody_asks_for_a_while_and_then_one_does(
    client: NimbblClient, partners: Partners
) -> None:
    partners.misbehave("token", "unavailable")
    for _ in range(30):
        with pytest.raises((http.NotSent, NotTold)):
            tokens.current(client, SharedToken.of(client), seconds=PATIENCE)
    during = partners.token_calls
    PartnerToken.objects.update(failed_at=timezone.now() - token_store.PAUSE)
    partners.behave("token")

    assert tokens.current(client, SharedToken.of(client), seconds=PATIENCE) == token_store.unseal(row().sealed)
    assert (during, partners.token_calls) == (1, 2)
    assert (row().failed_at, row().problem) == (None, "")


def test_the_lease_of_a_dead_process_is_taken_over(client: NimbblClient, partners: Partners) -> None:
    tokens.current(client, SharedToken.of(client), seconds=PATIENCE)
    PartnerToken.objects.update(sealed="", lease="of-the-dead", lease_until=timezone.now() - timedelta(seconds=1))

    assert tokens.current(client, SharedToken.of(client), seconds=PATIENCE) == token_store.unseal(row().sealed)


def test_control_the_lease_of_a_living_one_is_waited_for_and_not_for_ever(
    client: NimbblClient, partners: Partners
) -> None:
    tokens.current(client, SharedToken.of(client), seconds=PATIENCE)
    PartnerToken.objects.update(sealed="", lease="of-another", lease_until=timezone.now() + token_store.LEASE)
    started = time.monotonic()

    with pytest.raises(http.NotSent) as caught:
        tokens.current(client, SharedToken.of(client), seconds=0.6)

    assert (caught.value.again, partners.token_calls) == (True, 1)
    assert 0.4 < time.monotonic() - started < token_store.LEASE.total_seconds() / 2


def test_whoever_has_lost_the_lease_does_not_write_over_the_next_ones_token(
    client: NimbblClient, partners: Partners
) -> None:
    tokens.current(client, SharedToken.of(client), seconds=PATIENCE)
    PartnerToken.objects.update(good_until=None)

    def overtaken() -> None:
        from django.db import connections

        PartnerToken.objects.update(sealed=token_store.seal("the-next-ones"), lease="of-the-next")
        connections.close_all()

    partners.misbehave("token", "fine", during=overtaken)
    tokens.current(client, SharedToken.of(client), seconds=PATIENCE)

    assert (token_store.unseal(row().sealed), row().lease) == ("the-next-ones", "of-the-next")


def test_O17_a_refused_token_is_replaced_only_where_it_still_stands(client: NimbblClient, partners: Partners) -> None:
    first = tokens.current(client, SharedToken.of(client), seconds=PATIENCE)
    second = tokens.current(client, SharedToken.of(client), seconds=PATIENCE, refused=first)

    assert tokens.current(client, SharedToken.of(client), seconds=PATIENCE, refused=first) == second
    assert partners.token_calls == 2
