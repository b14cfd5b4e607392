"""Acting on orders: Nimbbl and the 1mg confirmation."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments."""

    name = "payments"
