"""Reading a kept delivery, by whichever way its bytes came."""

from __future__ import annotations

from webhooks import onemg, tracked
from webhooks.models import Delivery, Source


def of(delivery: Delivery) -> onemg.Document:
    """What its bytes say; of an answer to Track what they say in an update's words. Raises `BodyProblem`."""
    body = bytes(delivery.body)
    return onemg.read(tracked.as_update(body) if delivery.source == Source.TRACK else body)
