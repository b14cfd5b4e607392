"""Measuring: `receiver` (make bench) and `scale` (make bench-scale)."""
