"""1mg's delivery address and Nimbbl's shipping address: one place, two shapes. Pure.

shipping_address(told)   what 1mg delivers to, in Nimbbl's fields: only what is text
not_text(told)           the fields in which 1mg sent something that is no text
one_line(value)          a value as one line of an address
in_words(told)           the whole of 1mg's address in one line
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from payments.partners.nimbbl_order import ADDRESS

#: Nimbbl's field -> where 1mg has it.
_FROM: Final = {
    "address_1": "street1",
    "street": "street2",
    "landmark": "landmark",
    "area": "locality",
    "city": "city",
    "state": "state",
    "pincode": "pincode",
    "address_type": "address_type",
}
#: Fields that are words: a number there is none, however 1mg came to send it.
_WORDS: Final = frozenset({"area", "landmark", "city", "state", "address_type"})
_BREAKS: Final = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
#: Joiners make letters in Indian scripts; whatever else is invisible goes.
_JOINERS: Final = frozenset("\u200c\u200d")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_INDIAN_PIN: Final = re.compile(r"[1-9][0-9]{5}")


def shipping_address(delivery_address: Mapping[str, Any]) -> dict[str, str]:
    """Nimbbl's address from 1mg's: each field that 1mg says in text, on one line; the others are left out."""
    found = {name: one_line(delivery_address.get(theirs)) for name, theirs in _FROM.items()}
    found["pincode"] = pin(found["pincode"])
    return {name: found[name] for name in ADDRESS if found[name] and _fits(name, found[name])}


def not_text(delivery_address: Mapping[str, Any]) -> list[str]:
    """The fields of Nimbbl's that are left out since 1mg sent something there that is no text."""
    offered = shipping_address(delivery_address)
    return [name for name in ADDRESS if delivery_address.get(_FROM[name]) not in (None, "") and name not in offered]


def one_line(value: Any) -> str:
    """Text in one Unicode form, on one line: breaks become ", ", control characters go. Empty for what is no text."""
    if not isinstance(value, str):
        return ""
    lines = [_visible(line) for line in _BREAKS.split(unicodedata.normalize("NFC", value))]
    if len(lines) == 1:
        return lines[0]
    return ", ".join(part for line in lines if (part := line.strip(" ,")))


def pin(value: str) -> str:
    """A PIN without the blanks that people write in it; anything else as it is."""
    plain = re.sub(r"[\s\u00a0-]", "", value)
    return plain if _INDIAN_PIN.fullmatch(plain) else value


def is_pin(value: str) -> bool:
    """Whether it is an Indian PIN: six digits, the first of them not 0."""
    return _INDIAN_PIN.fullmatch(value) is not None


def in_words(delivery_address: Mapping[str, Any]) -> str:
    """1mg's address in one line, as far as it is text."""
    said = shipping_address(delivery_address)
    return ", ".join(said[name] for name in ADDRESS if name in said and name != "address_type")


def _visible(line: str) -> str:
    kept = (c for c in line if c in _JOINERS or unicodedata.category(c) not in _INVISIBLE)
    return " ".join("".join(kept).split())


def _fits(name: str, value: str) -> bool:
    return name not in _WORDS or any(letter.isalpha() for letter in value)
