"""What a caller is told of each published body and at each step of each story of the sandbox, word for word.

WRITE_ANSWER_LINES=1 pytest tests/orders/answering/test_answer_lines.py    writes the lines anew, to be read in the diff
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from onemg_portal.sandbox.day import stories
from onemg_portal.sandbox.day.stories import Clock
from orders.answering import callers
from orders.models import OrderGroup
from orders.stories import history
from tests.conftest import NAMES, document, payload

pytestmark = pytest.mark.django_db
Post = Callable[[Any], Any]

LINES = Path(__file__).parent / "answer_lines.json"
#: Before the promise of the published bodies, and after it.
BEFORE, AFTER = datetime(2020, 11, 8, 12, tzinfo=UTC), datetime(2020, 11, 20, 12, tzinfo=UTC)
BEGIN = 1_700_000_000


def told(purchase: str, now: datetime) -> list[str]:
    """What is told at a time."""
    group = OrderGroup.objects.with_everything().get(pk=purchase)  # type: ignore[attr-defined]
    return list(callers.answer_of(group, callers.facts_of(group, history.lines_of(group)), now))


def of_body(name: str, post: Post) -> list[list[str]]:
    """What is told after a published body, before its promise and after it."""
    body = payload(name)
    post(body)
    return [told(document(body)["merchant_order_id"], now) for now in (BEFORE, AFTER)]


def of_story(kind: str, post: Post) -> list[list[str]]:
    """What is told after each step of a story, a minute later."""
    dice = random.Random(kind)  # noqa: S311 - a play, not a secret
    script = stories.SCRIPTS[kind]
    minutes = stories.minutes_of(script, dice)
    mode = "COD" if kind.startswith("cod") else "ONLINE"
    purchase = stories.new_purchase(mode, 1, 1_700_000, BEGIN, dice)
    lines = []
    for step in stories.play(purchase, script, minutes, Clock(BEGIN), BEGIN):
        post(step.document)
        updated = max(entry["updated"] for entry in step.document["result"]["grouped_orders"])
        lines.append(told(purchase.merchant_order_id, datetime.fromtimestamp(updated, UTC) + timedelta(minutes=1)))
    return lines


def expected() -> dict[str, list[list[str]]]:
    """The lines that were read and found right."""
    found: dict[str, list[list[str]]] = json.loads(LINES.read_text())
    return found


def written(name: str, lines: list[list[str]]) -> list[list[str]]:
    """The lines themselves, after they were written where that was asked for."""
    if "WRITE_ANSWER_LINES" in os.environ:
        kept = expected() if LINES.exists() else {}
        LINES.write_text(json.dumps(kept | {name: lines}, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    return lines


@pytest.mark.parametrize("name", NAMES)
def test_a_published_body_has_its_answer(name: str, post: Post) -> None:
    lines = written(f"body {name}", of_body(name, post))

    assert lines == expected()[f"body {name}"]


@pytest.mark.parametrize("kind", sorted(stories.SCRIPTS))
def test_each_step_of_a_story_has_its_answer(kind: str, post: Post) -> None:
    lines = written(f"story {kind}", of_story(kind, post))

    assert lines == expected()[f"story {kind}"]
