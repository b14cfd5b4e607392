"""What of a request or an answer may be stored and shown. Pure.

    body(bytes)       JSON with its structure, the values of keys we know to be harmless, and dots for all others
    text(words)       free text without what looks like a secret or a person
    headers(mapping)  the same of headers: dots for all that are not known to be harmless
    storable(words)   words that a database keeps

    told(text)        a stored body for who may not see personal data

An allow-list, since partners add fields: a key that nobody has thought about shows dots. A value is kept only where
every key on the way to it is known. Two kinds of values are removed wherever they stand: `known`, secrets and what we
sent, as they are; `people`, what is personal of the purchase, however it is spelt.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from orders.masking.personal import DOTS as DOTS
from orders.masking.personal import NOBODY, Personal, only_common
from orders.masking.privacy import MAIL, PHONE

#: Longest result, in bytes of UTF-8.
MAX_BYTES: Final = 16 * 1024
_LONGEST_TEXT: Final = 4_000  # characters; the patterns below are not run over more
_START: Final = 500  # characters of an answer that is no JSON
#: Forms of secrets, each with what it is compared by.
_Forms = list[tuple[str, str]]
_SHORTEST_KNOWN: Final = 4  # characters; shorter ones stand in too many harmless words

#: Ids of either partner and of ours: opaque, some of digits alone, and what staff search by.
_IDS: Final = frozenset(
    {
        "order_id",
        "merchant_order_id",
        "invoice_id",
        "nimbbl_order_id",
        "transaction_id",
        "nimbbl_transaction_id",
        "user_id",
        "sku_id",
        "refund_request_id",
        "orignal_payment_transaction_id",  # Nimbbl's spelling
        "original_payment_transaction_id",
    }
)
_KEPT: Final = _IDS | {
    # how it went
    "is_success",
    "partial_complete",
    "status_code",
    "status",
    "code",
    "message",
    "error",
    "errors",
    "field",
    "nimbbl_error_code",
    "nimbbl_consumer_message",
    "nimbbl_merchant_message",
    "c_message",
    "m_message",
    "description",
    "retry_allowed",
    "attempts",
    "max_retries",
    "expires_at",
    "order_date",
    "completion_time",
    "next",
    "action",
    "url",
    "payment_flow",
    # money
    "currency",
    "amount_before_tax",
    "tax",
    "total_amount",
    "grand_total",
    "grand_total_amount",
    "quantity",
    "rate",
    "additional_charges",
    "offer_discount",
    "payable_amount",
    "amount",
    "original_currency",
    "converted_currency",
    "exchange_rate",
    "conversion_reason",
    "original_amount_before_tax",
    "original_tax",
    "original_total_amount",
    "refundable_currency",
    "available_refundable_amount",
    "refunded_amount",
    "total_refundable_amount",
    "refund_amount",
    "refund_status",
    "refund_type",
    # payments
    "event_type",
    "payment_status",
    "signature_version",
    "transaction_type",
    "transaction_amount",
    "transaction_currency",
    "payment_mode",
}
_NOTHING: Final[frozenset[str]] = frozenset()
#: Object or list -> the keys whose values are kept directly in it.
_INSIDE: Final[Mapping[str, frozenset[str]]] = dict.fromkeys(
    (
        "data",
        "error",
        "errors",
        "order",
        "transaction",
        "transactions",
        "failure_reason",
        "order_line_items",
        "skus",
        "currency_conversion",
        "refund_details",
        "next",
    ),
    _KEPT,
) | {"user": frozenset({"user_id"})}
#: Names that are shown, whoever looks: of the fields above, and published ones of which the value is never kept.
_NAMES: Final = (
    _KEPT
    | _INSIDE.keys()
    | {
        "browser_name",
        "callback_url",
        "custom_attributes",
        "device",
        "email",
        "ip_address",
        "is_webhook",
        "merchant_invoice_id",
        "name",
        "nimbbl_signature",
        "offer_id",
        "payment_acquirer",
        "payment_link_info",
        "payment_partner",
        "processing_payment_partner",
        "psp_raw_response",
        "psp_transaction_id",
        "refund_arn",
        "signature",
        "sub_payment_mode",
    }
)

_PATTERNS: Final = (
    (re.compile(r"\beyJ[\w-]{5,}(?:\.[\w-]*){0,2}"), DOTS),  # a JWT, whole or cut
    (re.compile(r"\b(bearer)\s+[^\s\"',;]+", re.I), rf"\1 {DOTS}"),
    (re.compile(r"\baccess_(?:key|secret)_\w+", re.I), DOTS),
    (MAIL, DOTS),
    (re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"), DOTS),
    # Three colons or a double one: a time of day has two.
    (re.compile(r"(?<![\w:])(?:(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}|[0-9a-f:]{0,39}::[0-9a-f:]{0,39})", re.I), DOTS),
)


@dataclass(frozen=True, slots=True)
class _Hidden:
    """What is to be removed wherever it stands."""

    forms: _Forms
    people: Personal


#: Headers, lower case, that say nothing of a person and open nothing.
_HARMLESS: Final = frozenset(
    {
        "accept",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "location",
        "retry-after",
        "server",
        "transfer-encoding",
        "user-agent",
        "vary",
        "x-request-id",
    }
)


def body(content: bytes, *, known: Collection[str] = (), people: Personal = NOBODY) -> str:
    """What may be kept of a body: redacted JSON, or the redacted beginning of anything else. At most `MAX_BYTES`."""
    try:
        parsed = json.loads(content)
        cleaned = json.dumps(_cleaned(parsed, "", _KEPT, False, _Hidden(_any_of(known), people)), ensure_ascii=False)
    except (ValueError, RecursionError):
        cleaned = text(content.decode("utf-8", "replace"), known=known, people=people)[:_START]
    encoded = cleaned.encode("utf-8", "replace")
    return cleaned if len(encoded) <= MAX_BYTES else encoded[: MAX_BYTES - 3].decode("utf-8", "ignore") + "…"


def text(value: str, *, known: Collection[str] = (), people: Personal = NOBODY) -> str:
    """Words without tokens, keys, mail and network addresses, phone numbers, all of `known` and all `people`."""
    return _without(value, _Hidden(_any_of(known), people))


def storable(value: str) -> str:
    """The same without what no database keeps: NUL, and halves of characters."""
    return value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def headers(mapping: Mapping[str, str], *, known: Collection[str] = (), people: Personal = NOBODY) -> dict[str, str]:
    """Headers, with dots for all that are not known to be harmless."""
    hidden = _Hidden(_any_of(known), people)
    return {
        name if name.lower() in _HARMLESS else _without(name, hidden): (
            _without(value, hidden) if name.lower() in _HARMLESS else DOTS
        )
        for name, value in mapping.items()
    }


def told(stored: str, people: Personal) -> str:
    """A stored body as it is shown to who may not see personal data: ids, amounts and words that tell nobody apart."""
    try:
        return json.dumps(_told(json.loads(stored), "", people), ensure_ascii=False)
    except (ValueError, RecursionError):
        return only_common(stored, people.ids)


def _told(value: Any, key: str, people: Personal) -> Any:
    if isinstance(value, dict):
        return {name if name in _NAMES else only_common(name): _told(v, name, people) for name, v in value.items()}
    if isinstance(value, list):
        return [_told(item, key, people) for item in value]
    if not isinstance(value, str) or _is_figure(value):
        return value
    is_id = key in _IDS and _ID.fullmatch(value)
    return people.hide(value) if is_id else only_common(value, people.ids)


#: What partners give for an id. Anything else that stands in its place may be a name.
_ID: Final = re.compile(r"[\w.:/#-]{1,100}")


def _is_figure(value: str) -> bool:
    """Whether it is an amount or a time, as partners write them."""
    return re.fullmatch(r"-?\d{1,9}(\.\d{1,4})?|\d{4}-\d\d-\d\d[T ][\d:.]{5,15}Z?", value) is not None


def _cleaned(value: Any, key: str, inside: frozenset[str], kept: bool, hidden: _Hidden) -> Any:
    """`value`, which stands under `key`. `inside`: which keys of it keep theirs; `kept`: whether a scalar is kept."""
    if isinstance(value, dict):
        return {
            _without(name, hidden): _cleaned(
                item, name, _INSIDE.get(name, _NOTHING) if inside is _KEPT else _NOTHING, name in inside, hidden
            )
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_cleaned(item, key, inside, kept, hidden) for item in value]
    if value is None or value == "":
        return value
    if not kept:
        return DOTS
    if isinstance(value, str):
        ours = key in _IDS and value in hidden.people.ids
        return value if ours else _without(value, hidden, phones=key not in _IDS)
    return value if isinstance(value, bool) or _without(str(value), hidden) == str(value) else DOTS


def _without(value: str, hidden: _Hidden, *, phones: bool = True) -> str:
    value = storable(value)
    folded = value.casefold()
    # A pattern of a whole key takes milliseconds to make, so it is made only of what is there.
    if there := [re.escape(form) for form, plain in hidden.forms if plain in folded]:
        value = re.sub("|".join(there), DOTS, value, flags=re.IGNORECASE)
    value = hidden.people.hide(value, _LONGEST_TEXT)
    for pattern, instead in _PATTERNS:
        value = pattern.sub(instead, value)
    ids = hidden.people.ids
    return PHONE.sub(lambda number: number[0] if number[0] in ids else DOTS, value) if phones else value


def _any_of(known: Collection[str]) -> _Forms:
    """What is to be found of each, the longest first: the words they are, and as JSON, HTML and a URL write them."""
    wanted = {form for one in known if len(one) >= _SHORTEST_KNOWN for form in _forms(one)}
    return [(form, form.casefold()) for form in sorted(wanted, key=len, reverse=True)]


@lru_cache(maxsize=32)
def _forms(value: str) -> set[str]:
    return {value, json.dumps(value)[1:-1], html.escape(value), quote(value, safe="", errors="replace")}
