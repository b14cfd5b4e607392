"""The one way from an event of Nimbbl's to the ledger."""

from __future__ import annotations

from payments.ledger.statements import Statement


def take(statement: Statement) -> None:
    """Fold what was said into the payment. Until the ledger is there, it is kept with the event, and told alone."""
