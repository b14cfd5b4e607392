"""The ground: what 1mg says about orders, and what staff see."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders."""

    name = "orders"

    def ready(self) -> None:
        """Register the checks."""
        from orders import checks  # noqa: F401
