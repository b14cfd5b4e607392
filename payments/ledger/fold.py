"""All that Nimbbl has said of one order, and what is known of it by that. Pure.

    apart(statement)     a statement as a book of its own
    join(one, other)     two books as one
    known(book)          what is known of each transaction
    as_told(book, ...)   the same of the order, as though one answer to an enquiry had told it

A book is a set, and joining two is associative, commutative and idempotent: whatever is heard in whatever order, and
however often, leaves the same book. What counts is worked out of the book alone (decision 31):

- The answer to an enquiry is true of one moment, the one at which we asked. The last one counts, and no earlier one.
- Whatever else is said carries no time, so nothing of it is ever replaced: what has come further on its way counts.
- The two meet by the same rule. What an enquiry tells takes back nothing that is further on its way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from payments.choices import Teller, Way
from payments.ledger.statements import Statement, TransactionSaid
from payments.partners.nimbbl import Enquiry
from payments.partners.nimbbl_money import Standing, Transaction, plain, standing_of, step_of

#: Statements of one thing each: of one transaction, or of the order with what has no id of its own.
Book = frozenset[Statement]
EMPTY: Final[Book] = frozenset()
#: Nimbbl's id of a transaction, and which way its money goes.
Key = tuple[str, Way]
_EVER: Final = datetime.min.replace(tzinfo=UTC)


def apart(said: Statement) -> Book:
    """A statement as a book: what it says of the order, and of each transaction by itself."""
    bare = Statement(said.teller, said.at, said.nimbbl_order_id, lists_all=said.lists_all)
    each = {replace(bare, transactions=(one,)) for one in said.transactions if one.transaction_id}
    if said.teller is Teller.ENQUIRY and each and not said.lists_all:  # it was asked about one of them
        return frozenset(each)
    nameless = tuple(one for one in said.transactions if not one.transaction_id)
    return frozenset({*each, replace(said, transactions=nameless)})


def join(one: Book, other: Book) -> Book:
    """Two books as one.

    Of the answers to enquiries the last stands, and what the last to name a transaction said of it. What was heard
    otherwise stands once, since when it was first heard.
    """
    all_said = one | other
    told: dict[Statement, datetime] = {}
    last: dict[Key | None, datetime] = {}
    for said in all_said:
        if _of_an_answer(said):
            last[_key(said)] = max(said.at, last.get(_key(said), said.at))
        else:
            content = replace(said, at=_EVER)
            told[content] = min(said.at, told.get(content, said.at))
    answers = {said for said in all_said if _of_an_answer(said) and said.at == last[_key(said)]}
    return frozenset({*answers, *(replace(content, at=at) for content, at in told.items())})


def way_of(one: TransactionSaid) -> Way:
    """Which way its money goes."""
    money = one.money
    return Way.BACK if money.takes_back else Way.IN if money.is_payment else Way.UNKNOWN


def _key(said: Statement) -> Key | None:
    """Of which transaction it is; `None`: of the order."""
    first = next(iter(said.transactions), None)
    return (first.transaction_id, way_of(first)) if first and first.transaction_id else None


def _of_an_answer(said: Statement) -> bool:
    """Whether it is of an answer to an enquiry about the whole order."""
    return said.lists_all or (said.teller is Teller.ENQUIRY and not said.transactions)


def _asked_at(book: Book) -> datetime:
    """When the last answered enquiry was asked."""
    return max((said.at for said in book if _of_an_answer(said) and _key(said) is None), default=_EVER)


# --- what is known of a transaction -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one transaction.

    `said`: the words that count; an amount on which they differ is `None`. `by`, `at`: who said them first, and when.
    `is_listed`: whether Nimbbl's last list names it; `None`: it has listed nothing since it was heard of. `may_be`: all
    that may be true of it, to be added up: where that is more than one thing, its money is not known to the paisa;
    nothing where only an earlier list than the last names it.
    """

    said: TransactionSaid
    way: Way
    by: Teller
    at: datetime
    is_listed: bool | None
    may_be: tuple[Transaction, ...]


def known(book: Book) -> list[Known]:
    """What is known of each transaction that has an id, by their ids."""
    asked_at, lists = _asked_at(book), any(said.lists_all and _key(said) is None for said in book)
    about: defaultdict[Key, list[Statement]] = defaultdict(list)
    for said in sorted(book, key=lambda said: repr(replace(said, at=_EVER))):  # whenever it was heard
        if key := _key(said):
            about[key].append(said)
    return [_known(key[1], about[key], asked_at, lists) for key in sorted(about)]


def _known(way: Way, said: list[Statement], asked_at: datetime, lists: bool) -> Known:
    """What is known of one transaction. `lists`: whether the last answer listed any at all."""
    now = [one for one in said if _of_an_answer(one) and one.at == asked_at]
    told = [one for one in said if not _of_an_answer(one)]
    counted = _counted(now, told, asked_at)
    words = min(counted or said, key=lambda one: (not _is_odd(one), plain(_of(one).word), one.at, repr(one)))
    may_be = tuple(one.money for one in _with_amounts(counted, said))
    is_listed = _is_listed(now, told, asked_at) if lists else None
    if is_listed is False and any(one.counts for one in may_be):  # a proof against a list: nobody knows
        may_be += tuple(replace(one, word="") for one in may_be)
    return Known(_in_one(words, counted or said, said), way, words.teller, words.at, is_listed, may_be)


def _counted(now: list[Statement], told: list[Statement], asked_at: datetime) -> list[Statement]:
    """What counts of what the last answer says (`now`) and of what was told otherwise: what is furthest on its way.

    An answer that says two things at once of one transaction is in doubt, and stays so. A word that nobody knows stands
    beside the others, since it may be later than they are: until an answer that was asked after it was heard tells a
    word that we know. Nobody can say any more what of all that was heard before comes first; the answer can.
    """
    if now and not any(map(_is_odd, now)) and any(_is_odd(one) and one.at <= asked_at for one in told):
        told = [one for one in told if one.at > asked_at]
    listed = _reaching(_furthest(told), now)
    return [*listed, *_reaching(_furthest([*listed, *told]), told)]


def _of(said: Statement) -> TransactionSaid:
    return said.transactions[0]


def _is_odd(said: Statement) -> bool:
    """Whether its word is none that anybody here knows."""
    return step_of(_of(said).word) is None


def _furthest(some: Iterable[Statement]) -> int:
    return max((step for one in some if (step := step_of(_of(one).word)) is not None), default=0)


def _reaching(furthest: int, some: Iterable[Statement]) -> list[Statement]:
    """Those that are as far on their way, or of which nobody knows how far they are."""
    return [one for one in some if (step := step_of(_of(one).word)) is None or step >= furthest]


def _is_listed(now: list[Statement], told: list[Statement], asked_at: datetime) -> bool | None:
    """Whether the last list names it; `None` where it was heard of only after that was asked for."""
    is_older = not told or min(one.at for one in told) < asked_at
    return bool(now) or (False if is_older else None)


def _with_amounts(counted: Iterable[Statement], said: Iterable[Statement]) -> Iterator[TransactionSaid]:
    """What counts. Where somebody told no amount, as Nimbbl's answer to a refund does, what others say of it stands."""
    amounts = {(_of(one).amount, _of(one).currency) for one in said if _of(one).amount is not None}
    for one in counted:
        if _of(one).amount is not None or one.lists_all or not amounts:
            yield _of(one)
            continue
        for amount, currency in sorted(amounts):
            yield replace(_of(one), amount=amount, currency=currency)


def _in_one(words: Statement, counted: Iterable[Statement], said: list[Statement]) -> TransactionSaid:
    """The words that count, with what else was said of the transaction; an amount that is contradicted is not known."""
    amounts = {(one.amount, one.currency) for one in _with_amounts(counted, said)}
    amount, currency = amounts.pop() if len(amounts) == 1 else (None, _of(words).currency)
    besides = {name: _said_last(name, said) for name in ("mode", "bank_reference", "refund_request_id", "pays_back")}
    return replace(_of(words), amount=amount, currency=currency, **besides)


def _said_last(name: str, said: Iterable[Statement]) -> str:
    """What those say who are furthest on the way, of those who say it."""
    told = [(_furthest([one]), getattr(_of(one), name)) for one in said if getattr(_of(one), name)]
    return str(max(told)[1]) if told else ""


# --- what is known of the order ---------------------------------------------------------------------------------------


def as_told(book: Book, transactions: Iterable[Known]) -> Enquiry:
    """What is known of the order, as one answer would tell it. `transactions`: what is known of each."""
    of_order = sorted((said for said in book if _key(said) is None), key=lambda said: (said.at, repr(said)))
    answer = next((said for said in reversed(of_order) if _of_an_answer(said)), None)
    lists = answer is not None and answer.lists_all
    may_be = [one for each in transactions for one in each.may_be]
    may_be += [one.money for said in of_order if not _is_passed(said, answer) for one in said.transactions]
    if not lists and any(one.takes_back for one in may_be) and not any(one.is_payment for one in may_be):
        may_be.append(_UNHEARD)
    return Enquiry(
        status=_status(of_order, answer),
        transactions=tuple(may_be) if may_be or lists else None,
        refunded=_refunded(of_order, answer),
        currency=_latest("currency", of_order) or "",
        invoice_id=_latest("invoice_id", of_order) or "",
        total_amount=_latest("total_amount", of_order),
    )


def _is_passed(said: Statement, answer: Statement | None) -> bool:
    """Whether what it says of transactions without an id is over: a later list names them, and nobody can say which."""
    return answer is not None and answer.lists_all and said.at < answer.at


#: What went back was paid before; how much, nobody has said yet.
_UNHEARD: Final = Transaction("payment", "", None)


def _latest(name: str, of_order: list[Statement]) -> Any:
    return next((told for said in reversed(of_order) if (told := getattr(said, name)) not in ("", None)), None)


def _status(of_order: list[Statement], answer: Statement | None) -> str:
    """Nimbbl's word for the order: the furthest, unless its last answer has one that nobody knows."""
    words = sorted({plain(said.order_status) for said in of_order if said.order_status})
    if answer and answer.order_status and standing_of(answer.order_status) is Standing.UNKNOWN:
        return plain(answer.order_status)
    return max(words, key=lambda word: -1 if (step := step_of(word)) is None else step, default="")


def _refunded(of_order: list[Statement], answer: Statement | None) -> Decimal | None:
    """What the order itself says went back, at most: by the last answer, and by what was heard since it was asked."""
    if answer and answer.refunded is None:
        return None
    asked_at = answer.at if answer else _EVER
    later = [said.refunded for said in of_order if said.refunded is not None and said.at >= asked_at]
    return max(later, default=Decimal(0))
