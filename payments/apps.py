"""Acting on orders: Nimbbl and the 1mg confirmation."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments."""

    name = "payments"

    def ready(self) -> None:
        """Register the checks, and how our acts read."""
        from payments import acts, checks  # noqa: F401

        acts.register()
