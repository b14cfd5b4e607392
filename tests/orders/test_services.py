"""The one door through which an order changes: folding, recording, moving, reviewing, rebuilding."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from orders import reviews
from orders.actors import Actor
from orders.models import Act, GroupedOrder, Invoice, OrderGroup, OrderUpdate, Sku
from tests.conftest import NAMES, document, order_update, payload
from tests.rows import changed, everything
from tests.story import texts

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
T0 = 1_700_000_000


def entry(body: dict[str, Any]) -> dict[str, Any]:
    """The first order of a body."""
    return document(body)["grouped_orders"][0]


def differences() -> str:
    """What `rebuild_orders --compare` says; "" when nothing differs."""
    out = StringIO()
    try:
        call_command("rebuild_orders", compare=True, stdout=out)
    except CommandError:
        return out.getvalue()
    return ""


def rebuilt() -> str:
    """Fold everything again and keep it; what the command says of the differences it repaired."""
    out = StringIO()
    call_command("rebuild_orders", stdout=out)
    return out.getvalue()


# --- lists ------------------------------------------------------------------------------------------------------------


def with_skus(*ids: str, at: int = T0) -> dict[str, Any]:
    """An update whose order lists these SKUs."""
    return order_update("PO1", updated=at, skus=[{"sku_id": key, "name": key, "normalized_quantity": 1} for key in ids])


def skus() -> list[str]:
    """The SKUs of the order, in its order."""
    return list(Sku.objects.order_by("position").values_list("sku_id", flat=True))


def test_a_sku_that_is_no_longer_listed_is_gone(post: Post) -> None:
    post(with_skus("A", "B", "C"))

    post(with_skus("C", "A", at=T0 + 1))

    assert skus() == ["C", "A"]
    assert "Items changed" in texts()


def test_a_sku_that_is_listed_again_comes_back(post: Post) -> None:
    post(with_skus("A", "B"))
    post(with_skus("A", at=T0 + 1))

    post(with_skus("A", "B", at=T0 + 2))

    assert skus() == ["A", "B"]


def test_an_empty_list_empties_the_order_and_an_absent_one_says_nothing(post: Post) -> None:
    post(with_skus("A", "B"))
    silent = order_update("PO1", 30, T0 + 1)
    del entry(silent)["skus"]

    post(silent)
    assert skus() == ["A", "B"]

    post(with_skus(at=T0 + 2))
    assert skus() == []


def test_an_older_list_does_not_bring_a_sku_back(post: Post) -> None:
    post(with_skus("A", at=T0 + 1))

    post(with_skus("A", "B", at=T0))

    assert skus() == ["A"]


def test_an_unchanged_list_is_not_written_again(post: Post) -> None:
    post(with_skus("A", "B"))
    keys = set(Sku.objects.values_list("pk", flat=True))

    post(order_update("PO1", 30, T0 + 1, skus=entry(with_skus("A", "B"))["skus"]))

    assert set(Sku.objects.values_list("pk", flat=True)) == keys


def test_an_invoice_that_is_no_longer_listed_is_gone(post: Post) -> None:
    post(order_update("PO1", updated=T0, invoice_data={"007": {"invoice_url": "u"}, "008": {"invoice_url": "v"}}))

    post(order_update("PO1", updated=T0 + 1, invoice_data={"008": {"invoice_url": "w"}}))

    assert list(Invoice.objects.values_list("number", "url")) == [("008", "w")]


# --- the purchase -----------------------------------------------------------------------------------------------------


def sibling(order_id: str, at: int, word: str) -> dict[str, Any]:
    """An update of one order of purchase M, with that word in every part of the purchase."""
    body = order_update(order_id, updated=at, merchant_order_id="M", group_order_id=f"G{word}")
    document(body)["user"] = {"email": f"{word}@example.org", "contact_number": word}
    document(body)["delivery_address"]["city"] = word
    document(body)["prescriptions"] = [{"url": word, "status": "Completed", "reason": ""}]
    return body


def told(group: OrderGroup) -> set[str]:
    """The words that stand in the purchase."""
    return {group.email, group.contact_number, group.city, group.prescriptions[0]["url"], group.group_order_id}


@pytest.mark.parametrize("arrival", list(itertools.permutations(range(4))))
def test_the_purchase_takes_its_newest_siblings_word_in_any_order_of_arrival(
    post: Post, arrival: tuple[int, ...]
) -> None:
    bodies = [
        sibling("PO1", T0, "a"),
        sibling("PO2", T0 + 10, "b"),
        sibling("PO1", T0 + 20, "c"),
        sibling("PO3", T0 + 30, "d"),
    ]

    for index in arrival:
        post(bodies[index])

    assert told(OrderGroup.objects.get()) == {"d@example.org", "d", "Gd"}
    assert differences() == ""


def test_a_part_that_the_newest_sibling_leaves_out_stays(post: Post) -> None:
    post(sibling("PO1", T0, "a"))
    newer = sibling("PO2", T0 + 10, "b")
    del document(newer)["user"]

    post(newer)

    group = OrderGroup.objects.get()
    assert (group.email, group.city) == ("a@example.org", "b")


# --- an order that moves to another purchase --------------------------------------------------------------------------


def test_D11_a_moved_order_belongs_to_the_newer_purchase_with_all_its_story(post: Post) -> None:
    post(order_update("PO1", 130, T0, merchant_order_id="OLD"))

    post(order_update("PO1", 30, T0 + 10, merchant_order_id="NEW"))

    order = GroupedOrder.objects.get()
    assert (order.group_id, order.review_flags) == ("NEW", ["purchase_moved"])
    assert (texts("OLD"), texts("NEW", kind="status")) == ([], ["Packaging", "Out for delivery"])
    assert OrderUpdate.objects.count() == 2


def test_D11_the_late_word_of_the_older_purchase_moves_nothing_back_and_counts_where_the_order_is(post: Post) -> None:
    newer = order_update("PO1", 30, T0 + 10, merchant_order_id="NEW")
    del document(newer)["user"]
    post(newer)
    late = order_update("PO1", 130, T0, merchant_order_id="OLD")
    document(late)["user"] = {"email": "old@example.org"}

    post(late)

    assert GroupedOrder.objects.get().group_id == "NEW"
    assert OrderGroup.objects.get(pk="NEW").email == "old@example.org"
    assert not OrderGroup.objects.filter(pk="OLD").exists()


@pytest.mark.parametrize("arrival", list(itertools.permutations(range(5)))[::4])
def test_D11_rebuilding_either_purchase_finds_nothing_different(post: Post, arrival: tuple[int, ...]) -> None:
    def body(order_id: str, at: int, purchase: str, word: str) -> dict[str, Any]:
        return sibling(order_id, at, word) | {} if purchase == "M" else _about(sibling(order_id, at, word), purchase)

    bodies = [
        body("PO1", T0, "OLD", "a"),
        body("PO2", T0 + 10, "OLD", "b"),
        body("PO2", T0 + 20, "NEW", "c"),
        body("PO3", T0 + 15, "NEW", "d"),
        body("PO1", T0 + 5, "OLD", "e"),
    ]

    for index in arrival:
        post(bodies[index])

    assert differences() == ""


def _about(body: dict[str, Any], purchase: str) -> dict[str, Any]:
    document(body)["merchant_order_id"] = purchase
    return body


def test_D11_a_difference_on_the_purchase_an_order_moved_to_is_found_and_repaired(post: Post) -> None:
    post(order_update("PO1", 130, T0, merchant_order_id="OLD"))
    post(order_update("PO1", 30, T0 + 10, merchant_order_id="NEW"))
    city = OrderGroup.objects.get(pk="NEW").city
    OrderGroup.objects.update(city="Atlantis")

    found = differences()

    assert "NEW: purchase.city" in found
    assert "OLD: purchase.city" in found
    rebuilt()
    assert dict(OrderGroup.objects.values_list("pk", "city")) == {"NEW": city, "OLD": ""}


def test_D12_an_order_filed_under_1mgs_id_moves_to_the_merchants_when_that_comes(post: Post) -> None:
    nameless = order_update("PO1", 130, T0)
    del document(nameless)["merchant_order_id"]
    post(nameless)
    assert GroupedOrder.objects.get().group_id == "PO1"
    named = order_update("PO1", 30, T0 + 10, merchant_order_id="SHOP1")
    del document(named)["user"]

    post(named)

    assert GroupedOrder.objects.get().group_id == "SHOP1"
    assert differences() == ""


# --- counting ---------------------------------------------------------------------------------------------------------


def test_E1_a_body_received_again_is_counted_and_changes_nothing_else(post: Post) -> None:
    post(payload("split-order"))
    before = everything()

    for _ in range(3):
        post(payload("split-order"))

    assert changed(before, everything()) == {
        "webhooks.Delivery",
        "orders.OrderUpdate.times_seen",
        "orders.OrderUpdate.last_seen_at",
    }
    assert set(OrderUpdate.objects.values_list("times_seen", flat=True)) == {4}


# --- looking at what was flagged --------------------------------------------------------------------------------------


@pytest.fixture
def flagged(post: Post) -> GroupedOrder:
    """An order that came back from being cancelled."""
    post(order_update("PO1", 99, T0))
    post(order_update("PO1", 30, T0 + 10))
    return GroupedOrder.objects.get()


@pytest.fixture
def asha(db: None) -> User:
    """Somebody."""
    return User.objects.create_user("asha")


def test_E9_looking_clears_the_flags_and_says_who_looked(flagged: GroupedOrder, asha: User) -> None:
    assert flagged.review_flags == ["late_cancellation", "left_final"]

    done = reviews.mark_reviewed(flagged, by=Actor.of(asha))

    line = Act.objects.latest("pk")
    assert (done, GroupedOrder.objects.get().review_flags) == (True, [])
    assert (line.source, line.kind, line.actor, line.order) == ("person", "review", asha, flagged)


def test_looking_twice_says_it_once(flagged: GroupedOrder, asha: User) -> None:
    reviews.mark_reviewed(flagged, by=Actor.of(asha))
    before = everything()

    done = reviews.mark_reviewed(flagged, by=Actor.of(asha))

    assert (done, changed(before, everything())) == (False, set())


def test_looking_changes_nothing_that_1mg_said(flagged: GroupedOrder, asha: User) -> None:
    before = everything()

    reviews.mark_reviewed(flagged, by=Actor.of(asha))

    flagged_too = {"orders.GroupedOrder.flagged_at", "orders.Need"}
    assert changed(before, everything()) == {"orders.GroupedOrder.review_flags", "orders.Act", *flagged_too}


def test_a_new_oddity_flags_the_order_again_and_what_was_looked_at_stays_away(
    post: Post, flagged: GroupedOrder, asha: User
) -> None:
    reviews.mark_reviewed(flagged, by=Actor.of(asha))

    post(order_update("PO1", 99, T0 + 5))

    assert GroupedOrder.objects.get().review_flags == ["late_cancellation"]


@pytest.mark.parametrize("keep", [True, False])
def test_rebuilding_leaves_what_a_person_has_looked_at(flagged: GroupedOrder, asha: User, keep: bool) -> None:
    reviews.mark_reviewed(flagged, by=Actor.of(asha))

    call_command("rebuild_orders", compare=not keep, stdout=StringIO())

    assert GroupedOrder.objects.get().review_flags == []


# --- rebuilding -------------------------------------------------------------------------------------------------------


@pytest.fixture
def history(post: Post) -> None:
    """Every published body, forward and back, received again, and orders of our own with all sorts of oddities."""
    for name in [*NAMES, *reversed(NAMES)]:
        post(payload(name))
    for at, status in ((30, 30), (10, 130), (20, 25), (40, 40), (None, 140), (10**12, 45), (40, 141), (35, 99)):
        post(order_update("PO1", status, at if at is None or at > 1000 else T0 + at, eta={"eta_from": 0, "eta_to": T0}))
    post(order_update("PO2", 99, T0, skus=[]))
    post(order_update("PO2", "later", T0 + 1, invoice_data={"1": {}, "2": {}}))
    post(order_update("PO3", 130, T0, merchant_order_id="OLD"))
    post(order_update("PO3", 30, T0 + 1, merchant_order_id="M-PO1"))


def test_E15_folding_a_mixed_history_again_finds_nothing_different(history: None) -> None:
    assert differences() == ""


def test_E15_comparing_changes_nothing(history: None) -> None:
    GroupedOrder.objects.update(title="by hand")
    Sku.objects.all().delete()
    before = everything()

    differences()

    assert changed(before, everything()) == set()


def test_E15_keeping_changes_nothing_either_where_nothing_differs(history: None) -> None:
    before = everything()

    rebuilt()

    after = everything()
    for rows in (before, after):  # written anew, the same but for their own numbers
        for label in ("orders.Sku", "orders.Invoice"):
            lines = [{k: v for k, v in row.items() if k != "id"} for row in rows[label].values()]
            rows[label] = dict(enumerate(sorted(lines, key=repr)))
    assert changed(before, after) == set()


HAND_MADE: dict[str, tuple[Callable[[], Any], str]] = {
    "a status": (lambda: GroupedOrder.objects.filter(pk="PO1").update(status_id=20), "PO1.status_id"),
    "a stage": (lambda: GroupedOrder.objects.filter(pk="PO1").update(stage="done"), "PO1.stage"),
    "a title": (lambda: GroupedOrder.objects.filter(pk="PO1").update(title="by hand"), "PO1.title"),
    "an amount": (lambda: GroupedOrder.objects.filter(pk="PO1").update(payment_summary={}), "PO1.payment_summary"),
    "a city": (lambda: OrderGroup.objects.filter(pk="M-PO1").update(city="by hand"), "purchase.city"),
    "a place in another purchase": (
        lambda: GroupedOrder.objects.filter(pk="PO1").update(group="M-PO2"),
        "PO1.group",
    ),
    "a SKU that is gone": (lambda: Sku.objects.filter(order="PO1").first().delete(), "PO1.sku."),
    "a SKU that nobody listed": (
        lambda: Sku.objects.create(order_id="PO1", sku_id="X", position=9),
        "PO1.sku.X.sku_id",
    ),
    "a price": (lambda: Sku.objects.filter(order="PO1").update(mrp=1), ".mrp"),
    "an invoice that is gone": (lambda: Invoice.objects.filter(order="PO1").delete(), "PO1.invoice."),
}


@pytest.mark.parametrize("kind", HAND_MADE)
def test_rebuilding_finds_and_repairs(post: Post, kind: str) -> None:
    post(order_update("PO1", 130, T0))
    post(order_update("PO2", 130, T0))
    by_hand, name = HAND_MADE[kind]
    by_hand()

    found = differences()

    assert name in found
    assert "by hand" not in found  # names, no values
    assert name in rebuilt()
    assert differences() == ""


def test_one_purchase_can_be_rebuilt_alone(post: Post) -> None:
    post(order_update("PO1", 130, T0))
    post(order_update("PO2", 130, T0))
    GroupedOrder.objects.update(title="by hand")

    call_command("rebuild_orders", order="M-PO1", stdout=StringIO())

    assert dict(GroupedOrder.objects.values_list("pk", "title")) == {"PO1": "Title 130", "PO2": "by hand"}


def test_the_search_words_are_made_again_too(post: Post) -> None:
    post(order_update("PO1", 130, T0))
    words = (
        OrderGroup.objects.get().search_text,
        OrderGroup.objects.get().personal_text,
        GroupedOrder.objects.get().search_text,
    )
    OrderGroup.objects.update(search_text="", personal_text="")
    GroupedOrder.objects.update(search_text="")

    rebuilt()

    group, order = OrderGroup.objects.get(), GroupedOrder.objects.get()
    assert (group.search_text, group.personal_text, order.search_text) == words


# --- what is recorded of a change -------------------------------------------------------------------------------------


def test_U11_no_record_of_a_change_holds_personal_data(post: Post) -> None:
    def body(at: int, word: str) -> dict[str, Any]:
        said = sibling("PO1", at, word)
        entry(said)["shipment_detail"] = {"delivery_contact": f"98{word}", "delivery_contact_name": f"Courier {word}"}
        document(said)["delivery_address"]["name"] = f"Name {word}"
        document(said)["prescriptions"] = [{"url": f"https://rx/{word}", "status": "Rejected", "reason": f"ill {word}"}]
        entry(said)["invoice_data"] = {"1": {"patient_name": f"Patient {word}", "doctor_name": f"Doctor {word}"}}
        return said

    post(body(T0, "zebra"))
    post(body(T0 + 10, "yak"))

    kept = repr([*OrderUpdate.objects.values_list("changes", "said"), *texts()])

    personal = ("zebra@", "Courier z", "98zebra", "98yak", "Name", "https://rx", "ill ", "Patient", "Doctor")
    assert [word for word in personal if word in kept] == []
