"""The front door."""

from django.apps import AppConfig

from orders.desk.causes import Verb
from orders.slots import Slot, door_to, fill, link


class WebhooksConfig(AppConfig):
    """Webhooks."""

    name = "webhooks"

    def ready(self) -> None:
        """Register the checks, the OpenAPI names of our tokens, the reader of what is kept, what pages show."""
        from orders import kept
        from orders.desk import verbs
        from webhooks import checks, extensions, links, replay, tracking  # noqa: F401

        tracking.register()
        kept.read_with(replay.read)
        for slot in (Slot.ASIDE, Slot.EVIDENCE, Slot.RECEIVED, Slot.SEARCHABLE):
            fill(slot, f"webhooks/slots/{slot}.html")
        verbs.lead(Verb.READ, "webhooks.change_delivery", links.to_odd)
        link("webhooks.view_delivery", links.to_delivery)
        door_to("webhooks.view_delivery", links.by_reference)
