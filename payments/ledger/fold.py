"""What counts of all that Nimbbl has said of one order (decision 31). Pure.

    known(book)              what is known of each transaction
    as_told(book, known)     the same of the order, as though one answer to an enquiry had told it

- The answer to an enquiry is true of one moment, the one at which we asked. The last one counts, and no earlier one.
- Whatever else is said carries no time, so none of it is ever replaced: what is furthest on its way counts.
- The two meet by the same rule. What an answer tells takes back nothing that is further on its way.

What may be true of a transaction is added up by `nimbbl_money.reckon`, which has a least and a most for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from payments.choices import Teller, Way
from payments.ledger.book import EVER, Book, Key, asked_at, content, is_of_an_answer, key_of
from payments.ledger.statements import Statement, TransactionSaid
from payments.partners.nimbbl import Enquiry
from payments.partners.nimbbl_money import Standing, Transaction, plain, standing_of, step_of


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
    asked, lists = asked_at(book), any(said.lists_all and key_of(said) is None for said in book)
    about: defaultdict[Key, list[Statement]] = defaultdict(list)
    for said in sorted(book, key=lambda said: repr(content(said))):
        if key := key_of(said):
            about[key].append(said)
    return [_known(key[1], about[key], asked, lists) for key in sorted(about)]


def _known(way: Way, said: Sequence[Statement], asked: datetime, lists: bool) -> Known:
    """What is known of one transaction. `asked`: when the last answer was; `lists`: whether it listed any at all."""
    now = [one for one in said if is_of_an_answer(one) and one.at == asked]
    told = [one for one in said if not is_of_an_answer(one)]
    counted = _counted(now, told, asked)
    words = min(counted or said, key=lambda one: (not _is_odd(one), plain(_about(one).word), one.at, repr(one)))
    may_be = [one.money for one in _with_amounts(counted, said)]
    is_listed = _is_listed(now, told, asked) if lists else None
    if is_listed is False and any(one.counts for one in may_be):  # a proof against a list: nobody knows
        may_be += [replace(one, word="") for one in may_be]
    return Known(_in_one(words, counted or said, said), way, words.teller, words.at, is_listed, tuple(may_be))


# --- what counts of what is said of a transaction ---------------------------------------------------------------------


def _counted(now: Sequence[Statement], told: Sequence[Statement], asked: datetime) -> list[Statement]:
    """What counts of what the last answer says (`now`) and of what was told otherwise: what is furthest on its way.

    An answer that says two things at once of one transaction is in doubt, and stays so. A word that nobody knows stands
    beside the others, since it may be later than they are: until an answer that was asked after it was heard tells a
    word that we know. Nobody can say any more what of all that was heard before comes first; the answer can.
    """
    if now and not any(map(_is_odd, now)) and any(_is_odd(one) and one.at <= asked for one in told):
        told = [one for one in told if one.at > asked]
    listed = _reaching(_furthest(told), now)
    return [*listed, *_reaching(_furthest([*listed, *told]), told)]


def _furthest(some: Iterable[Statement]) -> int:
    """The furthest step that any of them tells of."""
    return max((step for one in some if (step := _step(one)) is not None), default=0)


def _reaching(furthest: int, some: Iterable[Statement]) -> list[Statement]:
    """Those that are as far on their way, or of which nobody knows how far they are."""
    return [one for one in some if (step := _step(one)) is None or step >= furthest]


def _step(said: Statement) -> int | None:
    return step_of(_about(said).word)


def _is_odd(said: Statement) -> bool:
    """Whether its word is none that anybody here knows."""
    return _step(said) is None


def _about(said: Statement) -> TransactionSaid:
    return said.transactions[0]


def _is_listed(now: Sequence[Statement], told: Sequence[Statement], asked: datetime) -> bool | None:
    """Whether the last list names it; `None` where it was heard of only after that was asked for."""
    if now:
        return True
    return False if not told or min(one.at for one in told) < asked else None


# --- in one -----------------------------------------------------------------------------------------------------------


def _with_amounts(counted: Iterable[Statement], said: Iterable[Statement]) -> Iterator[TransactionSaid]:
    """What counts. Where somebody told no amount, as Nimbbl's answer to a refund does, what others say of it stands."""
    amounts = {(_about(one).amount, _about(one).currency) for one in said if _about(one).amount is not None}
    for one in counted:
        if _about(one).amount is not None or one.lists_all or not amounts:
            yield _about(one)
            continue
        for amount, currency in sorted(amounts):
            yield replace(_about(one), amount=amount, currency=currency)


def _in_one(words: Statement, counted: Iterable[Statement], said: Sequence[Statement]) -> TransactionSaid:
    """The words that count, with what else was said of the transaction; an amount that is contradicted is not known."""
    amounts = {(one.amount, one.currency) for one in _with_amounts(counted, said)}
    amount, currency = amounts.pop() if len(amounts) == 1 else (None, _about(words).currency)
    besides = {name: _said_last(name, said) for name in ("mode", "bank_reference", "refund_request_id", "pays_back")}
    return replace(_about(words), amount=amount, currency=currency, **besides)


def _said_last(name: str, said: Iterable[Statement]) -> str:
    """What those say who are furthest on the way, of those who say it."""
    told = [(_furthest([one]), getattr(_about(one), name)) for one in said if getattr(_about(one), name)]
    return str(max(told)[1]) if told else ""


# --- what is known of the order ---------------------------------------------------------------------------------------


def as_told(book: Book, transactions: Iterable[Known]) -> Enquiry:
    """What is known of the order, as one answer would tell it. `transactions`: what is known of each."""
    of_order = sorted((said for said in book if key_of(said) is None), key=lambda said: (said.at, repr(said)))
    answer = next((said for said in reversed(of_order) if is_of_an_answer(said)), None)
    lists = answer is not None and answer.lists_all
    may_be = [one for each in transactions for one in each.may_be]
    may_be += [one.money for said in of_order if not _is_passed(said, answer) for one in said.transactions]
    if not lists and may_be and not any(_has_arrived(one) for one in may_be):
        may_be.insert(0, _UNHEARD)
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


#: Where Nimbbl has listed nothing, a payment may have been made that nobody has told of: of which all that was told of
#: has failed so far, or of which something went back.
_UNHEARD: Final = Transaction("payment", "", None)
_ARRIVED: Final = step_of("succeeded")


def _has_arrived(one: Transaction) -> bool:
    """Whether it is the payment that succeeded, whatever became of it since; Nimbbl takes no other of an order then."""
    step = step_of(one.word)
    return one.is_payment and step is not None and _ARRIVED is not None and step >= _ARRIVED


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
    since = answer.at if answer else EVER
    later = [said.refunded for said in of_order if said.refunded is not None and said.at >= since]
    return max(later, default=Decimal(0))
