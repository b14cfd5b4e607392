"""What of 1mg's JSON is shown to who may not see personal data. Pure.

    summary(value, known)    a payment summary
    invoiced(lines, known)   the lines of an invoice
    address(value)           a delivery address

An allow-list, since 1mg adds fields: a key that nobody has thought about is left out, its name with it. A key that is
known holds a value of its own kind, or dots.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from orders.masking import privacy
from orders.masking.personal import DOTS, Personal
from orders.updates import AMOUNTS

#: The keys of an address that 1mg's page names.
ADDRESS: Final = frozenset(
    {
        "address_type",
        "city",
        "contact_number",
        "country",
        "landmark",
        "latitude",
        "locality",
        "locality2",
        "longitude",
        "name",
        "pincode",
        "state",
        "street1",
        "street2",
    }
)
#: What stays of it: enough to see where a parcel goes, not to whom.
_PLACE: Final = frozenset({"city", "pincode", "state", "country"})
_FIGURE: Final = re.compile(r"-?\d{1,9}(\.\d{1,4})?")


def summary(value: Mapping[str, Any], known: Personal) -> dict[str, Any]:
    """The money of a purchase, and how it is paid."""
    return _only(_SUMMARY, value, known)


def invoiced(lines: list[Any], known: Personal) -> list[dict[str, Any]]:
    """The lines of an invoice, without the names of medicines."""
    return [_only(_INVOICED, line, known) for line in lines if isinstance(line, dict)]


def address(value: Mapping[str, Any]) -> dict[str, Any]:
    """The place; of the other fields only that they are there."""
    return {key: _of_place(key, item) for key, item in value.items() if key in ADDRESS}


def _of_place(key: str, value: Any) -> Any:
    shown = not value or (key in _PLACE and isinstance(value, str))
    return value if shown else DOTS


_Rule = Callable[[Any, Personal], Any]


def _only(rules: Mapping[str, _Rule], value: Mapping[str, Any], known: Personal) -> dict[str, Any]:
    return {key: rules[key](item, known) for key, item in value.items() if key in rules}


def _figure(value: Any, _known: Personal) -> Any:
    """An amount or a number, as text or not; also unknown, or whether."""
    is_figure = value is None or isinstance(value, bool) or _FIGURE.fullmatch(str(value))
    return value if is_figure else DOTS


def _words(value: Any, known: Personal) -> Any:
    """A text without people; nothing else than a text or a figure."""
    return privacy.sentence(value, known) if isinstance(value, str) else _figure(value, known)


def _method(value: Any, _known: Personal) -> str:
    return privacy.method(value)


def _medicine(value: Any, _known: Personal) -> str:
    return privacy.medicine(value)


def _charges(value: Any, known: Personal) -> Any:
    if not isinstance(value, list):
        return _figure(value, known)
    return [_only(_CHARGE, line, known) if isinstance(line, dict) else DOTS for line in value]


_CHARGE: Final[Mapping[str, _Rule]] = {"amount": _figure, "display_text": _words, "id": _words}
_SUMMARY: Final[Mapping[str, _Rule]] = {
    **dict.fromkeys(AMOUNTS, _figure),
    "allow_payment_retry": _figure,
    "mode": _method,
    "vas": _charges,
    "additional_charges": _charges,
}
_INVOICED: Final[Mapping[str, _Rule]] = {
    "mrp": _figure,
    "quantity": _figure,
    "onemg_sku_id": _words,
    "name": _medicine,
}
