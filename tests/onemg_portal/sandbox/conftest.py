"""The partners that the sandbox's tests ask, and plays of them with a portal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.server import Partners
from onemg_portal.sandbox.stage import Stage
from payments import outbox
from tests.onemg_portal.sandbox import asking
from tests.onemg_portal.sandbox.playing import Play
from tests.payments import conftest as acting
from tests.server import PAYMENT_TOKEN

key_pair = acting.key_pair
#: A portal that is configured for partners; the play puts its own in their place.
acting_partners = acting.partners


@pytest.fixture
def partners() -> Iterator[Partners]:
    """Both partners, who know one order."""
    with Partners(Agreed(public_key=asking.key_pair(1)[1])) as running:
        running.tell(merchant_order_id="M1", onemg_order_id="PO1", nimbbl_order_id="o_1", payable_amount="652.36")
        yield running


@pytest.fixture
def play(
    post: Callable[..., Any],
    key_pair: tuple[str, str],
    acting_partners: Partners,
    live_server: Any,
    settings: Any,
) -> Iterator[Play]:
    """A play that has not begun: its `stage` has partners who ask the portal and post to it."""
    playing = Play(post)
    agreed = Agreed(
        public_key=key_pair[1],
        merchant_url=live_server.url,
        payment_token=PAYMENT_TOKEN,
        events_url=f"{live_server.url}/nimbbl/events/",
    )
    with Partners(agreed) as played:
        settings.ONEMG_BASE_URL = settings.NIMBBL_BASE_URL = played.base_url
        settings.PARTNER_HOSTS = frozenset({f"127.0.0.1:{played.port}"})
        playing.stage = Stage(playing, 60, played)  # type: ignore[arg-type]
        yield playing
        outbox.drain(60)
