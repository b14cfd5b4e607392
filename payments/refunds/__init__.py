"""Paying money back: who asks for it, who says so, and what becomes of it at Nimbbl."""
