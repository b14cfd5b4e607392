"""The front door."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks."""

    name = "webhooks"

    def ready(self) -> None:
        """Register the checks, the OpenAPI names of our tokens and the reader of what is kept."""
        from orders import kept
        from webhooks import checks, extensions, replay  # noqa: F401

        kept.read_with(replay.read)
