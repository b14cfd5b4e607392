"""Duplicates and order over HTTP, on rows: rows E1 to E17 of the fault catalogue that need no second process."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, models
from django.test import Client

from orders import flags, ids
from orders.models import Act, GroupedOrder, Invoice, OrderGroup, OrderUpdate, Sku
from orders.projection import place_of
from orders.statuses import STATUSES
from tests.conftest import NAMES, document, order_update, payload
from tests.passing import let_pass
from tests.story import texts
from webhooks import onemg, results
from webhooks.models import Delivery
from webhooks.tasks import sweep_pending

pytestmark = pytest.mark.django_db

T = 1_700_000_000
Send = Callable[..., Any]


# --- bodies and rows --------------------------------------------------------------------------------------------------


def entry(order_id: str, status_id: int, updated: int = T) -> dict[str, Any]:
    """An order that says something else in every part, by its status."""
    told = document(order_update(order_id, status_id, updated))["grouped_orders"][0]
    told["eta"] = {"eta_from": T + status_id, "eta_to": T + 1000 + status_id}
    told["shipment_detail"] = {"delivery_partner_name": f"Courier {status_id}", "tracking_number": f"W{status_id}"}
    told["payment_summary"] |= {"amount_payable": status_id}
    told["skus"][0] |= {"sku_id": f"S{status_id}", "normalized_quantity": status_id}
    return told


def group(entries: Iterable[dict[str, Any]], purchase: str = "M1") -> dict[str, Any]:
    """One body that carries these orders."""
    body = order_update()
    document(body).update(merchant_order_id=purchase, group_order_id="G1", grouped_orders=list(entries))
    return body


def send_all(post: Send, entries: Iterable[dict[str, Any]], size: int = 10) -> None:
    """Post orders, some in a body, each body a purchase of its own, and see each applied."""
    waiting = list(entries)
    for start in range(0, len(waiting), size):
        answer = post(group(waiting[start : start + size], f"M{start}")).json()
        assert answer["status"] == "SUCCESS", answer


def current(order_id: str = "PO1") -> GroupedOrder:
    """The order as it stands."""
    return GroupedOrder.objects.get(pk=order_id)


def values(row: models.Model, *without: str) -> dict[str, Any]:
    """Every column of a row but its surrogate key and `without`."""
    skipped = {"id", *without}
    return {f.name: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name not in skipped}


#: What differs between two orders with the same story: names, and which delivery said it.
_IDENTITY = ("order_id", "order", "group", "listed_at", "search_text", "heard", "marks", "review_flags", "flagged_at")


def states() -> dict[str, dict[str, Any]]:
    """Everything the fold owns, by order; of the positions the time and the rank."""
    return {
        order.pk: {
            "order": values(order, *_IDENTITY),
            "heard": {part: position[:2] for part, position in order.heard.items()},
            "skus": [values(sku, *_IDENTITY) for sku in order.skus.all()],
            "invoices": [values(invoice, *_IDENTITY) for invoice in order.invoices.all()],
        }
        for order in GroupedOrder.objects.prefetch_related("skus", "invoices")
    }


def projection() -> dict[str, list[dict[str, Any]]]:
    """Every row and column that is worked out from what 1mg said, without surrogate keys."""
    return {
        model.__name__: [values(row) for row in model._default_manager.order_by(*keys)]
        for model, keys in (
            (OrderGroup, ("pk",)),
            (GroupedOrder, ("pk",)),
            (Sku, ("order", "sku_id")),
            (Invoice, ("order", "number")),
            (OrderUpdate, ("order", "digest")),
        )
    }


def outcomes(order_id: str = "PO1") -> list[str]:
    """The outcomes of the recorded updates, in order of arrival."""
    return list(OrderUpdate.objects.filter(order=order_id).order_by("pk").values_list("outcome", flat=True))


# --- the same again ---------------------------------------------------------------------------------------------------


def test_E1_a_hundred_retries_are_one_update_seen_a_hundred_times(post: Send):
    answers = [post(order_update()) for _ in range(100)]

    assert {(a.status_code, a.json()["status"]) for a in answers} == {(200, "SUCCESS")}
    assert list(OrderUpdate.objects.values_list("times_seen", "outcome")) == [(100, "applied")]


def test_E1_a_retry_adds_nothing_to_the_story(post: Send):
    post(order_update())
    before = texts()

    post(order_update())

    assert texts() == before


def test_E1_a_retry_leaves_the_order_as_it_was(post: Send):
    post(order_update())
    before = values(current())

    post(order_update())

    assert values(current()) == before


def test_E1_a_retry_is_a_delivery_of_its_own(post: Send):
    post(order_update())

    post(order_update())

    assert list(Delivery.objects.order_by("pk").values_list("outcome", flat=True)) == ["applied", "duplicate"]


@pytest.mark.parametrize("name", NAMES)
def test_E1_a_retry_of_a_published_body_is_a_duplicate(post: Send, name: str):
    post(payload(name))

    post(payload(name))

    assert set(OrderUpdate.objects.values_list("times_seen", flat=True)) == {2}


def test_E5_there_and_back_with_new_times_is_applied(post: Send):
    for updated, status in ((T, 130), (T + 1, 100), (T + 2, 130)):
        post(order_update(status_id=status, updated=updated))

    assert (outcomes(), current().status_id) == (["applied"] * 3, 130)


def test_E5_there_and_back_with_identical_bytes_is_a_duplicate(post: Send):
    first = order_update(status_id=130, updated=T)

    for body in (first, order_update(status_id=100, updated=T + 1), first):
        post(body)

    assert (outcomes(), current().status_id) == (["applied", "applied"], 100)


# --- order of arrival -------------------------------------------------------------------------------------------------


def test_E3_every_arrival_of_five_updates_ends_alike(post: Send):
    steps = [(160, T), (100, T + 1), (130, T + 2), (30, T + 3), (40, T + 4)]
    arrivals = list(itertools.permutations(steps))

    for wave in range(5):
        send_all(post, [entry(f"P{n:03}", *arrival[wave]) for n, arrival in enumerate(arrivals)])

    found = states()
    assert (len(found), found["P000"]["order"]["status_id"]) == (120, 40)
    assert [order for order in found if found[order] != found["P000"]] == []


def test_E3_an_older_update_is_kept_as_stale_and_acknowledged(post: Send):
    post(order_update(status_id=40, updated=T))
    before = values(current())

    answer = post(order_update(status_id=30, updated=T - 1))

    assert (answer.status_code, answer.json()["status"]) == (200, "SUCCESS")
    assert (outcomes(), values(current())) == (["applied", "stale"], before)


def test_E3_a_stale_update_tells_its_status_at_its_own_time(post: Send):
    post(order_update(status_id=40, updated=T))

    post(order_update(status_id=30, updated=T - 60))

    assert texts(kind="status") == ["Out for delivery", "Delivered"]


def test_E3_control_the_last_arrival_is_not_what_counts(post: Send):
    steps = [(160, T), (100, T + 1), (130, T + 2), (30, T + 3), (40, T + 4)]

    last_to_arrive = {arrival[-1][0] for arrival in itertools.permutations(steps)}

    assert last_to_arrive == {160, 100, 130, 30, 40}


def test_E4_every_pair_of_statuses_at_one_instant_ends_alike(post: Send):
    pairs = list(itertools.permutations(STATUSES, 2))

    send_all(post, [entry(f"P{a}-{b}", a) for a, b in pairs])
    send_all(post, [entry(f"P{a}-{b}", b) for a, b in pairs])

    found = states()
    shown = {(a, b): found[f"P{a}-{b}"]["order"]["status_id"] for a, b in pairs}
    assert len(found) == 420
    assert [(a, b) for a, b in pairs if found[f"P{a}-{b}"] != found[f"P{b}-{a}"]] == []
    assert shown == {(a, b): max(a, b, key=lambda code: STATUSES[code].rank) for a, b in pairs}


def test_E4_two_contents_with_one_status_and_instant_the_later_arrival_counts_and_is_flagged(post: Send):
    one, other = entry("PO1", 30), entry("PO1", 30) | {"eta": {"eta_from": T + 7, "eta_to": T + 8}}

    post(group([one]))
    post(group([other]))

    assert int(current().eta_to.timestamp()) == T + 8
    found = flags.raised(OrderUpdate.objects.all(), place_of(current().group))
    assert [one.flag for one in found] == ["same_instant_conflict"]


def test_E4_the_published_bodies_share_one_instant_and_end_alike_either_way(post: Send):
    shipped, delivered = payload("out-for-delivery-3pl"), payload("delivered")
    order_id = document(shipped)["grouped_orders"][0]["order_id"]
    post(shipped)
    post(delivered)
    forward = states()
    OrderUpdate.objects.all().delete()
    GroupedOrder.objects.all().delete()

    post(delivered)
    post(shipped)

    assert (states(), current(order_id).status_id) == (forward, 40)


# --- moves ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [(30, 45, 30), (130, 100, 130), (40, 140, 141, 142)])
def test_E8_moving_back_with_a_newer_time_is_applied_without_a_flag(post: Send, path: tuple[int, ...]):
    for second, status in enumerate(path):
        post(order_update(status_id=status, updated=T + second))

    assert (outcomes(), current().status_id, current().review_flags) == (["applied"] * len(path), path[-1], [])


@pytest.mark.parametrize("final", [99, 142])
@pytest.mark.parametrize("then", [30, 40, 160])
def test_E9_leaving_a_final_status_is_applied_and_marked_for_review(post: Send, final: int, then: int):
    post(order_update(status_id=final, updated=T))

    answer = post(order_update(status_id=then, updated=T + 1))

    assert answer.json()["status"] == "SUCCESS"
    cancelled = ["late_cancellation"] if final == 99 else []
    assert (current().status_id, current().review_flags) == (then, [*cancelled, "left_final"])


def test_E9_the_mark_stays_through_later_updates(post: Send):
    for second, status in enumerate((99, 30, 40)):
        post(order_update(status_id=status, updated=T + second))

    assert (current().status_id, current().review_flags) == (40, ["late_cancellation", "left_final"])


@pytest.mark.parametrize("cancelled", [95, 99])
def test_E10_a_late_cancellation_is_stale_and_marked_for_review(post: Send, cancelled: int):
    post(order_update(status_id=30, updated=T))

    answer = post(order_update(status_id=cancelled, updated=T - 1))

    assert (answer.status_code, outcomes()[-1], current().status_id) == (200, "stale", 30)
    assert current().review_flags == ["late_cancellation", *(["left_final"] if cancelled == 99 else [])]


def test_E10_control_another_late_status_is_not_marked(post: Send):
    post(order_update(status_id=30, updated=T))

    post(order_update(status_id=25, updated=T - 1))

    assert current().review_flags == []


def test_E11_what_staff_cleared_stays_cleared_when_an_update_arrives(post: Send, as_role: Callable[[str], Client]):
    for second, status in enumerate((99, 30)):
        post(order_update(status_id=status, updated=T + second))
    as_role("Operations").post("/orders/M-PO1/reviewed/")

    post(order_update(status_id=40, updated=T + 2))

    assert (current().status_id, current().review_flags) == (40, [])


def test_E11_what_arrived_stays_when_staff_clear_the_mark(post: Send, as_role: Callable[[str], Client]):
    for second, status in enumerate((99, 30)):
        post(order_update(status_id=status, updated=T + second))
    before = values(current(), "review_flags", "flagged_at")

    as_role("Operations").post("/orders/M-PO1/reviewed/")

    assert (values(current(), "review_flags", "flagged_at"), current().review_flags) == (before, [])


def test_E12_an_order_never_seen_is_made_from_its_first_update(post: Send):
    post(order_update("PO7", status_id=30))

    assert (current("PO7").status_id, current("PO7").group_id) == (30, "M-PO7")


# --- clocks that cannot be believed, seen from the page ---------------------------------------------------------------


def test_D24_an_update_from_next_year_does_not_hide_what_follows(post: Send):
    post(order_update(status_id=130, updated=T))
    post(order_update(status_id=25, updated=T + 400_000_000))

    post(order_update(status_id=30, updated=T + 1))

    assert (outcomes(), current().status_id) == (["applied"] * 3, 30)


@pytest.mark.parametrize("clock", [0, -5, None, T - 200_000_000])
def test_D25_a_status_without_a_clock_began_when_it_reached_us(post: Send, clock: int | None):
    post(order_update(status_id=130, updated=clock))

    assert current().status_since == Delivery.objects.get().received_at


def test_a_status_began_when_1mg_says_it_did(post: Send):
    post(order_update(status_id=130, updated=T))
    post(order_update(status_id=130, updated=T + 60))

    assert int(current().status_since.timestamp()) == T


def test_E3_when_a_status_began_does_not_depend_on_arrival(post: Send):
    post(order_update("PO1", status_id=130, updated=T))
    post(order_update("PO1", status_id=130, updated=T + 60))

    post(order_update("PO2", status_id=130, updated=T + 60))
    post(order_update("PO2", status_id=130, updated=T))

    assert current("PO2").status_since == current("PO1").status_since


# --- again from the bytes ---------------------------------------------------------------------------------------------


def tell_everything(post: Send) -> None:
    """A story with all there is: every published body, retries, late and tied updates, moves, odd clocks, nonsense."""
    for name in [*NAMES, *NAMES]:
        post(payload(name))
    for status, updated in ((160, T), (130, T + 9), (100, T + 5), (130, T + 9), (30, None), (99, T + 1), (40, T + 9)):
        post(order_update("PO1", status_id=status, updated=updated))
    post(order_update("PO1", status_id=45, updated=T + 20, merchant_order_id="M-other"))
    post(order_update("PO2", status_id=777, updated=T + 400_000_000))
    post(order_update("PO.3"))
    post(b"{ nonsense")


def forget_the_projection() -> None:
    """Take away everything but the deliveries."""
    for model in (Act, OrderUpdate, Sku, Invoice, GroupedOrder, OrderGroup):
        model._default_manager.all().delete()


def test_E15_a_replay_into_an_empty_projection_gives_the_same_rows(post: Send):
    tell_everything(post)
    before = projection()

    forget_the_projection()
    call_command("replay_deliveries", verbosity=0)

    after = projection()
    assert [name for name in before if after[name] != before[name]] == []
    assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}


def test_E15_a_replay_over_a_full_projection_changes_nothing(post: Send):
    tell_everything(post)
    before = projection()

    call_command("replay_deliveries", verbosity=0)

    assert projection() == before


def test_E15_a_rebuild_finds_nothing_that_differs(post: Send, capsys: pytest.CaptureFixture[str]):
    tell_everything(post)

    call_command("rebuild_orders", "--compare")

    assert capsys.readouterr().out == f"{OrderGroup.objects.count()} purchases folded, 0 differ\n"


def test_E15_control_a_changed_projection_is_found(post: Send, capsys: pytest.CaptureFixture[str]):
    tell_everything(post)
    GroupedOrder.objects.filter(pk="PO1").update(status_id=20)

    with pytest.raises(Exception, match="not what 1mg said"):
        call_command("rebuild_orders", "--compare")

    assert "PO1.status_id" in capsys.readouterr().out


def test_E15_control_a_lost_delivery_is_missed(post: Send):
    tell_everything(post)
    before = projection()

    forget_the_projection()
    Delivery.objects.latest("pk").delete()
    Delivery.objects.filter(outcome="applied").latest("pk").delete()
    call_command("replay_deliveries", verbosity=0)

    assert projection() != before


def test_E16_after_a_code_fix_the_quarantined_are_applied(post: Send, monkeypatch: pytest.MonkeyPatch):
    post(group([entry("PO1", 130), entry("PO.2", 130)]))
    assert Delivery.objects.get().outcome == "quarantined"

    monkeypatch.setattr(ids, "ID", re.compile(r"^[A-Za-z0-9_.-]{1,64}\Z"))  # the code fix
    call_command("replay_deliveries", "--quarantined", verbosity=0)

    assert Delivery.objects.get().outcome == "applied"
    assert (current("PO.2").status_id, outcomes("PO1")) == (130, ["applied"])


def test_E16_the_others_are_left_alone(post: Send, monkeypatch: pytest.MonkeyPatch):
    post(order_update("PO1"))
    post(order_update("PO1"))
    post(order_update("PO.2"))
    others = Delivery.objects.exclude(outcome="quarantined").order_by("pk")[:2]
    before = [values(row) for row in others.all()]

    monkeypatch.setattr(ids, "ID", re.compile(r"^[A-Za-z0-9_.-]{1,64}\Z"))  # the code fix
    call_command("replay_deliveries", "--quarantined", verbosity=0)

    assert [values(row) for row in others.all()] == before
    assert OrderUpdate.objects.get(order="PO1").times_seen == 2


def test_E16_control_without_the_fix_they_stay_quarantined(post: Send):
    post(order_update("PO.2"))

    call_command("replay_deliveries", "--quarantined", verbosity=0)

    assert Delivery.objects.get().outcome == "quarantined"


def test_E17_every_delivery_has_one_outcome_and_every_acknowledgement_a_delivery(post: Send):
    answers: list[Any] = []

    def counted(*args: Any, **more: Any) -> Any:
        answers.append(post(*args, **more))
        return answers[-1]

    tell_everything(counted)
    counted(order_update(), token="a wrong token of some length")

    acknowledged = [answer for answer in answers if 200 <= answer.status_code < 300]
    found = Counter(Delivery.objects.values_list("outcome", flat=True))
    assert sum(n for outcome, n in found.items() if outcome != "refused") == len(acknowledged)
    assert (found["refused"], found["pending"], set(found)) == (
        1,
        0,
        {"applied", "duplicate", "stale", "quarantined", "refused"},
    )


def test_E17_every_update_of_every_delivery_has_a_result(post: Send):
    tell_everything(post)

    unaccounted = [
        delivery.pk
        for delivery in Delivery.objects.exclude(outcome="refused")
        if len(results.in_full(delivery))
        != len((read := onemg.read(bytes(delivery.body))).updates) + len(read.problems)
    ]

    assert unaccounted == []


def test_E17_sightings_add_up_to_the_results(post: Send):
    tell_everything(post)

    said = [result for delivery in Delivery.objects.all() for result in results.in_full(delivery) if "update" in result]

    assert sum(OrderUpdate.objects.values_list("times_seen", flat=True)) == len(said)


def test_E17_what_the_sender_was_told_is_kept_with_the_bytes(post: Send):
    answer = post(order_update())

    assert (Delivery.objects.get().answer_code, Delivery.objects.get().answer_given) == (200, answer.json())


def test_E11_staff_without_the_right_cannot_clear_the_mark(post: Send, staff: Callable[[str], User], client: Client):
    for second, status in enumerate((99, 30)):
        post(order_update(status_id=status, updated=T + second))
    client.force_login(staff("Viewer"))

    client.post("/orders/M-PO1/reviewed/")

    assert current().review_flags == ["late_cancellation", "left_final"]


# --- an update that can never be applied ------------------------------------------------------------------------------


@pytest.fixture
def poisoned(db: None) -> str:
    """An order whose updates the database itself refuses to record."""
    statements = [
        "CREATE TRIGGER poison BEFORE INSERT ON orders_orderupdate WHEN NEW.order_id = 'PO-bad'"
        " BEGIN SELECT RAISE(ABORT, 'poisoned'); END"
    ]
    if connection.vendor == "postgresql":
        statements = [
            "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poisoned'; END $$",
            "CREATE TRIGGER poison BEFORE INSERT ON orders_orderupdate FOR EACH ROW"
            " WHEN (NEW.order_id = 'PO-bad') EXECUTE FUNCTION poison()",
        ]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return "PO-bad"


def minutes_pass(count: int) -> None:
    """Let the sweep run every minute."""
    for _ in range(count):
        let_pass(timedelta(minutes=1))
        sweep_pending()


def test_F12_an_update_that_fails_does_not_hold_back_its_siblings(post: Send, poisoned: str):
    answer = post(group([entry(poisoned, 130), entry("PO1", 130)]))
    sweep_pending()  # as the thread does that the answer wakes

    assert (answer.status_code, answer.json()["status"]) == (200, "PENDING")
    assert (Delivery.objects.get().outcome, outcomes("PO1")) == ("pending", ["applied"])


def test_F12_what_keeps_failing_is_set_aside(post: Send, poisoned: str):
    post(group([entry(poisoned, 130), entry("PO1", 130)]))

    minutes_pass(6)

    assert (Delivery.objects.get().outcome, outcomes("PO1")) == ("quarantined", ["applied"])


def test_F12_others_are_finished_meanwhile(post: Send, poisoned: str):
    post(order_update(poisoned))
    Delivery.objects.create(body=json.dumps(order_update("PO1")).encode(), sha256="", token_fingerprint="")

    minutes_pass(1)

    assert list(Delivery.objects.order_by("pk").values_list("outcome", flat=True)) == ["pending", "applied"]


def test_F12_control_one_time_less_and_it_is_still_tried(post: Send, poisoned: str):
    post(order_update(poisoned))

    minutes_pass(4)

    assert Delivery.objects.values_list("outcome", "attempts").get() == ("pending", 4)
