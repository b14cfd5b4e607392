"""Acting on orders: Nimbbl and the 1mg confirmation."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments."""

    name = "payments"

    def ready(self) -> None:
        """Register the checks."""
        from payments import checks  # noqa: F401
