"""What is said to a caller: from facts alone, in both languages, with no promise that 1mg did not make."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from orders.answering import answers, spoken
from orders.answering.answer_words import OF_STATUS, TEMPLATES
from orders.answering.answers import Facts, Part
from orders.money import UNKNOWN, Amount
from orders.statuses import STATUSES
from tests.conftest import order_update, payload

NOW = datetime(2026, 11, 28, 6, 30, tzinfo=UTC)  # noon in India
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REJECTED = {"status": "Rejected", "reason": "Invalid Prescription"}
WAITING, ACCEPTED = {"status": "In-progress"}, {"status": "Completed"}


def rupees(value: str) -> Amount:
    """A known amount."""
    return Amount(Decimal(value))


def facts(*status_ids: int | None, **more: Any) -> Facts:
    """A purchase whose orders have these statuses."""
    return Facts(tuple(Part(status_id) for status_id in status_ids), **more)


def english(known: Facts) -> str:
    """What is said at noon."""
    return answers.answer(known, NOW).english


# --- where it is, and what comes next ---------------------------------------------------------------------------------

NOT_SAID = "; 1mg has not said when the order arrives."
NOTHING = "1mg needs nothing from you now"


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (facts(), "1mg has not told us anything about your order yet. 1mg has not asked you for anything."),
        (facts(15), f"1mg has your order{NOT_SAID} {NOTHING}; checking and packing come next."),
        (facts(170), f"1mg is checking your order{NOT_SAID} {NOTHING}; packing comes after that."),
        (
            facts(15, unconfirmed=True),
            f"1mg has your order{NOT_SAID} It goes on once we have confirmed the order to 1mg.",
        ),
        (facts(180), f"1mg is waiting for your order to be paid online{NOT_SAID} It goes on once it is paid."),
        (
            facts(100),
            f"1mg is waiting for a prescription{NOT_SAID} "
            "Please send a valid one; 1mg packs the order only after accepting it.",
        ),
        (
            facts(100, papers=[WAITING]),
            f"1mg is waiting for a valid prescription and has one that it has not decided on{NOT_SAID} "
            "1mg goes on once it accepts one.",
        ),
        (
            facts(100, papers=[REJECTED], unconfirmed=True),
            f"1mg did not accept the prescription as valid{NOT_SAID} "
            "Please send another one; 1mg packs the order only after accepting it.",
        ),
        (
            facts(110, papers=[REJECTED, WAITING]),
            f"1mg did not accept one prescription as valid and has another that it has not decided on{NOT_SAID} "
            "1mg goes on once it accepts one.",
        ),
        (facts(130, papers=[REJECTED]), f"1mg is packing your order{NOT_SAID} {NOTHING}; it leaves once it is packed."),
        (
            facts(110, papers=[REJECTED, ACCEPTED]),
            f"1mg is reading your prescription{NOT_SAID} {NOTHING}; packing comes after that.",
        ),
        (
            facts(20),
            f"1mg could not set aside the stock for your order{NOT_SAID} {NOTHING} and has not said what comes next.",
        ),
        (
            Facts((Part(45, tried=2),)),
            f"1mg says that your order is to be delivered again (2 attempts so far){NOT_SAID} "
            f"{NOTHING}; another delivery is next.",
        ),
        (
            facts(777),
            f"1mg names a state of your order that it has not described{NOT_SAID} 1mg has not said what comes next.",
        ),
        (facts(40), f"1mg delivered your order. {NOTHING}."),
        (Facts((Part(40, since=NOW - HOUR),)), f"1mg delivered your order on Sat 28 Nov, 11:00 am. {NOTHING}."),
    ],
)
def test_it_says_where_the_order_is_and_what_comes_next(known: Facts, said: str) -> None:
    assert english(known) == said


@pytest.mark.parametrize("status_id", sorted(STATUSES))
def test_every_known_status_has_a_template(status_id: int) -> None:
    assert OF_STATUS[status_id] in TEMPLATES


# --- when 1mg promised it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("eta_from", "eta_to", "said"),
    [
        (None, None, "1mg has not said when the order arrives."),
        (None, NOW + HOUR, "1mg promised the order by Sat 28 Nov, 1:00 pm."),
        (NOW - HOUR, NOW + HOUR, "1mg promised the order by Sat 28 Nov, 1:00 pm."),
        (NOW + HOUR, NOW + 3 * HOUR, "1mg promised the order between Sat 28 Nov, 1:00 pm and 3:00 pm."),
        (NOW + HOUR, NOW + DAY, "1mg promised the order between Sat 28 Nov, 1:00 pm and Sun 29 Nov, 12:00 pm."),
        (NOW + 3 * HOUR, NOW + HOUR, "1mg promised the order by Sat 28 Nov, 1:00 pm."),
        (NOW + HOUR, None, "1mg promised the order from Sat 28 Nov, 1:00 pm on."),
        (
            None,
            NOW - HOUR,
            "1mg promised the order by Sat 28 Nov, 11:00 am, which has passed, and has named no new time.",
        ),
        (None, NOW + 60 * DAY, "1mg promised the order by Wed 27 Jan 2027, 12:00 pm."),
    ],
)
def test_it_says_what_1mg_promised(eta_from: Any, eta_to: Any, said: str) -> None:
    first = english(Facts((Part(30, eta_from, eta_to),))).split("; ", 1)[1]

    assert first.startswith(said)


@pytest.mark.parametrize("status_id", [40, 95, 99, 140, 141, 142])
def test_what_does_not_arrive_any_more_has_no_promise(status_id: int) -> None:
    assert "promised" not in english(Facts((Part(status_id, eta_to=NOW + HOUR),)))


@pytest.mark.parametrize(
    ("hour", "said"),
    [
        (0, "आधी रात के बाद 12:05 बजे"),
        (4, "तड़के 4:05 बजे"),
        (11, "सुबह 11:05 बजे"),
        (12, "दोपहर 12:05 बजे"),
        (17, "शाम 5:05 बजे"),
        (23, "रात 11:05 बजे"),
    ],
)
def test_hindi_names_the_part_of_the_day(hour: int, said: str) -> None:
    at = datetime(2026, 11, 27, 18, 35, tzinfo=UTC) + hour * HOUR

    assert spoken.when(at, NOW).hindi == f"शनिवार 28 नवंबर, {said}"


# --- several orders ---------------------------------------------------------------------------------------------------


def test_of_several_orders_it_says_how_far_each_has_come() -> None:
    parts = (Part(40), Part(30, eta_to=NOW + HOUR), Part(130, eta_to=NOW - HOUR), Part(120))

    said = answers.answer(Facts(parts), NOW)

    assert said.english == (
        "Your order comes in 4 parts: 1 of 4 delivered; 1 out for delivery, promised by Sat 28 Nov, 1:00 pm; "
        "1 being packed, promised by Sat 28 Nov, 11:00 am, which has passed; 1 being got together, "
        "with no time named. 1mg needs nothing from you now; packing comes after that."
    )
    assert said.hindi.startswith("आपके ऑर्डर के 4 हिस्से हैं: 4 में से 1 की डिलीवरी हो चुकी; 1 डिलीवरी के लिए रवाना, ")


def test_orders_that_are_alike_are_counted_with_their_latest_promise() -> None:
    said = english(Facts((Part(40), Part(30, eta_to=NOW + HOUR), Part(30, eta_to=NOW + DAY))))

    assert said.startswith(
        "Your order comes in 3 parts: 1 of 3 delivered; 2 out for delivery, promised by Sun 29 Nov, 12:00 pm."
    )


def test_what_one_order_needs_is_said_of_all() -> None:
    said = english(facts(40, 100, papers=[REJECTED]))

    assert said.endswith("Please send another one; 1mg packs the order only after accepting it.")


# --- why a prescription was rejected ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("Invalid Prescription", "prescription as valid;"),
        ("invalid prescription ", "prescription as valid;"),
        ("Part missing", "prescription (in its words: “Part missing”);"),
        ("Not for Asha Rao", "prescription;"),
        ("Namunacet is not on it", "prescription;"),
        ("Call 9876543210", "prescription;"),
        ("{why}", "prescription (in its words: “{why}”);"),
        ("", "prescription;"),
        ("not " * 30, "prescription;"),
    ],
)
def test_a_reason_is_in_the_customers_words_or_names_nobody(reason: str, said: str) -> None:
    known = facts(100, papers=[{"status": "Rejected", "reason": reason}])

    assert english(known).startswith(f"1mg did not accept the {said}")


# --- the money --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("money", "said"),
    [
        ({}, "1mg has said nothing of the money."),
        ({"collected": rupees("0")}, "1mg says that it collected nothing."),
        ({"collected": UNKNOWN}, "1mg has said nothing of the money."),
        (
            {"collected": rupees("376"), "refund_due": rupees("0")},
            "1mg has collected ₹376.00 and has named no amount to be paid back.",
        ),
        ({"refund_due": UNKNOWN}, "1mg has not said clearly what is paid back."),
        (
            {"refund_due": rupees("123456.78"), "collected": rupees("123456.78")},
            "1mg says that ₹1,23,456.78 is to be paid back, and has not said that it was paid.",
        ),
        (
            {"refund_due": rupees("5"), "paid_back": rupees("7")},
            "1mg says that ₹7.00 has been paid back and that ₹5.00 is still to be paid back.",
        ),
        ({"paid_back": rupees("7"), "refund_due": rupees("0")}, "1mg says that ₹7.00 has been paid back."),
    ],
)
def test_of_a_cancelled_order_it_says_what_1mg_says_of_the_money(money: dict[str, Any], said: str) -> None:
    assert english(facts(99, **money)) == f"Your order is cancelled at 1mg. {said}"


def test_money_to_be_paid_back_is_said_of_a_living_order_too() -> None:
    assert english(facts(40, refund_due=rupees("5"))).endswith(
        "1mg says that ₹5.00 is to be paid back, and has not said that it was paid."
    )


# --- whatever is known, no promise of ours ----------------------------------------------------------------------------

#: A promise, a guess at a cause, an apology.
_OURS = re.compile(
    r"\b(?:will|shall|soon|shortly|guarantee\w*|ensure|sorry|lost|stuck|delay\w*|today|tomorrow)\b|’ll"
    r"|जल्द|(?:ेगा|ेगी|ेंगे|ऊँगा|ूँगा|येगा|एगा)"
)
_TIMES = re.compile(r"\w{3} \d{1,2} \w{3}(?: \d{4})?, \d{1,2}:\d\d [ap]m")


def ours(text: str) -> list[str]:
    """What in a text is no word of 1mg's."""
    return _OURS.findall(text)


MOMENTS = st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
AMOUNTS = st.none() | st.just(UNKNOWN) | st.builds(Amount, st.decimals(0, 10**7, places=2))
PARTS = st.builds(Part, st.sampled_from([*STATUSES, None, 70001]), MOMENTS, MOMENTS, MOMENTS, st.integers(0, 3))
PAPERS = st.lists(st.sampled_from([REJECTED, WAITING, ACCEPTED, {"status": "Rejected", "reason": "Dolo 650"}]))
FACTS = st.builds(Facts, st.lists(PARTS, max_size=4).map(tuple), PAPERS, st.booleans(), AMOUNTS, AMOUNTS, AMOUNTS)


@given(FACTS)
def test_no_answer_promises_what_1mg_did_not_say(known: Facts) -> None:
    said = answers.answer(known, NOW)

    moments = {at for part in known.parts for at in (part.eta_from, part.eta_to, part.since) if at}
    assert [ours(text) for text in said] == [[], []]
    assert {*_TIMES.findall(said.english)} <= {spoken.when(at, NOW).english for at in moments}


@given(FACTS)
def test_no_answer_names_a_medicine_or_a_status_number(known: Facts) -> None:
    said = answers.answer(known, NOW)

    assert [text for text in said if "Dolo" in text or "70001" in text or "{" in text] == []


@given(FACTS)
def test_what_1mg_did_not_promise_is_said_to_be_so(known: Facts) -> None:
    open_ended = replace(known, parts=tuple(Part(30) for _part in known.parts))

    assert "promised" not in answers.answer(open_ended, NOW).english


@pytest.mark.parametrize("text", ["It will arrive.", "We ensure it", "It is stuck", "यह कल पहुँचेगा", "हम जल्द भेजते हैं"])
def test_control_a_promise_of_ours_is_found(text: str) -> None:
    assert ours(text)


# --- on the page ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["Viewer", "Operations"])
def test_the_page_says_it_in_both_languages(role: str, post: Any, as_role: Callable[[str], Client]) -> None:
    post(payload("order-stuck"))

    page = as_role(role).get("/orders/PO122434/").text

    assert '<p lang="en">\n    1mg did not accept the prescription as valid' in page
    assert '<p lang="hi">\n    1mg ने डॉक्टर का पर्चा स्वीकार नहीं किया: वह मान्य नहीं था' in page


@pytest.mark.django_db
def test_D25_a_time_that_nobody_can_believe_is_not_said(post: Any, as_role: Callable[[str], Client]) -> None:
    post(order_update("PO1", 40, updated=None))

    page = as_role("Operations").get("/orders/M-PO1/").text

    assert "1mg delivered your order. 1mg needs nothing" in page
