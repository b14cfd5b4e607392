"""The partners that the sandbox's tests ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.server import Partners
from tests.onemg_portal.sandbox.asking import (
    key_pair,
)


@pytest.fixture
def partners() -> Iterator[Partners]:
    """Both partners, who know one order."""
    with Partners(Agreed(public_key=key_pair(1)[1])) as running:
        running.tell(merchant_order_id="M1", onemg_order_id="PO1", nimbbl_order_id="o_1", payable_amount="652.36")
        yield running
