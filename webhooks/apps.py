"""The front door."""

from django.apps import AppConfig

from orders.slots import Slot, fill


class WebhooksConfig(AppConfig):
    """Webhooks."""

    name = "webhooks"

    def ready(self) -> None:
        """Register the checks, the OpenAPI names of our tokens, and what is shown on the pages of orders."""
        from webhooks import checks, extensions  # noqa: F401

        fill(Slot.EVIDENCE, "webhooks/slots/evidence.html")
