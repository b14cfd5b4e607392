"""Confirming several purchases from the desk: what stands against each, one press, and what came of each."""
