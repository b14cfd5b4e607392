"""Finding purchases by whatever somebody has in hand."""
