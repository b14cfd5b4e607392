"""One press for several purchases.

    confirm(marks, by)      ask for the confirmation of each, one after the other

Each is a press of its own at the one door (`payments.services.confirm`), in a transaction of its own: a call that is
committed is carried whatever becomes of the others, and one that is not was never asked for. So it does not matter
where the process dies, and a second press finds the calls of the first.

The press waits for no partner: threads carry the calls (`payments.outbox`), as they do for a single one, and the page
that answers looks until they have come back. 25 confirmations at 1mg's time-out would hold a request for six minutes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import OperationalError

from orders.actors import Actor
from orders.models import OrderGroup
from payments import services
from payments.asking import NotAsRead, NotReady
from payments.models import PartnerCall

#: No further purchase is begun with after so many seconds: each may have to wait for an update of its own.
SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Pressed:
    """`after`: the last call before the press; `otherwise`: purchases that were not as they had been read."""

    after: int
    otherwise: list[str]


def confirm(marks: Mapping[str, str], *, by: Actor) -> Pressed:
    """Ask for each purchase's confirmation. `marks`: purchase -> the mark of what was read of it.

    What cannot be asked for is left out, and says by itself why (`payments.several.results`).
    """
    after = PartnerCall.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    end = time.monotonic() + SECONDS
    otherwise = []
    for key, seen in marks.items():
        if time.monotonic() > end:
            break
        try:
            services.confirm(key, by=by, seen=seen)
        except NotAsRead:
            otherwise.append(key)
        except (NotReady, OrderGroup.DoesNotExist, OperationalError):
            continue  # another's press, nobody's id, or a database that is busy: nothing was kept
    return Pressed(after, otherwise)
