"""The fold: the same statements in any order and number come to the same, and what counts follows from the words."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.choices import Teller
from payments.ledger import fold, kept
from payments.ledger.book import EMPTY, Book, apart, join
from payments.ledger.statements import Statement, TransactionSaid
from payments.partners.nimbbl import Enquiry
from payments.partners.nimbbl_money import STEPS, WORDS, Standing, standing_of, step_of
from tests.bench.ledger import differing
from tests.payments.ledger.said import DUE, ORDER, answer, at, payment, refund, webhook

WORD = st.sampled_from(["new", "pending", "failed", "authorized", "succeeded", "reversing", "reversed", "odd"])
AMOUNT = st.sampled_from([None, Decimal("652.36"), Decimal("600"), Decimal(0)])
TRANSACTION = st.builds(
    lambda make, **said: make(**said),
    st.sampled_from([payment, refund]),
    word=WORD,
    amount=AMOUNT,
    number=st.integers(1, 3),
    mode=st.sampled_from(["", "UPI"]),
)
STATEMENT = st.builds(
    Statement,
    st.sampled_from(Teller),
    st.integers(0, 5).map(at),
    st.just(ORDER),
    st.lists(TRANSACTION, max_size=3).map(tuple),
    lists_all=st.booleans(),
    order_status=st.sampled_from(["", "new", "completed", "odd"]),
    refunded=AMOUNT,
).map(lambda said: replace(said, lists_all=said.lists_all and said.teller is Teller.ENQUIRY))
STATEMENTS = st.lists(STATEMENT, max_size=6)


def book_of(said: Iterable[Statement]) -> Book:
    """The book after they came, one after the other."""
    return reduce(join, map(apart, said), EMPTY)


def told(*said: Statement) -> Enquiry:
    """What is known by all of them."""
    book = book_of(said)
    return fold.as_told(book, fold.known(book))


def sums(*said: Statement) -> tuple[Decimal | None, Decimal | None]:
    """The least and the most that is there by them."""
    return told(*said).reckoning.least, told(*said).reckoning.most


# --- M9: any order, any number ----------------------------------------------------------------------------------------


@given(STATEMENTS, st.randoms())
def test_M9_the_same_statements_in_any_order_and_number_come_to_the_same(said: list[Statement], chance: Any) -> None:
    again = [*said, *chance.choices(said, k=3)] if said else []
    chance.shuffle(again)

    assert book_of(again) == book_of(said)
    assert told(*again) == told(*said)


@given(STATEMENTS, STATEMENTS, STATEMENTS)
def test_M9_joining_is_associative_commutative_and_idempotent(
    one: list[Statement], two: list[Statement], three: list[Statement]
) -> None:
    a, b, c = book_of(one), book_of(two), book_of(three)

    assert join(join(a, b), c) == join(a, join(b, c))
    assert join(a, b) == join(b, a)
    assert join(a, a) == a == join(a, EMPTY)


def test_M9_events_that_overtake_each_other_come_to_the_same() -> None:
    assert differing(orders=150, shuffles=6, seed=9) == 0


def test_M9_control_the_last_word_to_come_would_not() -> None:
    def last_to_come(events: Sequence[Statement]) -> object:
        return {event.transactions[0].transaction_id: event.transactions[0].word for event in events}

    assert differing(orders=150, shuffles=6, seed=9, state=last_to_come) > 100


@given(STATEMENTS)
def test_what_is_kept_of_a_book_is_the_book(said: list[Statement]) -> None:
    assert kept.read(kept.write(book_of(said))) == book_of(said)


# --- what counts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [*itertools.permutations(["failed", "succeeded", "pending"])])
def test_M10_a_failed_payment_may_succeed_late_and_never_fails_after(words: tuple[str, ...]) -> None:
    assert sums(*(webhook(payment(word)) for word in words)) == (DUE, DUE)


@pytest.mark.parametrize("words", [*itertools.permutations(["succeeded", "reversing", "reversed"])])
def test_M10_what_is_reversed_is_not_there_whatever_comes_last(words: tuple[str, ...]) -> None:
    assert sums(*(webhook(payment(word)) for word in words)) == (0, 0)


@pytest.mark.parametrize("words", [*itertools.permutations(["pending", "failed", "succeeded"])])
def test_M10_a_refund_that_failed_may_succeed(words: tuple[str, ...]) -> None:
    refunds = [webhook(refund(word, 100)) for word in words]

    assert told(webhook(payment()), *refunds).reckoning.taken_back == 100


def test_M11_a_word_nobody_knows_is_no_success_and_takes_none_for_nothing() -> None:
    assert sums(webhook(payment("settling"))) == (0, None)
    assert sums(webhook(payment()), webhook(payment("settling"))) == (0, DUE)


def test_M11_it_hides_no_later_word_for_ever() -> None:
    heard = webhook(payment()), webhook(payment("settling"), minutes=1)

    assert sums(*heard, answer(payment(), minutes=2)) == (DUE, DUE)
    assert sums(*heard, answer(payment("reversed"), minutes=2)) == (0, 0)


def test_M11_but_an_answer_that_is_older_says_nothing_of_it() -> None:
    assert sums(answer(payment()), webhook(payment("settling"), minutes=1)) == (0, DUE)


def test_M11_after_it_a_reversal_that_failed_is_told_by_an_answer() -> None:
    heard = [webhook(payment(word)) for word in ("succeeded", "reversing", "reversal_failed")]

    assert sums(*heard, answer(payment(), minutes=1)) == (DUE, DUE)


@pytest.mark.parametrize("first", [True, False])
def test_contradicting_amounts_are_a_least_and_a_most(first: bool) -> None:
    said = [webhook(payment(amount=600)), webhook(payment())][:: 1 if first else -1]

    assert (sums(*said), told(*said).reckoning.captured) == ((600, DUE), None)
    assert fold.known(book_of(said))[0].said.amount is None


def test_an_answer_takes_back_nothing_that_is_further_on_its_way() -> None:
    assert sums(webhook(payment()), answer(payment("pending"), minutes=1)) == (DUE, DUE)


def test_of_answers_the_last_asked_counts_also_where_an_older_comes_late() -> None:
    assert sums(answer(payment(amount=600), minutes=2), answer(payment(), minutes=1)) == (600, 600)


def test_a_proved_payment_that_a_later_list_does_not_name_is_noticed_and_not_known() -> None:
    said = webhook(payment()), answer(minutes=1)

    assert (sums(*said), fold.known(book_of(said))[0].is_listed) == ((0, DUE), False)


def test_one_that_is_heard_of_after_the_list_was_asked_for_is_not() -> None:
    said = answer(), webhook(payment(), minutes=1)

    assert (sums(*said), fold.known(book_of(said))[0].is_listed) == ((DUE, DUE), None)


def test_one_that_only_an_earlier_list_named_does_not_count() -> None:
    said = answer(payment()), answer(minutes=1)

    assert (sums(*said), [one.is_listed for one in fold.known(book_of(said))]) == ((0, 0), [False])


@pytest.mark.parametrize("heard", [payment("failed"), payment("pending"), refund("pending", 100)])
def test_events_without_a_success_say_nothing_of_a_payment_that_nobody_told_of(heard: TransactionSaid) -> None:
    assert told(webhook(heard)).reckoning.captured is None
    assert told(webhook(heard), answer(minutes=1)).reckoning.captured == 0


def test_rupees_are_rupees_whoever_names_them() -> None:
    said = webhook(payment()), answer(payment(currency=""), minutes=1)

    assert fold.known(book_of(said))[0].said.amount == DUE


def test_an_answer_to_a_refund_tells_no_amount_and_takes_none() -> None:
    of_ours = replace(webhook(refund("succeeded", None)), teller=Teller.REFUND)

    assert told(webhook(payment()), webhook(refund("pending", 100)), of_ours).reckoning.taken_back == 100


def test_two_payments_without_ids_are_two() -> None:
    nameless = replace(payment(), transaction_id="")

    assert sums(answer(nameless, nameless)) == (2 * DUE, 2 * DUE)


def test_what_was_told_without_an_id_counts_until_a_later_list_names_all() -> None:
    nameless = webhook(replace(refund("pending", None), transaction_id=""))

    assert told(webhook(payment()), nameless).reckoning.taken_back is None
    assert (
        told(webhook(payment()), nameless, answer(payment(), refund("pending", 100), minutes=1)).reckoning.taken_back
        == 100
    )


def test_what_the_order_says_went_back_counts_until_an_answer_says_otherwise() -> None:
    heard = webhook(payment(), refunded=Decimal(100))

    assert told(heard).reckoning.taken_back == 100
    assert told(heard, answer(payment(), minutes=1)).reckoning.taken_back == 0


# --- the table --------------------------------------------------------------------------------------------------------


def test_every_word_has_one_step() -> None:
    assert sorted(word for words in STEPS for word in words) == sorted(WORDS)


def test_only_where_money_has_moved_and_may_not_a_step_says_two_things() -> None:
    meanings = [{standing_of(word) for word in words} for words in STEPS]

    assert [found for found in meanings if len(found) > 1] == [{Standing.CAPTURED, Standing.OVER}]


@pytest.mark.parametrize("word", ["", "settling", "succeeded?"])
def test_a_word_that_is_in_no_table_has_no_step(word: str) -> None:
    assert step_of(word) is None
