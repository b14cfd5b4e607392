"""The pieces that pages are made of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from orders.choices import Flag, PaymentMethod, Stage
from orders.models import GroupedOrder, OrderGroup
from orders.templatetags import desk
from tests.conftest import payload

NOW = timezone.now()


def draw(text: str, **context: Any) -> str:
    """What a template shows, in one line."""
    return " ".join(Template(text).render(Context(context)).split())


def purchase(*status_ids: int, **more: Any) -> OrderGroup:
    """A purchase with an order of each status."""
    group = OrderGroup.objects.create(pk="M1", first_seen_at=NOW, **more)
    for number, status_id in enumerate(status_ids):
        told = {"group": group, "status_id": status_id, "listed_at": NOW, "status_since": NOW}
        GroupedOrder.objects.create(pk=f"PO{number}", **told)
    return group


# --- chips ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status_ids", "label"),
    [((40,), "Delivered"), ((40, 100), "Prescription needed"), ((160, 40), "Accepted")],
)
def test_the_order_that_most_needs_somebody_speaks_for_the_purchase(status_ids: tuple[int, ...], label: str) -> None:
    chip = desk.lead_chip(purchase(*status_ids))["chip"]

    assert chip is not None
    assert chip.label == label


@pytest.mark.django_db
@pytest.mark.parametrize(("registered_at", "shown"), [(NOW, True), (None, False)])
def test_a_purchase_of_which_1mg_has_not_spoken(registered_at: Any, shown: bool) -> None:
    chip = desk.lead_chip(purchase(registered_at=registered_at))["chip"]

    assert (chip is not None) is shown


def test_a_chip_is_a_shape_and_a_word() -> None:
    shown = draw('{% include "includes/_chip.html" %}', chip=desk.chips.REGISTERED)

    assert 'class="chip info"' in shown
    assert "#waiting" in shown
    assert "Registered, 1mg has not spoken yet" in shown


# --- how it stands ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_since_when_a_purchase_stands_as_it_does() -> None:
    assert desk.standing_since(purchase(130)) == NOW


@pytest.mark.django_db
def test_a_purchase_of_several_orders_has_no_one_time() -> None:
    assert desk.standing_since(purchase(130, 40)) is None


@pytest.mark.django_db
def test_a_purchase_without_orders_waits_since_it_was_registered() -> None:
    assert desk.standing_since(purchase(registered_at=NOW, payment_method=PaymentMethod.ONLINE)) == NOW


@pytest.mark.parametrize(
    ("stage", "hours", "late"),
    [
        (Stage.SHIP, -1, True),
        (Stage.SHIP, 1, False),
        (Stage.SHIP, None, False),
        (Stage.DONE, -1, False),
        (Stage.RETURN, -1, False),
        (Stage.CANCEL, -1, False),
        (Stage.UNKNOWN, -1, True),
    ],
)
def test_an_order_is_late_while_its_promise_can_be_broken(stage: Stage, hours: int | None, late: bool) -> None:
    eta_to = None if hours is None else timezone.now() + timedelta(hours=hours)

    assert desk.is_late(GroupedOrder(stage=stage, eta_to=eta_to)) is late


# --- text -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["https://1mg.com/a?b=c", "http://onemg.example/x"])
def test_a_url_of_1mgs_is_a_link_that_tells_it_nothing(url: str) -> None:
    shown = desk.link(url, "Open")

    assert shown == f'<a href="{url}" rel="noopener noreferrer" referrerpolicy="no-referrer" target="_blank">Open</a>'


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//1mg.com/",
        "ftp://1mg.com/",
        "https://1mg.com@evil.example/",
        "x",
    ],
)
def test_what_is_no_plain_address_is_text(url: str) -> None:
    assert desk.link(url, "Open") == url


def test_a_link_holds_no_markup_of_others() -> None:
    assert "<b>" not in desk.link("https://1mg.com/", "<b>Open</b>")


@pytest.mark.parametrize(("may_see", "shown"), [(True, "Asha Rao"), (False, "A••••o")])
def test_a_name_is_masked_for_who_may_not_see_it(may_see: bool, shown: str) -> None:
    perms = {"orders": {"view_personal_data": may_see}}

    assert draw('{% personal "name" who %}', who="Asha Rao", perms=perms) == shown


@pytest.mark.parametrize(
    ("value", "field", "text"),
    [
        (None, "", "—"),
        ("", "eta_to", "—"),
        ("2026-11-20T14:00:00+00:00", "eta_to", "Fri 20 Nov 2026 19:30"),
        ("2026-11-20T14:00:00+00:00", "title", "2026-11-20T14:00:00+00:00"),
        ("no time", "eta_to", "no time"),
        ("9999-12-31T23:59:59+00:00", "eta_to", "9999-12-31T23:59:59+00:00"),
        (0, "quantity", "0"),
        ("x" * 300, "title", "x" * 199 + "…"),
    ],
)
def test_a_recorded_value(value: Any, field: str, text: str) -> None:
    assert desk.shown(value, field) == text


@pytest.mark.parametrize(("text", "most", "shown"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), (12345, 3, "12…")])
def test_a_long_text_is_cut(text: Any, most: int, shown: str) -> None:
    assert desk.cut(text, most) == shown


@pytest.mark.parametrize(
    ("flag", "words"), [(Flag.AMOUNT_NEGATIVE.value, str(Flag.AMOUNT_NEGATIVE.label)), ("of_later", "of_later")]
)
def test_a_flag_in_words_where_we_know_them(flag: str, words: str) -> None:
    assert desk.flag_label(flag) == words


@pytest.mark.parametrize(("count", "words"), [(0, "0 shipments"), (1, "1 shipment"), (2, "2 shipments")])
def test_so_many_shipments(count: int, words: str) -> None:
    assert desk.shipments(count) == words


# --- the frame --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "here"), [("/orders/", True), ("/orders/M1/", True), ("/deliveries/", False)])
def test_the_rail_says_where_one_is(path: str, here: bool) -> None:
    shown = draw('{% rail_link "/orders/" "orders" "Orders" %}', request=RequestFactory().get(path))

    assert ('aria-current="page"' in shown) is here


# --- numbers to call --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("9876543210", "9876543210"),
        ("+91 98765-43210", "+919876543210"),
        ("(080) 2345.6789", "08023456789"),
        ("+91 98765 43210 / 98765 43211", None),
        ("1234", None),
        ("call Asha", None),
        ("", None),
        ('9876543210" onclick="x', None),
        ("९८७६५४३२१०", None),
    ],
)
def test_a_number_is_a_link_where_it_can_be_called(number: str, dialled: str | None) -> None:
    link = f'<a href="tel:{dialled}">{number}</a>' if dialled else number

    assert desk.tel(number) == link


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "shown"), [("Operations", True), ("Viewer", False)])
def test_U11_who_may_see_a_number_calls_and_copies_it_once_she_has_asked(
    post: Any, as_role: Any, role: str, shown: bool
) -> None:
    post(payload("out-for-delivery-in-house"))

    browser = as_role(role)

    before = browser.get("/orders/PO122434/").text
    browser.post("/orders/PO122434/reveal/")
    page = browser.get("/orders/PO122434/").text

    assert [number in before for number in ("tel:", "9876543210", "1234567890")] == [False] * 3
    assert [number in page for number in ('href="tel:9876543210"', 'data-copy="9876543210"')] == [shown, shown]
    assert ('href="tel:1234567890"' in page) is shown
