"""Replaying kept deliveries and rebuilding orders from the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from orders.models import Act, GroupedOrder, OrderGroup, OrderUpdate
from tests.conftest import NAMES, order_update, payload
from tests.refusing import refusing
from tests.rows import changed, everything
from tests.webhooks.test_services import BOOKKEEPING
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
T0 = 1_700_000_000


def replay(*arguments: str) -> str:
    """What `replay_deliveries` prints."""
    out = StringIO()
    call_command("replay_deliveries", *arguments, stdout=out, no_color=True)
    return out.getvalue()


@pytest.fixture
def failed(post: Post) -> list[int]:
    """Three deliveries, of which the middle one could not be applied; their ids."""
    post(order_update("PO1"))
    with refusing("PO2"):
        post(order_update("PO2"))
    post(order_update("PO3"))
    return list(Delivery.objects.order_by("pk").values_list("pk", flat=True))


def test_E16_what_had_failed_is_applied_and_the_others_are_untouched(failed: list[int]) -> None:
    before = everything()

    said = replay()

    assert said == f"delivery {failed[1]}: pending -> applied\n2 applied, unchanged, 1 pending -> applied\n"
    after = everything()
    assert set(after["orders.GroupedOrder"]) == {"PO1", "PO2", "PO3"}
    for key in ("PO1", "PO3"):
        assert after["orders.GroupedOrder"][key] == before["orders.GroupedOrder"][key]


def test_a_dry_run_says_the_same_with_what_would_change_and_changes_nothing(failed: list[int]) -> None:
    before = everything()

    said = replay("--dry-run")

    first, what, last = said.splitlines()
    assert (first, last) == (
        f"delivery {failed[1]}: pending -> applied",
        "would be: 2 applied, unchanged, 1 pending -> applied",
    )
    assert what.startswith("  PO2: progress.status_id, ")
    assert changed(before, everything()) == set()


def test_control_without_dry_run_it_does(failed: list[int]) -> None:
    before = everything()

    replay()

    assert changed(before, everything()) >= {"orders.GroupedOrder", "webhooks.Delivery.outcome"}


def test_verbose_names_every_delivery(failed: list[int]) -> None:
    said = replay("--dry-run", "--verbosity", "2")

    assert [line for line in said.splitlines() if line.startswith("delivery")] == [
        f"delivery {failed[0]}: applied -> applied",
        f"delivery {failed[1]}: pending -> applied",
        f"delivery {failed[2]}: applied -> applied",
    ]


def chosen(*arguments: str) -> set[int]:
    """The deliveries that a selection names."""
    lines = replay("--dry-run", "--verbosity", "2", *arguments).splitlines()
    return {int(line.split()[1].rstrip(":")) for line in lines if line.startswith("delivery")}


def test_deliveries_are_chosen_by_number(failed: list[int]) -> None:
    assert chosen("--id", str(failed[0]), "--id", str(failed[2])) == {failed[0], failed[2]}


def test_deliveries_are_chosen_by_order(failed: list[int], post: Post) -> None:
    post(order_update("PO3", 30, T0 + 9))
    last = Delivery.objects.latest("pk").pk

    assert chosen("--order", "PO3") == {failed[2], last}


def test_deliveries_are_chosen_by_time_and_the_end_is_not_included(failed: list[int]) -> None:
    start = timezone.now().replace(year=2026, month=3, day=10, hour=6, minute=30, second=0, microsecond=0)
    for number, pk in enumerate(failed):
        Delivery.objects.filter(pk=pk).update(received_at=start + timedelta(hours=number))

    assert chosen("--since", "2026-03-10T13:00") == {failed[1], failed[2]}  # India's time
    assert chosen("--until", "2026-03-10T07:30:00Z") == {failed[0]}
    assert chosen("--since", "2026-03-10", "--until", "2026-03-11") == set(failed)


def test_E16_only_what_was_set_aside_is_chosen(failed: list[int], post: Post) -> None:
    post({"grouped_orders": []})

    assert chosen("--quarantined") == {Delivery.objects.latest("pk").pk}


def test_selections_narrow_each_other_down(failed: list[int]) -> None:
    assert chosen("--id", str(failed[0]), "--order", "PO3") == set()


def test_a_selection_that_matches_nothing_says_so(failed: list[int]) -> None:
    assert replay("--id", "999999") == "no delivery matches\n"


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", "2026-02-30T10:00", ""])
@pytest.mark.parametrize("option", ["--since", "--until"])
def test_a_time_that_cannot_be_read_is_refused_with_a_sentence(db: None, option: str, moment: str) -> None:
    with pytest.raises(CommandError, match="is not a time like"):
        replay(option, moment)


def test_E15_replaying_twice_is_replaying_once(failed: list[int]) -> None:
    replay()
    before = everything()

    replay()

    assert changed(before, everything()) <= BOOKKEEPING


@pytest.fixture
def history(post: Post) -> None:
    """All published bodies twice, updates out of order, one without a clock, one that moves, odd ones."""
    for name in NAMES * 2:
        post(payload(name))
    for at, status in ((30, 30), (10, 130), (20, 25), (40, 40)):
        post(order_update("PO1", status, T0 + at))
    post(order_update("PO1", 140, None))
    post(order_update("PO3", 130, T0, merchant_order_id="OLD"))
    post(order_update("PO3", 30, T0 + 1, merchant_order_id="M-PO1"))
    post({"grouped_orders": []})
    post(b"{")


def comparable() -> dict[str, Any]:
    """Everything that 1mg's words make, without the numbers that databases give to rows."""
    rows = everything()
    numbers = dict(OrderUpdate.objects.values_list("pk", "digest"))
    found = {}
    for label in ("OrderGroup", "GroupedOrder", "Sku", "Invoice", "OrderUpdate", "Act"):
        lines = []
        for row in rows[f"orders.{label}"].values():
            line = {key: value for key, value in row.items() if key != "id"}
            if "update_id" in line:
                line["update_id"] = numbers.get(line["update_id"])
            lines.append(line)
        found[label] = sorted(lines, key=repr)
    return found


def test_E15_replaying_everything_into_empty_tables_makes_the_same_state_again(history: None) -> None:
    before = comparable()
    Act.objects.all().delete()
    GroupedOrder.objects.all().delete()
    OrderGroup.objects.all().delete()

    replay()

    assert comparable() == before


def test_E15_the_rebuild_then_agrees(history: None) -> None:
    Act.objects.all().delete()
    GroupedOrder.objects.all().delete()
    OrderGroup.objects.all().delete()
    replay()

    call_command("rebuild_orders", compare=True, stdout=StringIO())


def test_rebuilding_says_how_many_it_folded(history: None) -> None:
    out = StringIO()

    call_command("rebuild_orders", compare=True, stdout=out)

    assert out.getvalue() == f"{OrderGroup.objects.count()} purchases folded, 0 differ\n"


def test_comparing_ends_with_code_1_where_something_differs(history: None) -> None:
    GroupedOrder.objects.filter(pk="PO1").update(title="by hand")

    with pytest.raises(CommandError) as error:
        call_command("rebuild_orders", compare=True, stdout=StringIO())

    assert error.value.returncode == 1


def test_a_purchase_whose_bytes_are_gone_is_left_as_it_is(post: Post) -> None:
    post(order_update("PO1", 130, T0))
    post(order_update("PO1", 30, T0 + 1))
    Delivery.objects.order_by("pk").last().delete()  # type: ignore[union-attr]
    before = everything()

    call_command("rebuild_orders", stdout=StringIO())

    assert changed(before, everything()) == set()
