"""All that Nimbbl has said of one order: a set, so that it matters neither in which order nor how often. Pure.

    apart(statement)         a statement as a book of its own
    join(one, other)         two books as one; associative, commutative and idempotent
    key_of(said)             of which transaction something is said
    content(said)            what is said, whenever it was
    is_of_an_answer(said)    whether it is said by an answer to an enquiry about the whole order
    asked_at(book)           when the last enquiry was asked that was answered

What counts of it is another matter (`payments.ledger.fold`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final

from payments.choices import Teller, Way
from payments.ledger.statements import Statement, TransactionSaid
from payments.partners.nimbbl_money import RUPEES, is_rupees

#: Statements of one thing each: of one transaction, or of the order with what has no id of its own.
Book = frozenset[Statement]
EMPTY: Final[Book] = frozenset()
#: Nimbbl's id of a transaction, and which way its money goes.
Key = tuple[str, Way]
#: Before anything was said.
EVER: Final = datetime.min.replace(tzinfo=UTC)


def apart(said: Statement) -> Book:
    """A statement as a book: what it says of the order, and of each transaction by itself."""
    transactions = [_in_rupees(one) for one in said.transactions]
    bare = Statement(said.teller, said.at, said.nimbbl_order_id, lists_all=said.lists_all)
    each = {replace(bare, transactions=(one,)) for one in transactions if one.transaction_id}
    if said.teller is Teller.ENQUIRY and each and not said.lists_all:  # it was asked about one of them
        return frozenset(each)
    nameless = tuple(one for one in transactions if not one.transaction_id)
    return frozenset({*each, replace(said, transactions=nameless)})


def join(one: Book, other: Book) -> Book:
    """Two books as one.

    Of the answers to enquiries the last stands, and what the last to name a transaction said of it. What was heard
    otherwise stands once, since when it was first heard.
    """
    first: dict[Any, Statement] = {}
    last: dict[Key | None, datetime] = {}
    for said in (all_said := one | other):
        if is_of_an_answer(said):
            last[key_of(said)] = max(said.at, last.get(key_of(said), EVER))
        else:
            first[content(said)] = min(said, first.get(content(said), said), key=_at)
    answers = {said for said in all_said if is_of_an_answer(said) and said.at == last[key_of(said)]}
    return frozenset({*answers, *first.values()})


_at: Final = attrgetter("at")
#: What is said, whenever it was.
content: Final = attrgetter(*(field.name for field in fields(Statement) if field.name != "at"))


def key_of(said: Statement) -> Key | None:
    """Of which transaction it is said; `None`: of the order."""
    first = next(iter(said.transactions), None)
    return (first.transaction_id, way_of(first)) if first and first.transaction_id else None


def way_of(one: TransactionSaid) -> Way:
    """Which way its money goes."""
    money = one.money
    return Way.BACK if money.takes_back else Way.IN if money.is_payment else Way.UNKNOWN


def is_of_an_answer(said: Statement) -> bool:
    """Whether it is of an answer to an enquiry about the whole order."""
    return said.lists_all or (said.teller is Teller.ENQUIRY and not said.transactions)


def asked_at(book: Iterable[Statement]) -> datetime:
    """When the last enquiry was asked that was answered."""
    return max((said.at for said in book if is_of_an_answer(said) and key_of(said) is None), default=EVER)


def _in_rupees(one: TransactionSaid) -> TransactionSaid:
    """The same with one word for rupees: Nimbbl writes none where the account has only one currency."""
    return replace(one, currency=RUPEES) if is_rupees(one.currency) else one
