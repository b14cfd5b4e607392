"""Changed events and requests for refunds by the hundred; `python -m tests.bench.mutated` posts 100,000."""

from __future__ import annotations

import os
import random
from decimal import Decimal
from typing import Any

import pytest

from onemg_portal.sandbox.partners.server import Partners
from tests.bench.mutated import Battery
from tests.payments import conftest as acting

key_pair, partners = acting.key_pair, acting.partners

pytestmark = pytest.mark.django_db(transaction=True)
POSTS = int(os.environ.get("MUTATED_BATTERY", "600"))


def test_M5_M8_M19_whatever_is_posted_no_answer_is_500_and_nothing_moves_unproved(
    partners: Partners, settings: Any
) -> None:
    settings.REFUND_POLICY, settings.REFUND_AUTO_LIMIT = "auto", Decimal(500)
    settings.ONEMG_WEBHOOK_WRONG_TOKENS_A_MINUTE = 10**9
    battery = Battery(partners, random.Random(1))

    battery.run(POSTS)

    assert {name: times for name, times in battery.wrong.items() if times} == {}
    assert {code for _door, code in battery.codes} >= {200, 400, 401, 404}
    assert battery.moved  # what Nimbbl has signed does count
