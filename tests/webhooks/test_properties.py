"""What holds for any body and any order of arrival, tried on bodies that hypothesis makes up.

The number of examples is `HYPOTHESIS_EXAMPLES` (150 without it: then always the same ones, so that a run can be
repeated). Examples share the fixtures of their test, on purpose; each starts with empty tables.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orders.models import GroupedOrder, Invoice, OrderGroup, Sku
from orders.statuses import STATUSES, status_of
from tests.conftest import NAMES, document, order_update, payload
from tests.webhooks.answers import agreed, delivered, empty_tables, encoded
from webhooks import onemg, services
from webhooks.models import Delivery, Outcome
from webhooks.strict_json import BodyProblem

Send = Callable[..., Any]

SETTINGS = settings(
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "150")),
    derandomize="HYPOTHESIS_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


# --- bodies -----------------------------------------------------------------------------------------------------------

#: Values that are valid JSON and hard on columns, parsers or pages.
NASTY: list[Any] = [
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff",
    "\U0001f48a" * 70,
    "x" * 300,
    "9" * 70,
    "\u202e",
    "<script>",
    "../../admin",
    10**12,
    -(10**12),
    2**63,
    -(2**63) - 1,
    10**39,
    0.1,
    -0.0,
    1e39,
    1e-39,
    5e-324,
    True,
    False,
    None,
    "",
    [],
    {},
    [[]],
    [{}],
    {"": ""},
    "130",
    "130.0",
    "1e5",
    "NaN",
    "1_000",
    "١٢٣",
    253_402_300_799,
    1_563_366_689_000,
    -1,
    "999999999999.9999",
    {"\x00": "\x00"},
    ["\ud800"],
    "javascript:alert(1)",
]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
HARD = st.sampled_from(NASTY).map(copy.deepcopy)  # a copy, since a body is changed in place
ANY_JSON = HARD | st.recursive(
    LEAVES | HARD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
#: Bytes that make a body wrong in a way that no tree of values can.
SNIPPETS = [
    b"1e400",
    b"0e-999999999",
    b"1e99999999999999999999",
    b"9" * 4_301,
    b"NaN",
    b"-Infinity",
    b"\\u0000",
    b"\\ud800",
    b"[" * 80,
    b'{"a":' * 80,
    b'"status_id": 1,',
    b",",
    b"//",
    b"'",
    b'"',
    b"\\",
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"}",
    b"]",
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key) in a tree of values."""
    items = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    return [(value, key) for key, _item in items] + [place for _key, item in items for place in places(item)]


def mutate(draw: Any, body: Any) -> None:
    """Change one thing about a tree of values, in place."""
    holder, key = draw(st.sampled_from(places(body) or [(body, "result")]))
    how = draw(st.sampled_from(["replace", "delete", "twice", "rename", "add", "wrap"]))
    if how == "delete":
        holder.pop(key, None) if isinstance(holder, dict) else holder.pop(key)
    elif how == "twice" and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif how == "rename" and isinstance(holder, dict) and key in holder:
        holder[draw(st.text(max_size=5))] = holder.pop(key)
    elif how == "add" and isinstance(holder, dict):
        holder[draw(st.text(max_size=5))] = draw(ANY_JSON)
    elif how == "wrap" and (isinstance(holder, list) or key in holder):
        holder[key] = [holder[key]]
    else:
        holder[key] = draw(ANY_JSON)


@st.composite
def trees(draw: Any) -> Any:
    """A published body with a few things changed."""
    body = payload(draw(st.sampled_from(NAMES)))
    for _time in range(draw(st.integers(1, 4))):
        mutate(draw, body)
    return body


@st.composite
def damaged(draw: Any) -> bytes:
    """The bytes of a body, cut, flipped or with something written over them."""
    body = bytearray(encoded(draw(trees())))
    for _time in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(body) - 1, 0)))
        how = draw(st.sampled_from(["cut", "flip", "write", "insert", "drop"]))
        if how == "cut":
            del body[at:]
        elif how == "flip" and body:
            body[at] ^= 1 << draw(st.integers(0, 7))
        elif how == "write":
            snippet = draw(st.sampled_from(SNIPPETS))
            body[at : at + len(snippet)] = snippet
        elif how == "insert":
            body[at:at] = draw(st.sampled_from(SNIPPETS))
        else:
            del body[at : at + draw(st.integers(1, 40))]
    return bytes(body) or b" "


def is_json(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def posted(post: Send, body: bytes) -> Delivery:
    """Post `body` and assert all that holds for any body; the delivery that was made of it."""
    response = post(body)

    assert response.status_code in (200, 400)
    expected = {400: "FAILED"}.get(response.status_code, response.json()["status"])
    assert expected in ("FAILED", "SUCCESS", "PENDING")
    agreed(response, response.status_code, expected)
    delivery = Delivery.objects.latest("pk")
    assert (bytes(delivery.body), delivery.sha256) == (body, hashlib.sha256(body).hexdigest())
    assert (delivery.answer_code, delivery.answer_given) == (response.status_code, response.json())
    assert (delivery.outcome == Outcome.REFUSED) is (response.status_code == 400)
    assert delivery.outcome != Outcome.PENDING
    return delivery


@pytest.mark.django_db(transaction=True)
def test_T3_a_mutated_body_is_kept_and_applied_or_set_aside(post: Send) -> None:
    @SETTINGS
    @given(trees())
    def check(body: Any) -> None:
        empty_tables()

        delivery = posted(post, encoded(body))

        assert (delivery.outcome == Outcome.REFUSED) is (not readable(encoded(body)))

    check()


@pytest.mark.django_db(transaction=True)
def test_T3_a_damaged_body_is_kept_and_never_a_fault_of_ours(post: Send) -> None:
    @SETTINGS
    @given(damaged())
    def check(body: bytes) -> None:
        empty_tables()

        delivery = posted(post, body)

        assert delivery.outcome == Outcome.REFUSED or is_json(body.removeprefix(b"\xef\xbb\xbf"))

    check()


@pytest.mark.django_db(transaction=True)
def test_T3_any_json_at_all_is_kept(post: Send) -> None:
    @SETTINGS
    @given(ANY_JSON)
    def check(body: Any) -> None:
        empty_tables()

        posted(post, encoded(body))

    check()


def readable(body: bytes) -> bool:
    try:
        onemg.read(body)
    except BodyProblem:
        return False
    return True


def test_T4_reading_raises_nothing_but_its_own_problem() -> None:
    @SETTINGS
    @given(damaged() | st.binary(max_size=200))
    def check(body: bytes) -> None:
        readable(body)

    check()


@pytest.mark.django_db(transaction=True)
def test_a_mutated_body_that_comes_again_changes_nothing(post: Send) -> None:
    @SETTINGS
    @given(trees())
    def check(body: Any) -> None:
        empty_tables()
        posted(post, encoded(body))
        before = state()

        posted(post, encoded(body))

        assert state() == before

    check()


@pytest.mark.django_db(transaction=True)
def test_after_a_mutated_body_the_published_one_is_applied(post: Send) -> None:
    @SETTINGS
    @given(trees(), st.sampled_from(NAMES))
    def check(body: Any, name: str) -> None:
        empty_tables()
        posted(post, encoded(body))

        posted(post, encoded(payload(name)))

        told = {entry["order_id"] for entry in document(payload(name))["grouped_orders"]}
        assert told <= set(GroupedOrder.objects.values_list("pk", flat=True))

    check()


# --- the order of arrival ---------------------------------------------------------------------------------------------

#: What depends on when we heard of things, and not on what was said.
_ABOUT_ARRIVAL = {"id", "first_seen_at", "listed_at", "review_flags", "flagged_at", "odd", "heard", "marks"}


def state() -> dict[str, Any]:
    """Everything staff see of all orders, by name."""
    found: dict[str, Any] = {}
    for model, key in ((OrderGroup, "pk"), (GroupedOrder, "pk"), (Sku, "sku_id"), (Invoice, "number")):
        for row in model.objects.all():
            name = f"{model.__name__} {getattr(row, 'order_id', '')} {getattr(row, key)}"
            values = {c.attname: getattr(row, c.attname) for c in model._meta.concrete_fields}
            found[name] = {k: v for k, v in values.items() if k not in _ABOUT_ARRIVAL}
    return found


T = 1_700_000_000
PART_KEYS = [
    "eta",
    "shipment_detail",
    "invoice",
    "invoice_data",
    "skus",
    "payment_summary",
    "user",
    "delivery_address",
    "prescriptions",
    "order_status",
]


#: What one trusted update of the order PO1 says; `without` names the parts that it leaves out.
Said = dict[str, Any]
SAID = st.fixed_dictionaries(
    {
        "status": st.sampled_from(sorted(STATUSES)),
        "minute": st.integers(0, 3),
        "eta": st.sampled_from([0, T + 3_600, T + 7_200]),
        "courier": st.sampled_from(["1mg", "XpressBeesCP", None]),
        "invoices": st.sets(st.sampled_from("123")),
        "skus": st.sets(st.sampled_from("abc")),
        "mode": st.sampled_from(["COD", "ONLINE"]),
        "mrp": st.integers(0, 9),
        "email": st.sampled_from(["a@example.com", "b@example.com"]),
        "prescriptions": st.lists(st.sampled_from(["Rejected", "Completed"]), max_size=2),
        "group": st.sampled_from(["G1", "G2"]),
        "without": st.sets(st.sampled_from(PART_KEYS), max_size=4),
    }
)


def body_of(said: Said) -> dict[str, Any]:
    """The body of one update."""
    body = order_update(
        "PO1",
        said["status"],
        T + 60 * said["minute"],
        eta={"eta_to": said["eta"]},
        shipment_detail={"delivery_partner_name": said["courier"]},
        invoice_data={number: {"patient_name": number} for number in sorted(said["invoices"])},
        user={"email": said["email"], "contact_number": "9000000000"},
        prescriptions=[{"status": status} for status in said["prescriptions"]],
        group_order_id=said["group"],
    )
    told = document(body)
    entry = told["grouped_orders"][0]
    entry["payment_summary"] |= {"mode": said["mode"], "order_mrp": said["mrp"]}
    entry["skus"] = [entry["skus"][0] | {"sku_id": sku_id} for sku_id in sorted(said["skus"])]
    for key in said["without"]:
        (entry if key in entry else told).pop(key)
    return body


def instant(said: Said) -> tuple[int, int]:
    """What orders an update among the others: its time, then the progress its status stands for."""
    return said["minute"], 0 if "order_status" in said["without"] else status_of(said["status"]).rank


@st.composite
def a_story_told_twice(draw: Any) -> tuple[list[Said], list[Said]]:
    """Some updates of one order, no two with the same time and status, in their own order and in another one."""
    updates = draw(st.lists(SAID, min_size=2, max_size=5, unique_by=instant))
    shuffled = draw(st.permutations(updates))
    again = draw(st.lists(st.sampled_from(updates), max_size=2))
    return sorted(updates, key=instant), [*shuffled, *again]


def tell(post: Send, story: Sequence[Said]) -> dict[str, Any]:
    """Where an empty portal ends up after `story`."""
    empty_tables()
    for said in story:
        response = post(body_of(said))
        agreed(response, 200, response.json()["status"])
    return state()


def difference(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The values that two states do not agree on."""
    return {
        f"{name}.{key}": (one.get(name, {}).get(key), other.get(name, {}).get(key))
        for name in one.keys() | other.keys()
        for key in one.get(name, other.get(name))
        if one.get(name, {}).get(key) != other.get(name, {}).get(key)
    }


@pytest.mark.django_db(transaction=True)
def test_E3_E4_trusted_updates_end_in_one_state_in_whatever_order_they_arrive(post: Send) -> None:
    @SETTINGS
    @given(a_story_told_twice())
    def check(story: tuple[list[Said], list[Said]]) -> None:
        in_order, shuffled = story

        assert difference(tell(post, shuffled), tell(post, in_order)) == {}

    check()


def last_one_wins(story: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The naive fold: each part as it was said last."""
    known: dict[str, Any] = {}
    for body in story:
        known |= document(body) | document(body)["grouped_orders"][0]
    return known


def newest_one_wins(story: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The next naive fold: a whole update counts unless it is older, by its time alone."""
    known: dict[str, Any] = {"updated": 0}
    for body in story:
        if document(body)["grouped_orders"][0]["updated"] >= known["updated"]:
            known |= document(body) | document(body)["grouped_orders"][0]
    return known


@pytest.mark.parametrize("fold", [last_one_wins, newest_one_wins])
def test_control_a_naive_fold_depends_on_the_order_of_arrival(fold: Callable[..., dict[str, Any]]) -> None:
    @settings(SETTINGS, max_examples=150, derandomize=True, phases=[Phase.generate])  # found is enough
    @given(a_story_told_twice())
    def check(story: tuple[list[Said], list[Said]]) -> None:
        in_order, shuffled = ([body_of(said) for said in told] for told in story)

        assert fold(shuffled) == fold(in_order)

    with pytest.raises(AssertionError):
        check()


# --- after a code fix -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_mutated_body_applied_again_changes_nothing(post: Send) -> None:
    @SETTINGS
    @given(trees())
    def check(body: Any) -> None:
        empty_tables()
        delivery = posted(post, encoded(body))
        before = state()

        assert services.reprocess(delivery) == delivery.outcome

        assert state() == before

    check()


@pytest.mark.django_db
def test_the_published_bodies_themselves_are_answered_success(post: Send) -> None:
    for name in NAMES:
        delivered(post, payload(name))
