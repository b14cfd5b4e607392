"""The ground: what 1mg says about orders, and what staff see."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders."""

    name = "orders"

    def ready(self) -> None:
        """Register the checks, and where staff call from."""
        from orders import checks  # noqa: F401
        from orders.care import links
        from orders.desk import verbs
        from orders.desk.causes import Verb

        verbs.lead(Verb.CALL, "orders.view_personal_data", links.to_call_sheet)
