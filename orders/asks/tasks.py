"""Jobs of asking."""

from orders.asks import services


def end_moved_asks() -> int:
    """Every minute: end the questions that 1mg has answered by moving what they were about."""
    return services.end_moved()
