"""Taking in a POST: what is kept, what is settled, what a failure leaves behind and who finishes it."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from orders.models import GroupedOrder, OrderGroup, OrderUpdate
from tests.conftest import NAMES, TOKEN, document, order_update, payload
from tests.passing import let_pass
from tests.refusing import refusing
from tests.rows import changed, everything
from tests.story import lines
from webhooks import pending, results, services
from webhooks.models import Delivery, Outcome, RejectedAttempt

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
T0 = 1_700_000_000


#: What applying a delivery again writes down about itself.
BOOKKEEPING = {f"webhooks.Delivery.{name}" for name in ("attempts", "settled_at", "claimed_until")}


def two(first: str = "PO1", second: str = "PO2", at: int = T0) -> dict[str, Any]:
    """One body about two orders."""
    body = order_update(first, updated=at, merchant_order_id="M")
    document(body)["grouped_orders"] += document(order_update(second, updated=at))["grouped_orders"]
    return body


def left_behind(body: Any, age: timedelta = timedelta(minutes=1)) -> Delivery:
    """A delivery as a crash right after the commit leaves it."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery.objects.create(
        body=data,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        token_fingerprint="x",
        received_at=timezone.now() - age,
    )


def outcome(delivery: Delivery) -> str:
    """What became of a delivery, as it stands in the database."""
    delivery.refresh_from_db()
    return delivery.outcome


def aged() -> None:
    """A minute has passed for what is pending."""
    let_pass(timedelta(minutes=1))


def swept_later() -> int:
    """How many deliveries a sweep tried, longer after the one before it than it puts anything off."""
    let_pass(timedelta(minutes=11))
    return services.sweep()


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_the_bytes_are_kept_as_they_came(post: Post) -> None:
    body = b"  " + json.dumps(payload("delivered"), indent=3).encode() + b"\n\t "

    post(body)

    kept = Delivery.objects.get()
    assert (bytes(kept.body), kept.size, kept.sha256) == (body, len(body), hashlib.sha256(body).hexdigest())


def test_what_came_with_the_bytes_is_kept_but_not_the_token(post: Post) -> None:
    post(payload("delivered"), headers={"User-Agent": "1mg/2", "X-Request-Id": "abc", "X-Secret": "no"})

    kept = Delivery.objects.get()
    assert kept.headers == {"Content-Type": "application/json", "User-Agent": "1mg/2", "X-Request-Id": "abc"}
    assert kept.token_fingerprint == hashlib.sha256(TOKEN.encode()).hexdigest()[:12]
    assert TOKEN not in repr(everything())


def test_the_answer_is_kept_as_it_was_given(post: Post) -> None:
    answer = post(payload("delivered"))

    kept = Delivery.objects.get()
    assert (kept.answer_code, kept.answer_given) == (answer.status_code, answer.json())
    assert (kept.outcome, kept.attempts, kept.problem) == ("applied", 0, "")
    assert kept.settled_at is not None
    assert kept.settled_at >= kept.received_at
    assert kept.took_ms is None or kept.took_ms >= 100  # only where it took longer than usual


def test_each_order_of_a_body_has_its_result(post: Post) -> None:
    post(two())

    said = results.in_full(Delivery.objects.get())
    assert [(r["order_id"], r["outcome"], r["status_id"], r["flags"]) for r in said] == [
        ("PO1", "applied", 130, []),
        ("PO2", "applied", 130, []),
    ]
    assert [r["update"] for r in said] == list(OrderUpdate.objects.values_list("pk", flat=True))


def test_D22_a_key_that_1mgs_page_does_not_name_is_reported(post: Post) -> None:
    body = order_update()
    document(body) | {}
    document(body)["new_thing"] = 1
    document(body)["grouped_orders"][0]["colour"] = "red"
    document(body)["grouped_orders"][0]["skus"][0]["weight"] = 2

    post(body)

    assert Delivery.objects.get().unknown_keys == ["grouped_orders.colour", "grouped_orders.skus.weight", "new_thing"]


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([two()], "applied"),
        ([two(), two()], "duplicate"),
        ([two(at=T0 + 9), two()], "stale"),
        ([two(), two(second="PO3")], "applied"),
        ([order_update("PO1", updated=T0 + 9), order_update("PO1", updated=T0 + 8), two(at=T0 + 7)], "applied"),
        ([two(second="not an id")], "quarantined"),
        ([{"grouped_orders": []}], "quarantined"),
        ([b"not json"], "refused"),
    ],
)
def test_one_word_says_what_became_of_a_delivery(post: Post, bodies: list[Any], expected: str) -> None:
    for body in bodies:
        post(body)

    assert Delivery.objects.latest("pk").outcome == expected


def test_E17_every_delivery_that_was_acknowledged_has_exactly_one_outcome(post: Post) -> None:
    answers = [post(payload(name)) for name in NAMES * 2] + [post(b"{"), post({"a": 1}), post(two(second="?"))]

    settled = Delivery.objects.exclude(outcome=Outcome.PENDING)

    assert [settled.filter(answer_code=code).count() for code in (200, 400)] == [
        sum(answer.status_code == code for answer in answers) for code in (200, 400)
    ]
    assert settled.count() == len(answers)


# --- one order that cannot be applied ---------------------------------------------------------------------------------


def test_one_order_that_fails_does_not_hold_back_its_siblings(post: Post) -> None:
    with refusing("PO1"):
        answer = post(two())
        services.sweep()

    assert (answer.status_code, answer.json()["status"]) == (200, "PENDING")
    assert list(GroupedOrder.objects.values_list("pk", flat=True)) == ["PO2"]
    assert Delivery.objects.get().outcome == "pending"


def test_of_an_order_that_fails_nothing_is_written(post: Post) -> None:
    post(order_update("PO1"))
    before = everything()

    with refusing("PO1"):
        post(order_update("PO1", 30, T0 + 9))

    assert changed(before, everything()) == {"webhooks.Delivery"}


def test_control_the_same_body_is_written_when_nothing_fails(post: Post) -> None:
    post(order_update("PO1"))
    before = everything()

    post(order_update("PO1", 30, T0 + 9))

    assert "orders.GroupedOrder.status_id" in changed(before, everything())


def test_a_body_received_again_after_it_had_failed_is_applied(post: Post) -> None:
    with refusing("PO1"):
        post(two())

    answer = post(two())

    assert answer.json()["status"] == "SUCCESS"
    assert set(GroupedOrder.objects.values_list("pk", flat=True)) == {"PO1", "PO2"}
    assert Delivery.objects.latest("pk").outcome == "applied"


def test_the_failed_one_is_then_a_duplicate_and_counted(post: Post) -> None:
    with refusing("PO1"):
        post(order_update("PO1"))
    post(order_update("PO1"))
    aged()

    services.sweep()

    assert list(Delivery.objects.order_by("pk").values_list("outcome", flat=True)) == ["duplicate", "applied"]
    assert OrderUpdate.objects.get().times_seen == 2


# --- the sweep --------------------------------------------------------------------------------------------------------


def test_F10_what_a_crash_left_is_finished_by_the_sweep() -> None:
    delivery = left_behind(two())

    tried = services.sweep()

    assert (tried, outcome(delivery)) == (1, "applied")
    assert set(GroupedOrder.objects.values_list("pk", flat=True)) == {"PO1", "PO2"}
    assert delivery.answer_code is None  # nobody was told


def test_F10_a_crash_between_two_orders_is_finished_without_applying_the_first_again(post: Post) -> None:
    with refusing("PO2"):
        post(two())
        services.sweep()
    aged()
    before = everything()

    services.sweep()

    delivery = Delivery.objects.get()
    assert [(r["order_id"], r["outcome"]) for r in results.in_full(delivery)] == [
        ("PO1", "applied"),
        ("PO2", "applied"),
    ]
    assert set(OrderUpdate.objects.values_list("times_seen", flat=True)) == {1}
    assert everything()["orders.GroupedOrder"]["PO1"] == before["orders.GroupedOrder"]["PO1"]


def test_the_sweep_leaves_young_deliveries_to_the_request_that_brought_them() -> None:
    delivery = left_behind(two(), pending.SWEEP_AFTER / 2)

    assert (services.sweep(), outcome(delivery)) == (0, "pending")


def test_a_second_sweep_has_nothing_to_do() -> None:
    left_behind(two())
    services.sweep()
    before = everything()

    assert (services.sweep(), changed(before, everything())) == (0, set())


def test_the_sweep_takes_the_oldest_first_and_stops_at_its_limit() -> None:
    young = left_behind(order_update("PO2"), timedelta(minutes=2))
    old = left_behind(order_update("PO1"), timedelta(minutes=9))

    assert (services.sweep(limit=1), outcome(old), outcome(young)) == (1, "applied", "pending")


def test_the_sweep_refuses_what_is_no_json_and_sets_aside_what_it_does_not_understand() -> None:
    broken, odd = left_behind(b"{"), left_behind({"grouped_orders": 7})

    services.sweep()

    assert (outcome(broken), broken.problem, broken.answer_code) == ("refused", "not_json", None)
    assert (outcome(odd), odd.problem) == ("quarantined", "no_orders")


def test_F12_a_delivery_that_always_fails_is_set_aside_and_the_others_proceed() -> None:
    poison, good = left_behind(order_update("PO1")), left_behind(order_update("PO2"))

    with refusing("PO1"):
        counts = [swept_later() for _ in range(6)]

    assert counts == [2, 1, 1, 1, 1, 0]
    assert (outcome(poison), outcome(good), poison.attempts) == ("quarantined", "applied", 5)
    assert "RaiseException" in poison.problem or "IntegrityError" in poison.problem


def test_F12_what_was_set_aside_is_applied_when_its_cause_is_gone() -> None:
    poison = left_behind(order_update("PO1"))
    with refusing("PO1"):
        for _ in range(5):
            swept_later()
    assert outcome(poison) == "quarantined"

    after = services.reprocess(poison)

    assert (after, outcome(poison), poison.problem) == ("applied", "applied", "")
    assert GroupedOrder.objects.get().pk == "PO1"


# --- again ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_applying_a_delivery_again_changes_nothing_but_its_attempts(post: Post, name: str) -> None:
    post(payload(name))
    before = everything()

    services.reprocess(Delivery.objects.get())

    assert changed(before, everything()) <= BOOKKEEPING


@pytest.mark.parametrize("body", [b"{", {"grouped_orders": []}, two(second="?")], ids=["broken", "empty", "half"])
def test_applying_again_what_cannot_be_applied_changes_nothing_else_either(post: Post, body: Any) -> None:
    post(body)
    before = everything()

    services.reprocess(Delivery.objects.get())

    assert changed(before, everything()) <= BOOKKEEPING


def test_applying_a_duplicate_again_does_not_count_it_again(post: Post) -> None:
    post(two())
    post(two())

    services.reprocess(Delivery.objects.latest("pk"))

    assert set(OrderUpdate.objects.values_list("times_seen", flat=True)) == {2}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_E3_deliveries_that_are_finished_in_another_order_than_they_came_leave_the_same(order: tuple[int, ...]) -> None:
    updates = [(130, T0), (30, T0 + 20), (130, T0 + 30), (25, T0 + 10)]
    waiting = [left_behind(order_update("PO1", status, at)) for status, at in updates]

    for index in order:
        services.reprocess(waiting[index])

    current = GroupedOrder.objects.get()
    assert (current.status_id, current.status_since.timestamp()) == (130, T0 + 30)  # type: ignore[union-attr]
    assert [line.status_id for line in lines(kind="status")] == [130, 25, 30, 130]
    assert differences() == ""


@pytest.mark.parametrize("status", [130, 40])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_D25_neither_does_one_without_a_clock_make_a_difference_to_a_rebuild(
    order: tuple[int, ...], status: int
) -> None:
    updates = [(30, T0), (status, None), (25, T0 + 10)]
    waiting = [left_behind(order_update("PO1", status, at)) for status, at in updates]

    for index in order:
        services.reprocess(waiting[index])

    assert differences() == ""


def differences() -> str:
    """What `rebuild_orders --compare` says; "" when nothing differs."""
    out = StringIO()
    try:
        call_command("rebuild_orders", compare=True, stdout=out)
    except CommandError:
        return out.getvalue()
    return ""


# --- turned away ------------------------------------------------------------------------------------------------------


def test_A1_posts_that_are_turned_away_are_counted_and_not_kept(post: Post) -> None:
    for _ in range(3):
        post(payload("delivered"), token=None)
    post(payload("delivered"), token="wrong")

    counted = dict(RejectedAttempt.objects.values_list("reason", "times"))
    assert counted == {"no_token": 3, "token": 1}
    assert (Delivery.objects.count(), OrderGroup.objects.count()) == (0, 0)


def test_A10_a_flood_is_one_row_a_minute_and_address() -> None:
    for number in range(200):
        services.reject(f"10.0.0.{number % 2}", "token")

    assert RejectedAttempt.objects.count() <= 4  # two addresses, perhaps over the turn of a minute
    assert sum(RejectedAttempt.objects.values_list("times", flat=True)) == 200


def test_an_address_or_reason_of_any_length_can_be_counted() -> None:
    services.reject("x" * 500, "y" * 500)

    assert RejectedAttempt.objects.values_list("remote_address", "reason").get() == ("x" * 45, "y" * 40)
