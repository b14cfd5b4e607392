"""The kinds of misbehaviour by their names.

Each is a function of a turn; one that does not call `Turn.act` leaves the order as it was.
"""

from __future__ import annotations

from typing import Final

from onemg_portal.sandbox.partners.canned import CANNED
from onemg_portal.sandbox.partners.kinds_said import SAID
from onemg_portal.sandbox.partners.kinds_wire import WIRE
from onemg_portal.sandbox.partners.turn import Kind

KINDS: Final[dict[str, Kind]] = {**WIRE, **SAID, **CANNED}
