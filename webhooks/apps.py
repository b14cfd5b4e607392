"""The front door."""

from django.apps import AppConfig

from orders.slots import Slot, fill


class WebhooksConfig(AppConfig):
    """Webhooks."""

    name = "webhooks"

    def ready(self) -> None:
        """Register the checks, the OpenAPI names of our tokens, the reader of what is kept, and what pages show."""
        from orders import kept
        from webhooks import checks, extensions, replay  # noqa: F401

        kept.read_with(replay.read)
        for slot in (Slot.EVIDENCE, Slot.SOURCE):
            fill(slot, f"webhooks/slots/{slot}.html")
