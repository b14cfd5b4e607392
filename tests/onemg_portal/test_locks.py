"""Whom a wrong password is counted for, and what is kept of what was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import RequestFactory

from onemg_portal import locks


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("", None),
        ("a-socket", None),
    ],
)
def test_an_address_counts_for_itself_and_of_ipv6_for_its_network(address: str, counted: str | None) -> None:
    assert locks.address_of(RequestFactory().get("/", REMOTE_ADDR=address)) == counted


@pytest.mark.django_db
def test_the_name_of_an_account_is_kept(staff: Callable[[str], Any]) -> None:
    staff("Viewer")

    assert locks.name_tried(RequestFactory().post("/login/", {"username": "viewer"})) == "viewer"


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["my pass phrase", "", "viewer\0"])
def test_of_any_other_word_only_a_hash_is_kept(typed: str) -> None:
    name = locks.name_tried(RequestFactory().post("/login/", {"username": typed}))

    assert name.startswith("unknown-")
    assert len(name) == len("unknown-") + 16


def test_no_form_is_kept_with_the_failures() -> None:
    attempt = AccessAttempt(get_data="next=/orders/", post_data="password=secret")

    locks.forget_what_was_typed(AccessAttempt, attempt)

    assert (attempt.get_data, attempt.post_data) == ("", "")
