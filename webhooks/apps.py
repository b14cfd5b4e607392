"""The front door."""

from django.apps import AppConfig

from orders.causes import Verb
from orders.slots import Slot, fill, link


class WebhooksConfig(AppConfig):
    """Webhooks."""

    name = "webhooks"

    def ready(self) -> None:
        """Register the checks, the OpenAPI names of our tokens, the reader of what is kept, and what pages show."""
        from orders import kept, verbs
        from webhooks import checks, extensions, links, replay  # noqa: F401

        kept.read_with(replay.read)
        fill(Slot.EVIDENCE, "webhooks/slots/evidence.html")
        fill(Slot.RECEIVED, "webhooks/slots/received.html")
        verbs.lead(Verb.READ, "webhooks.change_delivery", links.to_odd)
        link("webhooks.view_delivery", links.to_delivery)
