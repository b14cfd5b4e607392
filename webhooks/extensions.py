"""How the OpenAPI document names the ways of showing who one is."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension


class WebhookTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """1mg's token."""

    target_class = "webhooks.authentication.WebhookTokenAuthentication"
    name = "webhookToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A header of our choice."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": settings.ONEMG_WEBHOOK_HEADER,
            "description": "`Token <token>`",
        }


class PaymentTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """1mg's token where it asks about payments and refunds."""

    target_class = "webhooks.authentication.PaymentTokenAuthentication"
    name = "paymentToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A header of our choice."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": settings.ONEMG_PAYMENT_HEADER,
            "description": "`Token <token>`",
        }


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The merchant's own systems' key."""

    target_class = "orders.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The Authorization header."""
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token <key>`"}
