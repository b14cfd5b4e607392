"""A book as it is kept: JSON, with amounts as text, which has no binary noise. Pure.

write(book)    what is kept of it
read(kept)     the book again
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from payments.choices import Teller
from payments.ledger.book import Book
from payments.ledger.statements import Statement, TransactionSaid

Kept = list[dict[str, Any]]


def write(book: Book) -> Kept:
    """The statements, without what they do not say."""
    return sorted((_written(said) for said in book), key=json.dumps)


def read(kept: Kept) -> Book:
    """The book that was written."""
    return frozenset(_read(dict(said)) for said in kept)


def _written(said: Statement) -> dict[str, Any]:
    some = asdict(said) | {"teller": str(said.teller), "at": said.at.isoformat()}
    some |= {name: _text(some[name]) for name in ("total_amount", "refunded")}
    some["transactions"] = [_present(one | {"amount": _text(one["amount"])}) for one in some["transactions"]]
    return _present(some)


def _present(some: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in some.items() if value not in ("", None, False, [])}


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.normalize():f}"


def _read(some: dict[str, Any]) -> Statement:
    transactions = tuple(TransactionSaid(**_EMPTY | _amounts(one, "amount")) for one in some.pop("transactions", ()))
    teller, at = Teller(some.pop("teller")), datetime.fromisoformat(some.pop("at"))
    return Statement(teller, at, transactions=transactions, **_amounts(some, "total_amount", "refunded"))


_EMPTY: Final = {"transaction_id": "", "kind": "", "word": "", "amount": None}


def _amounts(some: dict[str, Any], *names: str) -> dict[str, Any]:
    return some | {name: Decimal(some[name]) for name in names if name in some}
