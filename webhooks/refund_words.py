"""Reading what 1mg posts to ask for a refund. Pure.

1mg publishes that the request has a refund amount, an order id and a unique id, and not how it names them
(docs/decisions/0032-refunds.md). So each is looked for under every name that 1mg's pages use for such a thing, written
in any case, with or without underscores. Of two different amounts neither is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from orders.numbers import PAISA
from payments.refunds.wanted import Wanted
from webhooks import strict_json, values
from webhooks.strict_json import BodyProblem

#: The names of each, as `_plain` writes them. Once 1mg has said which they are, these lists become shorter.
AMOUNT: Final = ("refundamount", "amount")
ORDER: Final = ("orderid", "merchantorderid", "grouporderid", "transactionid")
UNIQUE: Final = ("uniqueid", "uniquereference", "uniquereferenceid", "uniquerefid", "refundid", "requestid")
#: What the document may be wrapped in, as 1mg's updates and answers are.
_ENVELOPES: Final = ("result", "data")
_LONGEST_ID: Final = 64
_LONGEST_UNIQUE: Final = 200
_MOST: Final = Decimal(10**11)


def read(body: bytes) -> Wanted:
    """What it asks for; with a `problem` where that cannot be read."""
    try:
        document = _document(strict_json.repair(strict_json.parse(body)))
    except BodyProblem as found:
        return Wanted(problem=found.message)
    unique, ids, amounts = (_texts(document, names) for names in (UNIQUE, ORDER, AMOUNT))
    amount = _rupees(amounts[0]) if amounts else None
    wanted = Wanted(
        unique_id=unique[0][:_LONGEST_UNIQUE] if unique else "",
        order_id=ids[0][:_LONGEST_ID] if ids else "",
        other_ids=tuple(one for one in ids[1:] if len(one) <= _LONGEST_ID),
        amount=amount,
    )
    problem = _problem(unique, ids, amounts, amount)
    return Wanted(wanted.unique_id, wanted.order_id, wanted.other_ids, amount, problem) if problem else wanted


def _problem(unique: list[str], ids: list[str], amounts: list[str], amount: Decimal | None) -> str:
    """What is missing or contradictory, for 1mg's engineers."""
    if not unique or len(unique[0]) > _LONGEST_UNIQUE:
        return f"The unique id is missing, or longer than {_LONGEST_UNIQUE} characters."
    if not ids or len(ids[0]) > _LONGEST_ID:
        return f"The order id is missing, or longer than {_LONGEST_ID} characters."
    if len({_rupees(one) for one in amounts}) > 1:
        return "Two different amounts are named."
    if amount is None:
        return "The refund amount is missing, or is no amount of rupees above zero."
    return ""


def _document(root: dict[str, Any]) -> Mapping[str, list[Any]]:
    """The document itself: what stands under each plain name, of keys that are one name when plain all of it."""
    inner = next((root[name] for name in _ENVELOPES if isinstance(root.get(name), dict)), root)
    found: dict[str, list[Any]] = {}
    for name, value in inner.items():
        found.setdefault(_plain(name), []).append(value)
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _texts(document: Mapping[str, list[Any]], names: tuple[str, ...]) -> list[str]:
    """The values under these names, each once, in the order of the names; numbers are text already."""
    found = [value.strip() for name in names for value in document.get(name, ()) if isinstance(value, str)]
    return list(dict.fromkeys(filter(None, found)))


def _rupees(said: str) -> Decimal | None:
    number = values.number(said)
    if number is None or not 0 < number < _MOST:
        return None
    return number.quantize(PAISA, ROUND_HALF_UP) or None
