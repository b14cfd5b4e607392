"""The front door."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks."""

    name = "webhooks"

    def ready(self) -> None:
        """Register the checks and the OpenAPI names of our tokens."""
        from webhooks import checks, extensions  # noqa: F401
