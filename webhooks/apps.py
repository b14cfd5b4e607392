"""The front door."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks."""

    name = "webhooks"

    def ready(self) -> None:
        """Register the checks and what the OpenAPI page calls our tokens."""
        from webhooks import checks, extensions  # noqa: F401
