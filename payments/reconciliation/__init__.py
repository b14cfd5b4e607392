"""Asking Nimbbl by the clock about what is open, and telling purchases what all of it comes to."""
