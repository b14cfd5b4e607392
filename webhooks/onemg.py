"""Reading 1mg's order updates: bytes in, `orders.updates` values or a named problem out. Pure: no ORM, no request.

    read(body) -> Document      raises `strict_json.BodyProblem` where the bytes are no JSON object

Rests on 1mg's page "Merchant Order Updates" and its ten published bodies. Whatever is JSON is kept: a broken part
becomes a flag, a broken entry a problem of its own while its siblings go on, an unknown key is counted and stays in
the bytes (`webhooks.drift`). Parts are translated when they are asked for (`webhooks.parts`).

To read a field that 1mg starts sending: add it to its part in `orders/updates.py`, add one line to that part's
function in `webhooks/parts.py` and its name to `KEYS` in `webhooks/drift.py`, and add the column to
`orders/models/orders.py` (`makemigrations` does the rest).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from orders.choices import Flag
from orders.ids import is_id
from orders.statuses import status_of
from orders.updates import Dates, Group, Progress, Purchase
from webhooks import bounds, drift, parts, strict_json
from webhooks.pieces import Oddity, Piece
from webhooks.sent import SentUpdate
from webhooks.values import milliseconds

#: Bumped when identity is worked out differently, so that old and new never meet by accident.
DIGEST_VERSION: Final = "v1:"
#: What of a document, beside the order itself, makes an update another one. Fixed with the version: adding a key here
#: would give everything ever received a new identity.
IDENTITY: Final = ("group_order_id", "merchant_order_id", "user", "delivery_address", "prescriptions")


@dataclass(frozen=True, slots=True)
class EntryProblem:
    """JSON that cannot be applied: quarantined until a person or a code fix looks. `entry`: its place, if any."""

    entry: int | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """What one body says. `updates` stand in the order of their ids, the order in which rows are locked."""

    updates: tuple[SentUpdate, ...] = ()
    problems: tuple[EntryProblem, ...] = ()
    unknown_keys: tuple[str, ...] = ()

    def oddities(self) -> list[Oddity]:
        """All that could not be read as published, each once, in the order of the orders' ids."""
        return list(dict.fromkeys(oddity for update in self.updates for oddity in update.oddities()))


def read(body: bytes) -> Document:
    """Translate one body. Raises `strict_json.BodyProblem`."""
    root = strict_json.parse(body)
    odd: list[Oddity] = []
    document = Piece(root, "", odd)
    if b"\\u" in body and (repaired := strict_json.repair(root)) != root:
        root = repaired
        document.note(Flag.TEXT_REPAIRED)
    # "Example API" prints the document bare, all nine later samples wrap it in `result`.
    source, beside = root, dict[str, Any]()
    if isinstance(root.get("result"), dict):
        source, beside = root["result"], {key: None for key in root if key != "result"}
        if "grouped_orders" in root:
            document.note(Flag.TWO_ENVELOPES)
    entries = source.get("grouped_orders")
    crowded = bounds.is_crowded if bounds.may_be_crowded(body) else _never
    if isinstance(entries, list) and len(entries) > bounds.MOST_ORDERS:
        return Document(problems=(_TOO_MANY_ORDERS,))
    if any(crowded(source.get(key)) for key in IDENTITY):
        return Document(problems=(_TOO_MANY_LINES,))
    unknown: set[str] = set()
    drift.note_unknown("", beside | source, unknown)
    names = tuple(sorted(unknown)[: bounds.MOST_UNKNOWN])
    if not isinstance(entries, list) or not entries:
        nothing = EntryProblem(None, "no_orders", "grouped_orders is missing, empty or not a list.")
        return Document(problems=(nothing,), unknown_keys=names)
    few = [replace(_TOO_MANY_LINES, entry=n) if crowded(entry) else entry for n, entry in enumerate(entries)]
    updates, problems = _entries(source, few, odd)
    return Document(updates, problems, names)


def _never(value: Any) -> bool:
    return False


_TOO_MANY_ORDERS: Final = EntryProblem(
    None, "too_many_orders", f"grouped_orders has more than {bounds.MOST_ORDERS} entries."
)
_TOO_MANY_LINES: Final = EntryProblem(
    None, "too_many_lines", f"A list or an object has more than {bounds.MOST_LINES} items."
)


def _entries(
    source: dict[str, Any], entries: list[Any], odd: list[Oddity]
) -> tuple[tuple[SentUpdate, ...], tuple[EntryProblem, ...]]:
    updates: dict[str, SentUpdate] = {}
    problems: list[EntryProblem] = []
    common = _common(source, odd)
    for number, entry in enumerate(entries):
        found = _entry(common, number, entry, odd)
        if isinstance(found, EntryProblem):
            problems.append(found)
        else:
            updates.setdefault(found.digest, found)  # the same content twice is said once
    ordered = sorted(updates.values(), key=lambda u: (u.order_id, u.entry))
    times = Counter(u.order_id for u in ordered)
    if len(times) < len(ordered):
        for update in ordered:
            if times[update.order_id] > 1:
                update.note(Flag.LISTED_TWICE)
    return tuple(ordered), tuple(problems)


@dataclass(frozen=True, slots=True)
class _Common:
    """What a document says for all of its orders."""

    digest: str
    purchase: Purchase | None
    group: Group | None
    parts: Mapping[str, parts.Sent]


def _common(source: dict[str, Any], odd: list[Oddity]) -> _Common:
    said = Piece(source, "", odd)
    purchase, group = _id(said, "merchant_order_id"), _id(said, "group_order_id")
    texts = _texts({key: source.get(key) for key in IDENTITY})
    return _Common(
        hashlib.sha256(_joined(texts).encode("ascii")).hexdigest(),
        Purchase(purchase) if purchase else None,
        Group(group) if group else None,
        _sent(parts.GROUP, said, texts),
    )


def _entry(common: _Common, number: int, entry: Any, inherited: list[Oddity]) -> SentUpdate | EntryProblem:
    """One order of the document, or why it cannot be one."""
    if isinstance(entry, EntryProblem):
        return entry
    if not isinstance(entry, dict):
        return EntryProblem(number, "entry_not_an_object", "An entry of grouped_orders is not an object.")
    order_id = entry.get("order_id")
    if not isinstance(order_id, str) or not order_id:
        return EntryProblem(number, "order_id_missing", "An entry has no order_id.")
    if not is_id(order_id):
        return EntryProblem(
            number, "order_id_invalid", "An order_id has other characters than letters, digits, - and _."
        )
    said, texts = Piece(entry, f"grouped_orders[{number}]", list(inherited)), _texts(entry)
    return SentUpdate(
        order_id=order_id,
        digest=_digest(_joined(texts), common.digest),
        entry=number,
        updated_ms=milliseconds(entry.get("updated")),
        updated_raw=said.text("updated", 64),
        purchase=common.purchase,
        group=common.group,
        progress=_progress(said),
        dates=_dates(said),
        sent={**_sent(parts.ORDER, said, texts), **common.parts},
        said=said,
    )


def _progress(said: Piece) -> Progress | None:
    value = said.value.get("order_status")
    found = parts.progress(said.at("order_status")) if isinstance(value, dict) else None
    if found is None:
        said.note(Flag.STATUS_MISSING, "order_status")
        if value is not None:
            said.note(Flag.PART_UNREADABLE, "order_status")
    elif not status_of(found.status_id).known:
        said.note(Flag.UNKNOWN_STATUS, "order_status.status_id")
    return found


def _dates(said: Piece) -> Dates | None:
    if said.value.get("created") is None and said.value.get("updated") is None:
        return None
    return Dates(created_at=said.time("created"), updated_at=said.time("updated"))


def _id(said: Piece, key: str) -> str | None:
    value = said.text(key)
    if value and not is_id(value):
        said.note(Flag.PART_UNREADABLE, key)
        return None
    return value or None


def _sent(kinds: Mapping[str, parts.Kind], holder: Piece, texts: Mapping[str, str]) -> dict[str, parts.Sent]:
    """The parts that `holder` says; absent and null say nothing."""
    return {
        name: parts.Sent(kind, value, texts[kind.key], holder)
        for name, kind in kinds.items()
        if (value := holder.value.get(kind.key)) is not None
    }


# --- identity ---------------------------------------------------------------------------------------------------------


def _digest(entry: str, common: str) -> str:
    """The identity of what is said about one order: the order, and the group-level parts that we apply.

    Not the whole body, in which an unchanged sibling would change with the others; not `(order_id, updated, status)`,
    which two different published bodies share. It is that of `strict_json.canonical([entry, common])`.
    """
    return DIGEST_VERSION + hashlib.sha256(f'[{entry},"{common}"]'.encode("ascii")).hexdigest()


def _texts(value: Mapping[str, Any]) -> dict[str, str]:
    """The canonical text of each of an object's values, by key."""
    return {key: strict_json.canonical_text(value[key]) for key in sorted(value)}


def _joined(texts: Mapping[str, str]) -> str:
    """The canonical text of an object, of those of its values."""
    return f"{{{','.join([f'{_key(key)}:{value}' for key, value in texts.items()])}}}"


_key = lru_cache(maxsize=1000)(strict_json.canonical_text)
