"""Registering a purchase: idempotent, never two words at once, and found by 1mg's first update."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from orders.actors import Actor
from orders.choices import PaymentMethod
from orders.models import Act, GroupedOrder, OrderGroup
from payments.choices import Operation, Partner, State
from payments.models import PartnerCall, Payment
from payments.registration.services import Conflict, Outcome, Registration, register, rupees
from tests.conftest import NAMES, document, order_update, payload
from tests.rows import changed, everything

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]


def said(**words: Any) -> Registration:
    """A registration; `words` replaces some of it."""
    usual = {
        "merchant_order_id": "M1",
        "onemg_order_id": "PO1",
        "payment_method": PaymentMethod.ONLINE,
        "payable_amount": Decimal("652.36"),
        "nimbbl_order_id": "o_1",
    }
    return Registration(**{**usual, **words})


def told(*args: Any, **kwargs: Any) -> Outcome:
    """What becomes of a registration."""
    return register(*args, by=Actor("shop"), **kwargs)[1]


def refused(registration: Registration) -> dict[str, tuple[str, str]]:
    """The fields of the conflict that a registration runs into; nothing may change."""
    before = everything()
    with pytest.raises(Conflict) as raised:
        register(registration, by=Actor("shop"))
    assert changed(before, everything()) == set()
    return raised.value.fields


def compared() -> str:
    """The last line of `rebuild_orders --compare`, which fails where anything differs."""
    out = StringIO()
    call_command("rebuild_orders", compare=True, stdout=out)
    return out.getvalue().splitlines()[-1]


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_everything_said_is_kept_and_the_timeline_says_who() -> None:
    assert told(said()) is Outcome.NEW

    group = OrderGroup.objects.get()
    assert (group.pk, group.onemg_order_id, group.payment_method, group.registered_method, group.payable_amount) == (
        "M1",
        "PO1",
        "ONLINE",
        "ONLINE",
        Decimal("652.36"),
    )
    assert group.registered_at is not None
    assert list(Payment.objects.values_list("pk", "group_id")) == [("o_1", "M1")]
    assert list(Act.objects.values_list("kind", "text")) == [
        ("change", "Registered by shop"),
        ("payment", "Nimbbl order o_1 linked by shop"),
    ]


def test_the_same_words_again_change_nothing() -> None:
    told(said())
    before = everything()

    assert told(said()) is Outcome.SAME
    assert changed(before, everything()) == set()


def test_leaving_the_nimbbl_order_out_contradicts_nothing() -> None:
    told(said())

    assert told(said(nimbbl_order_id="")) is Outcome.SAME


def test_a_nimbbl_order_is_added_where_none_stood() -> None:
    told(said(nimbbl_order_id=""))

    assert told(said()) is Outcome.ADDED
    assert told(said()) is Outcome.SAME
    assert Payment.objects.get().group_id == "M1"


def test_a_dry_run_says_the_same_and_leaves_nothing() -> None:
    before = everything()

    assert told(said(), keep=False) is Outcome.NEW
    assert changed(before, everything()) == set()


def test_control_without_a_dry_run_something_stays() -> None:
    before = everything()

    told(said())

    assert changed(before, everything()) == {"orders.OrderGroup", "orders.Act", "orders.Need", "payments.Payment"}


@pytest.mark.parametrize(
    ("word", "fields"),
    [
        ({"onemg_order_id": "PO2"}, {"onemg_order_id": ("PO1", "PO2")}),
        ({"payment_method": PaymentMethod.COD}, {"payment_method": ("ONLINE", "COD")}),
        ({"payable_amount": Decimal("652.37")}, {"payable_amount": ("652.36", "652.37")}),
        ({"nimbbl_order_id": "o_2"}, {"nimbbl_order_id": ("o_1", "o_2")}),
        (
            {"onemg_order_id": "PO2", "payable_amount": Decimal(1)},
            {"onemg_order_id": ("PO1", "PO2"), "payable_amount": ("652.36", "1")},
        ),
        ({"merchant_order_id": "M2", "nimbbl_order_id": ""}, {"merchant_order_id": ("M1", "M2")}),
        ({"merchant_order_id": "M2", "onemg_order_id": "PO2"}, {"merchant_order_id": ("M1", "M2")}),
    ],
    ids=[
        "1mg order",
        "method",
        "amount",
        "Nimbbl order",
        "two words",
        "1mg order of another",
        "Nimbbl order of another",
    ],
)
def test_another_word_is_refused_and_changes_nothing(word: dict[str, Any], fields: dict[str, Any]) -> None:
    told(said())

    assert refused(said(**word)) == fields


# --- beside 1mg's own words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(3), ids=["one order", "the other", "the group"])
def test_a_purchase_that_1mg_has_told_of_may_be_registered_with_any_of_its_ids(post: Post, place: int) -> None:
    post(payload("split-order"))
    group = OrderGroup.objects.get()
    ids = [*group.orders.values_list("pk", flat=True), group.group_order_id]

    assert told(said(merchant_order_id=group.pk, onemg_order_id=ids[place])) is Outcome.NEW


def test_a_1mg_order_that_its_updates_do_not_name_is_refused(post: Post) -> None:
    post(order_update("PO1", merchant_order_id="M1", group_order_id="G1"))

    assert refused(said(onemg_order_id="PO9")) == {"onemg_order_id": ("G1, PO1", "PO9")}


@pytest.mark.parametrize("order", ["PO1", "G1"])
def test_a_1mg_order_that_its_updates_name_for_another_purchase_is_refused(post: Post, order: str) -> None:
    post(order_update("PO1", merchant_order_id="M1", group_order_id="G1"))

    assert refused(said(merchant_order_id="M2", onemg_order_id=order)) == {"merchant_order_id": ("M1", "M2")}


def test_the_same_words_again_are_the_same_whatever_1mg_said_meanwhile(post: Post) -> None:
    told(said())
    post(order_update("PO9", merchant_order_id="M1", group_order_id="G9"))

    assert told(said()) is Outcome.SAME


def test_what_1mg_says_of_the_payment_counts_for_the_page(post: Post) -> None:
    post(order_update("PO1", merchant_order_id="M1"))

    told(said(payment_method=PaymentMethod.COD))

    group = OrderGroup.objects.get()
    assert (group.payment_method, group.registered_method) == ("ONLINE", "COD")


def test_what_1mg_says_of_the_payment_later_counts_too(post: Post) -> None:
    told(said(payment_method=PaymentMethod.COD))

    post(order_update("PO1", merchant_order_id="M1"))

    assert OrderGroup.objects.get().payment_method == "ONLINE"


# --- 1mg's first update -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_first_update_links_to_the_registered_purchase(post: Post, name: str) -> None:
    body = payload(name)
    key, order = document(body)["merchant_order_id"], document(body)["grouped_orders"][0]["order_id"]
    told(said(merchant_order_id=key, onemg_order_id=order))

    assert post(body).status_code == 200

    group = OrderGroup.objects.get()
    assert (group.pk, group.onemg_order_id) == (key, order)
    assert set(group.orders.values_list("pk", flat=True)) >= {order}
    assert group.acts.filter(text="Registered by shop").exists()


def nameless(order_id: str, group_order_id: str) -> dict[str, Any]:
    """An update without a merchant_order_id."""
    body = order_update(order_id, group_order_id=group_order_id)
    del document(body)["merchant_order_id"]
    return body


@pytest.mark.parametrize(("order", "group"), [("PO1", "G9"), ("PO9", "PO1")], ids=["as order_id", "as group_order_id"])
def test_an_update_that_names_only_the_registered_1mg_order_is_filed_under_its_purchase(
    post: Post, order: str, group: str
) -> None:
    told(said())

    post(nameless(order, group))

    assert list(GroupedOrder.objects.values_list("pk", "group_id")) == [(order, "M1")]
    assert OrderGroup.objects.count() == 1


def test_control_an_update_that_names_neither_is_filed_under_1mgs_own_id(post: Post) -> None:
    told(said())

    post(nameless("PO8", "G8"))

    assert list(GroupedOrder.objects.values_list("pk", "group_id")) == [("PO8", "G8")]


def test_registered_purchases_are_rebuilt_as_they_are(post: Post) -> None:
    told(said(merchant_order_id="M0", onemg_order_id="PO0", nimbbl_order_id=""))  # 1mg has not spoken of it
    told(said())
    post(nameless("PO1", "G1"))
    told(said(merchant_order_id="M2", onemg_order_id="PO2", nimbbl_order_id=""))
    post(order_update("PO2", merchant_order_id="M2"))
    post(order_update("PO3", merchant_order_id="M3"))
    told(said(merchant_order_id="M3", onemg_order_id="PO3", nimbbl_order_id="", payment_method=PaymentMethod.COD))

    assert compared() == "4 purchases folded, 0 differ"


# --- amounts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("652.36", "652.36"),
        ("652.3599999999999", "652.36"),
        (Decimal("652.3599999999999"), "652.36"),
        (Decimal("652.4000000000001"), "652.40"),
        ("1", "1.00"),
        (7, "7.00"),
        (" 5.5 ", "5.50"),
        ("0.01", "0.01"),
        ("9999999999.99", "9999999999.99"),
        ("00012.30", "12.30"),
    ],
)
def test_an_amount_is_read_to_the_paisa(value: Any, amount: str) -> None:
    assert str(rupees(value)) == amount


@pytest.mark.parametrize(
    "value",
    [
        "652.365",
        "0.001",
        Decimal("0.004"),
        "0",
        0,
        "0.00",
        "0.0000001",
        -1,
        "-1",
        "1e3",
        Decimal("1E+3"),
        "1_000",
        "1,000",
        "",
        " ",
        "abc",
        "NaN",
        "Infinity",
        True,
        None,
        [],
        {},
        1.5,
        "10000000000",
        "9999999999.9999999",
        "9" * 5000,
        "١٢",
        "+5",
        ".5",
        "5.",
        "0x10",
        "₹5",
    ],
    ids=repr,
)
def test_what_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"amount"):
        rupees(value)


# --- what had been asked of 1mg before --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "stands"), [(State.SUCCEEDED, "confirmed"), (State.UNKNOWN, "unknown"), (State.SENDING, "in_flight")]
)
def test_A2_a_confirmation_of_an_order_under_1mgs_own_id_comes_along(post: Post, state: State, stands: str) -> None:
    nameless = order_update("PO1")
    del document(nameless)["merchant_order_id"]
    post(nameless)
    call = PartnerCall.objects.create(
        group_id="PO1", partner=Partner.ONEMG, operation=Operation.CONFIRM, state=state, by="asha"
    )
    call.about.create(onemg_id="PO1")

    register(said(), by=Actor("shop"))

    assert GroupedOrder.objects.get().group_id == "M1"
    assert OrderGroup.objects.get(pk="M1").confirmation_state == stands
