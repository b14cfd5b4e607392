"""The evidence at the front door: what 1mg and Nimbbl posted, byte for byte, and who was turned away."""

from webhooks.models.deliveries import (
    SHOWN,
    Delivery,
    DeliveryQuerySet,
    Outcome,
    RejectedAttempt,
    Source,
    referring,
)
from webhooks.models.events import EventOutcome, NimbblEvent, NimbblEventQuerySet

__all__ = [
    "SHOWN",
    "Delivery",
    "DeliveryQuerySet",
    "EventOutcome",
    "NimbblEvent",
    "NimbblEventQuerySet",
    "Outcome",
    "RejectedAttempt",
    "Source",
    "referring",
]
