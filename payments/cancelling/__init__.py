"""Cancelling an order at 1mg: what must be true before, asking for it, and carrying it there."""
