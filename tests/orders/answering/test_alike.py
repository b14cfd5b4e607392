"""How long orders took that were where one is now: same status, courier and city, silent where too few are known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.answering import alike, answers
from orders.answering.answers import Facts, Part
from orders.models import OrderGroup
from tests.conftest import document, order_update

pytestmark = pytest.mark.django_db
Post = Callable[[Any], Any]

AT = 1_700_000_000
#: Ten days after all of it: the newest week does not count.
NOW = datetime.fromtimestamp(AT, UTC) + timedelta(days=10)
COURIER, CITY = "GarudaParcel", "bengaluru"


def lived(post: Post, many: int, *, took: Callable[[int], int] = lambda n: n + 1, begin: int = 0, **more: Any) -> None:
    """So many purchases that were out for delivery and delivered `took` hours later, the n-th one `took(n)`."""
    for n in range(begin, begin + many):
        shipment = {"delivery_partner_name": more.get("courier", COURIER)}
        for status_id, hours in ((30, 0), (40, took(n))):
            body = order_update(f"PO{n}", status_id, AT + hours * 3600, shipment_detail=shipment)
            document(body)["delivery_address"]["city"] = more.get("city", "Bengaluru")
            post(body)
    OrderGroup.objects.update(first_seen_at=datetime.fromtimestamp(AT, UTC))


def hours(**more: Any) -> int | None:
    """Within how many hours 9 of 10 arrived that were out for delivery."""
    asked = {"status_id": 30, "courier": COURIER, "city_word": CITY, "now": NOW} | more
    return alike.hours(**asked)


def test_it_says_within_how_many_hours_nine_of_ten_arrived(post: Post) -> None:
    lived(post, 30)

    assert hours() == 27


@pytest.mark.parametrize(
    "other", [{"status_id": 130}, {"courier": "Namuna"}, {"city_word": "pune"}, {"now": NOW + timedelta(days=90)}]
)
def test_only_what_is_alike_counts(post: Post, other: dict[str, Any]) -> None:
    lived(post, 30)

    assert hours(**other) is None


def test_without_a_courier_all_of_them_count(post: Post) -> None:
    lived(post, 15)
    lived(post, 15, begin=15, courier="Namuna")

    assert (hours(), hours(courier="")) == (None, 27)


def test_too_few_say_nothing(post: Post) -> None:
    lived(post, 29)

    assert hours() is None


def test_the_newest_do_not_count_since_only_the_quick_ones_have_arrived(post: Post) -> None:
    lived(post, 30)

    assert hours(now=datetime.fromtimestamp(AT, UTC) + timedelta(days=6)) is None


def test_what_has_not_arrived_counts_as_that(post: Post) -> None:
    lived(post, 26)
    for n in range(26, 30):
        post(order_update(f"PO{n}", 30, AT, shipment_detail={"delivery_partner_name": COURIER}))
    OrderGroup.objects.update(first_seen_at=datetime.fromtimestamp(AT, UTC))

    assert hours() is None


def test_D25_a_clock_that_nobody_can_believe_counts_nothing(post: Post) -> None:
    lived(post, 29)
    for status_id, updated in ((30, None), (40, AT)):
        post(order_update("PO29", status_id, updated, shipment_detail={"delivery_partner_name": COURIER}))
    OrderGroup.objects.update(first_seen_at=datetime.fromtimestamp(AT, UTC))

    assert hours() is None


def test_it_asks_one_statement_however_many_there_are(post: Post) -> None:
    lived(post, 30)

    with CaptureQueriesContext(connection) as asked:
        hours()

    assert len(asked) == 1


# --- in words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (1, ("within 1 hour from there", "1 घंटे में")),
        (26, ("within 26 hours from there", "26 घंटे में")),
        (72, ("within 72 hours from there", "72 घंटे में")),
        (73, ("within 4 days from there", "4 दिन में")),
    ],
)
def test_the_answer_ends_with_what_became_of_others(known: int, said: tuple[str, str]) -> None:
    told = answers.answer(Facts((Part(30, since=NOW),), alike=known), NOW)

    assert told.english.endswith(f"9 of 10 orders like it arrived {said[0]}.")
    assert told.hindi.endswith(f"इस जैसे 10 में से 9 ऑर्डर इस पड़ाव के बाद {said[1]} पहुँच गए।")


@pytest.mark.parametrize(
    "facts",
    [
        Facts((Part(30, since=NOW),)),
        Facts((Part(30),), alike=26),
        Facts((Part(30, since=NOW - timedelta(hours=27)),), alike=26),
        Facts((Part(30, since=NOW), Part(30, since=NOW)), alike=26),
    ],
)
def test_it_is_silent_of_others_where_that_would_mislead(facts: Facts) -> None:
    assert "like it" not in answers.answer(facts, NOW).english


@pytest.mark.parametrize(("status_id", "said"), [(30, True), (40, False), (99, False)])
def test_the_page_says_it_while_an_order_is_to_arrive(post: Post, as_role: Any, status_id: int, said: bool) -> None:
    now = datetime.now(UTC)
    shipment = {"delivery_partner_name": COURIER}
    lived(post, 30)
    OrderGroup.objects.update(first_seen_at=now - timedelta(days=10))
    post(order_update("NEW", status_id, int(now.timestamp()) - 60, shipment_detail=shipment))

    page = as_role("Viewer").get("/orders/M-NEW/").text

    assert ("9 of 10 orders like it arrived within 27 hours from there." in page) is said
