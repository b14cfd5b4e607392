"""Asking 1mg about what waits for it: gathered by cause, asked in one message, and 1mg's turn from then on."""
