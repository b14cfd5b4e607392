"""The one door to what is known of a payment: whatever Nimbbl says of it, by whichever way, is taken here.

    take(statement)     fold it into what is known; whether anybody here knows the order
    known(payment)      what is known, for the checks before a confirmation and for whoever asks whether it is paid

A webhook, the answer to an enquiry, to an update and to a refund are the same thing here. The purchase is locked first,
as by everybody, so two who speak at once are taken one after the other; which of them is first makes no difference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from orders import purchases
from orders.numbers import PAISA
from payments import found_by
from payments.choices import Teller
from payments.ledger import fold, kept
from payments.ledger.book import EMPTY, Book, apart, is_of_an_answer, join, way_of
from payments.ledger.fold import Known
from payments.ledger.statements import Statement
from payments.models import Payment, Transaction
from payments.partners import nimbbl_money
from payments.partners.nimbbl import Enquiry
from payments.preflight import gather
from payments.preflight.facts import PaymentFact
from payments.reconciliation import planning, sums
from payments.refunds import hearing


def take(said: Statement) -> bool:
    """Fold what Nimbbl said into what is known of the payment; false where no purchase has that order of Nimbbl's.

    The same again changes nothing. In one transaction with what it means for the purchase; in the caller's, where it
    has one open.
    """
    group_id = Payment.objects.filter(pk=said.nimbbl_order_id).values_list("group_id", flat=True).first()
    if group_id is None:
        return False
    with transaction.atomic():
        group, _orders = purchases.locked(group_id)
        payment = Payment.objects.get(pk=said.nimbbl_order_id)
        invoice_id, before = payment.invoice_id, _book(payment)
        book = join(before, apart(said))
        transactions = fold.known(book)
        if transactions != fold.known(before):
            payment.trouble = ""  # of what is asked for in vain something has come all the same
        _write(payment, book, transactions, said)
        _write_transactions(payment, transactions, said)
        if gather.payment_of(group.pk) == payment:
            purchases.set_captured(group, payment.captured_amount)
        if payment.invoice_id != invoice_id:
            found_by.tell(group.pk)
        hearing.hear(group.pk, [one.said for one in transactions])
        sums.tell(group.pk)
        planning.plan(payment)
    return True


def known(payment: Payment) -> PaymentFact | None:
    """What is known: the last answer to an enquiry and the webhooks since, together; `None` where nothing was heard.

    With `trouble`, where Nimbbl was asked in vain and nothing was heard since.
    """
    if payment.answer is None:
        return PaymentFact(trouble=payment.trouble) if payment.trouble else None
    fact = PaymentFact.from_stored(payment.answer)
    return replace(fact, trouble=payment.trouble) if payment.trouble else fact


# --- pieces -----------------------------------------------------------------------------------------------------------


def _book(payment: Payment) -> Book:
    """What was said before. Of what code of before has heard only sums are known, so no list of it can be believed."""
    if payment.book is not None:
        return kept.read(payment.book)
    if payment.heard_at is None:
        return EMPTY
    unseen = Statement(Teller.ENQUIRY, payment.heard_at, payment.pk, order_status=payment.state)
    return apart(replace(unseen, invoice_id=payment.invoice_id))


def _write(payment: Payment, book: Book, transactions: Collection[Known], said: Statement) -> None:
    """Write what is known of the payment."""
    told = fold.as_told(book, transactions)
    columns = _columns(told) | _who_said_it(book, transactions)
    if _amounts(columns) != _amounts(vars(payment)) and any(amount != 0 for amount in _amounts(columns)):
        columns["moved_at"] = timezone.now()
    columns |= {
        "book": kept.write(book),
        "answer": PaymentFact.of(told).stored() if _is_of_money(book) else None,
        "trouble": payment.trouble,
        "heard_at": max(said.at, payment.heard_at or said.at),
    }
    vars(payment).update(columns)
    payment.save(update_fields=list(columns))


def _is_of_money(book: Book) -> bool:
    """Whether Nimbbl has said anything of it: the answer to an update does not."""
    return any(said.transactions or is_of_an_answer(said) for said in book)


def _columns(told: Enquiry) -> dict[str, Any]:
    """What is known of the order, as columns. Nothing that is not known to the paisa stands as an amount."""
    sums, listed = told.reckoning, told.transactions or ()
    back, on_its_way = sums.taken_back, nimbbl_money.open_refunds(listed)
    amounts = {
        "captured_amount": sums.captured,
        "taken_back_amount": back,
        "refunded_amount": None if back is None or on_its_way is None else back - on_its_way,
    }
    return (amounts if told.transactions is not None else dict.fromkeys(amounts)) | {
        "state": told.status[:20],
        "payment_status": told.payment_status[:20],
        "currency": told.currency[:3].upper(),
        "total_amount": told.total_amount,
        "invoice_id": told.invoice_id[:100],
    }


def _amounts(columns: Mapping[str, Any]) -> list[Decimal | None]:
    """What of some columns tells that money has moved."""
    return [columns[name] for name in ("captured_amount", "taken_back_amount", "refunded_amount")]


def _who_said_it(book: Book, transactions: Iterable[Known]) -> dict[str, Any]:
    """By which way, and when, the last news of its money came; of one without any, when we last asked."""
    news = [(one.at, one.by) for one in transactions if one.may_be] or [(one.at, one.teller) for one in book]
    at, by = max(news)
    return {"said_by": by, "said_at": at}


def _write_transactions(payment: Payment, transactions: Iterable[Known], said: Statement) -> None:
    """Write the rows that are not what they were."""
    stored = {(row.transaction_id, row.way): row for row in payment.transactions.all()}
    rows = [_row(payment, one, stored.get((_id(one), one.way)), said) for one in transactions]
    anew = [row for row in rows if _values(row) != _values(stored.get((row.transaction_id, row.way)))]
    Transaction.objects.bulk_create(
        anew,
        update_conflicts=True,
        unique_fields=("payment", "transaction_id", "way"),
        update_fields=[name for name in _NAMES if name not in ("transaction_id", "way")],
    )


_NAMES: Final = (
    *("transaction_id", "way", "kind", "word", "amount", "currency", "mode", "bank_reference", "refund_request_id"),
    *("pays_back", "said_by", "said_at", "first_heard_at", "is_listed"),
)


def _values(row: Transaction | None) -> list[Any]:
    return [getattr(row, name) for name in _NAMES] if row else []


#: No column holds as much.
_MOST: Final = Decimal(10**12)


def _id(one: Known) -> str:
    return one.said.transaction_id[:100]


def _row(payment: Payment, one: Known, stored: Transaction | None, said: Statement) -> Transaction:
    """What is known of a transaction, as a row. It was first heard of by what was said now, or before."""
    texts = {name: value[: _LONGEST[name]] for name, value in asdict(one.said).items() if name in _LONGEST}
    heard = [one.at, *([said.at] if _names(said, one) else ()), *([stored.first_heard_at] if stored else ())]
    return Transaction(
        payment=payment,
        amount=_in_the_column(one.said.amount),
        way=one.way,
        said_by=one.by,
        said_at=one.at,
        first_heard_at=min(heard),
        is_listed=one.is_listed,
        **texts,
    )


#: The texts of a row, as long as their columns.
_LONGEST: Final = {
    **dict.fromkeys(("transaction_id", "bank_reference", "refund_request_id", "pays_back"), 100),
    **dict.fromkeys(("kind", "word", "mode"), 40),
    "currency": 8,
}


def _names(said: Statement, one: Known) -> bool:
    return any((told.transaction_id, way_of(told)) == (one.said.transaction_id, one.way) for told in said.transactions)


def _in_the_column(amount: Decimal | None) -> Decimal | None:
    """An amount to the paisa; of a refund, which may be written as less than nothing, without its sign."""
    return None if amount is None or abs(amount) >= _MOST else abs(amount).quantize(PAISA, ROUND_HALF_UP)
