"""Filling a database with plausible orders by the million: COPY for what staff see, INSERT ... SELECT for the rest.

Nothing is said about anybody: names are drawn from two short lists. The secondary indexes are made again afterwards,
which is several times as fast as keeping them up to date row by row.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from django.db import models
from django.db.models import Q

from orders.choices import Stage
from orders.desk import needing
from orders.models import Act, GroupedOrder, OrderGroup, OrderUpdate
from orders.statuses import status_of
from orders.words import phone_end, words_of, words_of_id
from webhooks.models import Delivery

NEWEST = datetime.now(UTC).replace(microsecond=0)
HISTORY = timedelta(days=400)
#: Orders of so many last days are still on their way, or have ended with money to go back.
UNDER_WAY = timedelta(days=8)
#: Of these one in so many is stuck since it was placed; the others have moved within the last hours.
STUCK, RESTS = 20, timedelta(hours=20)
#: Two things that are rare however much history there is: an open problem, and a remote town.
RARE = 60
#: The money of one purchase in so many is odd in one way or another.
ODD = 50
RARE_STATUS, RARE_CITY, RARE_NAME = 20, "Itanagar", "Zubin"
#: 1mg's codes and how many orders in a thousand are there: of those under way, and of those that were there before.
YOUNG = {40: 400, 99: 80, 30: 130, 25: 90, 130: 90, 120: 60, 100: 50, 110: 30, 140: 20, 45: 20, 17: 20, 15: 10}
OLD = {40: 870, 99: 90, 142: 30, 30: 2, 25: 2, 130: 2, 140: 4}
CITIES = {"Bengaluru": 250, "New Delhi": 200, "Mumbai": 180, "Hyderabad": 120, "Pune": 100, "Jaipur": 80, "Kochi": 70}
FIRST = [
    f"{a}{b}" for a in ("An", "Bal", "Che", "Dev", "Esh", "Gau", "Har", "Ish") for b in ("a", "esh", "it", "ul", "van")
]
LAST = [
    f"{a}{b}"
    for a in ("Agar", "Bhat", "Chat", "Desh", "Ghosh", "Iyen", "Kul", "Nai")
    for b in ("a", "kar", "nath", "pal", "wal")
]
PLACED = [1_563_366_689_000, 16, 1, 0]


def fill(connection: psycopg.Connection[Any], orders: int) -> None:
    """Put `orders` orders into an empty, migrated database. `connection`: in autocommit."""
    connection.execute("SET session_replication_role = replica")  # no look-ups of what we know to be there
    connection.execute("SET maintenance_work_mem = '512MB'")
    connection.execute("SET statement_timeout = 0")
    tables = [model._meta.db_table for model in (OrderGroup, GroupedOrder, OrderUpdate, Act, Delivery)]
    indexes = connection.execute(
        "SELECT indexdef, indexname FROM pg_indexes WHERE tablename = ANY(%s) AND NOT EXISTS "
        "(SELECT FROM pg_constraint WHERE conname = indexname)",
        [tables],
    ).fetchall()
    for _definition, name in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    _copy(connection, OrderGroup, (group for group, _orders in _purchases(orders)))
    _copy(connection, GroupedOrder, (order for _group, orders in _purchases(orders) for order in orders))
    for statement in _EVIDENCE:
        connection.execute(statement)
    for definition, _name in indexes:
        connection.execute(definition)
    connection.execute("VACUUM ANALYZE")
    connection.execute("RESET ALL")


def keep_needs(together: int = 1000) -> None:
    """Keep what the purchases need that are not over, as the receiver would have."""
    orders = GroupedOrder.objects.order_by()
    over = ~Q(stage__in=(Stage.DONE, Stage.CANCEL, Stage.RETURN))
    some = orders.filter(over | Q(group__first_seen_at__gte=NEWEST - UNDER_WAY))
    keys = sorted(set(some.values_list("group", flat=True)))
    for start in range(0, len(keys), together):
        found = needing.work_out(keys[start : start + together])
        needing.put([needing.row_of(key, clock, one) for key, of_it in found.items() for clock, one in of_it.items()])


_EVIDENCE = (
    """INSERT INTO webhooks_delivery (body, sha256, size, headers, token_fingerprint, remote_address, outcome, problem,
           results, unknown_keys, attempts, received_at, settled_at)
       SELECT convert_to(order_id, 'UTF8'), encode(sha256(convert_to(order_id, 'UTF8')), 'hex'), 10, '{}', '', '',
           'applied', '', '[]', '[]', 0, listed_at, listed_at FROM orders_groupedorder""",
    """INSERT INTO orders_orderupdate (order_id, digest, delivery_id, entry, received_at, status_id, updated_raw, at_ms,
           outcome, changes, said, flags, times_seen, last_seen_at)
       SELECT order_id, 'v1:' || encode(sha256(convert_to(order_id, 'UTF8')), 'hex'),
           row_number() OVER (), 0, listed_at, status_id, '1563366689', 1563366689000, 'applied', '[]',
           jsonb_build_object('status', status_id), '[]', 1, listed_at
       FROM orders_groupedorder""",
)


def _copy(connection: psycopg.Connection[Any], model: type[models.Model], rows: Iterable[dict[str, str]]) -> None:
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    blank = {field.attname: _text(None if field.null else field.get_default()) for field in fields}
    with connection.cursor().copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write("\t".join((blank | row).values()) + "\n")


def _text(value: Any) -> str:
    """A value as COPY's text format has it; ours hold neither tabs nor backslashes."""
    if value is None:
        return r"\N"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _purchases(orders: int) -> Iterator[tuple[dict[str, str], list[dict[str, str]]]]:
    """Purchases of one, sometimes two or three orders; the same ones each time it is called."""
    chance = random.Random(1)
    young = chance.choices(list(YOUNG), YOUNG.values(), k=10_007)
    old = chance.choices(list(OLD), OLD.values(), k=10_007)
    cities = chance.choices(list(CITIES), CITIES.values(), k=10_009)
    rare = orders // RARE
    number = made = 0
    while made < orders:
        many = min(1 + (number % 10 == 0) + (number % 20 == 0), orders - made)
        age = HISTORY * (number / orders)
        at, statuses = NEWEST - age, young if age < UNDER_WAY else old
        odd = number % rare == rare // 2
        city = RARE_CITY if odd else cities[number % 10_009]
        first = RARE_NAME if odd else FIRST[number * 7 % len(FIRST)]
        group = _group(number, at.isoformat(), city, f"{first} {LAST[number * 11 // 40 % len(LAST)]}")
        group |= _money(number)
        orders_of_it = [
            _order(number, child, at, RARE_STATUS if odd and not child else statuses[(made + child) % 10_007], group)
            for child in range(many)
        ]
        if any(order["status_id"] == "100" for order in orders_of_it) and number % 3 == 0:
            group |= {"prescriptions": _REJECTED, "prescription_state": "rejected"}
        words = {word for order in orders_of_it for word in order["search_text"].split()}
        for column in ("search_text", "personal_text"):
            group[column] = " ".join([group[column], *sorted(words - {*group[column].split()})])
        group["personal_text"] += f" {_MEDICINES}"
        yield group, orders_of_it
        number, made = number + 1, made + many


def _group(number: int, at: str, city: str, name: str) -> dict[str, str]:
    key, onemg, phone = f"M{number:08d}", f"PO{number:08d}", f"98{number:08d}"
    return {
        "merchant_order_id": key,
        "group_order_id": onemg,
        "first_seen_at": at,
        "payment_method": "COD" if number % 4 == 0 else "ONLINE",
        "customer_name": name,
        "email": f"c{number}@example.com",
        "contact_number": phone,
        "city": city,
        "city_word": city.lower(),
        "pincode": "560076",
        "state": "Karnataka",
        "delivery_address": _ADDRESS.replace("Name", name).replace("City", city),
        "prescription_state": "none",
        "heard": _HEARD_OF_GROUP,
        "search_text": " ".join(words_of_id(key, onemg, f"o_{number:016x}")),
        "personal_text": " ".join(
            (*words_of(name, phone, "560076"), phone_end(phone), *words_of_id(f"c{number}@example.com", key, onemg))
        ),
    }


def _money(number: int) -> dict[str, str]:
    """What days are summed by: of one paid online in so many it differs or is not known, and some were paid back."""
    if number % 4 == 0:
        return {"collected_amount": "0.00", "refund_due_amount": "0.00"}
    amount = f"{100 + number * 7919 % 140_000 / 100:.2f}"
    back = amount if number % 9 == 0 else "0.00"
    return {
        "all_captured_amount": r"\N" if number % ODD == 1 else amount,
        "paid_back_amount": r"\N" if number % ODD == 1 else back,
        "collected_amount": "50.00" if number % ODD == 3 else amount,
        "refund_due_amount": back,
        "refund_asked_amount": back,
        "is_refund_unread": str(number % ODD == 5),
    }


def _order(number: int, child: int, placed: datetime, status_id: int, group: dict[str, str]) -> dict[str, str]:
    at, promised = placed.isoformat(), placed + timedelta(days=1 if number % 12 == 0 else 6)
    moved = placed if number % STUCK == 0 else max(placed, NEWEST - RESTS * ((number % 97) / 97))
    is_back = status_id in (99, 142)
    key = f"PO{number:08d}" + (f"-{child}" if child else "")
    return {
        "order_id": key,
        "group_id": group["merchant_order_id"],
        "listed_at": at,
        "status_id": str(status_id),
        "stage": status_of(status_id).stage.value,
        "title": "Your order",
        "sub_title": "Order",
        "created_at": at,
        "updated_at": at,
        "status_since": (moved if NEWEST - placed < UNDER_WAY else placed).isoformat(),
        "eta_to": promised.isoformat(),
        "delivery_partner_name": "1mg",
        "tracking_number": f"W{number}{child}",
        "mode": group["payment_method"],
        "payment_summary": (_DUE if NEWEST - placed < UNDER_WAY else _BACK) if is_back else _PAYMENT,
        "heard": _HEARD_OF_ORDER,
        "lists": _LISTS,
        "attempts": "0",
        "odd": "{}",
        "search_text": " ".join(words_of_id(key, f"W{number}{child}", f"{number:09d}", "210496")),
        "medicine_text": _MEDICINES,
    }


_REJECTED = json.dumps([{"url": "https://example.com/rx", "status": "Rejected", "reason": "Invalid Prescription"}])
_MEDICINES = "himalaya liv 52 ds tablet dolo 650 mg"
_ADDRESS = json.dumps(
    {
        "name": "Name",
        "city": "City",
        "pincode": "560076",
        "state": "Karnataka",
        "country": "INDIA",
        "street1": "12",
        "street2": "3rd cross",
        "locality": None,
        "landmark": "",
        "latitude": "12.8845097",
        "longitude": "77.6035522",
    }
)
_MONEY = {
    "mode": "ONLINE",
    "order_mrp": "652.36",
    "cart_mrp": "697.98",
    "online_collected": "652.40",
    "vas": [],
    **dict.fromkeys(("amount_payable", "amount_collected", "total_refund_due", "total_refunded_amount"), "0.00"),
}
_PAYMENT = json.dumps(_MONEY)
_DUE = json.dumps({**_MONEY, "total_refund_due": "652.40"})
_BACK = json.dumps({**_MONEY, "total_refund_due": "652.40", "total_refunded_amount": "652.40"})
_LISTS = json.dumps({"skus": {"fingerprint": "0", "keys": ["210496"]}})
_HEARD_OF_GROUP = json.dumps(dict.fromkeys(("group", "method", "customer", "address", "prescriptions"), PLACED))
_HEARD_OF_ORDER = json.dumps(
    dict.fromkeys(("progress", "dates", "eta", "shipment", "invoice_links", "payment", "skus", "purchase"), PLACED)
)
