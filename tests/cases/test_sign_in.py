"""Sign-ins cannot hold up anything else, and keep nothing of what was typed (A12, A22)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from itertools import islice
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.until import until

PASSWORD = "a long pass phrase"
OURS = "onemg_portal.sign_ins.SignInMiddleware"
Staff = Callable[[str], User]


def sign_in(name: str, password: str, *, by: Client | None = None, path: str = "/login/", **extra: Any) -> Any:
    return (by or Client()).post(path, {"username": name, "password": password}, **extra)


def wrong(name: str, times: int = 1, *, by: Client | None = None, **extra: Any) -> list[int]:
    """The codes that wrong passwords are answered."""
    return [sign_in(name, "wrong", by=by, **extra).status_code for _ in range(times)]


# --- hashing is bounded -----------------------------------------------------------------------------------------------


class HeldHasher(MD5PasswordHasher):
    """Hashes once the gate is open, and remembers how many stood before it at a time."""

    gate = threading.Event()
    counting = threading.Lock()
    inside = most = 0

    def encode(self, password: str, salt: str) -> str:
        with HeldHasher.counting:
            HeldHasher.inside += 1
            HeldHasher.most = max(HeldHasher.most, HeldHasher.inside)
        HeldHasher.gate.wait(60)
        with HeldHasher.counting:
            HeldHasher.inside -= 1
        return super().encode(password, salt)


@pytest.fixture
def held(transactional_db: None, settings: Any) -> Iterator[type[HeldHasher]]:
    """Passwords are hashed while the gate is open."""
    HeldHasher.inside = HeldHasher.most = 0
    settings.PASSWORD_HASHERS = [f"{__name__}.HeldHasher"]
    HeldHasher.gate.set()
    yield HeldHasher
    HeldHasher.gate.set()


@pytest.fixture
def beside() -> Iterator[Callable[..., Future[Any]]]:
    """Signs in beside the test, in a thread."""

    def run(*arguments: Any, **more: Any) -> Any:
        try:
            return sign_in(*arguments, **more)
        finally:
            connection.close()

    with ThreadPoolExecutor(32) as threads:
        yield lambda *arguments, **more: threads.submit(run, *arguments, **more)
        HeldHasher.gate.set()


@pytest.mark.parametrize("path", ["/login/", "/admin/login/"])
def test_A12_of_32_sign_ins_at_once_one_is_hashed(held: Any, beside: Any, path: str) -> None:
    held.gate.clear()
    asked = [beside(f"name-{n}", "wrong", path=path) for n in range(32)]

    others = [answer.result() for answer in islice(as_completed(asked, timeout=55), 31)]

    assert held.most == 1
    assert {(answer.status_code, answer["Retry-After"]) for answer in others} == {(429, "1")}


def test_control_A12_without_our_middleware_all_are_hashed_at_once(held: Any, beside: Any, settings: Any) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != OURS]
    held.gate.clear()

    for n in range(8):
        beside(f"name-{n}", "wrong")

    until(lambda: held.inside == 8)


def test_A12_two_who_sign_in_at_the_same_moment_both_get_in(held: Any, beside: Any, staff: Staff) -> None:
    staff("Viewer"), staff("Operations")
    held.gate.clear()
    first = beside("viewer", PASSWORD)
    until(lambda: held.inside == 1)

    second = beside("operations", PASSWORD)
    held.gate.set()

    assert (first.result().status_code, second.result().status_code) == (302, 302)


def test_A12_a_browser_that_signed_in_before_passes_those_who_try(held: Any, beside: Any, staff: Staff) -> None:
    staff("Viewer")
    asha = Client()
    sign_in("viewer", PASSWORD, by=asha)
    asha.post("/logout/")
    held.gate.clear()
    beside("nobody", "wrong")
    until(lambda: held.inside == 1)

    hers = beside("viewer", PASSWORD, by=asha)

    until(lambda: held.inside == 2)
    held.gate.set()
    assert hers.result().status_code == 302


@pytest.mark.django_db
def test_A12_a_mark_that_we_did_not_give_is_none(staff: Staff, settings: Any) -> None:
    staff("Viewer")
    stranger = Client()
    stranger.cookies["portal_browser"] = "viewer"
    wrong("name", 60, by=stranger)

    assert sign_in("viewer", PASSWORD, by=stranger).status_code == 429


# --- by address -------------------------------------------------------------------------------------------------------


def spray(by: Client, **extra: Any) -> None:
    """One wrong password for each of very many names; the thirtieth of a minute is the last that is looked at."""
    for n in range(60):
        wrong(f"name-{n}", by=by, **extra)


@pytest.mark.django_db
def test_A12_one_address_that_tries_many_names_is_not_heard(client: Client, staff: Staff) -> None:
    staff("Viewer")
    spray(client)

    answer = sign_in("viewer", PASSWORD, by=client)

    assert (answer.status_code, 0 < int(answer["Retry-After"]) <= 60) == (429, True)
    assert AccessAttempt.objects.count() <= 60


@pytest.mark.django_db
def test_A12_another_address_is(client: Client, staff: Staff) -> None:
    staff("Viewer")
    spray(client)

    assert sign_in("viewer", PASSWORD, by=client, REMOTE_ADDR="127.0.0.9").status_code == 302


@pytest.mark.django_db
def test_A12_many_addresses_that_try_one_name_do_not_lock_it(client: Client, staff: Staff) -> None:
    staff("Viewer")
    for n in range(30):
        wrong("viewer", 11, REMOTE_ADDR=f"198.51.100.{n}")

    assert sign_in("viewer", PASSWORD).status_code == 302


def a_hundred_failures(address: str) -> None:
    """Of the last quarter of an hour, for ten names."""
    for n in range(10):
        AccessAttempt.objects.create(username=f"name-{n}", ip_address=address, failures_since_start=10)


@pytest.mark.django_db
def test_A12_an_address_with_a_hundred_failures_is_locked_whatever_the_name(staff: Staff) -> None:
    staff("Viewer")
    a_hundred_failures("127.0.0.1")

    codes = [sign_in("viewer", PASSWORD).status_code, sign_in("viewer", PASSWORD, REMOTE_ADDR="127.0.0.9").status_code]

    assert codes == [429, 302]


@pytest.mark.django_db
def test_A12_but_not_for_a_browser_that_signed_in_before(client: Client, staff: Staff) -> None:
    staff("Viewer")
    sign_in("viewer", PASSWORD)
    sign_in("viewer", PASSWORD, by=client)
    client.post("/logout/")
    a_hundred_failures("127.0.0.1")

    assert sign_in("viewer", PASSWORD, by=client).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "code"), [("2001:db8:1:2:ffff::9", 429), ("2001:db8:1:3::1", 302)])
def test_A12_of_ipv6_a_customers_network_counts_as_one(staff: Staff, address: str, code: int) -> None:
    staff("Viewer")
    for n in range(10):
        wrong("viewer", REMOTE_ADDR=f"2001:db8:1:2::{n + 1:x}")

    assert sign_in("viewer", PASSWORD, REMOTE_ADDR=address).status_code == code


# --- what is kept -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_A22_the_row_of_failures_does_not_grow(client: Client, staff: Staff) -> None:
    staff("Viewer")

    for _ in range(9):
        client.post(
            "/login/?q=" + "x" * 500, {"username": "viewer", "password": "wrong", "next": "/orders/" + "y" * 1000}
        )

    row = AccessAttempt.objects.get()
    assert (row.failures_since_start, row.get_data, row.post_data) == (9, "", "")


@pytest.mark.django_db
def test_A22_a_password_typed_as_the_name_is_not_kept(client: Client) -> None:
    wrong(PASSWORD, by=client)

    row = AccessAttempt.objects.get()
    assert [name for name, value in vars(row).items() if PASSWORD in str(value)] == []


@pytest.mark.django_db
def test_A22_an_unknown_name_is_locked_like_a_known_one(client: Client, staff: Staff) -> None:
    staff("Viewer")

    assert wrong("nobody", 11) == wrong("viewer", 11) == [200] * 9 + [429, 429]
